package recorder

import (
	"strings"
	"testing"
	"time"

	"lookback/controller/camera"
)

// TestNothingIsLostByAnotherPlan: a camera over RTSP that goes on sending while another
// plan is made for it stays on its connection, and the next run begins in what came.
func TestNothingIsLostByAnotherPlan(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*Recorder)
		other  []string      // of its picture
		plan   string        // that is made for it
		gap    time.Duration // between the runs at most
	}{
		"another size":  {noFFmpeg, []string{"640x360", "-g", "25"}, "copying H.264 640x360", 200 * ms},
		"to be encoded": {nil, []string{"320x180", "-g", "25", "-pix_fmt", "yuv422p"}, "encoding H.264", 3 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cam := &rtspCamera{fps: 25}
			r, stop := start(t, cam.begin(t), func(r *Recorder) {
				if r.Log = discarded; c.change != nil {
					c.change(r)
				}
			})
			until(t, 40*time.Second, "a segment", func() bool { return segments(t, r, 0) >= 2 })
			cam.show(h264Pictures(t, c.other[0], c.other[1:]...))
			until(t, 40*time.Second, "a new run", func() bool { return live(t, r, 1) && strings.Contains(status(r).Plan, c.plan) })
			stop()
			first, next := readRun(t, runs(t, r)[0]), readRun(t, runs(t, r)[1])
			if status(r).Restarts[camera.StreamChanged] != 1 || len(runs(t, r)) != 2 {
				t.Errorf("%d runs, %v", len(runs(t, r)), status(r).Restarts)
			}
			if all, _ := cam.connections(); all != 1 {
				t.Errorf("%d connections", all)
			}
			gap := time.UnixMicro(next.Epoch).Sub(time.UnixMicro(first.Epoch).Add(first.length()))
			t.Logf("between the runs lie %v", gap)
			if gap.Abs() > c.gap {
				t.Errorf("between the runs lie %v", gap)
			}
			before := first.numbers(t)
			first.datedAsSent(t, cam.sentAt())
			if !strings.HasPrefix(c.plan, "copying") {
				return
			}
			after := next.numbers(t)
			next.datedAsSent(t, cam.sentAt())
			if lost := after[0].number - before[len(before)-1].number - 1; lost != 0 {
				t.Errorf("%d pictures are lost", lost)
			}
		})
	}
}
