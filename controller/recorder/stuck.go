package recorder

import (
	"time"

	"github.com/prometheus/procfs"

	"lookback/controller/camera"
)

const (
	// maxBlocked is how long ffmpeg may take no picture while it does not work either.
	maxBlocked = 2 * time.Second
	// hopeless is how long it may take none, or give none, whatever it does: a machine
	// that is busy makes it slow, and a new start would cost that one even more.
	hopeless = 15 * time.Second
	// leastUndecoded is of how many pictures it must have said that they can't be decoded.
	leastUndecoded = 3
)

// stuckJudge notices an ffmpeg that takes no pictures any more, or takes them and
// gives none.
type stuckJudge struct {
	blocked   func(now time.Duration) time.Duration
	worked    func() time.Duration // processor time that it has used
	undecoded func() int64         // pictures that it could not decode so far
	least     time.Duration        // how long nothing may come out
	frame     time.Duration        // of what comes out

	begun  bool          // it has delivered some
	came   time.Duration // when it last did, monotonic; at first when it was looked at first
	before int64         // undecoded until then
	looked time.Duration // monotonic
	from   time.Duration // before which nobody looked: this program stood still
	work   time.Duration // processor time at the last look at which it was more
	rest   time.Duration // when that was, monotonic
}

// newStuckJudge watches the ffmpeg of a session. blocked is for how long what is
// written to it has waited; least is how long nothing may come out.
func newStuckJudge(blocked func(now time.Duration) time.Duration, s *session, change *changeJudge, least time.Duration) *stuckJudge {
	p := s.feed.process
	return &stuckJudge{
		blocked:   blocked,
		worked:    func() time.Duration { return processorTime(p.pid) },
		undecoded: change.undecoded.Load,
		least:     least,
		frame:     s.plan.FrameRate.Frames(1),
	}
}

func (j *stuckJudge) look(e evidence) string {
	if e.unit != nil || j.came == 0 {
		j.begun = j.begun || e.unit != nil
		j.came, j.before = e.at, j.undecoded()
		return ""
	}
	if e.report != nil {
		return ""
	}
	if j.looked > 0 && e.at-j.looked > maxBlocked/2 {
		j.from = e.at
	}
	j.looked = e.at
	blocked, silent := min(j.blocked(e.at), e.at-j.from), min(e.at-j.came, e.at-j.from)
	if blocked == 0 {
		j.rest = e.at
	} else if work := j.worked(); work > j.work {
		j.work, j.rest = work, e.at
	}
	idle, limit, patience := min(blocked, e.at-j.rest), max(j.least, 3*j.frame), max(hopeless, 3*j.frame)
	if !j.begun {
		limit, patience = max(limit, startGrace), 2*patience
		idle = max(0, idle-startGrace+maxBlocked)
	}
	switch {
	case idle > maxBlocked, blocked > patience, silent > patience:
		return camera.FFmpegStuck
	case silent > limit && j.undecoded() >= j.before+leastUndecoded:
		return camera.InvalidData
	}
	return ""
}

// processorTime is what a process has used so far; 0 where that can't be known.
func processorTime(pid int) time.Duration {
	p, err := procfs.NewProc(pid)
	if err != nil {
		return 0
	}
	stat, err := p.Stat()
	if err != nil {
		return 0
	}
	return time.Duration(stat.CPUTime() * float64(time.Second))
}
