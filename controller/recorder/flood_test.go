package recorder

import (
	"context"
	"io"
	"math"
	"net"
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

// TestNothingUsable: of a camera that sends, and no picture that can be shown, that is
// told, also where a probe waits for one in vain.
func TestNothingUsable(t *testing.T) {
	r := New(Options{Camera: "front"})
	r.URL = "rtsp://cam/"
	f := newFeed(r.now)
	f.sourceErr = context.Canceled
	if end := r.notDescribed(f, keyGrace); end.reason.Code != camera.NoUsablePicture || end.err == nil || r.direct() {
		t.Errorf("no key frame: %+v, read here: %t", end, r.direct())
	}
	late := camera.ReasonFor(camera.Timeout)
	silent := &camera.Failure{Said: []string{"rtsp://cam/: Connection timed out"}, Reason: late}
	for _, c := range []struct {
		sends string
		err   error
		want  string
	}{
		{camera.NoUsablePicture, late, camera.NoUsablePicture},
		{camera.InvalidData, &camera.Failure{Said: []string{"no frame!"}, Reason: late}, camera.InvalidData},
		{camera.NotAStream, late, camera.NotAStream},
		{camera.NoUsablePicture, silent, camera.Timeout},
		{camera.NoUsablePicture, camera.ReasonFor(camera.NoVideo), camera.NoVideo},
		{"", late, camera.Timeout},
	} {
		if r.sends = c.sends; r.notLearnt(c.err).Code != c.want {
			t.Errorf("%s, %v: not %s", c.sends, c.err, c.want)
		}
	}
}

// TestPictureThatDrips: a camera that sends a picture byte by byte is told to be so, on
// one connection after the other.
func TestPictureThatDrips(t *testing.T) {
	t.Parallel()
	for name, begin := range map[string]string{"a picture": mixed + "--frame\r\n\r\n" + string(pictures(320, 180, 1)[0][:200]), "the head of a part": mixed + "--frame\r\nX: "} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOdd(t, func(c net.Conn, _ int) {
				if !asks(c) {
					return
				}
				_, err := io.WriteString(c, begin)
				for ; err == nil; _, err = io.WriteString(c, "x") {
					time.Sleep(100 * ms)
				}
			})
			r, _ := start(t, "http://"+o.Addr().String(), func(r *Recorder) { r.FFprobe, r.Log = "/nowhere/ffprobe", discarded })
			until(t, 60*time.Second, "a reason", func() bool { return status(r).Code != "" })
			if s := status(r); s.Code != camera.NoUsablePicture {
				t.Errorf("%s: %s", s.Code, s.Title)
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
