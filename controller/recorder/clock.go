package recorder

import (
	"log/slog"
	"time"

	"golang.org/x/sys/unix"

	"lookback/controller/camera"
	"lookback/controller/spool"
)

// maxStep is how far the wall clock may move against the monotonic one.
const maxStep = 500 * time.Millisecond

func offset(wall time.Time, mono time.Duration) time.Duration {
	return time.Duration(wall.UnixNano()) - mono
}

// clockJudge notices a step of the wall clock, by which program date time
// would be wrong from now on. An encoded camera's ffmpeg stamps frames by the
// wall clock: it would answer a step with thousands of repeated frames, or none.
// A machine that was suspended shows as a step too, since the monotonic clock
// stood still; its connections are dead.
type clockJudge struct {
	clock  func() (wall time.Time, mono time.Duration)
	asleep func() time.Duration // for how long the machine has been suspended
	copied bool
	note   func(spool.ClockStep)
	anew   func() // has a run with the right time begin at the next key frame
	log    *slog.Logger

	offset time.Duration // wall clock less monotonic clock when the run began
	slept  time.Duration // asleep then
}

func newClockJudge(r *Recorder, copied bool, anew func()) *clockJudge {
	j := &clockJudge{clock: r.clock, asleep: r.asleep, copied: copied, anew: anew, log: r.Log, slept: r.asleep(),
		note: func(s spool.ClockStep) { r.status.Clock = &s }}
	j.begin()
	return j
}

// begin is the offset of the clocks for a run that begins now.
func (j *clockJudge) begin() time.Duration {
	j.offset = offset(j.clock())
	return j.offset
}

func (j *clockJudge) look(evidence) string {
	wall, mono := j.clock()
	step := offset(wall, mono) - j.offset
	if step.Abs() <= maxStep {
		return ""
	}
	slept := j.asleep() - j.slept
	j.offset += step
	j.slept += slept
	noted := spool.ClockStep{At: wall.UTC(), By: step.Seconds(), Slept: slept > maxStep && step > 0}
	j.note(noted)
	j.log.Warn("the clock was changed", "by", step.Round(time.Millisecond), "asleep", slept.Round(time.Millisecond))
	switch {
	case noted.Slept:
		return camera.Resumed
	case !j.copied:
		return camera.ClockJump
	}
	j.anew()
	return ""
}

// asleep is by how much the clock that counts suspended time is ahead of the
// one that does not.
func asleep() time.Duration {
	var with, without unix.Timespec
	if unix.ClockGettime(unix.CLOCK_BOOTTIME, &with) != nil || unix.ClockGettime(unix.CLOCK_MONOTONIC, &without) != nil {
		return 0
	}
	return time.Duration(with.Nano() - without.Nano())
}
