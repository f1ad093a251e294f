package httpcam

import (
	"errors"
	"fmt"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"

	"lookback/controller/camera"
	"lookback/controller/democam"
)

// made is what ffmpeg makes of a second of a test picture with sound.
func made(t *testing.T, args string) string {
	t.Helper()
	out, err := exec.Command("ffmpeg", strings.Fields("-loglevel error -f lavfi -i testsrc2=size=320x180:rate=10:duration=2 -f lavfi -i sine=duration=2 "+args+" pipe:1")...).Output()
	if err != nil {
		t.Fatal(args, err)
	}
	return string(out)
}

// TestFFmpegsPictures: each way in which ffmpeg sends pictures brings all of them.
func TestFFmpegsPictures(t *testing.T) {
	for args, kind := range map[string]string{
		"-map 0:v -c:v mjpeg -f mpjpeg":                 "multipart/x-mixed-replace;boundary=ffmpeg",
		"-map 0:v -c:v mjpeg -huffman default -f mjpeg": "video/x-mjpeg",
		"-map 0:v -c:v mjpeg -f image2pipe":             "image/jpeg",
		"-map 0:v -c:v png -f image2pipe":               "image/png",
	} {
		s := serve(t, answer(ok, "Content-Type: "+kind+"\r\n\r\n", made(t, args)))
		got, err := record(t, Source{URL: s.url}, 0)
		if len(got) != 20 || code(err) != camera.StreamEnded || got[19].Width != 320 || got[19].Height != 180 {
			t.Errorf("%s: %d pictures, %v", args, len(got), err)
		}
	}
}

// TestFFmpegsStreams: what ffmpeg has to read is told from its first bytes.
func TestFFmpegsStreams(t *testing.T) {
	for args, looks := range map[string]string{
		"-f mpegts": "mpegts",
		"-f flv":    "flv",
		"-f mp4 -movflags frag_keyframe+empty_moov": "mp4",
		"-f webm -c:v libvpx":                       "matroska",
		"-f matroska":                               "matroska",
		"-map 0:v -c:v libx264 -f h264":             "h264",
		"-r 25 -f mpeg":                             "mpeg",
		"-f avi":                                    "avi",
		"-f asf":                                    "asf",
		"-map 1:a -f ogg":                           "ogg",
		"-map 1:a -f adts":                          "sound",
	} {
		s := serve(t, answer(ok, "\r\n", made(t, args)))
		_, err := record(t, Source{URL: s.url}, 0)
		var not *NotPictures
		if !errors.As(err, &not) || not.Looks != looks || not.Read > maxJunk+readSize {
			t.Errorf("%s: %v, want %s", args, err, looks)
		}
	}
}

// TestDemoCamera: our own camera's stream and stills.
func TestDemoCamera(t *testing.T) {
	c := democam.New(democam.Options{Width: 320, Height: 180, FPS: 25})
	server := httptest.NewServer(c)
	defer func() { c.Close(); server.Close() }()
	for path, answers := range map[string]int{"/stream.mjpg": 1, "/snapshot.jpg": 8} {
		got, err := record(t, Source{URL: server.URL + path, Poll: quick}, 8)
		if err != errEnough || len(got) != 8 || got[7].Answer != answers || got[7].Width != 320 || got[7].Height != 180 {
			t.Errorf("%s: %d pictures, %v", path, len(got), err)
			continue
		}
		if fmt.Sprint(got[7].Broken, got[7].Missed) != "0 0" {
			t.Errorf("%s: %+v", path, got[7].Shape)
		}
	}
}
