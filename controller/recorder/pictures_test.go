package recorder

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/jpeg"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// jpegs is a camera that sends the same JPEG again and again, until it is another.
func jpegs(t *testing.T, every time.Duration, now *atomic.Pointer[[]byte]) string {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		w.Header().Set("Content-Type", "multipart/x-mixed-replace; boundary=frame")
		for tick := time.NewTicker(every); ; {
			picture := *now.Load()
			fmt.Fprintf(w, "--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n%s\r\n", len(picture), picture)
			w.(http.Flusher).Flush()
			select {
			case <-tick.C:
			case <-q.Context().Done():
				return
			}
		}
	}))
	t.Cleanup(func() { server.CloseClientConnections(); server.Close() })
	return server.URL
}

func jpegOf(t *testing.T, picture image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, picture, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// grey are the pictures of a run as brightnesses, each of its size.
func (r recorded) grey(t *testing.T) (all [][]byte) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "run.mp4")
	if err := os.WriteFile(path, r.stream(t), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("ffmpeg", "-nostdin", "-v", "error", "-i", path, "-fps_mode", "passthrough", "-vf", "format=gray", "-f", "rawvideo", "pipe:1").Output()
	if err != nil {
		t.Fatal(err)
	}
	for size := r.Width * r.Height; len(out) >= size; out = out[size:] {
		all = append(all, out[:size])
	}
	return all
}

// TestGreyByNight: a camera whose JPEGs become grey, or have other colours, goes on
// in its run without a picture lost.
func TestGreyByNight(t *testing.T) {
	t.Parallel()
	bounds := image.Rect(0, 0, 320, 180)
	night := image.NewGray(bounds)
	day := image.NewYCbCr(bounds, image.YCbCrSubsampleRatio420)
	fill := func(b []byte, v byte) {
		for i := range b {
			b[i] = v
		}
	}
	fill(day.Y, 200)
	fill(day.Cb, 128)
	fill(day.Cr, 128)
	fill(night.Pix, 60)
	dawn, err := exec.Command("ffmpeg", "-nostdin", "-v", "error", "-f", "lavfi", "-i", "color=c=0x828282:size=320x180,format=yuvj422p", "-frames:v", "1", "-c:v", "mjpeg", "-f", "image2pipe", "pipe:1").Output()
	if err != nil {
		t.Fatal(err)
	}
	var now atomic.Pointer[[]byte]
	show := func(b []byte) { now.Store(&b) }
	show(jpegOf(t, day))
	r, stop := start(t, jpegs(t, time.Second/10, &now), func(r *Recorder) { r.FPS, r.Log = 10, discarded })
	until(t, 30*time.Second, "the day", func() bool { return segments(t, r, 0) >= 2 })
	show(jpegOf(t, night))
	until(t, 30*time.Second, "the night", func() bool { return segments(t, r, 0) >= 5 })
	show(dawn)
	until(t, 30*time.Second, "the dawn", func() bool { return segments(t, r, 0) >= 8 })
	s := status(r)
	stop()
	if len(runs(t, r)) != 1 || len(s.Restarts) > 0 {
		t.Fatalf("%d runs, %v", len(runs(t, r)), s.Restarts)
	}
	seen := map[string]int{}
	for _, picture := range readRun(t, runs(t, r)[0]).grey(t) {
		switch v := int(picture[90*320+160]); {
		case v >= 197 && v <= 203:
			seen["day"]++
		case v >= 57 && v <= 63:
			seen["night"]++
		case v >= 127 && v <= 133:
			seen["dawn"]++
		default:
			t.Fatalf("a picture of brightness %d", v)
		}
	}
	if len(seen) != 3 || min(seen["day"], seen["night"], seen["dawn"]) < 10 {
		t.Errorf("%v", seen)
	}
}

// TestPictureInTenSeconds: a camera that sends a picture in ten seconds is watched for as long
// as it takes to know that.
func TestPictureInTenSeconds(t *testing.T) {
	t.Parallel()
	picture := jpegOf(t, image.NewGray(image.Rect(0, 0, 320, 180)))
	var now atomic.Pointer[[]byte]
	now.Store(&picture)
	r, stop := start(t, jpegs(t, 10*time.Second, &now), func(r *Recorder) { r.Log = discarded })
	until(t, 90*time.Second, "a picture", func() bool { return live(t, r, 0) })
	s := status(r)
	stop()
	if !strings.Contains(s.Plan, "at 0.1 fps") || len(s.Restarts) > 0 {
		t.Errorf("%+v", s)
	}
}

// TestTurnedByEXIF: a picture that its EXIF turn is recorded upright, in the size in
// which it is to be shown.
func TestTurnedByEXIF(t *testing.T) {
	t.Parallel()
	lying := image.NewGray(image.Rect(0, 0, 320, 180)) // bright where the left is
	for y := range 180 {
		for x := range 320 {
			if x < 160 {
				lying.Pix[y*320+x] = 220
			}
		}
	}
	exif := []byte("Exif\x00\x00II*\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00\x06\x00\x00\x00\x00\x00\x00\x00")
	plain := jpegOf(t, lying)
	turned := append(binary.BigEndian.AppendUint16([]byte("\xff\xd8\xff\xe1"), uint16(len(exif)+2)), exif...)
	turned = append(turned, plain[2:]...)
	var now atomic.Pointer[[]byte]
	now.Store(&turned)
	r, stop := start(t, jpegs(t, time.Second/10, &now), func(r *Recorder) { r.FPS, r.Log = 10, discarded })
	until(t, 30*time.Second, "a segment", func() bool { return segments(t, r, 0) >= 2 })
	stop()
	run := readRun(t, runs(t, r)[0])
	if run.Width != 180 || run.Height != 320 {
		t.Fatalf("%dx%d", run.Width, run.Height)
	}
	// Turned by 90 degrees, what was on the left is above.
	all := run.grey(t)
	if last := all[len(all)-1]; last[80*180+90] < 150 || last[240*180+90] > 80 {
		t.Errorf("%d above, %d below", last[80*180+90], last[240*180+90])
	}
}
