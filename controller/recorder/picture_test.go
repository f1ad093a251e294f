package recorder

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"lookback/controller/camera"
	"lookback/controller/spool"
)

// grid paints what is looked at.
func grid(paint func(x, y int) int) []byte {
	g := make([]byte, 0, gridWidth*gridHeight)
	for y := range gridHeight {
		for x := range gridWidth {
			g = append(g, byte(max(0, min(255, paint(x, y)))))
		}
	}
	return g
}

// TestJudge: what is told of two looks, of which the second is like the first
// but for what the case adds.
func TestJudge(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	scene := func(x, y int) int { return 40 + x/2 + y }
	noise := func(share float64, by int) func(x, y int) int {
		return func(int, int) int {
			if r.Float64() < share {
				return r.IntN(2*by+1) - by
			}
			return 0
		}
	}
	none := func(int, int) int { return 0 }
	digits := func(x, y int) int { // of a clock: twelve samples become bright
		if y == 85 && x < 12 {
			return 150
		}
		return 0
	}
	for name, c := range map[string]struct {
		scene, change func(x, y int) int
		want          string
	}{
		"day, noise":                 {scene, noise(0.2, 2), ""},
		"day, a good sensor":         {scene, noise(0.02, 1), ""},
		"frozen":                     {scene, none, "frozen"},
		"frozen, encoded anew":       {scene, noise(0.004, 1), "frozen"},
		"still, with a clock in it":  {scene, digits, ""},
		"black":                      {func(int, int) int { return 0 }, none, "dark"},
		"black, with noise":          {func(int, int) int { return 4 }, noise(0.5, 6), "dark"},
		"black, with a clock in it":  {digits, none, "dark"},
		"night, with lamps":          {func(x, y int) int { return 6 + 90*((x/8)%4/3)*((y/8)%3/2) }, noise(0.1, 2), ""},
		"night, a grey street":       {func(x, y int) int { return 8 + x/8 }, noise(0.1, 2), ""},
		"one bright colour":          {func(int, int) int { return 120 }, none, "blank"},
		"fog":                        {func(x, y int) int { return 120 + y/8 }, noise(0.2, 1), ""},
		"a blue screen with letters": {func(x, y int) int { return 41 + 190*((x+y)%97/96) }, none, "blank"},
	} {
		var known *spool.Picture
		var before []byte
		begun := time.Unix(1_800_000_000, 0)
		for i := range 4 {
			now := grid(func(x, y int) int {
				if i%2 == 0 {
					return c.scene(x, y)
				}
				return c.scene(x, y) + c.change(x, y)
			})
			next := assess(now, before, begun.Add(time.Duration(i)*time.Minute), known)
			known, before = &next, now
		}
		got := ""
		for what, since := range map[string]*time.Time{"dark": known.Dark, "blank": known.Blank, "frozen": known.Frozen} {
			if since == nil {
				continue
			}
			if got += what; !since.Equal(begun) {
				t.Errorf("%s: since %v, want %v", name, since, begun)
			}
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q (%+v)", name, got, c.want, known)
		}
	}
}

// TestEvery: a picture that is not odd is hardly ever looked at.
func TestEvery(t *testing.T) {
	o := newObserver(true, "", discarded)
	now := time.Unix(1_800_000_000, 0)
	if a, b := o.every(false, now), o.every(true, now); a != lookSeldom || b != lookOften {
		t.Errorf("%v, %v", a, b)
	}
	o.odd.Store(now.Unix())
	if a, b := o.every(false, now.Add(time.Minute)), o.every(true, now.Add(time.Hour)); a != lookOften || b != lookLater {
		t.Errorf("%v, %v", a, b)
	}
}

// coded are the pictures that ffmpeg makes of a source, as a session gets them.
func coded(t *testing.T, rate camera.Rate, args ...string) (all []unit) {
	t.Helper()
	f, err := os.Open(encodedMedia(t, args...))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	from := newFLVPictures(f, rate, func() time.Duration { return 0 })
	for {
		u, err := from.next()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, u)
	}
}

// TestLooks: with the real ffmpeg, from pictures to what they show. What is
// odd is looked at again after lookOften, what is not is left alone.
func TestLooks(t *testing.T) {
	for name, c := range map[string]struct {
		source string
		looks  int // of five key frames lookOften apart
		shows  func(spool.Picture) bool
	}{
		"black":  {"color=black:size=640x360:rate=10:duration=5", 5, func(p spool.Picture) bool { return p.Dark != nil && p.Luma == 0 }},
		"frozen": {"testsrc2=size=640x360:rate=10:duration=0.1,loop=50:1:0", 5, func(p spool.Picture) bool { return p.Frozen != nil && p.Spread > 100 }},
		"moving": {"testsrc2=size=640x360:rate=10:duration=5", 1, func(p spool.Picture) bool { return p.Dark == nil && p.Blank == nil && p.Frozen == nil && p.Luma > 0 }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			all := coded(t, camera.Rate{Num: 10, Den: 1}, c.source, "-pix_fmt", "yuv420p", "-c:v", "libx264", "-preset", "superfast", "-tune", "zerolatency", "-crf", "23", "-g", "10", "-bf", "0")
			o := newObserver(true, "ffmpeg", slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug})))
			ctx, stop := context.WithCancel(t.Context())
			ended := make(chan struct{})
			go func() { o.run(ctx); close(ended) }()
			looks, now := 0, time.Duration(0)
			for _, u := range all {
				before := o.last
				if u.sync {
					now += lookOften + time.Second
				}
				u.arrival = now
				if o.offer(u); o.last != before {
					at := o.seen()
					until(t, 20*time.Second, "a look", func() bool { return o.seen() != at })
					looks++
				}
			}
			stop()
			<-ended
			if p := o.seen(); p == nil || !c.shows(*p) || looks != c.looks {
				t.Errorf("%d looks, %+v", looks, p)
			}
		})
	}
}

// TestNoLooks: switched off, nobody looks.
func TestNoLooks(t *testing.T) {
	o := newObserver(false, "ffmpeg", discarded)
	o.offer(unit{format: &format{}, sync: true, arrival: time.Second})
	if len(o.looks) > 0 {
		t.Error("a key frame was kept")
	}
}

// TestLookFails: what can't be decoded is an error and no verdict.
func TestLookFails(t *testing.T) {
	for _, ffmpeg := range []string{"/nowhere/ffmpeg", script(t, "exit 3"), script(t, "echo too little")} {
		if grid, err := glance(t.Context(), ffmpeg, []byte("x")); err == nil {
			t.Errorf("%s: %d bytes", ffmpeg, len(grid))
		}
	}
}
