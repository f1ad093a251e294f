package recorder

import (
	"net/http/httptest"
	"testing"
	"time"

	"lookback/controller/camera"
	"lookback/controller/democam"
)

// TestResizedCamera: another size in mid-stream is recorded in that size, and
// until then pictures keep coming.
func TestResizedCamera(t *testing.T) {
	t.Parallel()
	cam := democam.New(democam.Options{Width: 320, Height: 180, FPS: 15})
	server := httptest.NewServer(cam)
	t.Cleanup(func() { cam.Close(); server.CloseClientConnections(); server.Close() })
	r, stop := start(t, server.URL+"/stream.mjpg", func(r *Recorder) { r.FPS = 15 })
	until(t, 30*time.Second, "a segment", func() bool { return segments(t, r, 0) >= 2 })
	if err := cam.Resize(640, 360, 0); err != nil {
		t.Fatal(err)
	}
	until(t, 20*time.Second, "a new run", func() bool { return live(t, r, 1) })
	stop()
	dirs := runs(t, r)
	first, second := readRun(t, dirs[0]), readRun(t, dirs[1])
	if first.end == nil || first.end.Code != camera.StreamChanged || second.Width != 640 || second.Height != 360 {
		t.Errorf("%+v, then %dx%d", first.end, second.Width, second.Height)
	}
	last := first.segments[len(first.segments)-1]
	gap := time.Duration(second.Epoch-last[len(last)-1].PRFT.UnixMicro()) * time.Microsecond
	t.Logf("%v without pictures", gap)
	if gap > 4*time.Second {
		t.Errorf("%v without pictures", gap)
	}
	if n := status(r).Restarts; n[camera.Stalled] > 0 {
		t.Error(n)
	}
}
