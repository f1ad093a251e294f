package recorder

import (
	"testing"

	"lookback/controller/camera"
)

// TestStudyFails: a camera that could not be studied is probed as thoroughly as
// any other the next time, unless it was not even reached.
func TestStudyFails(t *testing.T) {
	rough := camera.Facts{Kind: camera.RTSP, Format: "rtsp", Codec: "h264", PixelFormat: "yuv420p", Width: 320, Height: 180, Rough: true}
	for code, again := range map[string]bool{camera.Stalled: false, camera.StreamEnded: false, camera.ConnectionRefused: true} {
		r := New(Options{})
		if !r.mayStudy(rough) {
			t.Fatal("it may not even once")
		}
		r.facts = &rough
		r.review(outcome{reason: camera.ReasonFor(code)})
		if r.facts != nil || r.mayStudy(rough) != again {
			t.Errorf("%s: %+v, again %t", code, r.facts, r.mayStudy(rough))
		}
	}
}
