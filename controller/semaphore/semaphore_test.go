package semaphore

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

const ms = time.Millisecond

// TestPlaces: so many at once and no more, in the order in which they came; who
// takes too long is not waited for.
func TestPlaces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		places := New(2, time.Second)
		begun := time.Now()
		at := make([]time.Duration, 6)
		for i := range at {
			go func() {
				done := places.Acquire(t.Context())
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
				t.Errorf("%d began after %v, want %v", i, at[i], want[i])
			}
		}
		if places.Held() != 0 {
			t.Errorf("%d places are still held", places.Held())
		}
		ended, cancel := context.WithCancel(t.Context())
		first, second := places.Acquire(t.Context()), places.Acquire(t.Context())
		cancel()
		places.Acquire(ended)() // takes nothing and gives nothing back
		if places.Held() != 2 {
			t.Errorf("%d places are held, want 2", places.Held())
		}
		first()
		second()
	})
}
