package camera

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestPlanOfEachKind holds the whole argument list of a camera of each kind.
func TestPlanOfEachKind(t *testing.T) {
	aac := Sound{"aac", "LC", 48000, 2}
	of := func(kind Kind, format string, change ...func(*Facts)) Facts {
		f := h264(2*time.Second, true)
		f.Kind, f.Format = kind, format
		for _, c := range change {
			c(&f)
		}
		return f
	}
	codec := func(name, pixels string) func(*Facts) {
		return func(f *Facts) { f.Codec, f.PixelFormat = name, pixels }
	}
	sound := func(s Sound) func(*Facts) { return func(f *Facts) { f.Sound = s } }
	for name, c := range map[string]struct {
		facts   Facts
		source  Source
		options PictureOptions
		line    string
		change  func(*Settings)
	}{
		"rtsp":        {of(RTSP, "rtsp", sound(aac)), Source{Audio: "on"}, PictureOptions{}, "copying H.264 1280x720 at 25 fps; key frame every 2s, with its AAC sound", func(s *Settings) { s.Foreign = "its picture is interlaced" }},
		"rtsp-direct": {of(RTSP, "rtsp", sound(aac)), Source{Audio: "on"}, PictureOptions{}, "copying H.264 1280x720 at 25 fps; key frame every 2s, with its AAC sound", nil},
		"rtsp-alaw":   {of(RTSP, "rtsp", sound(Sound{"pcm_alaw", "", 8000, 1})), Source{Audio: "on"}, PictureOptions{}, "copying H.264 1280x720 at 25 fps; key frame every 2s, its G.711 sound as AAC", nil},
		"rtsp-udp":    {of(RTSP, "rtsp"), Source{Transport: "udp"}, PictureOptions{}, "copying H.264 1280x720 at 25 fps; key frame every 2s", func(s *Settings) { s.Foreign = "its picture is interlaced" }},
		"rtsp-h265":   {of(RTSP, "rtsp", codec("hevc", "yuv420p")), Source{}, PictureOptions{}, "encoding H.265 1280x720 at 25 fps with libx264 (superfast)", nil},
		"h265-copied": {of(RTSP, "rtsp", codec("hevc", "yuv420p")), Source{}, PictureOptions{CopyH265: true}, "copying H.265 1280x720 at 25 fps; key frame every 2s", func(s *Settings) { s.Foreign = "its picture is interlaced" }},
		"rtmp":        {of(RTMP, "flv", sound(Sound{"aac", "HE-AAC", 48000, 2})), Source{Audio: "on"}, PictureOptions{}, "copying H.264 1280x720 at 25 fps; key frame every 2s, its AAC sound as AAC", nil},
		"hls":         {of(HLS, "hls"), Source{}, PictureOptions{}, "copying H.264 1280x720 at 25 fps; key frame every 2s", nil},
		"srt":         {of(SRT, "mpegts", sound(Sound{"mp2", "", 48000, 6})), Source{Audio: "on"}, PictureOptions{}, "copying H.264 1280x720 at 25 fps; key frame every 2s, its MP2 sound as AAC", nil},
		"udp":         {of(UDP, "mpegts"), Source{}, PictureOptions{}, "copying H.264 1280x720 at 25 fps; key frame every 2s", nil},
		"rtp":         {of(RTP, "rtp"), Source{}, PictureOptions{}, "copying H.264 1280x720 at 25 fps; key frame every 2s", nil},
		"webcam-h264": {of(Device, "video4linux2"), Source{InputFormat: "h264", InputSize: "1280x720", Audio: "alsa:hw:1"}, PictureOptions{}, "copying H.264 1280x720 at 25 fps; key frame every 2s, sound of alsa", nil},
		"webcam-jpeg": {of(Device, "video4linux2", codec("mjpeg", "yuvj422p")), Source{InputFormat: "mjpeg", FPS: 25}, PictureOptions{}, "encoding MJPEG 1280x720 at 25 fps with libx264 (superfast)", nil},
		"file":        {of(File, "mov"), Source{}, PictureOptions{}, "copying H.264 1280x720 at 25 fps; key frame every 2s", nil},
		"test":        {of(Test, "lavfi", codec("rawvideo", "yuv420p")), Source{}, PictureOptions{}, "encoding raw video 1280x720 at 25 fps with libx264 (superfast)", nil},
		"stills":      {mjpegAt(1, 1).stills(2 * time.Second), Source{Poll: 2 * time.Second}, PictureOptions{}, "encoding MJPEG 1280x720 at 0.5 fps with libx264 (superfast)", nil},
		"turned":      {of(RTSP, "rtsp"), Source{FPS: 10}, PictureOptions{Rotate: 90, Height: 640, Quality: 30, Bitrate: 800_000}, "encoding H.264 360x640 at 10 fps with libx264 (superfast)", nil},
		"ten-bit":     {of(RTSP, "rtsp", codec("h264", "yuv420p10le")), Source{}, PictureOptions{}, "encoding H.264 1280x720 at 25 fps with libx264 (superfast)", nil},
	} {
		t.Run(name, func(t *testing.T) {
			s := usual
			s.Source, s.PictureOptions = c.source, c.options
			if c.change != nil {
				c.change(&s)
			}
			p := MakePlan(c.facts, s)
			if p.Line != c.line {
				t.Errorf("line: %q, want %q", p.Line, c.line)
			}
			golden(t, "kind-"+name, p)
		})
	}
	for _, name := range EncoderNames() {
		s := usual
		s.Chosen, s.Note = name, name+" works on this machine"
		golden(t, "encoder-"+name, MakePlan(mjpegAt(30, 1), s))
	}
}

func TestFactsRefused(t *testing.T) {
	for _, c := range []struct {
		format, video string
		code          string
	}{
		{"image2", `{"codec_type":"video","codec_name":"mjpeg","width":12000,"height":9000}`, PictureTooLarge},
		{"tty", `{"codec_type":"video","codec_name":"ansi","width":640,"height":400}`, NotAStream},
		{"mpegts", `{"codec_type":"audio","codec_name":"aac","sample_rate":"48000","channels":2}`, NoVideo},
		{"mpegts", `{"codec_type":"video","codec_name":"unknown"}`, UnsupportedCodec},
	} {
		var p probed
		if err := json.Unmarshal([]byte(`{"format":{"format_name":"`+c.format+`"},"streams":[`+c.video+`]}`), &p); err != nil {
			t.Fatal(err)
		}
		if _, err := p.facts(HTTP); err == nil || ReasonOf(err).Code != c.code {
			t.Errorf("%s: %v, want %s", c.video, err, c.code)
		}
	}
}

func TestEncodingRuledOut(t *testing.T) {
	s := usual
	s.Encoder = "copy"
	if encodes, err := Encodes(h264(time.Second, true), s); encodes || err != nil {
		t.Error(encodes, err)
	}
	if _, err := Encodes(mjpegAt(30, 1), s); ReasonOf(err).Code != CannotCopy {
		t.Error(err)
	}
}

// TestEncodersAreTried with an ffmpeg that refuses all, and with one that is pleased.
func TestEncodersAreTried(t *testing.T) {
	script := func(text string) Tools {
		path := filepath.Join(t.TempDir(), "ffmpeg")
		if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text), 0o755); err != nil {
			t.Fatal(err)
		}
		return Tools{FFmpeg: path}
	}
	refuses := script("echo 'Cannot load libcuda.so.1' >&2; exit 1")
	for name, c := range map[string]struct {
		setting string
		devices string // glob of what is here
		tools   Tools
		want    string
		note    string
	}{
		"nothing here":       {"auto", "", refuses, software, "no device of a hardware encoder is here"},
		"all refuse":         {"auto", "/dev", refuses, software, "h264_vaapi does not (Cannot load libcuda.so.1)"},
		"a set one refuses":  {"h264_nvenc", "", refuses, software, "h264_nvenc does not"},
		"a set one works":    {"h264_nvenc", "", script("exit 0"), "h264_nvenc", "works on this machine"},
		"only a render node": {"auto", "/dev/dri", script("exit 0"), "h264_vaapi", "works on this machine"},
		"software is set":    {software, "/dev", refuses, software, "is set"},
	} {
		e := Encoders{glob: func(pattern string) ([]string, error) {
			if c.devices != "" && strings.HasPrefix(pattern, c.devices) {
				return []string{pattern}, nil
			}
			return nil, nil
		}}
		got, note := e.Choose(t.Context(), c.setting, c.tools)
		if got != c.want || !strings.Contains(note, c.note) {
			t.Errorf("%s: %s (%s), want %s (%s)", name, got, note, c.want, c.note)
		}
		if again, _ := e.Choose(t.Context(), c.setting, script("exit 1")); again != got {
			t.Errorf("%s: then %s", name, again)
		}
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	var e Encoders
	e.Choose(ended, "h264_nvenc", script("exit 0"))
	if got, _ := e.Choose(t.Context(), "h264_nvenc", script("exit 0")); got != "h264_nvenc" {
		t.Error("remembers what was broken off")
	}
}

// TestRealEncoder: the flags that libx264 is tried and used with are right.
func TestRealEncoder(t *testing.T) {
	if err := try(t.Context(), encoderNamed(software), Tools{}); err != nil {
		t.Error(err)
	}
	err := try(t.Context(), encoderRow{name: "none", pixels: "yuv420p", open: []Flag{{[]string{"-nonsense"}, ""}}}, Tools{})
	if said := (*refusal)(nil); !errors.As(err, &said) {
		t.Error(err)
	}
}

// TestEncodersAreTriedAsTheyAreUsed: each row of the table encodes into what is
// read of it later, on the same pipe.
func TestEncodersAreTriedAsTheyAreUsed(t *testing.T) {
	for _, name := range EncoderNames() {
		seen := filepath.Join(t.TempDir(), "args")
		tool := filepath.Join(t.TempDir(), "ffmpeg")
		if err := os.WriteFile(tool, []byte("#!/bin/sh\necho \"$*\" > "+seen+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := try(t.Context(), encoderNamed(name), Tools{FFmpeg: tool}); err != nil {
			t.Fatal(err)
		}
		tried, err := os.ReadFile(seen)
		if err != nil || !strings.Contains(string(tried), "-c:v "+name+" ") || !strings.Contains(string(tried), "-f flv ") || !strings.HasSuffix(string(tried), " pipe:1\n") {
			t.Errorf("%s is tried with %s: %v", name, tried, err)
		}
	}
}

// TestInputFlagsExist: ffmpeg knows every option of every kind, and takes it
// where it stands.
func TestInputFlagsExist(t *testing.T) {
	for _, row := range kinds {
		if row.kind == Device {
			continue // wants a device before it looks at its options
		}
		args := []string{"-nostdin", "-hide_banner", "-loglevel", "error"}
		for _, f := range append(row.reading, row.open(Source{Transport: "udp", Audio: "off"})...) {
			args = append(args, f.Args...)
		}
		address := map[Kind]string{Test: "color=size=16x16:duration=1", File: "file:/nowhere", HLS: "http://127.0.0.1:1/", Stills: "http://127.0.0.1:1/", UDP: "", RTP: "", SRT: ""}[row.kind]
		if address == "" && len(row.schemes) > 0 {
			address = row.schemes[0] + "127.0.0.1:1/"
		}
		if row.kind == UDP || row.kind == RTP || row.kind == SRT {
			continue // would wait for somebody to send
		}
		if row.demuxer != "" {
			args = append(args, "-f", row.demuxer)
		} else if row.kind == HLS {
			args = append(args, "-f", "hls")
		}
		out, _ := exec.CommandContext(t.Context(), "ffmpeg", append(args, "-i", address, "-f", "null", "-")...).CombinedOutput()
		if strings.Contains(string(out), "Option") {
			t.Errorf("%s: %s", row.kind, out)
		}
	}
}

// TestDatagramsShowNothing: what ffmpeg has no use for in an address is in no process
// list, neither while a camera is probed nor afterwards.
func TestDatagramsShowNothing(t *testing.T) {
	for address, want := range map[string]string{
		"udp://127.0.0.1:19991?localaddr=127.0.0.1&X=S3CRET": "udp://127.0.0.1:19991?localaddr=127.0.0.1",
		"rtp://239.0.0.1:5004?X=S3CRET#S3CRET":               "rtp://239.0.0.1:5004",
		"udp://S3CRET:S3CRET@[::1]:5004/S3CRET?S3CRET&ttl=2": "udp://@[::1]:5004?ttl=2",
		"udp://@:5004": "udp://@:5004",
	} {
		probe := filepath.Join(t.TempDir(), "ffprobe")
		if err := os.WriteFile(probe, []byte("#!/bin/sh\necho \"$*\" >&2; exit 1\n"), 0o755); err != nil {
			t.Fatal(err)
		}
		_, err := Probe(t.Context(), Source{URL: address}, Tools{FFprobe: probe})
		failure := (*Failure)(nil)
		if !errors.As(err, &failure) || !strings.HasSuffix(failure.Said[0], " "+want) || strings.Contains(failure.Said[0], "S3CRET") {
			t.Errorf("%s is probed by %v, want %s", address, err, want)
		}
		kind, _ := KindOf(address)
		f := h264(2*time.Second, true)
		f.Kind, f.Format = kind, "mpegts"
		s := usual
		s.URL = address
		if args := strings.Join(MakePlan(f, s).Args(address), " "); !strings.Contains(args, " -i "+want+" ") || strings.Contains(args, "S3CRET") {
			t.Errorf("%s is read by %s", address, args)
		}
	}
}

// TestProbeSaysWhatItSaw: ffprobe's last lines stand beside a reason that it has answered
// for, too.
func TestProbeSaysWhatItSaw(t *testing.T) {
	for answer, want := range map[string]string{
		`{"format":{"format_name":"mpegts"},"streams":[]}`:                                           NoVideo,
		`{"format":{"format_name":"mpegts"},"streams":[{"codec_type":"video","codec_name":"h264"}]}`: NoVideo,
	} {
		probe := filepath.Join(t.TempDir(), "ffprobe")
		if err := os.WriteFile(probe, []byte("#!/bin/sh\necho too many streams >&2; echo '"+answer+"'\n"), 0o755); err != nil {
			t.Fatal(err)
		}
		_, err := Probe(t.Context(), Source{URL: "udp://@:5004"}, Tools{FFprobe: probe})
		failure := (*Failure)(nil)
		if !errors.As(err, &failure) || failure.Said[0] != "too many streams" || ReasonOf(err).Code != want {
			t.Errorf("%s: %v", answer, err)
		}
	}
}
