package recorder

import (
	"errors"
	"os"
	"time"

	"lookback/controller/camera"
	"lookback/controller/spool"
)

// statusInterval is how often the status is written when nothing changes.
const statusInterval = time.Second

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
		r.setReason(reason)
	}
	r.publish()
	r.bell.Press()
}

func (r *Recorder) setReason(reason camera.Reason) {
	r.status.Code, r.status.Title, r.status.Advice = reason.Code, reason.Title, reason.Advice
}

// publish writes the status. A disk that takes none is reported by whoever
// writes media.
func (r *Recorder) publish() {
	r.status.At = time.Now().UTC()
	r.status.Log = r.stderr.last()
	if err := errors.Join(os.MkdirAll(r.dir, 0o755), spool.WriteStatus(r.dir, r.status)); err != nil {
		r.Log.Debug("status not written", "error", err)
	}
}

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
