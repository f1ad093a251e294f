package recorder

import (
	"time"

	"lookback/controller/camera"
	"lookback/controller/spool"
)

// What the playlists promise changes in two ways. A run begins under another
// promise: since PART or SEGMENT are others, or the camera's frame rate is. Or a
// segment inside a run does, since key frames have moved apart or together.

// requested is what PART and SEGMENT are now.
func (r *Recorder) requested() spool.Requested {
	return spool.Requested{Part: r.Part.Microseconds(), Segment: r.Segment.Microseconds()}
}

// adoptPromise takes what the archive says of the newest promise. One with a lower number
// than ours has not reached it yet.
func (r *Recorder) adoptPromise(known *spool.Promised) {
	switch held := r.held; {
	case known == nil:
	case held == nil, known.Number > held.Number, known.Number == held.Number && held.Requested == nil:
		r.held = known
	}
}

// recallPromise takes what runs in the spool tell, which the archive may not have
// taken in yet.
func (r *Recorder) recallPromise() {
	known, err := spool.HighestPromise(r.dir)
	if err != nil {
		r.Log.Warn("what a run in the spool was promised to be can't be read", "error", err)
	}
	r.adoptPromise(known)
}

// settings are what a plan is made by. Its constants are those that are promised,
// unless another promise is to begin.
func (r *Recorder) settings() camera.Settings {
	s := camera.Settings{Request: r.Request, Chosen: r.chosen, Note: r.note, Foreign: r.foreign, Mute: r.mute, Slowest: r.slowestPictures()}
	if r.held == nil {
		return s
	}
	if r.requestChanged() {
		s.Another = true
		return s
	}
	s.Constants = &r.held.Constants
	if r.facts != nil && camera.Renewable(*r.facts, s) && (r.Encoder == "copy" || r.mayRenew(r.now())) {
		s.Constants, s.Another = nil, true
	}
	return s
}

// requestChanged reports whether PART or SEGMENT are no longer what they were when the
// promise began. What is requested is compared and not what comes of it, or each
// measurement of a frame rate would begin another. Where none is known, the one
// now set counts as that.
func (r *Recorder) requestChanged() bool {
	return r.held.Requested != nil && *r.held.Requested != r.requested()
}

// promiseOf is what a run with these constants is made under.
func (r *Recorder) promiseOf(k spool.Constants) spool.Promised {
	requested := r.requested()
	p := spool.Promised{Constants: k, Requested: &requested}
	if r.held == nil {
		return p
	}
	p.Number = r.held.Number
	if r.requestChanged() || k != r.held.Constants {
		p.Number++
	}
	return p
}

// begins reports whether a promise follows another.
func (r *Recorder) begins(p spool.Promised) bool { return r.held != nil && p.Number > r.held.Number }

// promise makes a promise the newest, now that it is in the spool.
func (r *Recorder) promise(p spool.Promised) {
	if r.begins(p) {
		r.Log.Info("what the playlists promise changes", "promise", p.Number, "part_target_us", p.Constants.PartTarget,
			"target_duration_us", p.Constants.TargetDuration, "independent", p.Constants.Independent)
		if !r.requestChanged() && p.Constants.PartTarget != r.held.Constants.PartTarget {
			r.renewed.note(r.now(), p.Constants.PartTarget > r.held.Constants.PartTarget)
		}
	}
	r.held = &p
}

// renewSpacing is the least time between two promises that are made for another
// frame rate in the same direction. A camera that changes it more often is encoded.
const renewSpacing = 10 * time.Minute

// renewals are when parts last became shorter and longer, monotonic; 0: never.
type renewals struct{ shorter, longer time.Duration }

func (l *renewals) note(now time.Duration, longer bool) {
	if longer {
		l.longer = now
	} else {
		l.shorter = now
	}
}

// mayRenew reports whether the camera's frame rate may begin another promise now.
func (r *Recorder) mayRenew(now time.Duration) bool {
	if r.partOf(*r.facts) > r.held.Constants.PartTarget {
		return over(r.renewed.longer, now)
	}
	return over(r.renewed.shorter, now)
}

// longerParts is how long parts become for a picture of a camera that saves some.
// Where they just did, they become twice as long at least: at most six times from
// the shortest to the longest.
func (r *Recorder) longerParts(at, needed, now time.Duration) time.Duration {
	if over(r.renewed.longer, at) {
		return needed
	}
	return min(max(needed, 2*now), camera.PartFor(slowestPicture))
}

func over(last, now time.Duration) bool { return last == 0 || now-last >= renewSpacing }

// partOf is the part target of a copied camera where nothing is promised, µs.
func (r *Recorder) partOf(f camera.Facts) int64 {
	return camera.MakePlan(f, camera.Settings{Request: r.Request, Slowest: r.slowestPictures()}).Constants.PartTarget
}

// renewJudge has a camera copied again, under another promise, that is encoded only
// because its frame rate had begun one just before.
type renewJudge struct {
	renewable bool // it is encoded for nothing else
	may       func(now time.Duration) bool
	recording func() bool
	looked    time.Duration // monotonic
}

func (j *renewJudge) look(e evidence) string {
	if !j.renewable || e.at-j.looked < time.Second {
		return ""
	}
	if j.looked = e.at; j.recording() && j.may(e.at) {
		return camera.CopyAgain
	}
	return ""
}

// renew has the next segment of the run begin another promise.
func (k *sink) renew(constants spool.Constants) error {
	r := k.recorder
	p := r.promiseOf(constants)
	if err := spool.WritePromised(k.writer.dir, k.writer.seq+1, p); err != nil {
		return err
	}
	r.promise(p)
	if k.plan.Constants = constants; k.parts != nil && constants.PartTarget < k.writer.constants.PartTarget {
		k.parts(micro(constants.PartTarget))
	}
	if k.plan.Copy {
		r.learnKeys(constants.Independent)
	}
	return nil
}

// learnKeys has the plan say how far apart the key frames of a copied camera are.
func (r *Recorder) learnKeys(known bool) {
	facts := *r.facts
	facts.KeyIntervalKnown, facts.KeyInterval = known, r.keys.reach()
	r.facts = &facts
	r.retell()
}
