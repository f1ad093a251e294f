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
		change    bool
	}{
		"as planned":       {planned: 30, perSecond: 30},
		"a little slow":    {planned: 30, perSecond: 30, dup: 5},
		"much slower":      {planned: 30, perSecond: 30, dup: 20, change: true},
		"much faster":      {planned: 10, perSecond: 10, drop: 10, change: true},
		"a little faster":  {planned: 10, perSecond: 10, drop: 1},
		"few frames prove": {planned: 1, perSecond: 1, dup: 0},
	} {
		w := rateWatch{planned: camera.Rate{Num: c.planned, Den: 1}}
		changed := false
		for i := range uint64(70) {
			_, now := w.add(time.Duration(i)*time.Second, progress{frames: i * c.perSecond, dup: i * c.dup, drop: i * c.drop})
			changed = changed || now
		}
		if changed != c.change {
			t.Errorf("%s: changed %v", name, changed)
		}
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
