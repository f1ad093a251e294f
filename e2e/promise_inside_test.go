package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"lookback/e2e/rig"
)

// keysUntil is after how many seconds of a connection key frames move apart: time
// for pages and players to be opened before.
const keysUntil = 46

// growingGOP is a camera that sends the demo camera's pictures as H.264, with a key
// frame every 2 s and later every 12 s.
func growingGOP(t *testing.T, source string) (url string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "video/mp2t")
		keys := fmt.Sprintf("expr:gte(t,if(lt(n_forced,%[1]d),2*n_forced,2*%[1]d+12*(n_forced-%[1]d)))", keysUntil/2)
		cmd := exec.CommandContext(r.Context(), "ffmpeg", "-nostdin", "-loglevel", "error", "-use_wallclock_as_timestamps", "1", "-i", source,
			"-fps_mode", "cfr", "-r", "20", "-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-pix_fmt", "yuv420p", "-sc_threshold", "0", "-g", "9999",
			"-force_key_frames", keys, "-f", "mpegts", "-flush_packets", "1", "pipe:1")
		cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
		cmd.Stdout = flushing{w}
		cmd.Run()
	}))
	t.Cleanup(func() { server.CloseClientConnections(); server.Close() })
	return server.URL
}

// flushing hands on at once what is written.
type flushing struct{ http.ResponseWriter }

func (f flushing) Write(b []byte) (int, error) {
	n, err := f.ResponseWriter.Write(b)
	f.ResponseWriter.(http.Flusher).Flush()
	return n, err
}

// TestBrowserPromiseInside: what is promised changes inside a run, since key frames
// move apart. Our page goes on by itself; other players play what was recorded up to
// then and end, without a fatal error. Not Shaka 5.2: it leaves out a part now and
// then, when the list changes while it loads one. Where key frames are far apart that
// is a hole of up to 12 s in what it plays, with and without a change.
func TestBrowserPromiseInside(t *testing.T) {
	stack, err := rig.New(t.Context(), rig.Options{Root: "..", Dir: t.TempDir(), Size: "640x360", FPS: "20", Setting: []string{"PART=100ms", "SEGMENT=2s"}})
	must(t, err)
	t.Cleanup(func() {
		stack.Close()
		if t.Failed() {
			t.Logf("controller:\n%s", tail(stack.Controller.Log()))
		}
	})
	stack.Controller.Env = append(stack.Controller.Env, "CAMERAS="+rig.CameraName+"="+growingGOP(t, stack.SourceURL()))
	must(t, stack.Start(t.Context()))
	page := newPage(t, 1280, 800)
	v := &visit{stack, page}
	v.open(t)
	v.run(t, notes)
	v.live(t)
	h := &house{place: v.place(), page: page}
	scripts := map[string]string{"hls.js": stockHLS}
	players := h.stock(t, scripts)
	first, before := h.promised(), h.lists(t)
	if first.Target > 5 {
		t.Fatalf("key frames moved apart before all players were open: %+v", first)
	}
	must(t, rig.Until(t.Context(), 2*keysUntil*time.Second, "another promise", func() bool { return h.promised().Epoch == first.Epoch+1 }))
	complete := time.Now()
	if now := h.promised(); now.Target != 17 || now.Part != first.Part {
		t.Errorf("it promises %+v, before %+v", now, first)
	}
	took := h.shows(t, complete).Sub(complete)
	t.Logf("the page shows a picture of the new promise %.2f s after its first complete segment", took.Seconds())
	if took > goesOn {
		t.Errorf("the page goes on after %v", took)
	}
	for _, s := range h.conforming(t, "inside a run", before)["live"].Segments {
		if s.Discontinuity {
			t.Errorf("a discontinuity before %s", s.URI)
		}
	}
	players.ended(t, "inside a run")
	h.stock(t, scripts).end()
	if told := v.spans(t); len(told.Spans) != 1 || len(told.Flaws) > 0 {
		t.Errorf("pictures are missing: %+v", told)
	}
	v.checked(t)
}

// spans are the times with pictures, as the API tells them.
func (v *visit) spans(t *testing.T) (answer struct {
	Spans []struct{ Start, End time.Time }
	Flaws []struct{ Kind string }
}) {
	t.Helper()
	text, err := v.Get("/api/cameras/" + rig.CameraName + "/timeline?points=20000")
	must(t, err)
	must(t, json.Unmarshal([]byte(text), &answer))
	return answer
}
