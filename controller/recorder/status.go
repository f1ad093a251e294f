package recorder

import (
	"context"
	"errors"
	"maps"
	"os"
	"time"

	"lookback/controller/camera"
	"lookback/controller/spool"
)

// statusInterval is how often the status is written when nothing changes.
const statusInterval = time.Second

var errSilent = errors.New("the recorder has not said anything yet")

// Status is what the recorder said last. It comes from memory, so that a disk
// that takes nothing keeps nobody from knowing that.
func (r *Recorder) Status() (spool.Status, error) {
	s := r.said.Load()
	if s == nil {
		return spool.Status{}, errSilent
	}
	return *s, nil
}

// enter changes the state and says so at once.
func (r *Recorder) enter(state string, reason camera.Reason) {
	now := time.Now().UTC()
	if r.status.State != state {
		r.status.State, r.status.Since = state, now
	}
	if state != spool.Waiting {
		r.status.Retry = nil
	}
	// While starting, the reason of the last failure still holds.
	if reason.Code != "" || state != spool.Starting {
		r.setReason(reason.For(r.URL))
	}
	r.publish()
	r.bell.Press()
}

// plans is how the camera is treated from now on.
func (r *Recorder) plans(plan camera.Plan) {
	r.status.Plan, r.status.PlanReasons, r.status.FrameRate = plan.Line, plan.Reasons, plan.FrameRate.Float()
}

// follow begins what is planned, and says so; message is what begins.
func (r *Recorder) follow(plan camera.Plan, message string) {
	r.plans(plan)
	r.enter(spool.Starting, camera.Reason{})
	r.Log.Info(message, "plan", plan.Line, "reasons", plan.Reasons)
}

// retell has the plan of a camera that is copied say what is known now. It stays copied,
// though the parts that are promised may not fit it for a while.
func (r *Recorder) retell() {
	if r.facts.Knowledge == camera.Rough {
		return
	}
	plan := r.plan()
	if !plan.Copy {
		free := r.settings()
		free.Constants = nil
		plan = r.planBy(free)
	}
	if plan.Copy {
		r.plans(plan)
		r.publish()
	}
}

// countFlaw adds to what was wrong with the picture.
func (r *Recorder) countFlaw(kind string, length time.Duration) {
	r.status.Flaws[kind] += length.Seconds()
	r.Log.Debug("the picture was not what the camera saw", "kind", kind, "for", length)
}

func (r *Recorder) setReason(reason camera.Reason) {
	r.status.Code, r.status.Title, r.status.Advice = reason.Code, reason.Title, reason.Advice
}

// publish makes the status what Status returns, and has it written.
func (r *Recorder) publish() {
	s := r.status
	s.At = time.Now().UTC()
	s.Log = r.stderr.last()
	s.Restarts, s.Flaws = maps.Clone(s.Restarts), maps.Clone(s.Flaws)
	s.Picture = r.pictures.seen()
	r.say(s)
}

func (r *Recorder) say(s spool.Status) {
	r.said.Store(&s)
	select {
	case r.changed <- struct{}{}:
	default:
	}
}

// keepStatus writes the newest status to the disk until stop is closed, and
// then once more. It is a goroutine of its own: a disk that hangs is to stop
// the news on the disk and nothing else.
func (r *Recorder) keepStatus(stop <-chan struct{}) {
	bell := spool.NewRing(r.MediaDir, r.Camera)
	defer bell.Close()
	for stopped := false; !stopped; {
		select {
		case <-r.changed:
		case <-stop:
			stopped = true
		}
		s := r.said.Load()
		if s == nil {
			continue
		}
		if r.Tell { // first, since the disk may hang
			if err := bell.Tell(*s); err != nil {
				r.Log.Debug("status not sent", "error", err)
			}
		}
		// A disk that takes none is reported by whoever writes media.
		if err := errors.Join(os.MkdirAll(r.dir, 0o755), spool.WriteStatus(r.dir, *s)); err != nil {
			r.Log.Debug("status not written", "error", err)
		}
	}
}

// publishUntil keeps the status fresh until done is closed.
func (r *Recorder) publishUntil(done <-chan struct{}) {
	tick := time.NewTicker(statusInterval)
	defer tick.Stop()
	for {
		select {
		case <-done:
			return
		case <-tick.C:
			r.publish()
		}
	}
}

// maxDiskTime is how long the disk may take for one thing.
const maxDiskTime = 3 * time.Second

// onDisk does something with the disk and notes how long it takes. After one
// that took too long what has gathered meanwhile is not worth recording: ffmpeg
// is started anew at the live edge.
func (r *Recorder) onDisk(do func() error) error {
	begun := r.now()
	r.disk.begin(begun)
	err := do()
	r.disk.end()
	if took := r.now() - begun; took >= r.maxDiskTime {
		r.Log.Warn("the disk did not answer in time", "took", took.Round(time.Millisecond))
		r.diskSlow = true
	}
	return err
}

// hangs reports whether the disk is taking too long right now.
func (r *Recorder) hangs() bool {
	return r.disk.lasts(r.now()) >= r.maxDiskTime
}

// await waits until recording has ended. It says so when the disk hangs, and
// does not wait for such a disk once ctx has ended: then it returns false.
func (r *Recorder) await(ctx context.Context, recording <-chan struct{}) (ended bool) {
	tick := time.NewTicker(checkInterval)
	defer tick.Stop()
	for logged := (time.Time{}); ; {
		select {
		case <-recording:
			return true
		case <-tick.C:
		}
		if !r.hangs() {
			continue
		}
		if ctx.Err() != nil {
			return false
		}
		if now := time.Now(); now.Sub(logged) >= statusInterval {
			logged = now
			r.sayHangs(now)
		}
	}
}

// sayHangs is for whoever watches, since the owner of the status is waiting.
func (r *Recorder) sayHangs(now time.Time) {
	s := *r.said.Load()
	reason := camera.ReasonFor(camera.DiskSlow)
	if s.State != spool.Waiting {
		s.State, s.Since = spool.Waiting, now.UTC()
	}
	s.At, s.Code, s.Title, s.Advice = now.UTC(), reason.Code, reason.Title, reason.Advice
	r.say(s)
}
