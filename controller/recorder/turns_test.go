package recorder

import (
	"context"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"lookback/controller/spool"
)

// TestTurns: so many at once and no more, in the order in which they came; who
// takes too long is not waited for.
func TestTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns := newTurns(2, time.Second)
		begun := time.Now()
		at := make([]time.Duration, 6)
		for i := range at {
			go func() {
				done := turns.take(t.Context())
				at[i] = time.Since(begun)
				if i > 0 { // the first hangs
					time.AfterFunc(400*ms, func() { done(); done() })
				}
			}()
			synctest.Wait()
		}
		<-time.After(10 * time.Second)
		want := []time.Duration{0, 0, 400 * ms, 800 * ms, 1000 * ms, 1200 * ms}
		for i := range at {
			if at[i] != want[i] {
				t.Errorf("camera %d began after %v, want %v", i, at[i], want[i])
			}
		}
		if len(turns.free) != 0 {
			t.Errorf("%d turns are still taken", len(turns.free))
		}
		ended, cancel := context.WithCancel(t.Context())
		first, second := turns.take(t.Context()), turns.take(t.Context())
		cancel()
		turns.take(ended)() // takes nothing and gives nothing back
		if len(turns.free) != 2 {
			t.Errorf("%d turns are taken, want 2", len(turns.free))
		}
		first()
		second()
	})
}

// TestHangingProbes: cameras that take the connection and never say a word hold
// up nobody who is started behind them.
func TestHangingProbes(t *testing.T) {
	t.Parallel()
	mute, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { mute.Close() })
	one := newTurns(1, 200*ms)
	for range 3 {
		start(t, "http://"+mute.Addr().String()+"/", func(r *Recorder) { r.turns = one })
	}
	good, _ := start(t, newMJPEGCamera(t, 10, 320, 180).URL, func(r *Recorder) { r.turns = one })
	until(t, 15*time.Second, "the good one records", func() bool {
		s, err := good.Status()
		return err == nil && s.State == spool.Recording
	})
}
