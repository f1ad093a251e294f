package rtsp

import (
	"errors"
	"testing"
)

// TestLeapsCostNoPicture: the stamps of a camera that sends pictures in order may leap back
// by any time; each picture has one, and the camera is never given up for it.
func TestLeapsCostNoPicture(t *testing.T) {
	p := &Parameters{SPS: [][]byte{nil}, PPS: [][]byte{nil}}
	for _, back := range []int64{9000, 60000, 90000, 900000} {
		tm := timing{}
		var last int64
		extract := func(_ [][]byte, pts int64) (int64, error) { // as mediacommon's do
			if pts < last {
				return 0, errors.New("DTS is not monotonically increasing")
			}
			last = pts
			return pts, nil
		}
		tm.extract = extract
		pts := int64(10_000_000)
		for n := range 200 {
			if pts += 3600; n%40 == 20 {
				pts -= back
			}
			u := accessUnit{kind: kind{sync: n%50 == 0}}
			if tm.stale && u.sync { // it begins anew
				last, tm.stale, tm.leapt = 0, false, false
			}
			if dts, ok := tm.dts(u, p, pts, false); !ok || dts != pts {
				t.Fatalf("leaps of %d ticks: picture %d, which is shown at %d, is decoded at %d, %v", back, n, pts, dts, ok)
			}
		}
		if tm.refusals > 0 {
			t.Errorf("leaps of %d ticks: %d refusals", back, tm.refusals)
		}
	}
}
