package recorder

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"lookback/controller/camera"
	"lookback/controller/spool"
)

// TestKeyFrameIsWaitedFor: a camera that sends a picture in five seconds, of which each
// tenth is a key frame, is watched until that comes. It is said what is waited for.
func TestKeyFrameIsWaitedFor(t *testing.T) {
	t.Parallel()
	cam := &rtspCamera{fps: 1, due: changing(0, 0.2), stamped: func(n int) float64 { return 5 * float64(n) }}
	cam.show(h264Pictures(t, "320x180", "-g", "10", "-keyint_min", "10", "-sc_threshold", "0"))
	r, stop := start(t, cam.begin(t), noFFmpeg, func(r *Recorder) { r.Log = discarded })
	var said []string
	until(t, 2*time.Minute, "three pictures", func() bool {
		if s := status(r); s.Title != "" && !slices.Contains(said, s.Code+" "+s.Title) {
			said = append(said, s.Code+" "+s.Title)
		}
		return live(t, r, 0) && status(r).State == spool.Recording && readRun(t, runs(t, r)[0]).frames() >= 3
	})
	s := status(r)
	stop()
	if !slices.Contains(said, "no-key-frame A key frame is waited for: none among 3 pictures in 11s") && !slices.Contains(said, "no-key-frame A key frame is waited for: none among 3 pictures in 12s") {
		t.Errorf("it said %q", said)
	}
	for _, one := range said {
		if !strings.HasPrefix(one, camera.NoKeyFrame+" ") {
			t.Errorf("it said %q", one)
		}
	}
	if s.Code != "" || len(s.Restarts) > 0 {
		t.Errorf("%+v", s)
	}
	if all, _ := cam.connections(); all != 1 {
		t.Errorf("%d connections", all)
	}
	readRun(t, runs(t, r)[0]).datedAsSent(t, cam.sentAt())
}

// TestRefreshesAreRecordedSoon: a camera that sends no key frames, and is joined in
// mid-stream, is encoded within five seconds, at its rate, on one connection, and from the
// first picture on that is whole.
func TestRefreshesAreRecordedSoon(t *testing.T) {
	t.Parallel()
	for _, fps := range []int{10, 25} {
		t.Run(fmt.Sprint(fps), func(t *testing.T) {
			t.Parallel()
			cam := &rtspCamera{fps: fps}
			pictures := h264Pictures(t, "320x180", "-x264-params", fmt.Sprintf("intra-refresh=1:keyint=%d:scenecut=0", 3*fps/2))
			cam.show(slices.DeleteFunc(pictures, func(p [][]byte) bool {
				return slices.ContainsFunc(p, func(nal []byte) bool { return nal[0]&0x1f == nalIDR })
			}))
			url, begun := cam.begin(t), time.Now()
			r, stop := start(t, url, func(r *Recorder) { r.FFprobe = "/nowhere/ffprobe" })
			until(t, 30*time.Second, "a picture", func() bool { return status(r).State == spool.Recording && live(t, r, 0) })
			took := time.Since(begun)
			t.Logf("recorded after %v: %s", took, status(r).Plan)
			until(t, 30*time.Second, "three segments", func() bool { return segments(t, r, 0) >= 3 })
			s := status(r)
			stop()
			if took > 5*time.Second || !strings.Contains(s.Plan, fmt.Sprintf("encoding H.264 320x180 at %d fps", fps)) || len(s.Restarts) > 0 {
				t.Errorf("after %v: %+v", took, s)
			}
			if all, _ := cam.connections(); all != 1 {
				t.Errorf("%d connections", all)
			}
		})
	}
}
