package recorder

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"lookback/controller/camera"
	"lookback/controller/rtsp"
)

// TestFlood: a camera that sends far too many pictures is recorded at the highest rate,
// soon, in one run, and it is said that some are left out.
func TestFlood(t *testing.T) {
	for name, fps := range map[string]float64{"50 times real time": 1500, "a bit too many": 450, "without a pause": math.Inf(1)} {
		t.Run(name, func(t *testing.T) {
			cam := newMJPEGCamera(t, fps, 160, 90)
			r, stop := start(t, cam.URL, func(r *Recorder) { r.Log = discarded })
			until(t, 30*time.Second, "a segment", func() bool { return segments(t, r, 0) >= 1 })
			until(t, 30*time.Second, "the rate to be judged", func() bool { return segments(t, r, 0) >= 7 })
			s := status(r)
			if stop(); !strings.Contains(s.Plan, "at 240 fps") || !slices.ContainsFunc(s.PlanReasons, func(s string) bool { return strings.Contains(s, "240 pictures a second or more") }) {
				t.Errorf("%s, %q", s.Plan, s.PlanReasons)
			}
			if len(runs(t, r)) != 1 || len(s.Restarts) > 0 {
				t.Errorf("%d runs, %v", len(runs(t, r)), s.Restarts)
			}
		})
	}
}

// TestTooMuchOfADescription: what is too much for us is not given to ffmpeg, which takes it.
func TestTooMuchOfADescription(t *testing.T) {
	r := New(Options{Camera: "front"})
	r.URL = "rtsp://cam/"
	f := newFeed(r.now)
	f.sourceErr = &rtsp.Error{Code: camera.TooMuchMemory, Detail: "its description is too long"}
	if end := r.notDescribed(f, time.Second); end.reason.Code != camera.TooMuchMemory || !r.direct() {
		t.Errorf("%+v, read here: %t", end.reason, r.direct())
	}
}
