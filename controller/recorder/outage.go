package recorder

import (
	"errors"
	"syscall"
	"time"

	"lookback/controller/camera"
	"lookback/controller/spool"
)

const (
	// maxHeldBytes bounds what is held back while the epoch is unknown, and
	// maxKeptBytes what of each camera is kept while the disk takes nothing.
	maxHeldBytes, maxKeptBytes = 32 << 20, 8 << 20
	// diskSoon and diskRetry are how often a disk that takes nothing is tried
	// again, at first and in the end.
	diskSoon, diskRetry = 250 * time.Millisecond, time.Second
)

// hold keeps a fragment until the timeline knows when its time began, and for as
// long as the disk takes nothing.
func (s *session) hold(a arrival) {
	s.held = append(s.held, a)
	s.heldSize += len(a.fragment.Raw)
	if s.heldSize > s.mostHeld() {
		s.holdFrom(s.newestGOP())
		return
	}
	if s.soundReady(a.arrival) && s.timeline.anchored() && a.arrival >= s.diskUntil {
		s.beginWithHeld()
	}
}

func (s *session) letGo() { s.held, s.heldSize = nil, 0 }

// diskAway tells that a run could begin, if only the disk took it.
func (s *session) diskAway() bool { return s.timeline.placed && s.writer == nil }

func (s *session) mostHeld() int {
	if s.diskAway() {
		return maxKeptBytes
	}
	return maxHeldBytes
}

// newestGOP is what is held from the newest key frame on, nothing when that is all.
func (s *session) newestGOP() []arrival {
	for i := len(s.held) - 1; i > 0; i-- {
		if s.held[i].sync {
			return s.held[i:]
		}
	}
	return nil
}

// beginWithHeld begins a run with all that is held. What the disk does not take
// is held on.
func (s *session) beginWithHeld() {
	if err := s.beginRun(); err != nil {
		s.diskFailed(err)
		return
	}
	held, sound := s.held, s.sound.waiting
	first := held[0].fragment.Clone() // writing changes it
	s.letGo()
	for i, a := range held {
		if t := s.timeline.place(a.stamp); t.verdict == write && !s.write(a, t) {
			if i == 0 {
				held[0].fragment, s.sound.waiting = first, sound
				s.holdFrom(held)
			} else {
				s.holdFrom(held[i+1:])
			}
			return
		}
		if s.writer == nil {
			return
		}
	}
	s.diskGone = 0
	s.Log.Info("recording", "run", s.writer.run.ID, "plan", s.writer.run.Plan)
	s.enter(spool.Recording, camera.Reason{})
}

// holdFrom forgets what is held for fragments that came later. The first key
// frame among them, or the next to come, begins the next run.
func (s *session) holdFrom(later []arrival) {
	s.letGo()
	s.timeline.restart()
	for _, a := range later {
		s.place(a)
	}
}

// diskFailed gives up the run until the disk is tried again. ffmpeg goes on.
func (s *session) diskFailed(err error) {
	code := camera.DiskError
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		code = camera.DiskFull
	}
	s.endRun(code, err.Error())
	_, now := s.clock()
	if s.diskGone == 0 {
		s.diskGone = now
	}
	s.diskUntil = now + min(diskRetry, max(diskSoon, (now-s.diskGone)/8))
	if s.status.Code != code {
		s.Log.Error("the spool cannot be written", "reason", code, "error", err)
		s.status.Restarts[code]++
	}
	s.enter(spool.Waiting, camera.ReasonFor(code))
}
