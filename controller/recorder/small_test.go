package recorder

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"lookback/controller/camera"
)

var discarded = slog.New(slog.DiscardHandler)

func TestBackoff(t *testing.T) {
	var b backoff
	ceiling := minDelay
	for range 20 {
		d := b.next()
		if d < ceiling/2 || d > ceiling || d <= 0 {
			t.Errorf("%v, want between %v and %v", d, ceiling/2, ceiling)
		}
		ceiling = min(maxDelay, 2*ceiling)
	}
	b.lived(healthy)
	for range maxQuick {
		if d := b.nextQuick(); d > 300*time.Millisecond || d <= 0 {
			t.Errorf("quick restart after %v", d)
		}
	}
	soon := time.Duration(0)
	for range hopes {
		d := b.next()
		if soon += d; d > hopeDelay {
			t.Errorf("a camera that was just there is asked again after %v", d)
		}
	}
	if soon < 5*time.Second {
		t.Errorf("and that for %v only", soon)
	}
	for range maxQuick + hopes + 8 {
		b.nextQuick()
	}
	if d := b.nextQuick(); d < maxDelay/2 {
		t.Errorf("one that keeps dying is started again after %v", d)
	}
	b = backoff{}
	for range 20 {
		if b.lived(goodWhile); b.nextQuick() > quickDelay {
			t.Error("one that dies now and then is not started again at once")
		}
	}
}

func TestProgress(t *testing.T) {
	var got []progress
	readProgress(strings.NewReader("frame=10\nfps=9.9\ndup_frames=2\ndrop_frames=1\nspeed=1.01x\nprogress=continue\nframe=20\nspeed=N/A\nprogress=end\n"),
		func(p progress) { got = append(got, p) })
	if len(got) != 2 || got[0] != (progress{10, 2, 1, 1.01, 0}) || got[1] != (progress{20, 2, 1, 0, 0}) {
		t.Errorf("%+v", got)
	}
}

func TestRateWatch(t *testing.T) {
	for name, c := range map[string]struct {
		planned   int
		perSecond uint64
		dup, drop uint64
		change    time.Duration // after how long, 0: never
		slow      bool
	}{
		"as planned":       {planned: 30, perSecond: 30},
		"a little slow":    {planned: 30, perSecond: 30, dup: 5},
		"much slower":      {planned: 30, perSecond: 30, dup: 20, change: time.Hour, slow: true},
		"much faster":      {planned: 10, perSecond: 10, drop: 10, change: fastWindow},
		"a little faster":  {planned: 10, perSecond: 10, drop: 1},
		"few frames prove": {planned: 1, perSecond: 1, dup: 0},
	} {
		w := rateWatch{planned: camera.Rate{Num: c.planned, Den: 1}}
		changed, slow := time.Duration(0), false
		for i := range uint64(3700) {
			now := time.Duration(i) * time.Second
			if _, is := w.add(now, progress{frames: i * c.perSecond, dup: i * c.dup, drop: i * c.drop}, time.Hour); is && changed == 0 {
				changed = now
			}
			slow = slow || w.slowFor(now) >= idleAfter
		}
		if changed < c.change || changed > c.change+2*time.Second || slow != c.slow {
			t.Errorf("%s: changed after %v, slow %v", name, changed, slow)
		}
	}
}

// TestRateOfIdlingCamera: one that sends a picture a second while nothing moves, and
// 30 for a while now and then, is not planned anew.
func TestRateOfIdlingCamera(t *testing.T) {
	w, slow, sum := rateWatch{planned: camera.Rate{Num: 30, Den: 1}}, false, progress{}
	for i := range 24 * 3600 {
		now := time.Duration(i) * time.Second
		sum.frames += 30
		if i%1800 > 20 {
			sum.dup += 29
		}
		if rate, changed := w.add(now, sum, firstSlow); changed {
			t.Fatalf("after %v: %v", now, rate)
		}
		slow = slow || w.slowFor(now) >= idleAfter
	}
	if !slow {
		t.Error("it is not noticed")
	}
	c := rateChanges{slow: firstSlow}
	for range 10 { // one that idles for longer
		c.note(time.Minute, true)
		c.note(time.Hour, false)
	}
	if c.slow != longestSlow {
		t.Errorf("it counts as slow after %v", c.slow)
	}
}

func TestFPS(t *testing.T) {
	var m fpsMeter
	for i := range 300 {
		m.add(time.Duration(i) * 40 * ms)
	}
	if got := m.fps(300 * 40 * ms); got != 25 {
		t.Errorf("%v", got)
	}
	if got := m.fps(time.Hour); got != 0 {
		t.Errorf("%v long after the last", got)
	}
}

// TestRateOfLate: a camera that sends faster is planned for the rate at which it sends
// now, and not for the mean of the time in which that was noticed; one pile is no rate.
func TestRateOfLate(t *testing.T) {
	for name, c := range map[string]struct {
		second func(i int) uint64 // pictures in it
		want   float64
	}{
		"faster": {func(i int) uint64 {
			if i < 15 {
				return 25
			}
			return 40
		}, 40},
		"faster, and a pile": {func(i int) uint64 {
			switch {
			case i < 15:
				return 25
			case i == 16:
				return 60
			}
			return 40
		}, 40},
	} {
		w, sum := rateWatch{planned: camera.Rate{Num: 25, Den: 1}}, progress{}
		for i := range 30 {
			sum.frames += c.second(i)
			if rate, changed := w.add(time.Duration(i)*time.Second, sum, time.Hour); changed {
				if rate != c.want {
					t.Errorf("%s: %v, want %v", name, rate, c.want)
				}
				break
			}
			if i == 29 {
				t.Errorf("%s: nothing is noticed", name)
			}
		}
	}
}
