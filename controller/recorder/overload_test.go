package recorder

import (
	"context"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"lookback/controller/camera"
	"lookback/controller/spool"
)

func TestOverloadWatch(t *testing.T) {
	for name, c := range map[string]struct {
		unread   int64
		lag      time.Duration
		read     float64 // frames a second
		drained  int     // each so many seconds nothing is unread, 0: never
		overload bool
	}{
		"keeps up":                       {read: 30},
		"busy, but all frames are read":  {unread: 300_000, read: 29},
		"pictures wait, frames are lost": {unread: 300_000, read: 12, overload: true},
		"drained now and then":           {unread: 300_000, read: 12, drained: 5},
		"a slow camera":                  {read: 10},
		"late output":                    {lag: 800 * ms, read: 30, overload: true},
	} {
		w := overloadWatch{planned: 30}
		overloaded := time.Duration(0)
		for i := range 40 {
			now, unread := time.Duration(i)*time.Second, c.unread
			if c.drained > 0 && i%c.drained == 0 {
				unread = 0
			}
			if w.add(now, unread, c.lag, float64(i)*c.read) && overloaded == 0 {
				overloaded = now
			}
		}
		if (overloaded > 0) != c.overload || c.overload && overloaded != overloadWindow {
			t.Errorf("%s: overloaded after %v", name, overloaded)
		}
	}
}

// TestOverloadEases: an overload halves the rate until it is low enough, is
// told of as long as it lasts, and more is tried ever more rarely.
func TestOverloadEases(t *testing.T) {
	waiting, now := int64(1<<20), time.Duration(0)
	r := New(Options{MediaDir: t.TempDir(), Camera: "front", Request: camera.Request{Segment: 2 * time.Second, Part: 100 * ms, Encoder: "auto"}})
	r.bell = spool.NewRing(r.MediaDir, r.Camera)
	r.clock = func() (time.Time, time.Duration) { return time.Unix(0, 0).Add(now), now }
	r.unread = func(int) int64 { return waiting }
	r.facts = &camera.Facts{Kind: camera.HTTP, Format: "mpjpeg", Codec: "mjpeg", Width: 64, Height: 64, FrameRate: camera.Rate{Num: 30, Den: 1}}
	r.held = &spool.Promised{Constants: spool.Constants{PartTarget: 100_000, TargetDuration: 2_000_000, Independent: true}}
	// live passes a life of ffmpeg of at most so many seconds and returns why it was ended.
	live := func(seconds int) string {
		j := newOverloadJudge(r, r.plan(), func() time.Duration { return 0 })
		for i := range seconds {
			now += time.Second
			if cause := j.look(evidence{at: now, report: &progress{frames: uint64(i) * 10}}); cause != "" {
				return cause
			}
		}
		return ""
	}
	var rates []float64
	for r.load.halvings < 4 {
		if got := live(60); got != camera.Overload {
			t.Fatalf("ended for %q", got)
		}
		rates = append(rates, r.plan().FrameRate.Float())
		if r.status.Overload == nil {
			t.Error("nobody is told")
		}
	}
	// 15, 7.5, 3.75 and 1.875 fps; parts of 0.1 s need at least one frame each.
	if len(rates) != 4 || rates[0] != 20 || rates[3] != 10 {
		t.Errorf("rates %v", rates)
	}
	if got := live(60); got != "" || r.load.halvings != 4 {
		t.Errorf("ended for %q though the rate is as low as can be", got)
	}
	waiting = 0
	for want := 3; want >= 0; want-- {
		if got := live(int(maxEase/time.Second) + 60); got != camera.LoadEased || r.load.halvings != want {
			t.Fatalf("%q, %d halvings, want %d", got, r.load.halvings, want)
		}
	}
	if got := live(120); got != "" || r.status.Overload != nil || r.plan().FrameRate.Float() != 30 {
		t.Errorf("%q, overload %v, %v", got, r.status.Overload, r.plan().Line)
	}
}

// TestOverloadedEncoder: with the real ffmpeg, a camera that it reads, and of which
// only half the frames get through while others wait, is recorded on with fewer frames.
func TestOverloadedEncoder(t *testing.T) {
	t.Parallel()
	cam := newMJPEGCamera(t, 15, 320, 180)
	r, _ := start(t, cam.URL, func(r *Recorder) {
		r.FPS, r.fewerAfter, r.foreign = 30, overloadWindow, "it is to be read so here"
		r.unread = func(int) int64 { return 1 << 20 }
	})
	until(t, 60*time.Second, "a run with fewer frames", func() bool { return live(t, r, 1) })
	s, _ := r.Status()
	run, err := spool.ReadRun(runs(t, r)[1])
	if err != nil || s.Overload == nil || s.Restarts[camera.Overload] == 0 || run.FrameRate != 20 {
		t.Errorf("%+v %+v, %v", s, run, err)
	}
}

// TestUnread counts what waits in a real connection.
func TestUnread(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	reader, err := new(net.Dialer).DialContext(context.Background(), "tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	writer, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer writer.Close()
	const n = 200_000
	go writer.Write(make([]byte, n)) // ends when it is read, or the connection is closed
	until(t, 10*time.Second, "bytes to wait", func() bool { return unread(os.Getpid()) >= backlog })
	if _, err := io.ReadFull(reader, make([]byte, n)); err != nil {
		t.Fatal(err)
	}
	until(t, 10*time.Second, "none to wait", func() bool { return unread(os.Getpid()) < backlog })
	if got := unread(1 << 30); got != 0 {
		t.Errorf("%d of a process that is not there", got)
	}
}
