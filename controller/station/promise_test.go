package station

import (
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"lookback/controller/spool"
)

// TestPromisesOfHangingArchive: while an archive can't be loaded its recorder waits no
// longer than it takes to read a file, and two seconds where that hangs too.
func TestPromisesOfHangingArchive(t *testing.T) {
	promise := &spool.Promised{Number: 3, Constants: spool.Constants{PartTarget: 200_000, TargetDuration: 2_000_000}}
	for name, c := range map[string]struct {
		read func(hang chan struct{}) (*spool.Promised, error)
		most time.Duration
		told bool
	}{
		"the file tells":      {func(chan struct{}) (*spool.Promised, error) { return promise, nil }, 0, true},
		"one of two is bad":   {func(chan struct{}) (*spool.Promised, error) { return promise, errors.New("a bad sector") }, 2 * time.Second, true},
		"nothing is there":    {func(chan struct{}) (*spool.Promised, error) { return nil, nil }, 2 * time.Second, false},
		"the file hangs, too": {func(hang chan struct{}) (*spool.Promised, error) { <-hang; return promise, nil }, 2 * time.Second, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				hang, readings := make(chan struct{}), atomic.Int32{}
				defer close(hang)
				d := New(Options{MediaDir: t.TempDir(), Recorders: silent{}, Log: slog.New(slog.DiscardHandler)}, nil)
				d.readPromise = func(string, string) (*spool.Promised, error) {
					readings.Add(1)
					return c.read(hang)
				}
				d.Set(named(t, "a"), false)
				begun := time.Now()
				for range 3 { // a recorder asks again and again
					k := d.Promise("a")
					if took := time.Since(begun); took > c.most+2*nextGuess {
						t.Errorf("after %v", took)
					}
					if (k != nil) != c.told || k != nil && *k != *promise {
						t.Errorf("it is told %+v", k)
					}
				}
				if name == "the file hangs, too" && readings.Load() != 1 {
					t.Errorf("%d readings hang", readings.Load())
				}
			})
		})
	}
}
