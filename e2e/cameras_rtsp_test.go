//go:build cameras

package e2e

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"lookback/controller/camera"
	reader "lookback/controller/rtsp"
)

// What GStreamer's RTSP server sends, read by controller/rtsp, has to be each
// picture of the clip, in order, and to decode without an error.

// reading is a Handler that keeps what it gets until there is enough.
type reading struct {
	reader.Description
	pictures, sounds []reader.Unit
	reports          int
	enough           func(*reading) bool
	end              context.CancelFunc
}

func (r *reading) Described(d reader.Description) { r.Description = d }
func (r *reading) Waits(time.Time)                {}
func (r *reading) Report(reader.SenderReport)     { r.reports++; r.look() }
func (r *reading) Unit(u reader.Unit) {
	if u.Track == reader.Sound {
		r.sounds = append(r.sounds, u)
	} else {
		r.pictures = append(r.pictures, u)
	}
	r.look()
}

func (r *reading) look() {
	if r.enough(r) {
		r.end()
	}
}

func TestReadRTSP(t *testing.T) {
	h265 := "-c:v libx265 -preset ultrafast -tag:v hvc1 -x265-params log-level=none:keyint=25"
	for _, c := range []struct {
		name, login, stream, file, args string
		source                          reader.Source
		codec, sound, code              string
	}{
		{name: "H.264, AAC", stream: "x-h264-aac", file: "x.mp4", args: picture + tone + x264 + "-g 25 -c:a aac", source: reader.Source{Sound: true}, codec: "h264", sound: "aac"},
		{name: "H.264 with B-frames", stream: "x-h264", file: "x.mp4", args: picture + x264 + "-bf 2 -g 25", codec: "h264"},
		{name: "H.264 over UDP, G.711", stream: "x-h264-alaw", file: "x.mkv", args: picture + tone + x264 + "-g 25 -c:a pcm_alaw -ar 8000", source: reader.Source{Sound: true, Transport: reader.UDP}, codec: "h264", sound: "pcma"},
		{name: "H.264, Opus", stream: "x-h264-opus", file: "x.mkv", args: picture + tone + x264 + "-g 25 -c:a libopus", source: reader.Source{Sound: true}, codec: "h264", sound: "opus"},
		{name: "H.265", stream: "x-h265", file: "x.mp4", args: picture + h265 + ":bframes=0", codec: "h265"},
		{name: "H.265 with B-frames", stream: "x-h265", file: "x.mp4", args: picture + h265, codec: "h265"},
		{name: "Digest", login: "Digest admin:hunter2", stream: "x-h264", file: "x.mp4", args: picture + x264 + "-g 25", codec: "h264"},
		{name: "Basic", login: "admin:hunter2", stream: "x-h264", file: "x.mp4", args: picture + x264 + "-g 25", codec: "h264"},
		{name: "interlaced", stream: "x-h264", file: "x.mp4", args: picture + "-c:v libx264 -preset ultrafast -flags +ildct+ilme -x264-params tff=1 -g 25", code: camera.UnsupportedCodec},
		{name: "JPEG", stream: "x-jpeg", file: "x.mp4", args: picture + "-c:v mjpeg -pix_fmt yuvj420p", code: camera.UnsupportedCodec},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			path := clip(t, c.file, c.args)
			address := rtspServer(t, c.login, c.stream+"="+path) + "/" + c.stream
			if _, login, ok := strings.Cut(" "+c.login, " "); ok && login != "" {
				address = login[strings.LastIndex(login, " ")+1:] + "@" + address
			}
			c.source.URL = "rtsp://" + address
			ctx, end := context.WithTimeout(t.Context(), time.Minute)
			defer end()
			r := &reading{end: end, enough: func(r *reading) bool {
				return len(r.pictures) >= 60 && (c.sound == "" || len(r.sounds) > 20) && r.reports > 0
			}}
			err := reader.Run(ctx, c.source, r)
			if c.code != "" {
				if e := (*reader.Error)(nil); !errors.As(err, &e) || e.Code != c.code || !e.FFmpeg {
					t.Errorf("%v; want %s, left to ffmpeg", err, c.code)
				}
				return
			}
			if !errors.Is(err, context.Canceled) {
				t.Fatalf("%v after %d pictures, %d of sound, %d reports", err, len(r.pictures), len(r.sounds), r.reports)
			}
			if r.Codec != c.codec || r.Width != 320 || (r.Sound != nil) != (c.sound != "") || c.sound != "" && r.Sound.Codec != c.sound {
				t.Errorf("%+v %+v", r.Description, r.Sound)
			}
			decodes(t, r)
			samePictures(t, r, path)
		})
	}
}

// raw are the pictures as a file that decoders read (Annex B).
func raw(r *reading) []byte {
	var b []byte
	p := r.Parameters
	for _, sets := range [][][]byte{p.VPS, p.SPS, p.PPS} {
		for _, s := range sets {
			b = append(append(b, 0, 0, 0, 1), s...)
		}
	}
	for _, u := range r.pictures {
		for d := u.Data; len(d) > 4; {
			n := int(d[0])<<24 | int(d[1])<<16 | int(d[2])<<8 | int(d[3])
			b = append(append(b, 0, 0, 0, 1), d[4:4+n]...)
			d = d[4+n:]
		}
	}
	return b
}

// decodes: nothing is wrong with the pictures, and their time stamps rise.
func decodes(t *testing.T, r *reading) {
	t.Helper()
	for n, u := range r.pictures {
		if u.DTS > u.PTS || n > 0 && u.DTS <= r.pictures[n-1].DTS || u.Broken || u.Late && n > 0 {
			t.Errorf("picture %d: PTS %d, DTS %d, broken %t, late %t", n, u.PTS, u.DTS, u.Broken, u.Late)
		}
	}
}

// compared is how many pictures have to be as they were sent. Fewer than came:
// the last ones may lack what they are made of.
const compared = 50

// samePictures: decoded, the pictures are the clip's first ones.
func samePictures(t *testing.T, r *reading, path string) {
	t.Helper()
	got := filepath.Join(t.TempDir(), "x."+r.Codec)
	if err := os.WriteFile(got, raw(r), 0o644); err != nil {
		t.Fatal(err)
	}
	format := map[string]string{"h264": "h264", "h265": "hevc"}[r.Codec]
	a, b := sums(t, "-f", format, "-i", got), sums(t, "-i", path)
	if len(a) != compared || !slices.Equal(a, b) {
		t.Errorf("the first %d pictures are not as they were sent; losses %+v", compared, r.pictures[len(r.pictures)-1].Losses)
	}
}

// sums are checksums of decoded pictures.
func sums(t *testing.T, input ...string) (all []string) {
	t.Helper()
	args := append(append([]string{"-nostdin", "-loglevel", "error", "-xerror"}, input...), "-map", "0:v", "-frames:v", strconv.Itoa(compared), "-fps_mode", "passthrough", "-f", "framemd5", "-")
	out, err := exec.Command("ffmpeg", args...).Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(out) {
		if !bytes.HasPrefix(line, []byte("#")) {
			words := strings.Fields(string(line))
			all = append(all, words[len(words)-1])
		}
	}
	return all
}
