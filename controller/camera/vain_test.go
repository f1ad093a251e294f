package camera

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestNoSettingIsIgnored walks the request, for cameras of each kind and codec: another
// value changes the plan, or one of its reasons names the setting and what was set.
func TestNoSettingIsIgnored(t *testing.T) {
	cameras := map[string]Facts{"MJPEG": mjpegAt(30, 1), "5 fps": mjpegAt(5, 1), "1/3 fps": mjpegAt(1, 3), "H.264": h264(time.Second, true), "stills": mjpegAt(1, 1)}
	still := cameras["stills"].stills(0)
	rtsp, hevc, device, slow := h264(2*time.Second, true), h264(time.Second, true), mjpegAt(30, 1), h264(10*time.Second, true)
	rtsp.Kind, rtsp.Format, rtsp.Sound = RTSP, "rtsp", Sound{Codec: "pcm_alaw", Rate: 8000, Channels: 1}
	hevc.Codec = "hevc"
	device.Kind, device.Format = Device, "v4l2"
	for name, f := range map[string]Facts{"stills": still, "RTSP": rtsp, "H.265": hevc, "device": device, "key frames far apart": slow} {
		cameras[name] = f
	}
	settings := []struct {
		name, value string
		is          func(*Settings)
	}{
		{"SEGMENT", "4s", func(s *Settings) { s.Segment = 4 * time.Second }},
		{"PART", "150ms", func(s *Settings) { s.Part = 150 * time.Millisecond }},
		{"PICTURE_CHECKS", "off", nil}, // the plan has nothing to do with it: recorder.newObserver
		{"RTSP_TRANSPORT", "udp", nil}, // config.ofKinds, and rtsp.Source
		{"INPUT_FORMAT", "mjpeg", nil}, {"INPUT_SIZE", "640x480", nil}, {"HEADERS", "", nil}, {"TLS", "", nil},
		{"ENCODER", "libx264", func(s *Settings) { s.Encoder, s.Chosen = "libx264", "libx264" }},
		{"ENCODER", "h264_vaapi", func(s *Settings) { s.Encoder, s.Chosen = "h264_vaapi", "h264_vaapi" }},
		{"FPS", "20", func(s *Settings) { s.FPS = 20 }},
		{"FPS", "24", func(s *Settings) { s.FPS = 24 }},
		{"FPS", "60", func(s *Settings) { s.FPS = 60 }},
		{"FPS", "0.1", func(s *Settings) { s.FPS = 0.1 }},
		{"AUDIO", "on", func(s *Settings) { s.Audio = "on" }},
		{"COPY", "h265", func(s *Settings) { s.CopyH265 = true }},
		{"QUALITY", "30", func(s *Settings) { s.Quality = 30 }},
		{"BITRATE", "700k", func(s *Settings) { s.Bitrate = 700_000 }},
		{"SCALE", "360p", func(s *Settings) { s.Height = 360 }},
		{"ROTATE", "90", func(s *Settings) { s.Rotate = 90 }},
		{"POLL", "3s", func(s *Settings) { s.Poll = 3 * time.Second }},
	}
	for kind, f := range cameras {
		for _, encoder := range EncoderNames() {
			s := usual
			s.Chosen = encoder
			before := MakePlan(f, s)
			for _, set := range settings {
				if set.is == nil {
					continue
				}
				changed, known := s, f
				set.is(&changed)
				if f.Codec == "mjpeg" && changed.FPS > 0 && f.Kind == HTTP {
					known.FrameRate = exactRate(changed.FPS) // as Arrivals.Pictures has it
				}
				if f.Kind == Stills {
					known = f.stills(changed.Poll)
				}
				after := MakePlan(known, changed)
				told := slices.ContainsFunc(after.Reasons, func(r string) bool {
					return strings.Contains(r, set.name+"="+set.value) || set.name == "AUDIO" && strings.Contains(r, "sends no sound")
				})
				if set.name == "ENCODER" && changed.Chosen == s.Chosen {
					continue
				}
				if inForce := !sameWork(before, after); inForce == told {
					if set.name == "QUALITY" && before.Copy && !after.Copy {
						continue // it is encoded for that, by what knows no quality
					}
					t.Errorf("%s with %s, %s=%s: in force %v, told %v: %q", kind, encoder, set.name, set.value, inForce, told, after.Reasons)
				}
			}
		}
	}
}

// sameWork reports whether two plans do the same, whatever they say of it.
func sameWork(a, b Plan) bool {
	a.Reasons, b.Reasons, a.Line, b.Line = nil, nil, "", ""
	return reflect.DeepEqual(a, b)
}

// TestOddScale: that the size is another than was asked for is a reason of the plan.
func TestOddScale(t *testing.T) {
	for _, c := range []struct {
		width, height int
		want          string // "" for none
	}{
		{1281, 722, "SCALE=1281x722 is 1282x722: H.264 keeps colour at half the size, so both are even."},
		{1280, 721, "SCALE=1280x721 is 1280x722: H.264 keeps colour at half the size, so both are even."},
		{0, 361, "SCALE=361p is 642x362: H.264 keeps colour at half the size, so both are even."},
		{1280, 720, ""}, {0, 360, ""},
	} {
		s := usual
		s.Width, s.Height = c.width, c.height
		p := MakePlan(mjpegAt(30, 1), s)
		said := ""
		for _, r := range p.Reasons {
			if strings.HasPrefix(r, "SCALE=") {
				said += r
			}
		}
		if said != c.want {
			t.Errorf("%dx%d: %q, the picture is %dx%d", c.width, c.height, said, p.Width, p.Height)
		}
	}
}
