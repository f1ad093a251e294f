package alert

import (
	"context"
	"crypto/rand"
	"log/slog"
	"time"

	"lookback/controller/health"
)

// watch owns what is known and told of one camera. One goroutine owns it.
type watch struct {
	*Options
	camera Camera
	log    *slog.Logger
	file   file
	memory memory

	away  time.Time // when it was first seen away, zero: it is live
	began time.Time // when the picture ended, as it is told
	live  time.Time // when it was first seen live, zero: it is away

	sent     chan error // result of the delivery under way; nil: none is
	attempts int        // of the message at hand
	next     time.Time  // when it may be tried again
	gone     bool       // the camera is, with the folder of the file
}

func newWatch(o *Options, c Camera) *watch {
	w := &watch{Options: o, camera: c, log: o.Log.With("camera", c.Name()), file: newFile(o.MediaDir, c.Name())}
	var err error
	if w.memory, err = w.file.read(); err != nil {
		w.log.Warn("what was told before is not known; a loss may be told twice", "error", err)
	}
	return w
}

func (w *watch) run(ctx, life context.Context) {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	gone := life.Done()
	for {
		select {
		case <-ctx.Done():
			if w.sent != nil {
				w.concluded(<-w.sent) // the context has ended the request too
			}
			return
		case <-gone:
			gone, w.gone = nil, true
			w.end(time.Now())
		case err := <-w.sent:
			w.concluded(err)
		case <-tick.C:
			if !w.gone {
				w.see(w.camera.Report(time.Now()))
			}
		}
		if w.gone && len(w.memory.Pending) == 0 {
			return
		}
		w.deliver(ctx)
	}
}

// end closes a loss that was told.
func (w *watch) end(now time.Time) {
	w.away, w.live = time.Time{}, time.Time{}
	if w.memory.Lost {
		w.tell(Back, now, true)
	}
}

// see takes a look at the camera. Durations are told by the monotonic clock: a
// clock that is set neither loses a camera nor finds one.
func (w *watch) see(r health.Report) {
	now := time.Now()
	switch r.State {
	case health.HasEnded:
		w.end(now)
		return
	case health.Live:
		w.away = time.Time{}
		if w.live.IsZero() {
			w.live = now
		}
		if w.memory.Lost && now.Sub(w.live) >= backAfter {
			w.tell(Back, now, false)
		}
		return
	}
	w.live = time.Time{}
	if w.away.IsZero() {
		w.away, w.began = now, now
		if age := now.Sub(r.Since); age > 0 && age < 10*time.Second {
			w.began = r.Since
		}
	}
	if !w.memory.Lost && now.Sub(w.away) >= w.After {
		w.memory.Since, w.memory.Reason = w.began.UTC(), r.Reason
		w.tell(Lost, now, false)
	}
}

// maxPending is how many messages may wait for a receiver that is away.
const maxPending = 8

// tell puts a message into the queue, on disk first.
func (w *watch) tell(event string, now time.Time, ended bool) {
	w.memory.Lost = event == Lost
	w.memory.Pending = append(w.memory.Pending, message{
		ID: rand.Text(), Event: event, Camera: w.camera.Name(), Title: w.camera.Title(), Ended: ended,
		Since: stamp(w.memory.Since), At: stamp(now), Reason: w.memory.Reason,
		LostSeconds: max(0, now.Sub(w.memory.Since).Round(time.Millisecond).Seconds()),
	})
	if n := len(w.memory.Pending); n > maxPending {
		// A loss and a return in the middle: what is left still takes turns.
		for _, m := range w.memory.Pending[1:3] {
			w.Count(m.Camera, m.Event, GivenUp)
		}
		w.memory.Pending = append(w.memory.Pending[:1:1], w.memory.Pending[3:]...)
	}
	w.log.Info("alert", "event", event, "since", w.memory.Since)
	w.keep()
}

func (w *watch) keep() {
	if w.gone {
		return
	}
	if err := w.file.write(w.memory); err != nil {
		w.log.Warn("what was told can't be kept; after a restart a loss may be told twice", "error", err)
	}
}

const (
	firstRetry, lastRetry = time.Second, 5 * time.Minute
	// patience is how long a message is tried.
	patience = 24 * time.Hour
)

// deliver begins to send the oldest message, when it is time to.
func (w *watch) deliver(ctx context.Context) {
	if w.sent != nil || len(w.memory.Pending) == 0 || ctx.Err() != nil || time.Now().Before(w.next) {
		return
	}
	m := w.memory.Pending[0]
	w.sent = make(chan error, 1)
	w.attempts++
	go func(result chan<- error) { result <- w.post(ctx, m) }(w.sent)
}

// concluded takes the result of a delivery.
func (w *watch) concluded(err error) {
	w.sent = nil
	m := w.memory.Pending[0]
	age := time.Since(time.Time(m.At))
	if err != nil && age < patience {
		delay := min(lastRetry, firstRetry<<min(w.attempts-1, 10))
		w.next = time.Now().Add(jitter(delay))
		w.Count(m.Camera, m.Event, Failed)
		if w.attempts == 1 || delay > 30*time.Second {
			w.log.Warn("alert not delivered, trying again", "event", m.Event, "to", w.Shown, "error", err, "attempts", w.attempts, "next_in", delay)
		}
		return
	}
	if err != nil {
		w.Count(m.Camera, m.Event, GivenUp)
		w.log.Error("alert given up", "event", m.Event, "to", w.Shown, "error", err, "attempts", w.attempts)
	} else {
		w.Count(m.Camera, m.Event, Delivered)
		w.log.Info("alert delivered", "event", m.Event, "to", w.Shown, "attempts", w.attempts)
	}
	w.memory.Pending = append([]message(nil), w.memory.Pending[1:]...)
	w.attempts, w.next = 0, time.Time{}
	w.keep()
}
