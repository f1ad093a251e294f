package camera

import (
	"math/rand/v2"
	"testing"
	"time"
)

// TestBunches: pictures that come by the bunch are told from those that come unevenly,
// or more often at times.
func TestBunches(t *testing.T) {
	const ms = time.Millisecond
	random := rand.New(rand.NewPCG(1, 2))
	every := func(gap, jitter time.Duration) func(int) time.Duration {
		return func(n int) time.Duration {
			return time.Duration(n)*gap + time.Duration(random.Int64N(int64(jitter)+1))
		}
	}
	byTheBunch := func(count int, frame time.Duration) func(int) time.Duration {
		return func(n int) time.Duration {
			return time.Duration(n/count*count)*frame + time.Duration(n%count)*ms/2
		}
	}
	for name, c := range map[string]struct {
		at   func(n int) time.Duration // of picture n, from 0 on
		want time.Duration
	}{
		"one by one":          {every(40*ms, 0), 0},
		"jittered":            {every(40*ms, 16*ms), 0},
		"jittered by a frame": {every(40*ms, 40*ms), 0},
		"four at once":        {byTheBunch(4, 100*ms), 300 * ms},
		"three at once":       {byTheBunch(3, 100*ms), 200 * ms},
		"eight at 15 fps":     {byTheBunch(8, time.Second/15), 7 * time.Second / 15},
		"five at 25 fps":      {byTheBunch(5, 40*ms), 160 * ms},
		"four and five":       {func(n int) time.Duration { return time.Duration(n*2/9) * 450 * ms }, 350 * ms},
		"held up once": {func(n int) time.Duration {
			return max(time.Duration(n)*40*ms, min(time.Duration(n)*40*ms+400*ms, 2*time.Second))
		}, 0},
		"held up now and then": {func(n int) time.Duration {
			at := time.Duration(n) * 40 * ms
			return max(at, at/(1200*ms)*1200*ms+300*ms)
		}, 0},
		"idle, then moving": {func(n int) time.Duration {
			return time.Duration(n/26)*8*time.Second + max(time.Duration(min(n%26, 6))*time.Second, 6*time.Second+time.Duration(n%26-6)*100*ms)
		}, 0},
		"a flood": {every(ms/2, 4*ms), 0},
	} {
		var b Bunches
		last := time.Duration(0)
		for n := range 400 {
			last = max(last, c.at(n))
			b.Add(last)
			if got := b.Span(); n > 50 && (got-c.want).Abs() > 12*ms {
				t.Errorf("%s: after picture %d %v, want %v", name, n, got, c.want)
				break
			}
		}
	}
}

// TestBunchesAreForgotten: what was known holds until the camera shows something else.
func TestBunchesAreForgotten(t *testing.T) {
	b := Bunches{Known: time.Second}
	for n := range 100 {
		b.Add(time.Duration(n) * 100 * time.Millisecond)
		if n == 20 && b.Span() != time.Second {
			t.Errorf("%v at first", b.Span())
		}
	}
	if b.Span() != 0 || len(b.came) > 100 {
		t.Errorf("%v at last", b.Span())
	}
}
