package playlist

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"lookback/controller/archive"
	"lookback/controller/playlist/conform"
	"lookback/controller/playlist/life"
	"lookback/controller/spool"
)

var update = flag.Bool("update", false, "write the golden files instead of comparing")

// stories end in a snapshot each; the golden files show its playlists.
var stories = map[string]func() *archive.Snapshot{
	"first-part": func() *archive.Snapshot {
		c := life.Usual()
		c.Run(0)
		c.Parts(1)
		return c.Snapshot()
	},
	"usual": func() *archive.Snapshot {
		c := life.Usual()
		c.Run(0)
		c.Parts(230)
		return c.Snapshot()
	},
	// 33.366666… ms frames: three are 0.1001 s, a segment of 60 is 2.002 s.
	"ntsc": func() *archive.Snapshot {
		c := life.New(spool.Constants{PartTarget: 105_000, TargetDuration: 2_000_000, Independent: true}, 2_000_000, 0)
		c.Run(0)
		for range 45 {
			c.Part(100_100)
		}
		return c.Snapshot()
	},
	"away": func() *archive.Snapshot {
		c := life.Usual()
		c.Run(0)
		c.Parts(95)
		c.EndRun()
		return c.Snapshot()
	},
	"ended": func() *archive.Snapshot {
		c := life.Usual()
		c.Run(0)
		c.Parts(95)
		c.End()
		return c.Snapshot()
	},
	"back-again": func() *archive.Snapshot {
		c := life.Usual()
		c.Run(0)
		c.Parts(95)
		c.Run(12_345_678)
		c.Parts(2)
		return c.Snapshot()
	},
	"run-without-parts": func() *archive.Snapshot {
		c := life.Usual()
		c.Run(0)
		c.Parts(95)
		c.Run(12_345_678)
		return c.Snapshot()
	},
	"gap": func() *archive.Snapshot {
		c := life.Usual()
		c.Run(0)
		c.Parts(40)
		c.Gap(1_950_000)
		c.Parts(3)
		return c.Snapshot()
	},
	"discontinuity-first": func() *archive.Snapshot {
		c := life.Usual()
		c.Window = 5_000_000
		c.Run(0)
		c.Parts(40)
		c.Run(1_000_000)
		c.Parts(61)
		return c.Snapshot()
	},
	"copied-5fps": func() *archive.Snapshot {
		c := life.New(spool.Constants{PartTarget: 200_000, TargetDuration: 12_000_000}, 2_000_000, 7)
		c.Run(0)
		for range 27 {
			c.Part(200_000)
		}
		return c.Snapshot()
	},
	// PART was changed: another run, of which there are only parts yet.
	"promise-begun": func() *archive.Snapshot { return changed(5) },
	// And of which there is a segment.
	"promise-kept": func() *archive.Snapshot { return changed(12) },
	// The same for one who still asks for the old one.
	"promise-over": func() *archive.Snapshot {
		s := changed(12)
		return s.Under(0)
	},
	// A key frame every 10 s, and then every 2 s again, inside a run.
	"promise-inside-a-run": func() *archive.Snapshot {
		c := life.New(spool.Constants{PartTarget: 100_000, TargetDuration: 12_000_000}, 2_000_000, 4200)
		c.Run(0)
		c.Parts(50)
		c.Promise(spool.Constants{PartTarget: 100_000, TargetDuration: 2_000_000, Independent: true})
		c.Parts(45)
		return c.Snapshot()
	},
}

// changed is a camera that went from parts of 0.1 s to parts of 0.2 s.
func changed(parts int) *archive.Snapshot {
	c := life.Usual()
	c.Run(0)
	c.Parts(95)
	c.EndRun()
	c.Promise(spool.Constants{PartTarget: 200_000, TargetDuration: 2_000_000, Independent: true})
	c.Run(1_234_567)
	c.Parts(parts)
	return c.Snapshot()
}

func TestGolden(t *testing.T) {
	for name, story := range stories {
		whole := story()
		s := whole.Under(whole.Served())
		all := map[string][]byte{"live": Live(s).Render(false), "live-delta": Live(s).Render(true),
			"window": Window(s, nil).Render(false), "index": Master(s)}
		past, err := Slice(s, life.Begin+2_500_000, life.Begin+7_000_000, 0, nil)
		if err == nil {
			if all["slice"] = past.Render(false); past.Ended() {
				all["slice"] = past.Whole().Render(false)
			}
		}
		for kind, got := range all {
			compare(t, name+"."+kind+".m3u8", got)
			if kind == "index" || kind == "live-delta" {
				continue
			}
			p, err := conform.Parse(got)
			if err != nil {
				t.Fatalf("%s %s: %v", name, kind, err)
			}
			for _, err := range conform.Check(nil, p) {
				t.Errorf("%s %s: %v", name, kind, err)
			}
		}
	}
}

func compare(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs (go test -update writes it anew):\n%s", path, got)
	}
}

func TestText(t *testing.T) {
	for us, want := range map[int64]string{0: "0.0", 1: "0.000001", 100_000: "0.1", 2_000_000: "2.0", 2_002_000: "2.002", 12_345_678: "12.345678"} {
		if got := string(appendSeconds(nil, us)); got != want {
			t.Errorf("%d µs: %s, want %s", us, got, want)
		}
	}
	for _, msn := range []uint64{0, 9, 10, 4211, 99_999_999, 100_000_000, 999_999_999, 1_000_000_000, 1 << 63, 1<<64 - 1} {
		if got, want := string(appendSegmentURI(nil, msn, life.Begin)), archive.SegmentURI(msn, life.Begin); got != want {
			t.Errorf("segment %s, want %s", got, want)
		}
		if got, want := string(appendInitURI(nil, msn)), archive.InitURI(msn); got != want {
			t.Errorf("init %s, want %s", got, want)
		}
	}
}

func TestNextPart(t *testing.T) {
	c := life.Usual()
	expect := func(msn uint64, n int) {
		t.Helper()
		if gotMSN, gotN := NextPart(c.Snapshot()); gotMSN != msn || gotN != n {
			t.Errorf("next part %d.%d, want %d.%d", gotMSN, gotN, msn, n)
		}
	}
	expect(4200, 0)
	c.Run(0)
	expect(4200, 0)
	c.Parts(19)
	expect(4200, 19)
	c.Part(60_000) // 40 ms are left: less than half a part
	expect(4201, 0)
	c.Part(50_000)
	expect(4201, 0)
	c.EndRun()
	expect(4201, 0)
}

// TestEnded: every playlist of a camera that is no longer named has an end, an
// open slice too, until the camera comes back.
func TestEnded(t *testing.T) {
	c := life.Usual()
	c.Run(0)
	c.Parts(95)
	for _, ended := range []bool{false, true, false} {
		if ended {
			c.End()
		} else {
			c.Run(1_000_000)
			c.Parts(30)
		}
		s := c.Snapshot()
		open, err1 := Slice(s, life.Begin, 0, 0, nil)
		ahead, err2 := Slice(s, life.Begin, s.Edge()+time.Minute.Microseconds(), s.Edge(), nil)
		if err := errors.Join(err1, err2); err != nil {
			t.Fatal(err)
		}
		for name, l := range map[string]List{"live": Live(s), "window": Window(s, nil), "open slice": open, "slice": ahead} {
			if l.Ended() != ended || bytes.Contains(l.Render(true), []byte("#EXT-X-ENDLIST\n")) != ended {
				t.Errorf("%s: ended %v, want %v", name, l.Ended(), ended)
			}
		}
	}
}

// A long window must be the same text whether blocks are kept or not.
func TestBlocksChangeNothingForClients(t *testing.T) {
	c := life.Usual()
	c.Window = 2_000_000_000
	blocks := new(Blocks)
	c.Run(0)
	for range 5 {
		c.Parts(4_000)
		c.Gap(2_000_000)
		c.Parts(2_500)
		kept, err := conform.Parse(Window(c.Snapshot(), blocks).Render(false))
		if err != nil {
			t.Fatal(err)
		}
		plain, err := conform.Parse(Window(c.Snapshot(), nil).Render(false))
		if err != nil {
			t.Fatal(err)
		}
		for _, err := range append(conform.Check(plain, kept), conform.Check(kept, plain)...) {
			t.Error(err)
		}
		if len(kept.Segments) != len(plain.Segments) {
			t.Errorf("%d segments, without blocks %d", len(kept.Segments), len(plain.Segments))
		}
		c.Run(1_000_000)
	}
	if len(blocks.texts) < 3 || len(blocks.texts) > 5 {
		t.Errorf("%d blocks are kept for a window of 4", len(blocks.texts))
	}
}

func TestSpans(t *testing.T) {
	c := life.Usual()
	c.Run(0)
	c.Parts(25)
	c.Run(500_000)
	c.Parts(20)
	c.Run(60_000_000)
	c.Parts(7)
	const b int64 = life.Begin
	far := b + 2_500_000 + 500_000 + 2_000_000 + 60_000_000
	for _, x := range []struct {
		from, to, tolerance int64
		want                string
	}{
		{0, far * 2, 0, fmt.Sprint([]Span{{b, b + 2_500_000}, {b + 3_000_000, b + 5_000_000}, {far, far + 700_000}})},
		{0, far * 2, 500_000, fmt.Sprint([]Span{{b, b + 5_000_000}, {far, far + 700_000}})},
		{b + 1, far + 1, 500_000, fmt.Sprint([]Span{{b + 1, b + 5_000_000}, {far, far + 1}})},
		{b + 6_000_000, far, 0, "[]"},
	} {
		if got := fmt.Sprint(Spans(c.Snapshot(), x.from, x.to, x.tolerance)); got != x.want {
			t.Errorf("%+v: %s", x, got)
		}
	}
	if Start(c.Snapshot()) != b || Length(c.Snapshot()) != 5_200_000 {
		t.Errorf("start %d, length %d", Start(c.Snapshot()), Length(c.Snapshot()))
	}
	c.Run(-62_000_000) // the clock is set back into the second run
	c.Parts(30)
	if got := Spans(c.Snapshot(), 0, far*2, 0); len(got) != 3 || got[1].End != far+700_000-62_000_000+3_000_000 {
		t.Errorf("after a clock step: %v", got)
	}
}

// listed is the MSNs of a list: first, how many, whether it ended.
func listed(l List) string {
	return fmt.Sprint(l.s.First+uint64(l.first), " ", l.end-l.first, " ", l.ended)
}

func TestSlices(t *testing.T) {
	c := life.New(spool.Constants{PartTarget: 100_000, TargetDuration: 2_000_000}, 2_000_000, 100)
	c.Run(0)
	c.Parts(110) // 100 to 104 of 2 s, 105 of 1 s
	c.Run(100_000_000)
	c.Parts(45) // 106, 107 and five parts
	const b int64 = life.Begin
	second := b + 111_000_000
	day := (24 * time.Hour).Microseconds()
	for _, x := range []struct {
		name          string
		from, to, now int64
		want          string
	}{
		{"all", b, second + 4_000_000, 0, "100 8 true"},
		{"from before the window", b - day, b + 1, 0, "100 1 true"},
		{"bounds are exact", b + 2_000_000, b + 4_000_000, 0, "101 1 true"},
		{"bounds inside segments", b + 1_999_999, b + 4_000_001, 0, "100 3 true"},
		{"from in a gap", b + 50_000_000, second + 1, 0, "106 1 true"},
		{"to in a gap", b + 9_000_000, b + 50_000_000, 0, "104 2 true"},
		{"all in a gap", b + 50_000_000, b + 60_000_000, 0, "empty"},
		{"before everything", b - 2, b - 1, 0, "empty"},
		{"to in the growing segment", second, second + 4_200_000, 0, "106 2 false"},
		{"to in the future", second, second + day, 0, "106 2 false"},
		{"open", b + 10_500_000, 0, 0, "105 3 false"},
		{"open, in the growing segment", second + 4_300_000, 0, 0, "108 0 false"},
		{"open, after everything", second + 5_000_000, 0, 0, "empty"},
	} {
		got := "empty"
		if l, err := Slice(c.Snapshot(), x.from, x.to, x.now, nil); err == nil {
			got = listed(l)
		} else if !errors.Is(err, ErrEmpty) {
			t.Error(err)
		}
		if got != x.want {
			t.Errorf("%s: %s, want %s", x.name, got, x.want)
		}
	}
	c.EndRun() // 108 is complete; the camera is away
	to := second + 60_000_000
	if l, err := Slice(c.Snapshot(), second, to, to-1, nil); err != nil || listed(l) != "106 3 false" {
		t.Errorf("away, before to: %v %v", l, err)
	}
	if l, err := Slice(c.Snapshot(), second, to, to+6_000_000, nil); err != nil || listed(l) != "106 3 true" {
		t.Errorf("away, long after to: %v %v", l, err)
	}
}

func TestSliceAfterClockStep(t *testing.T) {
	c := life.Usual()
	c.Run(0)
	c.Parts(200) // 4200 to 4209: seconds 0 to 20
	c.Run(-10_000_000)
	c.Parts(200) // 4210 to 4219: seconds 10 to 30
	const b int64 = life.Begin
	for _, x := range []struct {
		from, to int64
		want     string
	}{
		{0, 4, "4200 2 true"},      // only the first run
		{12, 14, "4211 1 true"},    // both: the newer
		{24, 26, "4217 1 true"},    // only the second
		{8, 26, "4204 14 true"},    // across: everything in playing order
		{4, 12, "4202 4 true"},     // begins before the step, ends inside the first run
		{-5, 100, "4200 20 false"}, // all
	} {
		l, err := Slice(c.Snapshot(), b+x.from*1_000_000, b+x.to*1_000_000, 0, nil)
		if err != nil || listed(l) != x.want {
			t.Errorf("%d to %d: %s, want %s (%v)", x.from, x.to, listed(l), x.want, err)
		}
	}
}

func TestOpenSliceSlides(t *testing.T) {
	c := life.Usual()
	c.Run(0)
	c.Parts(20 * 2000)
	l, err := Slice(c.Snapshot(), life.Begin, 0, 0, nil)
	if err != nil || l.end-l.first != 1800 {
		t.Errorf("an open slice lists %d segments of 2 s: %v", l.end-l.first, err)
	}
}

func TestWindowIsADay(t *testing.T) {
	s, _ := archive.NewSnapshot(long(50_000))
	p, err := conform.Parse(Window(s, new(Blocks)).Render(false))
	if err != nil || len(p.Segments) != 43_200 {
		t.Errorf("%d segments of 2 s: %v", len(p.Segments), err)
	}
}

// long is a snapshot of n segments of 2 s.
func long(n int) archive.Snapshot {
	c := life.Usual()
	c.Run(0)
	c.Parts(130)
	s := *c.Snapshot()
	s.Runs = []archive.Run{{FirstMSN: s.First, Codecs: "avc1.42c01f"}}
	grown := make([]archive.Segment, n, n+len(s.Segments))
	for i := range grown {
		grown[i] = archive.Segment{Start: life.Begin - int64(n-i)*2_000_000, Duration: 2_000_000, Size: 800_000}
	}
	s.Segments = append(grown, s.Segments...)
	s.First -= uint64(min(n, int(s.First)))
	for i := range s.Recent {
		s.Recent[i].MSN = s.First + uint64(n+i)
	}
	open := *s.Open
	open.MSN = s.Next()
	s.Open = &open
	return s
}

func TestBandwidth(t *testing.T) {
	c := life.Usual()
	c.PartSize = 10_000
	c.Run(0)
	c.Parts(3)
	if peak, average := Bandwidth(c.Snapshot()); peak != 800_000 || average != 800_000 {
		t.Errorf("of parts: %d, %d", peak, average)
	}
	c.Parts(17)
	c.PartSize = 20_000
	c.Parts(20)
	c.PartSize = 90_000
	c.Parts(1)
	c.EndRun() // a tenth of a second is no peak
	if peak, average := Bandwidth(c.Snapshot()); peak != 1_600_000 || average != (600_000+90_000)*80/41+1 {
		t.Errorf("of segments: %d, %d", peak, average)
	}
}
