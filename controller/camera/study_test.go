package camera

import (
	"strings"
	"testing"
	"time"

	"lookback/controller/spool"
)

// TestStudy: what a recorder sees of a camera tells as much as watching it.
func TestStudy(t *testing.T) {
	rough := Facts{Kind: RTSP, Format: "rtsp", Codec: "h264", PixelFormat: "yuv420p", Width: 1280, Height: 720, Knowledge: Rough}
	for _, c := range []struct {
		name     string
		fps, gop int
		seconds  float64 // after which it is enough
		interval time.Duration
		known    bool
	}{
		{"2 s between key frames", 30, 60, 2, 2 * time.Second, true},
		{"half a second", 30, 15, 1, 500 * time.Millisecond, true},
		{"10 s", 25, 250, 4, assumedKeyInterval, false},
		{"5 fps", 5, 10, 2, 2 * time.Second, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			study := NewStudy(rough, nil)
			n := 0
			for !study.Add(Rate{c.fps, 1}.Frames(n), 0, n%c.gop == 0) {
				n++
			}
			if got := float64(n) / float64(c.fps); got != c.seconds {
				t.Errorf("enough after %v s, want %v", got, c.seconds)
			}
			f, err := study.Facts()
			if err != nil || f.Knowledge != Known || f.FrameRate != (Rate{c.fps, 1}) || f.KeyInterval != c.interval || f.KeyIntervalKnown != c.known {
				t.Errorf("%+v, %v", f, err)
			}
		})
	}
	// B-frames: the first key frame is decoded when it is shown, all others 80 ms
	// before, since nothing but the pictures to come tells how far they are out of order.
	study, n := NewStudy(rough, nil), 0
	for {
		shown := Rate{25, 1}.Frames(n)
		decode := max(shown-80*time.Millisecond, time.Duration(n)*time.Millisecond)
		if study.Add(decode, shown-decode, n%25 == 0) {
			break
		}
		n++
	}
	if f, err := study.Facts(); err != nil || f.KeyInterval != time.Second {
		t.Errorf("with B-frames: %+v, %v", f, err)
	}
	// A minute of 15 fps at once, dated by a server's clock, and then as it comes.
	study, n = NewStudy(rough, nil), 0
	at := time.Duration(0)
	for !study.Add(at, 0, n%30 == 0) {
		if n++; n < 900 {
			at += 1600 * time.Microsecond
		} else {
			at += Rate{15, 1}.Frames(1)
		}
	}
	if f, err := study.Facts(); err != nil || f.FrameRate != (Rate{15, 1}) || f.KeyInterval != 2*time.Second {
		t.Errorf("after a burst of %d frames: %+v, %v", n, f, err)
	}
	// Stamps that are up to 40 ms late, of a server that has too much to do.
	study, n = NewStudy(rough, nil), 0
	for ; !study.Add(Rate{15, 1}.Frames(n)+time.Duration(n*n%41)*time.Millisecond, 0, n%30 == 0); n++ {
	}
	if f, err := study.Facts(); err != nil || f.FrameRate != (Rate{15, 1}) {
		t.Errorf("with uneven stamps: %+v, %v", f, err)
	}
	// Half a second that a server had kept, then, minutes later, what is live.
	study = NewStudy(rough, nil)
	for n = 0; ; n++ {
		at := Rate{25, 1}.Frames(n)
		if n >= 12 {
			at += 2 * time.Minute
		}
		if study.Add(at, 0, n%50 == 5) {
			break
		}
	}
	if f, err := study.Facts(); err != nil || f.KeyInterval != 2*time.Second || !f.KeyIntervalKnown {
		t.Errorf("behind a hole: %+v, %v", f, err)
	}
	if f, err := NewStudy(rough, nil).Facts(); ReasonOf(err).Code != InvalidData {
		t.Errorf("of nothing: %+v, %v", f, err)
	}
}

// TestStudySoon: half a second is enough where the promises are made, if it tells
// a rate that cameras have; not where they are still to be made.
func TestStudySoon(t *testing.T) {
	rough := Facts{Kind: RTSP, Format: "rtsp", Codec: "h264", PixelFormat: "yuv420p", Width: 1280, Height: 720, Knowledge: Rough}
	promises := &spool.Constants{PartTarget: 138_000, TargetDuration: 3_000_000, Independent: true}
	for _, c := range []struct {
		name     string
		promised *spool.Constants
		step     time.Duration
		after    time.Duration // 0: not before everything is known
	}{
		{"promised", promises, 40 * time.Millisecond, 520 * time.Millisecond},
		{"slow", promises, 200 * time.Millisecond, 2200 * time.Millisecond},
		{"nothing promised", nil, 40 * time.Millisecond, 0},
		{"a burst", promises, time.Millisecond, 0},
	} {
		study, at := NewStudy(rough, c.promised), time.Duration(0)
		facts, soon := Facts{}, false
		for n := 0; !soon && n < 250 && !study.Add(at, 0, n%50 == 0); n++ {
			if facts, soon = study.Soon(); !soon {
				at += c.step
			}
		}
		if !soon {
			at = 0
		} else if facts.Knowledge != Provisional || !facts.KeyIntervalKnown || facts.KeyInterval > 3*time.Second || facts.FrameRate.Frames(1) != c.step {
			t.Errorf("%s: %+v", c.name, facts)
		}
		if at != c.after {
			t.Errorf("%s: soon enough after %v, want %v", c.name, at, c.after)
		}
	}
}

// TestMayStudy: only what is copied whatever it turns out to be.
func TestMayStudy(t *testing.T) {
	base := Facts{Kind: RTSP, Format: "rtsp", Codec: "h264", PixelFormat: "yuv420p", Width: 1280, Height: 720}
	for name, c := range map[string]struct {
		change func(*Facts, *Settings)
		may    bool
	}{
		"H.264 over RTSP":   {func(*Facts, *Settings) {}, true},
		"H.265":             {func(f *Facts, _ *Settings) { f.Codec = "hevc" }, false},
		"10 bit":            {func(f *Facts, _ *Settings) { f.PixelFormat = "yuv420p10le" }, false},
		"tracks come later": {func(f *Facts, _ *Settings) { f.Kind, f.Format = RTMP, "flv" }, false},
		"a rate is set":     {func(_ *Facts, s *Settings) { s.FPS = 10 }, false},
		"promises are made": {func(_ *Facts, s *Settings) {
			s.Constants = &spool.Constants{PartTarget: 100_000, TargetDuration: 2_000_000, Independent: true}
		}, true},
	} {
		f, s := base, Settings{Request: Request{Segment: 2 * time.Second, Part: 100 * time.Millisecond}}
		c.change(&f, &s)
		if got := MayStudy(f, s); got != c.may {
			t.Errorf("%s: %t", name, got)
		}
	}
	base.Knowledge = Rough
	p := MakePlan(base, Settings{Request: Request{Segment: 2 * time.Second, Part: 100 * time.Millisecond}})
	if p.Knowledge != Rough || !p.Copy || !strings.HasPrefix(p.Line, "copying H.264 1280x720") || !p.Direct {
		t.Errorf("%+v", p)
	}
}
