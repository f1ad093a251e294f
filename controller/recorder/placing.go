package recorder

import (
	"errors"
	"os"
	"time"

	"lookback/controller/camera"
	"lookback/controller/spool"
)

// take handles one fragment in the order of arrival.
func (s *session) take(a arrival) {
	if s.cause.Code != "" {
		return // what comes after our own verdict belongs nowhere
	}
	if s.fragments++; s.fragments == 1 {
		s.first = a.arrival
		s.begun()
	}
	s.counted.add(a.arrival)
	if s.checkClock(); s.cause.Code != "" {
		return
	}
	s.pictures.offer(s.init, a.fragment, a.sync, s.plan.Width*s.plan.Height, a.arrival)
	if s.checkParameters(a); s.cause.Code != "" {
		return
	}
	if s.study != nil {
		s.learn(a)
		return
	}
	if s.confirmFacts(a); s.cause.Code != "" {
		return
	}
	s.place(a)
}

// place gives a fragment its place in time, and puts it there.
func (s *session) place(a arrival) {
	if s.diskAway() {
		s.hold(a)
		return
	}
	t := s.timeline.add(a.stamp)
	if t.verdict == begin {
		s.endRun(s.whyAnew(), "")
		t = s.timeline.add(a.stamp)
	}
	switch t.verdict {
	case hold:
		s.hold(a)
	case write:
		if !s.write(a, t) {
			s.holdFrom(nil)
		}
	}
}

// beginRun makes the folder of a run whose time begins at the timeline's origin.
func (s *session) beginRun() error {
	wall, mono := s.clock()
	s.offset = offset(wall, mono)
	epoch := (s.offset + s.timeline.origin).Microseconds()
	// A new run that overlaps the last one a little would show the same
	// instant twice; a clock that was set back is another matter.
	if over := time.Duration(s.lastEnd-epoch) * time.Microsecond; over > 0 && over < 2*time.Second {
		epoch = s.lastEnd
	}
	init := s.beginSound()
	run := spool.Run{
		ID: spool.NewRunID(wall), Epoch: epoch, Constants: s.plan.Constants, Segment: s.plan.Segment.Microseconds(),
		TrackID: s.track.ID, Timescale: s.track.Timescale, Codecs: init.Codecs(),
		Width: s.track.Width, Height: s.track.Height, FrameRate: s.plan.FrameRate.Float(), Plan: s.plan.Line, PlanReasons: s.plan.Reasons,
	}
	var w *writer
	err := s.onDisk(func() (err error) {
		w, err = newWriter(s.dir, run, init.Raw, s.plan.SegmentFrames, s.open)
		return err
	})
	if err != nil {
		return err
	}
	s.writer, s.constants = w, &run.Constants
	s.flaws.restart()
	s.rememberRun()
	return nil
}

// write puts a fragment with its output times into the spool. false: the disk
// does not take it, and the run has ended.
func (s *session) write(a arrival, t timed) bool {
	err := a.fragment.Retime(s.track.ID, t.decode, t.duration)
	if err == nil {
		s.addSound(a, t)
		s.flawed(a, t)
		err = s.onDisk(func() error { return s.writer.add(picture{a.fragment.Raw, a.sync, t.decode, t.duration, s.flaws.told}) })
		s.flaws.told = s.flaws.told[:0]
	}
	switch {
	case err == nil:
		if s.writer.worthRinging(t.duration) {
			s.bell.Press()
		}
	case errors.Is(err, errTooLong):
		if s.Encoder != "copy" { // which has it copied in spite of everything
			s.keys.begin(a.arrival)
		}
		s.endRun(camera.KeyFramesTooFar, "")
		s.finish(camera.KeyFramesTooFar)
	case errors.Is(err, errKeyFrame):
		s.endRun(camera.TimestampJump, err.Error())
		s.timeline.restart()
	default:
		s.diskFailed(err)
		return false
	}
	return true
}

// endRun closes the run, if there is one.
func (s *session) endRun(code, detail string) {
	if s.writer == nil {
		return
	}
	w := s.writer
	s.writer, s.sound.track = nil, nil
	if w.end == 0 {
		if err := s.onDisk(w.discard); err != nil {
			s.Log.Debug("a run without a picture is left behind", "run", w.run.ID, "error", err)
		}
		return
	}
	s.lastEnd = w.endMicros()
	err := s.onDisk(func() error { return w.close(time.Now(), code, s.Redact(detail)) })
	if err != nil && !errors.Is(err, os.ErrClosed) {
		s.Log.Warn("run not closed properly", "run", w.run.ID, "error", err)
	}
	s.bell.Press()
}
