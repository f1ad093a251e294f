package recorder

import (
	"bytes"
	"context"
	"log/slog"
	"testing"
	"time"

	"lookback/controller/fmp4"
	"lookback/controller/lane"
	"lookback/controller/spool"
)

// played is what has come over a lane.
type played struct {
	inits  int
	frames []playedFrame
}

// playedFrame is a picture and when it came.
type playedFrame struct {
	at     time.Time
	date   time.Time // program date time
	decode uint64
	length uint64
	sync   bool
}

// takeFrames takes frames until enough says so.
func takeFrames(t *testing.T, dir string, enough func(played) bool) (p played) {
	t.Helper()
	frames := lane.NewHub(dir, slog.New(slog.NewTextHandler(t.Output(), nil))).Join(true)
	defer frames.Leave()
	ctx, end := context.WithTimeout(t.Context(), 60*time.Second)
	defer end()
	for !enough(p) {
		all, err := frames.Next(ctx)
		if err != nil {
			t.Fatalf("%v, after %d frames of %d runs", err, len(p.frames), p.inits)
		}
		for _, b := range all {
			p.take(t, b)
		}
	}
	return p
}

func (p *played) take(t *testing.T, b []byte) {
	if string(b[4:8]) == "ftyp" {
		p.inits++
		return
	}
	info, err := fmp4.Next(bytes.NewReader(b), 0, int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	if v, ok := info.Track(fmp4.VideoTrack); ok {
		p.frames = append(p.frames, playedFrame{time.Now(), info.PRFT, v.DecodeTime, v.Duration, v.Sync})
	}
}

// TestFramesAreSentAtOnce: all that is recorded is sent over the lane, in its order, with
// its dates, and each as soon as it has come. So it is of a camera so slow that each
// picture waits for the next one before it is recorded.
func TestFramesAreSentAtOnce(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		url    func(*testing.T) string
		most   time.Duration // that a frame is late, at most
		frames int
	}{
		"encoded":         {func(t *testing.T) string { return newMJPEGCamera(t, 25, 320, 180).URL }, 500 * time.Millisecond, 75},
		"copied":          {func(t *testing.T) string { return (&rtspCamera{fps: 25}).begin(t) }, 200 * time.Millisecond, 75},
		"one in a second": {func(t *testing.T) string { return (&rtspCamera{fps: 1}).begin(t) }, 1500 * time.Millisecond, 8},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, stop := start(t, c.url(t))
			until(t, 60*time.Second, "a segment", func() bool { return segments(t, r, 0) >= 2 })
			p := takeFrames(t, r.dir, func(p played) bool { return len(p.frames) >= c.frames })
			stop()
			if p.inits != 1 || !p.frames[0].sync {
				t.Errorf("%d init sections, begins with a key frame: %v", p.inits, p.frames[0].sync)
			}
			run := readRun(t, runs(t, r)[0])
			recorded := map[uint64]uint64{} // durations by decode time
			for _, s := range run.segments {
				for _, f := range s {
					v, _ := f.Track(run.TrackID)
					recorded[v.DecodeTime] = v.Duration
				}
			}
			for i, f := range p.frames[:len(p.frames)-2] {
				if i > 0 && f.decode <= p.frames[i-1].decode {
					t.Errorf("frame %d is decoded at %d, the one before at %d", i, f.decode, p.frames[i-1].decode)
				}
				if _, ok := recorded[f.decode]; !ok {
					t.Errorf("frame %d, decoded at %d, was not recorded", i, f.decode)
				}
			}
			// By the middle one, since what came before was kept for who comes.
			f := p.frames[len(p.frames)-3]
			if late := f.at.Sub(f.date); late > c.most {
				t.Errorf("a frame came %v after its date, %v at most", late, c.most)
			}
		})
	}
}

// TestFramesWithoutASocket: where it can't be made or used the growing file is followed.
func TestFramesWithoutASocket(t *testing.T) {
	t.Parallel()
	cam := newMJPEGCamera(t, 25, 320, 180)
	r, stop := start(t, cam.URL)
	until(t, 60*time.Second, "a segment", func() bool { return segments(t, r, 0) >= 2 })
	if err := breakSocket(r.dir); err != nil {
		t.Fatal(err)
	}
	p := takeFrames(t, r.dir, func(p played) bool { return len(p.frames) >= 75 })
	stop()
	if p.inits != 1 || !p.frames[0].sync {
		t.Errorf("%d init sections, begins with a key frame: %v", p.inits, p.frames[0].sync)
	}
	for i, f := range p.frames[1:] {
		if f.decode != p.frames[i].decode+p.frames[i].length {
			t.Fatalf("frame %d begins at %d, and the one before ends at %d", i+1, f.decode, p.frames[i].decode+p.frames[i].length)
		}
	}
	if late := p.frames[74].at.Sub(p.frames[74].date); late > time.Second {
		t.Errorf("a frame came %v after its date", late)
	}
}

func breakSocket(dir string) error {
	return spool.WriteRegular(dir+"/live.sock", []byte("no socket"), 0o600)
}
