package camera

import (
	"encoding/json"
	"testing"
	"time"
)

// The plan has the size that the picture has once its metadata have turned it, and
// such a picture is encoded: players of HLS show it as it is coded.
func TestRotationInMetadata(t *testing.T) {
	for answer, want := range map[string][2]int{
		`{"rotation": -90}`: {1080, 1920},
		`{"rotation": 270}`: {1080, 1920},
		`{"rotation": 180}`: {1920, 1080},
		`{}`:                {1920, 1080},
	} {
		var p probed
		if err := json.Unmarshal([]byte(`{"format": {"format_name": "mov,mp4"}, "streams": [{"codec_type": "video", "codec_name": "h264",
			"pix_fmt": "yuv420p", "width": 1920, "height": 1080, "side_data_list": [`+answer+`]}]}`), &p); err != nil {
			t.Fatal(err)
		}
		f, err := p.facts(File)
		if err != nil {
			t.Fatal(err)
		}
		f.FrameRate, f.KeyInterval, f.KeyIntervalKnown = Rate{30, 1}, time.Second, true
		plan := MakePlan(f, Settings{Request: Request{Source: Source{URL: "file:///a.mp4"}, Segment: 2 * time.Second, Part: 200 * time.Millisecond}})
		if got := [2]int{plan.Width, plan.Height}; got != want || plan.Copy != (answer == "{}") {
			t.Errorf("%s: %v, copied %v: %v", answer, got, plan.Copy, plan.Reasons)
		}
	}
}
