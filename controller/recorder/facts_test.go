package recorder

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"lookback/controller/camera"
	"lookback/controller/spool"
	"lookback/e2e/rig"
)

// TestFactsSurvive: what says nothing of the camera costs no probing.
func TestFactsSurvive(t *testing.T) {
	for code, c := range map[string]struct {
		end  outcome
		kept int // after how many such ends in a row the facts are still there
	}{
		camera.ConnectionRefused: {outcome{}, 100},
		camera.Unauthorized:      {outcome{}, 100},
		camera.StreamEnded:       {outcome{}, maxDoubts - 1},
		camera.InvalidData:       {outcome{}, 0},
		camera.UnsupportedCodec:  {outcome{}, 0},
		camera.Stalled:           {outcome{}, 0}, // connected, and no fragment
		camera.FFmpegFailed:      {outcome{delivered: true}, 100},
		camera.RateChanged:       {outcome{delivered: true, reprobe: true}, 0},
	} {
		r := New(Options{})
		r.facts = &camera.Facts{}
		n := 0
		for ; n < 100; n++ {
			c.end.reason = camera.ReasonFor(code)
			if r.review(c.end); r.facts == nil || r.doubts >= maxDoubts {
				break
			}
		}
		if n != c.kept {
			t.Errorf("%s: facts kept %d times, want %d", code, n, c.kept)
		}
	}
}

// TestUnproven: a probe that fails like all before it leaves what was known.
func TestUnproven(t *testing.T) {
	for code, kept := range map[string]bool{camera.StreamEnded: true, camera.ConnectionRefused: true, camera.NoVideo: false, camera.NotAStream: false} {
		r := New(Options{})
		r.facts, r.doubts = &camera.Facts{}, maxDoubts
		if r.unproven(code); (r.facts != nil) != kept || r.doubts != 0 {
			t.Errorf("%s: facts %v, %d doubts", code, r.facts, r.doubts)
		}
	}
}

// TestRefusingCamera: one that refuses for a while is live again with the first
// connection that it takes.
func TestRefusingCamera(t *testing.T) {
	t.Parallel()
	var refuse atomic.Bool
	var refused atomic.Int32
	cam := newMJPEGCamera(t, 30, 320, 180)
	gate := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if refuse.Load() {
			refused.Add(1)
			http.Error(w, "no", http.StatusServiceUnavailable)
			return
		}
		cam.Config.Handler.ServeHTTP(w, q)
	}))
	t.Cleanup(func() { gate.CloseClientConnections(); gate.Close() })
	r, _ := start(t, gate.URL, func(r *Recorder) { r.FPS = 30 })
	until(t, 30*time.Second, "a segment", func() bool { return segments(t, r, 0) >= 2 })
	before := cam.connections()
	refuse.Store(true)
	gate.CloseClientConnections()
	until(t, 20*time.Second, "three refusals", func() bool { return refused.Load() >= 3 })
	refuse.Store(false)
	back := time.Now()
	until(t, 20*time.Second, "a new run", func() bool { return live(t, r, 1) })
	t.Logf("recording again after %v", time.Since(back))
	if n := cam.connections() - before; n != 1 {
		t.Errorf("%d connections for it, want 1", n)
	}
}

// TestRestartedRecorder: a new recorder goes on with what the last one knew,
// in one connection, unless it is set to something else.
func TestRestartedRecorder(t *testing.T) {
	t.Parallel()
	cam := newMJPEGCamera(t, 30, 320, 180)
	first, stop := start(t, cam.URL)
	until(t, 30*time.Second, "a segment", func() bool { return segments(t, first, 0) >= 2 })
	stop()
	if text, err := os.ReadFile(factsPath(first.dir)); err != nil || strings.Contains(string(text), cam.URL) {
		t.Fatalf("%s, %v", text, err)
	}
	before := cam.connections()
	begun := time.Now()
	second, stop := start(t, cam.URL, func(r *Recorder) { r.MediaDir, r.dir = first.MediaDir, first.dir })
	until(t, 30*time.Second, "a new run", func() bool { return live(t, second, 1) })
	t.Logf("recording again after %v", time.Since(begun))
	stop()
	if n := cam.connections() - before; n != 1 {
		t.Errorf("%d connections for it, want 1", n)
	}
	for name, change := range map[string]func(*Recorder){
		"another address": func(r *Recorder) { r.URL += "/other" },
		"another setting": func(r *Recorder) { r.FPS = 12 },
		"long ago": func(r *Recorder) {
			s := status(r)
			s.At = s.At.Add(-maxAbsence)
			if err := spool.WriteStatus(r.dir, s); err != nil {
				t.Fatal(err)
			}
		},
	} {
		r := New(first.Options)
		change(r)
		if r.recall(); r.facts != nil {
			t.Errorf("%s: the facts are believed", name)
		}
		s := status(r)
		s.At = time.Now()
		if err := spool.WriteStatus(r.dir, s); err != nil {
			t.Fatal(err)
		}
	}
}

// TestFIFOInTheSpool: a recorder does not wait for one in the place of a file.
func TestFIFOInTheSpool(t *testing.T) {
	media := t.TempDir()
	r := New(Options{MediaDir: media, Camera: "a"})
	rig.PutFIFO(t, factsPath(r.dir))
	rig.PutFIFO(t, assignmentPath(media, "a"))
	if err := spool.WriteStatus(r.dir, spool.Status{At: time.Now()}); err != nil {
		t.Fatal(err)
	}
	rig.Returns(t, "recalling", func() {
		if r.recall(); r.facts != nil {
			t.Errorf("it knows %v", r.facts)
		}
	})
	rig.Returns(t, "reading the assignment", func() {
		if _, err := ReadAssignment(media, "a"); !errors.Is(err, spool.ErrIrregular) {
			t.Errorf("the assignment: %v", err)
		}
	})
}
