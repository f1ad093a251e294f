package recorder

import (
	"math"
	"time"

	"lookback/controller/camera"
	"lookback/controller/spool"
)

// newStamps begins with what is known of the camera's time stamps; nil where nobody has
// to look at them.
func (r *Recorder) newStamps(plan camera.Plan) *stamps {
	if !plan.Stamped {
		return nil
	}
	known := r.facts.Knowledge != camera.Rough && (plan.Direct || !r.fresh)
	if !known {
		r.distrust(trust{})
	}
	return &stamps{trust: r.trust, sure: known}
}

// heed has everybody go by how far the stamps can be trusted.
func (s *session) heed() {
	untrusted := s.stamps.method != byStamps
	s.feed.untrusted.Store(untrusted)
	if sound := s.plan.Sound; sound != nil && !s.plan.Direct { // else its reader tells where sound belongs
		s.mixer.clock.timed = sound.Timed && !untrusted
	}
}

// relearn has the camera studied by stamps that can be trusted: those it was probed by
// can't be.
func (s *session) relearn() {
	r := s.recorder
	facts := *r.facts
	facts.Knowledge = camera.Rough
	r.facts = &facts
	s.learner = newLearner(facts, r.settings().Constants)
	s.placer.plan.Constants = spool.Constants{}
}

// sentences say what people should know.
func (t trust) sentences() []string {
	if t.why == "" {
		return nil
	}
	return []string{t.why + " " + t.done}
}

// trustOf is what was known when it was told.
func trustOf(s *spool.Stamps) trust {
	switch {
	case s == nil:
		return trust{}
	case s.Pace > 0:
		return trust{method: rescaled, scale: 1 / s.Pace, why: s.Why, done: s.Done}
	}
	return trust{method: byArrival, why: s.Why, done: s.Done, keysOnly: s.Done == onlyKeyFrames}
}

// distrust has everybody told how far the camera's time stamps can be believed.
func (r *Recorder) distrust(t trust) {
	before := r.trust
	if r.trust = t; t == before {
		return
	}
	if t.why == "" {
		r.status.Stamps = nil
		r.Log.Info("the camera's time stamps are trusted again")
		return
	}
	since := time.Now().UTC()
	if told := r.status.Stamps; told != nil {
		since = told.Since
	}
	r.status.Stamps = &spool.Stamps{Since: since, Why: t.why, Done: t.done, Pace: t.pace()}
	if !t.like(before) {
		r.Log.Warn("the camera's time stamps are not trusted", "why", t.why, "done", t.done)
	}
}

// like reports whether it says nothing new: it is measured a little better.
func (t trust) like(before trust) bool {
	return t.method == before.method && t.done == before.done && math.Abs(t.scale-before.scale) <= otherPace*t.scale && before.why != "" && (t.method == rescaled || t.why == before.why)
}

// pace is how fast the stamps pass, 1 where they are right; 0 where they tell nothing.
func (t trust) pace() float64 {
	switch t.method {
	case byStamps:
		return 1
	case rescaled:
		return 1 / t.scale
	}
	return 0
}

// dated are the pictures that go on with one, with times that can be trusted.
func (s *session) dated(u unit) []unit {
	if s.stamps == nil {
		return []unit{u}
	}
	r, sure := s.recorder, s.stamps.sure
	on := s.stamps.add(u)
	if s.stamps.changed {
		s.stamps.changed = false
		s.heed()
		r.distrust(s.stamps.trust)
		if !sure && r.facts.Knowledge == camera.Known {
			s.relearn()
		}
		if r.facts.Knowledge != camera.Rough {
			r.retell()
		}
	}
	if s.stamps.leapt {
		s.stamps.leapt = false
		// Nothing is lost by it. A clock that was set ends a run, which says so.
		if sure && s.stamps.method == byStamps && u.arrival-s.first >= longestDoubt {
			r.Log.Warn("the camera's clock was set")
			s.placer.request(camera.TimestampJump)
		}
	}
	if sure && u.arrival-s.rated >= time.Second {
		s.rated = u.arrival
		s.watchRate(u.arrival)
	}
	return on
}

// otherRate is by which share the frame rate of a copied camera must differ from its
// plan to be another, and firstRate where a start has just measured that.
const (
	otherRate = 0.1
	firstRate = 0.02
)

// watchRate notices a copied camera that sends more or fewer pictures than its plan
// says: it has changed that, or what its start showed was wrong.
func (s *session) watchRate(now time.Duration) {
	r := s.recorder
	rate, ok := s.stamps.rate()
	planned := s.plan.SourceRate.Float()
	if !ok || r.FPS > 0 || r.facts.Knowledge != camera.Known || planned <= 0 {
		return
	}
	r.noteSlow(camera.Snap(rate).Frames(1))
	least, slower := otherRate, rate < planned
	if !s.checked { // what the start decided
		least, s.checked = firstRate, true
	}
	facts := *r.facts
	facts.FrameRate = camera.Snap(rate)
	if facts.FrameRate == s.plan.SourceRate || math.Abs(rate-planned) <= least*planned {
		return
	}
	if math.Abs(rate-planned) > otherRate*planned {
		if last := map[bool]time.Duration{true: r.rated.longer, false: r.rated.shorter}[slower]; !over(last, now) {
			return
		}
		r.rated.note(now, slower)
	}
	r.Log.Info("the camera's frame rate is another", "planned", s.plan.SourceRate.Human(), "now", facts.FrameRate.Human())
	r.facts = &facts
	s.plan.SourceRate, s.plan.FrameRate = facts.FrameRate, facts.FrameRate
	s.placer.plan.SourceRate, s.placer.plan.FrameRate = facts.FrameRate, facts.FrameRate
	s.sink.plan.SourceRate, s.sink.plan.FrameRate = facts.FrameRate, facts.FrameRate
	s.placer.rate(facts.FrameRate.Frames(1))
	s.flaws.plan(facts.FrameRate.Frames(1), facts.FrameRate.Frames(1))
	unfit := r.held != nil && camera.Renewable(facts, camera.Settings{Request: r.Request, Constants: &r.held.Constants})
	r.keys.rate(r.partOf(facts), unfit)
	r.retell()
	r.rememberRun()
}
