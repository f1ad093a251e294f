package recorder

import (
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

// period is the time from one monotonic instant to another.
type period struct{ from, to time.Duration }

// look notes that the loop has looked at its clocks.
func (s *session) look(now time.Duration) {
	if s.checked > 0 && now-s.checked > 3*checkInterval {
		s.absent = period{s.checked, now}
	}
	s.checked = now
}

// awakeSince tells that the loop has been running since an instant.
func (s *session) awakeSince(from, to time.Duration) bool {
	return to-s.checked <= 3*checkInterval && (s.absent.to <= from || s.absent.from >= to)
}

// checkClock notices a step of the wall clock, by which program date time
// would be wrong from now on. An encoded camera's ffmpeg stamps frames by the
// wall clock: it would answer a step with thousands of repeated frames, or none.
// A machine that was suspended shows as a step too, since the monotonic clock
// stood still; its connections are dead.
func (s *session) checkClock() {
	wall, mono := s.clock()
	step := offset(wall, mono) - s.offset
	if step.Abs() <= maxStep {
		return
	}
	slept := s.asleep() - s.slept
	s.offset += step
	s.slept += slept
	noted := spool.ClockStep{At: wall.UTC(), By: step.Seconds(), Slept: slept > maxStep && step > 0}
	s.status.Clock = &noted
	s.Log.Warn("the clock was changed", "by", step.Round(time.Millisecond), "asleep", slept.Round(time.Millisecond))
	switch {
	case noted.Slept:
		s.finish(camera.Resumed)
	case !s.plan.Copy:
		s.finish(camera.ClockJump)
	case s.timeline != nil:
		s.timeline.requestRun()
	}
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

// noteLast tells when the newest picture came, by the wall clock.
func (s *session) noteLast() {
	if s.fragments == 0 {
		return
	}
	wall, mono := s.clock()
	last := wall.Add(time.Duration(s.last.Load()) - mono).UTC()
	s.status.Last = &last
}
