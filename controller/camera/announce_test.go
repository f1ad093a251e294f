package camera

import (
	"bytes"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

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

// TestPixelFormat: every kind of picture is told, and what is cut short is no harm.
func TestPixelFormat(t *testing.T) {
	for args, want := range map[string]string{
		"-pix_fmt yuv420p -profile:v high":                       "yuv420p",
		"-pix_fmt yuv420p -profile:v baseline":                   "yuv420p",
		"-pix_fmt yuv420p -profile:v main -bf 2":                 "yuv420p",
		"-pix_fmt yuv420p -flags +ildct+ilme -x264-params tff=1": "yuv420p",
		"-pix_fmt yuv422p":                                       "yuv422p",
		"-pix_fmt yuv444p":                                       "yuv444p",
		"-pix_fmt yuv420p10le":                                   "yuv420p10le",
	} {
		unit := parameterSet(t, "320x180", strings.Fields(args)...)
		if got := pixelFormat("h264", unit); got != want {
			t.Errorf("%s: %q", args, got)
		}
		for n := range unit {
			pixelFormat("h264", unit[:n])
			pixelFormat("hevc", unit[:n])
		}
	}
	if f := Announced("h264", parameterSet(t, "320x180", "-pix_fmt", "yuv420p"), 40000, 40000); f.PixelFormat != "" {
		t.Errorf("a picture of any size is taken: %+v", f)
	}
}

func FuzzPixelFormat(f *testing.F) {
	f.Add([]byte{0x67, 100, 0, 31, 0xac, 0xd9, 0x40, 0x50, 0x05, 0xbb, 0x01, 0x10}, true)
	f.Fuzz(func(t *testing.T, unit []byte, avc bool) {
		pixelFormat(map[bool]string{true: "h264", false: "hevc"}[avc], unit)
	})
}

// TestAnnounced: what is read here is copied where browsers can play it, else encoded
// from a pipe; sound of a rare kind alone is left to ffmpeg.
func TestAnnounced(t *testing.T) {
	for args, copied := range map[string]bool{"-pix_fmt yuv420p": true, "-pix_fmt yuv444p": false} {
		f := Announced("h264", parameterSet(t, "320x180", strings.Fields(args)...), 320, 180)
		encodes, err := Encodes(f, usual)
		if err != nil || encodes == copied || WhyFFmpeg(f, usual) != "" || f.Knowledge != Rough {
			t.Errorf("%s: %t, %v, %+v", args, encodes, err, f)
		}
	}
	f, s := Facts{Kind: RTSP, Codec: "h264", PixelFormat: "yuv420p", FrameRate: Rate{25, 1}, KeyInterval: time.Second, KeyIntervalKnown: true, Width: 320, Height: 180}, usual
	s.Audio = "on"
	f.Sound = Sound{Codec: "pcm_alaw", Rate: 8000, Channels: 1}
	p := MakePlan(f, s)
	if args := strings.Join(p.SoundArgs(), " "); !p.Direct || !p.Sound.Own || !strings.Contains(args, "-f alaw -ar 8000 -ac 1 -analyzeduration 0 -probesize 32 -i pipe:0") {
		t.Errorf("G.711: %+v, %q", p, args)
	}
	s.Rotate = 90
	if p = MakePlan(f, s); !p.Units || !p.Sound.Own || slices.Contains(p.Args("rtsp://u:secret@h/"), "rtsp://u:secret@h/") || strings.Contains(strings.Join(p.Args(""), " "), "pipe:4") {
		t.Errorf("G.711, turned: %q", p.Args("rtsp://u:secret@h/"))
	}
	f.Sound.Codec = "speex"
	if p = MakePlan(f, s); p.Units || p.Direct || !strings.Contains(strings.Join(p.Reasons, " "), "ffmpeg reads it: it alone can read Speex") {
		t.Errorf("Speex: %+v", p)
	}
	s.Mute = "speex"
	if p = MakePlan(f, s); !p.Units || p.Sound != nil || !strings.Contains(strings.Join(p.Reasons, " "), "Its sound is left out: nobody here can read Speex.") {
		t.Errorf("Speex that ffmpeg can't read: %+v", p)
	}
}

// TestMayRead: a camera over RTSP and one over HTTP, whatever is to become of its picture.
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
		"turned":                  {func(s *Settings) { s.Rotate = 90 }, true},
		"smaller":                 {func(s *Settings) { s.Height = 360 }, true},
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
