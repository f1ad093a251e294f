package recorder

import (
	"testing"
	"time"
)

// TestSlowCameraIsDatedRightly: pictures that come seconds apart, from the start on, are
// dated when they came.
func TestSlowCameraIsDatedRightly(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		due      func(int) time.Duration
		noMarker bool
		lasts    time.Duration
	}{
		"1 fps":                              {changing(0, 1), false, 20 * time.Second},
		"1 fps, ends not marked":             {changing(0, 1), true, 20 * time.Second},
		"1 fps, then 25":                     {changing(0, 1, 15, 25), false, 25 * time.Second},
		"a picture in 5 s":                   {changing(0, 0.2), false, 45 * time.Second},
		"a picture in 5 s, ends not marked":  {changing(0, 0.2), true, 45 * time.Second},
		"a picture in 10 s":                  {changing(0, 0.1), false, 65 * time.Second},
		"a picture in 10 s, ends not marked": {changing(0, 0.1), true, 65 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cam := &rtspCamera{fps: 1, due: c.due, stamped: func(n int) float64 { return c.due(n).Seconds() }, noMarker: c.noMarker}
			cam.show(h264Pictures(t, "320x180", "-g", "1"))
			begun := time.Now()
			r, stop := start(t, cam.begin(t), noFFmpeg, func(r *Recorder) { r.Log = discarded })
			until(t, 2*time.Minute, "it to have sent enough", func() bool { return time.Since(begun) > c.lasts })
			stop()
			sent, recorded, dirs := cam.sentAt(), 0, runs(t, r)
			if len(dirs) != 1 {
				t.Fatalf("%d runs", len(dirs))
			}
			for _, p := range readRun(t, dirs[0]).numbers(t) {
				recorded++
				if d := p.at.Sub(sent[p.number]); d.Abs() > 500*ms {
					t.Errorf("picture %d is dated %v off", p.number, d)
				}
			}
			if recorded < len(sent)-4 {
				t.Errorf("%d of %d pictures are recorded", recorded, len(sent))
			}
		})
	}
}
