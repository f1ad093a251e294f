package recorder

import (
	"time"

	"lookback/controller/camera"
	"lookback/controller/spool"
)

// mayStudy reports whether a camera may be recorded before its frame rate and key
// frames are known. They decide what its playlists promise, so what comes until
// then is held back.
func (r *Recorder) mayStudy(f camera.Facts) bool {
	return r.least == camera.Rough && !r.keyless && camera.MayStudy(f, r.settings())
}

// mayEncode reports whether a camera of which only codec and size are known will be
// encoded: then nobody sees its time stamps.
func (r *Recorder) mayEncode(f camera.Facts) bool {
	f.Knowledge = camera.Rough
	encodes, _ := camera.Encodes(f, r.settings())
	return encodes && f.Kind != camera.HLS
}

// learner looks at a camera that is not known well enough yet. While it is Rough,
// it holds back what comes; while it is Provisional, it only looks.
type learner struct {
	study     *camera.Study // nil once all is known
	knowledge camera.Knowledge
	held      []unit
	size      int     // of what is held, bytes
	one       [1]unit // what is not held
}

// longestStudy is for how long pictures are held back at most.
const longestStudy = 10 * time.Second

func newLearner(f camera.Facts, promised *spool.Constants) learner {
	l := learner{knowledge: f.Knowledge}
	if f.Knowledge == camera.Rough || f.Knowledge == camera.Provisional {
		l.study = camera.NewStudy(f, promised)
	}
	return l
}

// add takes a unit. What comes back may go on; facts are better ones than before,
// nil for none. The error is a [camera.Reason]: the camera can't be recorded so.
func (l *learner) add(u unit) (on []unit, facts *camera.Facts, err error) {
	l.one[0] = u
	if l.study == nil {
		return l.one[:], nil, nil
	}
	on = l.one[:]
	enough, rough := l.see(u), l.knowledge == camera.Rough
	if rough {
		l.held, l.size = append(l.held, u), l.size+len(u.data)
		enough = enough || l.size > maxHeldBytes || u.arrival-l.held[0].arrival >= longestStudy
		if soon, ok := l.study.Soon(); ok && !enough {
			l.knowledge = camera.Provisional
			return l.release(), &soon, nil
		}
		on = nil
	}
	if !enough {
		return on, nil, nil
	}
	all, err := l.study.Facts()
	l.study = nil
	switch {
	case err == nil && rough:
		return l.release(), &all, nil
	case err == nil:
		return on, &all, nil
	case rough:
		return nil, nil, err
	}
	return on, nil, nil // what was taken for it, holds
}

// holds reports whether it holds back what comes.
func (l *learner) holds() bool { return l.study != nil && l.knowledge == camera.Rough }

// see shows the study a picture; enough reports whether more would say no more.
func (l *learner) see(u unit) (enough bool) {
	l.study.Reordered = l.study.Reordered || u.pts != u.dts
	return l.study.Add(u.time(), u.format.time(u.pts-u.dts), u.sync)
}

// release is what was held back.
func (l *learner) release() (held []unit) {
	held, l.held, l.size = l.held, nil, 0
	return held
}

// known is what may go on of a unit and of those held back before it. It has the
// camera treated by what is known now, unless that takes another ffmpeg or run.
func (s *session) known(u unit) []unit {
	on, facts, err := s.learner.add(u)
	if err != nil {
		s.finish(camera.ReasonOf(err).Code)
		return nil
	}
	if facts != nil && !s.adopt(*facts) {
		return nil
	}
	return on
}

// adopt goes on by what is known now, unless that is to encode the camera, or to
// record it in other parts than the run is promised to have.
func (s *session) adopt(facts camera.Facts) bool {
	r := s.recorder
	first := r.facts.Knowledge == camera.Rough
	r.facts, r.least = &facts, camera.Rough
	plan := r.plan()
	if !plan.Copy || s.sink.writing() && plan.Constants.PartTarget != r.held.Constants.PartTarget {
		facts.Knowledge = camera.Known
		s.finish(camera.PlanChanged)
		return false
	}
	s.plan = plan
	part := max(s.placer.plan.Constants.PartTarget, plan.Constants.PartTarget) // it may be on its way to the disk
	s.placer.plan, s.sink.plan = plan, plan
	s.placer.plan.Constants.PartTarget = part
	s.flaws.plan(plan.SourceRate.Frames(1), plan.FrameRate.Frames(1))
	r.plans(plan)
	r.Log.Info("the camera is known", "plan", plan.Line, "reasons", plan.Reasons)
	if first {
		r.enter(spool.Starting, camera.Reason{})
	} else if s.sink.writing() {
		r.rememberRun()
	}
	return true
}

// rememberRun keeps what the run confirms, once nothing of it is provisional.
func (r *Recorder) rememberRun() {
	if r.facts.Knowledge != camera.Known {
		return
	}
	if err := r.onDisk(r.remember); err != nil {
		r.Log.Debug("what is known of the camera is not written", "error", err)
	}
}
