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
	return !r.thorough && !r.overran && camera.MayStudy(f, r.settings())
}

// learn takes a fragment of a camera that is being studied. When enough is
// known, what was held back is recorded by the plan that follows from it,
// unless that is to encode it.
func (s *session) learn(a arrival) {
	s.held, s.heldSize = append(s.held, a), s.heldSize+len(a.fragment.Raw)
	decode := time.Duration(float64(a.decode) / float64(s.track.Timescale) * float64(time.Second))
	if !s.study.Add(decode, a.sync) && s.heldSize <= maxHeldBytes {
		return
	}
	facts, err := s.study.Facts()
	if err != nil {
		s.finish(camera.ReasonOf(err).Code)
		return
	}
	s.facts, s.thorough = &facts, false
	plan := s.Recorder.plan()
	if !plan.Copy {
		s.finish(camera.PlanChanged)
		return
	}
	s.plan = plan
	s.status.Plan, s.status.PlanReasons = s.plan.Line, s.plan.Reasons
	s.enter(spool.Starting, camera.Reason{})
	s.Log.Info("the camera is known", "plan", s.plan.Line, "reasons", s.plan.Reasons)
	s.study, s.rate.plan = nil, s.plan
	s.beginTimeline()
	held := s.held
	s.letGo()
	for _, a := range held {
		s.place(a)
	}
}
