package recorder

import (
	"context"
	"errors"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"lookback/controller/camera"
	"lookback/controller/spool"
)

// claimInterval is how often a recorder that waits for another's end looks.
const claimInterval = 100 * time.Millisecond

var occupied = camera.ReasonFor(camera.AnotherRecorder)

// lock waits until this is the camera's only recorder: of two, in containers or
// not, one would destroy what the other writes. It returns the lock, nil where
// ctx has ended or the disk knows no locks.
func (r *Recorder) lock(ctx context.Context) *os.File {
	tick := time.NewTicker(claimInterval)
	defer tick.Stop()
	for logged := (time.Time{}); ; {
		lock, err := spool.LockCamera(r.dir)
		if !errors.Is(err, unix.EAGAIN) {
			if err != nil {
				r.Log.Warn("recording goes on without being sure to be the only one", "error", err)
			}
			return lock
		}
		if time.Since(logged) >= statusInterval {
			if logged.IsZero() {
				r.Log.Warn("waiting", "reason", occupied.Code, "title", occupied.Title)
			}
			logged = time.Now()
			r.enter(spool.Waiting, occupied)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}
