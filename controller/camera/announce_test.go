package camera

import (
	"bytes"
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"lookback/controller/spool"
)

// parameterSet is the first one of what ffmpeg's libx264 makes of the arguments.
func parameterSet(t testing.TB, size string, args ...string) []byte {
	t.Helper()
	all := append([]string{"-nostdin", "-loglevel", "error", "-f", "lavfi", "-i", "testsrc2=size=" + size + ":rate=25:duration=0.2", "-c:v", "libx264"}, args...)
	out, err := exec.Command("ffmpeg", append(all, "-f", "h264", "pipe:1")...).Output()
	if err != nil {
		t.Fatal(err)
	}
	for unit := range bytes.SplitSeq(out, []byte{0, 0, 1}) {
		if len(unit) > 0 && unit[0]&0x1f == 7 {
			return bytes.TrimRight(unit, "\x00")
		}
	}
	t.Fatal("no parameter set")
	return nil
}

// TestPlainPicture: sizes as they were asked for, also such that are no multiple of
// 16, of fields and of every profile that is copied; no other profile.
func TestPlainPicture(t *testing.T) {
	for _, c := range []struct {
		size string
		args string
		ok   bool
	}{
		{"1920x1080", "-pix_fmt yuv420p -profile:v high", true},
		{"1280x720", "-pix_fmt yuv420p -profile:v baseline", true},
		{"640x360", "-pix_fmt yuv420p -profile:v main -bf 2", true},
		{"706x394", "-pix_fmt yuv420p", true},
		{"1920x1080", "-pix_fmt yuv420p -flags +ildct+ilme -x264-params tff=1", true},
		{"3840x2160", "-pix_fmt yuv420p -preset ultrafast", true},
		{"320x180", "-pix_fmt yuv422p", false},
		{"320x180", "-pix_fmt yuv444p", false},
		{"320x180", "-pix_fmt yuv420p10le", false},
	} {
		unit := parameterSet(t, c.size, strings.Fields(c.args)...)
		width, height, ok := plainPicture(unit)
		if ok != c.ok || ok && fmt.Sprintf("%dx%d", width, height) != c.size {
			t.Errorf("%s %s: %dx%d, %t", c.size, c.args, width, height, ok)
		}
		for n := range unit { // what is cut short is no harm
			plainPicture(unit[:n])
		}
	}
}

func FuzzPlainPicture(f *testing.F) {
	f.Add([]byte{0x67, 100, 0, 31, 0xac, 0xd9, 0x40, 0x50, 0x05, 0xbb, 0x01, 0x10})
	f.Fuzz(func(t *testing.T, unit []byte) {
		if width, height, ok := plainPicture(unit); ok && (width <= 0 || height <= 0 || width*height > MaxPixels) {
			t.Errorf("%dx%d", width, height)
		}
	})
}

// TestAnnounced: what is read here is copied, and never a picture that browsers
// can't play.
func TestAnnounced(t *testing.T) {
	for args, copied := range map[string]bool{"-pix_fmt yuv420p": true, "-pix_fmt yuv444p": false} {
		f := Announced("h264", parameterSet(t, "320x180", strings.Fields(args)...), 320, 180)
		if why := WhyFFmpeg(f, usual); (why == "") != copied || f.Knowledge != Rough {
			t.Errorf("%s: %q, %+v", args, why, f)
		}
	}
	s := usual
	s.CopyH265 = true
	if h265 := Announced("h265", nil, 320, 180); WhyFFmpeg(h265, usual) == "" || WhyFFmpeg(h265, s) != "" {
		t.Errorf("%+v", h265)
	}
}

// TestMayRead: only a camera over RTSP that may be copied, and one over HTTP.
func TestMayRead(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Settings)
		want   bool
	}{
		"as it is":                {func(*Settings) {}, true},
		"over HTTP":               {func(s *Settings) { s.URL = "http://camera/" }, true},
		"over RTMP":               {func(s *Settings) { s.URL = "rtmp://camera/" }, false},
		"with its sound":          {func(s *Settings) { s.Audio = "on" }, true},
		"with another's sound":    {func(s *Settings) { s.Audio = "alsa:hw:0" }, false},
		"turned":                  {func(s *Settings) { s.Rotate = 90 }, false},
		"smaller":                 {func(s *Settings) { s.Height = 360 }, false},
		"only ffmpeg can":         {func(s *Settings) { s.Foreign = "its picture is interlaced" }, false},
		"with a frame rate":       {func(s *Settings) { s.FPS = 10 }, true},
		"with promises to fulfil": {func(s *Settings) { s.Constants = &spool.Constants{PartTarget: 100_000, Independent: true} }, true},
	} {
		s := usual
		s.URL = "rtsp://camera/"
		c.change(&s)
		if got := MayRead(s); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}
