package recorder

import (
	"fmt"
	"math"
	"testing"
	"time"

	"lookback/controller/camera"
)

// TestSurges: what is more pictures than are recorded, and what only looks so.
func TestSurges(t *testing.T) {
	for name, c := range map[string]struct {
		rate  float64
		idles bool
		due   func(int) time.Duration
		until time.Duration
		want  float64 // 0: none
		lost  int     // that are left out by then, at most
	}{
		"it idled":              {10, true, changing(0, 1, 10, 15), 20 * time.Second, 15, 3},
		"it idled, a little":    {10, true, changing(0, 2, 10, 20), 20 * time.Second, 20, 3},
		"night and day":         {5, false, changing(0, 5, 10, 25), 20 * time.Second, 25, 3},
		"a fifth more":          {25, false, changing(0, 25, 10, 30), 20 * time.Second, 30, 7},
		"as planned":            {25, false, changing(0, 25), 60 * time.Second, 0, 0},
		"a little more":         {25, false, changing(0, 27), 60 * time.Second, 0, 0},
		"it idles, and does so": {10, true, changing(0, 1, 10, 9.9, 20, 1), 40 * time.Second, 0, 0},
		"held up, and caught up at twice the rate": {25, false, func(n int) time.Duration {
			at := changing(0, 25)(n)
			if at > 10*time.Second && at < 18*time.Second {
				return 14*time.Second + (at-10*time.Second)/2
			}
			return at
		}, 60 * time.Second, 0, 0},
		"slowly, and caught up": {25, false, func(n int) time.Duration {
			at := changing(0, 25)(n)
			if at > 10*time.Second && at < 12*time.Second { // what was held up comes at 100 a second
				return min(12*time.Second, at) - (12*time.Second-at)/4
			}
			return at
		}, 60 * time.Second, 0, 0},
	} {
		s, got, left := surge{rate: c.rate, idles: c.idles}, 0.0, 0
		k := ticks{frame: time.Duration(float64(time.Second) / c.rate)}
		for n := 0; c.due(n) < c.until && got == 0; n++ {
			at := c.due(n) + time.Second
			if s.came(at); !s.holds() {
				for at > k.lapse() && n > 0 {
					k.repeat()
				}
				if _, ok := k.take(at); !ok {
					left++
				}
			}
			got = s.look(at)
		}
		if math.Abs(got-c.want) > 0.05*c.want || c.want > 0 && left > c.lost {
			t.Errorf("%s: %.4g pictures a second, %d left out before; want %v, %d at most", name, got, left, c.want, c.lost)
		}
	}
}

// TestNothingIsLostOfMovement: a camera of JPEGs that sends few while nothing moves, in
// whatever way, loses no more than 0.2 s of pictures when it sends more.
func TestNothingIsLostOfMovement(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		at  float64 // when it does, seconds
		due func(int) time.Duration
	}{
		"1 and 15": {8, changing(0, 1, 8, 15, 18, 1)},
		"1 and 25": {20, changing(0, 1, 20, 25)},
		"2 and 20": {10, changing(0, 2, 10, 20)},
		"5 and 25": {10, changing(0, 5, 10, 25)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onAQuietMachine(t, func() error { return lostOfMovement(t, c.due, c.at) })
		})
	}
}

// lostOfMovement tells by an error where more is lost in the four seconds behind that, or
// pictures are dated more than half a second off.
func lostOfMovement(t *testing.T, due func(int) time.Duration, at float64) error {
	cam := newNumberedCamera(due)
	defer cam.close()
	r, stop := start(t, cam.url, func(r *Recorder) { r.FFprobe, r.Log = "/nowhere/ffprobe", discarded })
	begun := time.Now()
	until(t, 90*time.Second, "what moves", func() bool { return time.Since(begun).Seconds() > at+8 })
	stop()
	p, err := cam.pictures(t, r, 500*ms)
	if err != nil {
		return err
	}
	sent := cam.times()
	lost := time.Duration(0)
	var which []int
	for n := 0; n < p.newest; n++ {
		if is := due(n).Seconds(); !p.seen[n] && is >= at && is < at+4 {
			which = append(which, n)
			lost += sent[n+1].Sub(sent[n])
		}
	}
	t.Logf("of %d pictures %v are lost, %v; one is dated %v off; %v", p.newest+1, which, lost, p.worst, status(r).Restarts)
	if lost > 200*ms || p.wrong > 0 || p.newest < len(sent)/2 || status(r).Restarts[camera.RateChanged] != 1 {
		return fmt.Errorf("of %d pictures %v are lost, %v; %d are dated wrongly, one %v off", p.newest+1, which, lost, p.wrong, p.worst)
	}
	return nil
}
