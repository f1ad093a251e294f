package recorder

import (
	"time"

	"lookback/controller/camera"
	"lookback/controller/spool"
)

// mayStudy tells whether a camera may be recorded before its frame rate and key
// frames are known. They decide what its playlists promise, so what comes until
// then is held back.
func (r *Recorder) mayStudy(f camera.Facts) bool {
	_, now := r.clock()
	return !r.thorough && !r.keys.holds(now) && camera.MayStudy(f, r.settings())
}

// beginStudy has the session look at a camera that is not known well enough.
func (s *session) beginStudy() {
	switch study := camera.NewStudy(*s.facts, s.settings().Constants); {
	case s.plan.Trial:
		s.study = study
	case s.facts.Provisional:
		s.confirm = study
	}
}

// see shows a study a fragment; enough tells that more would say no more.
func (s *session) see(study *camera.Study, a arrival) (enough bool) {
	if t, ok := a.fragment.Track(s.track.ID); ok && t.Reordered {
		study.Reordered = true
	}
	return study.Add(time.Duration(float64(a.decode)/float64(s.track.Timescale)*float64(time.Second)), a.sync)
}

// learn takes a fragment of a camera that is being studied. When enough is
// known, what was held back is recorded by the plan that follows from it,
// unless that is to encode it.
func (s *session) learn(a arrival) {
	s.held, s.heldSize = append(s.held, a), s.heldSize+len(a.fragment.Raw)
	var facts camera.Facts
	if s.see(s.study, a) || s.heldSize > maxHeldBytes {
		var err error
		if facts, err = s.study.Facts(); err != nil {
			s.finish(camera.ReasonOf(err).Code)
			return
		}
	} else if provisional, ok := s.study.Soon(); ok {
		facts, s.confirm = provisional, s.study
	} else {
		return
	}
	s.thorough = false
	if !s.adopt(facts) {
		return
	}
	s.enter(spool.Starting, camera.Reason{})
	s.study, s.rate.plan = nil, s.plan
	s.beginTimeline()
	held := s.held
	s.letGo()
	for _, a := range held {
		s.place(a)
	}
}

// confirmFacts takes a fragment of a camera that is recorded by provisional
// facts, and puts better ones in their place when enough was seen.
func (s *session) confirmFacts(a arrival) {
	if s.confirm == nil || !s.see(s.confirm, a) {
		return
	}
	facts, err := s.confirm.Facts()
	s.confirm = nil
	if err == nil && s.adopt(facts) && s.writer != nil {
		s.rememberRun()
	}
}

// adopt goes on by what is known now, unless that is to encode the camera.
func (s *session) adopt(facts camera.Facts) bool {
	s.facts = &facts
	plan := s.Recorder.plan()
	if !plan.Copy {
		s.facts.Provisional = false
		s.finish(camera.PlanChanged)
		return false
	}
	s.plan = plan
	s.status.Plan, s.status.PlanReasons = plan.Line, plan.Reasons
	s.Log.Info("the camera is known", "plan", plan.Line, "reasons", plan.Reasons)
	return true
}

// rememberRun keeps what the run confirms, once nothing of it is provisional.
func (s *session) rememberRun() {
	if s.facts.Provisional {
		return
	}
	if err := s.onDisk(s.remember); err != nil {
		s.Log.Debug("what is known of the camera is not written", "error", err)
	}
}
