package recorder

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"image/jpeg"
	"image/png"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"lookback/controller/camera"
	"lookback/controller/democam"
	"lookback/controller/httpcam"
	"lookback/controller/spool"
)

// odd is a camera over HTTP that says what it likes to.
type odd struct {
	*testing.T
	net.Listener
	visit func(c net.Conn, n int) // connection n

	mu         sync.Mutex
	came       int
	open, most int
}

func newOdd(t *testing.T, visit func(c net.Conn, n int)) *odd {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	o := &odd{T: t, Listener: l, visit: visit}
	var all sync.WaitGroup
	all.Go(func() {
		for n := 0; ; n++ {
			c, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() { o.count(1); defer o.count(-1); defer c.Close(); visit(c, n) })
		}
	})
	t.Cleanup(func() { l.Close(); all.Wait() })
	return o
}

func (o *odd) count(by int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.open += by
	o.came += max(0, by)
	o.most = max(o.most, o.open)
}

// connections are how many there were, and how many of them at a time.
func (o *odd) connections() (came, most int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.came, o.most
}

// asks reads the head of a request; false when there is none.
func asks(c net.Conn) bool {
	var head []byte
	for one := make([]byte, 1); !bytes.HasSuffix(head, []byte("\r\n\r\n")); head = append(head, one[0]) {
		if _, err := c.Read(one); err != nil {
			return false
		}
	}
	return true
}

// streams says begin once and each picture so, ten a second.
func streams(begin string, each func(n int, picture []byte) string) func(net.Conn, int) {
	all := pictures(320, 240, 8)
	return func(c net.Conn, _ int) {
		if !asks(c) {
			return
		}
		_, err := io.WriteString(c, begin)
		tick := time.NewTicker(100 * ms)
		defer tick.Stop()
		for n := 0; err == nil; n++ {
			_, err = io.WriteString(c, each(n, all[n%len(all)]))
			<-tick.C
		}
	}
}

// answers says the same to each request, on as many connections as are made.
func answers(say func(n int, picture []byte) string) func(net.Conn, int) {
	all := pictures(320, 240, 8)
	var mu sync.Mutex
	n := 0
	return func(c net.Conn, _ int) {
		for asks(c) {
			mu.Lock()
			text := say(n, all[n%len(all)])
			n++
			mu.Unlock()
			if _, err := io.WriteString(c, text); err != nil || !strings.Contains(text, "Content-Length") {
				return
			}
		}
	}
}

// ranged answers with another status whoever asks for a part.
func ranged(status int, say func(picture []byte) string) func(net.Conn, int) {
	all := pictures(320, 240, 8)
	return func(c net.Conn, n int) {
		if head, err := http.ReadRequest(bufio.NewReader(c)); err == nil && head.Header.Get("Range") != "" {
			fmt.Fprintf(c, "HTTP/1.1 %d No\r\nContent-Length: 0\r\n\r\n", status)
		} else if err == nil {
			io.WriteString(c, say(all[n%len(all)]))
		}
	}
}

// asPNG is a JPEG made a PNG.
func asPNG(picture []byte) string {
	img, _ := jpeg.Decode(bytes.NewReader(picture))
	var b bytes.Buffer
	(&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&b, img)
	return b.String()
}

const (
	mixed = "HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=frame\r\n\r\n"
	jpg   = "HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\n"
)

func packed(data []byte) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write(data)
	w.Close()
	return b.String()
}

// TestDialects: cameras over HTTP that ffmpeg reads not at all, or wrongly, are
// recorded on their first connection, in one run.
func TestDialects(t *testing.T) {
	var pngs []string
	for _, p := range pictures(320, 240, 8) {
		pngs = append(pngs, asPNG(p))
	}
	part := func(head string) func(int, []byte) string {
		return func(_ int, p []byte) string { return head + string(p) + "\r\n" }
	}
	for name, c := range map[string]struct {
		visit func(net.Conn, int)
		plan  string // a part of it, for stills
	}{
		"as most are":        {streams(mixed, part("--frame\r\nContent-Type: image/jpeg\r\n\r\n")), ""},
		"no boundary":        {streams(mixed, part("")), ""},
		"parts have no head": {streams(mixed, part("--frame\r\n\r\n")), ""},
		"image/jpg":          {streams(mixed, part("--frame\r\nContent-Type: image/jpg; q=80\r\n\r\n")), ""},
		"length is 2 off": {streams(mixed, func(_ int, p []byte) string {
			return fmt.Sprintf("--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n%s\r\n", len(p)+2, p)
		}), ""},
		"one after the other": {streams("HTTP/1.1 200 OK\r\nContent-Type: video/x-motion-jpeg\r\n\r\n", part("")), ""},
		"text between": {streams(mixed, func(n int, p []byte) string {
			return fmt.Sprintf("--frame\r\nContent-Type: text/plain\r\n\r\nmotion %d\r\n--frame\r\nContent-Type: image/jpeg\r\n\r\n%s\r\n", n, p)
		}), ""},
		"ICY, a line without colon": {streams("ICY 200 OK\r\nnothing\r\n Content-Type: multipart/x-mixed-replace; boundary=frame\r\n\r\n", part("--frame\r\nContent-Type: image/jpeg\r\n\r\n")), ""},
		"stills, no length":         {answers(func(_ int, p []byte) string { return jpg + "\r\n" + string(p) }), "at 5 fps"},
		"stills, chunked": {answers(func(_ int, p []byte) string {
			return fmt.Sprintf("%sTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", jpg, len(p), p)
		}), "at 5 fps"},
		"stills, 416 to a range": {ranged(416, func(p []byte) string { return jpg + "\r\n" + string(p) }), "at 5 fps"},
		"stills, PNG": {answers(func(n int, _ []byte) string {
			return "HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n\r\n" + pngs[n%len(pngs)]
		}), "encoding PNG 320x240 at 5 fps"},
		"PNG in a row": {streams(mixed, func(n int, _ []byte) string {
			return "--frame\r\nContent-Type: image/png\r\n\r\n" + pngs[n%len(pngs)] + "\r\n"
		}), ""},
		"stills, one in five is a 500": {answers(func(n int, p []byte) string {
			if n%5 == 4 {
				return "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n"
			}
			return fmt.Sprintf("%sContent-Length: %d\r\n\r\n%s", jpg, len(p), p)
		}), "at 5 fps"},
		"stills, gzip": {answers(func(_ int, p []byte) string {
			z := packed(p)
			return fmt.Sprintf("%sContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%s", jpg, len(z), z)
		}), "at 5 fps"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOdd(t, c.visit)
			r, stop := start(t, "http://me:gr8-secret@"+o.Addr().String()+"/", func(r *Recorder) { r.Poll, r.FFprobe = 200*ms, "/nowhere/ffprobe" })
			until(t, 60*time.Second, "two segments", func() bool { lines(t, "gr8-secret"); return segments(t, r, 0) >= 3 })
			s := status(r)
			stop()
			run := readRun(t, runs(t, r)[0])
			if len(runs(t, r)) != 1 || len(s.Restarts) > 0 || !strings.Contains(s.Plan, c.plan) || run.Width != 320 || run.Height != 240 {
				t.Errorf("%d runs, %+v, %+v", len(runs(t, r)), s, run.Run)
			}
			if came, most := o.connections(); most != 1 || c.plan == "" && came != 1 {
				t.Errorf("%d connections, %d at a time", came, most)
			}
		})
	}
}

// TestBrokenPictures: pictures that can't be decoded leave the dates of all others
// as they are.
func TestBrokenPictures(t *testing.T) {
	t.Parallel()
	cam := democam.New(democam.Options{Width: 320, Height: 180, FPS: 25, Blocks: true})
	whole := httptest.NewServer(cam)
	broken := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		w.Header().Set("Content-Type", "multipart/x-mixed-replace; boundary=frame")
		n := 0
		(&httpcam.Source{URL: whole.URL + "/stream.mjpg"}).Run(q.Context(), nil, func(p httpcam.Picture) error {
			if n++; n%20 == 0 { // its scan has 9 components
				p.Data[bytes.Index(p.Data, []byte{0xff, 0xda})+4] = 9
			}
			_, err := fmt.Fprintf(w, "--frame\r\nContent-Type: image/jpeg\r\n\r\n%s\r\n", p.Data)
			w.(http.Flusher).Flush()
			return err
		})
	}))
	t.Cleanup(func() {
		broken.CloseClientConnections()
		broken.Close()
		cam.Close()
		whole.CloseClientConnections()
		whole.Close()
	})
	r, stop := start(t, broken.URL, func(r *Recorder) { r.FPS, r.Log = 25, discarded })
	until(t, 60*time.Second, "segments", func() bool { return segments(t, r, 0) >= 12 })
	stop()
	run := readRun(t, runs(t, r)[0])
	if off := pictureError(t, run, run.stream(t)); off.Abs() > 40*ms {
		t.Errorf("pictures are dated %v after they were taken", off)
	}
}

// TestStuckFFmpeg: an ffmpeg that takes no pictures is told and started anew.
func TestStuckFFmpeg(t *testing.T) {
	t.Parallel()
	cam := newMJPEGCamera(t, 30, 640, 360)
	r, stop := start(t, cam.URL)
	until(t, 30*time.Second, "a segment", func() bool { return segments(t, r, 0) >= 2 && status(r).PID > 0 })
	syscall.Kill(status(r).PID, syscall.SIGSTOP)
	until(t, 20*time.Second, "ffmpeg-stuck", func() bool { return status(r).Restarts[camera.FFmpegStuck] == 1 })
	until(t, 30*time.Second, "a new run", func() bool { return live(t, r, 1) && status(r).Code == "" && status(r).State == spool.Recording })
	stop()
}

// TestHTTPFacts: what was learnt is remembered, so that the next recorder begins
// at the first picture.
func TestHTTPFacts(t *testing.T) {
	cam := newMJPEGCamera(t, 10, 320, 180)
	dir := t.TempDir()
	at := func(r *Recorder) {
		r.MediaDir, r.dir, r.FFprobe = dir, spool.CameraDir(dir, r.Camera), "/nowhere/ffprobe"
	}
	r, stop := start(t, cam.URL, at)
	until(t, 40*time.Second, "a segment", func() bool { return segments(t, r, 0) >= 2 })
	stop()
	if _, err := os.Stat(filepath.Join(r.dir, "facts.json")); err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	r, stop = start(t, cam.URL, at)
	until(t, 20*time.Second, "its first picture", func() bool { return live(t, r, 1) })
	if took := time.Since(begun); took > 2*time.Second || cam.connections() != 2 {
		t.Errorf("%v, %d connections", took, cam.connections())
	}
	stop()
}

// TestSlowEncoder: an ffmpeg that takes less than the camera sends is an overload,
// after which half the frames are recorded.
func TestSlowEncoder(t *testing.T) {
	t.Parallel()
	cam := newMJPEGCamera(t, 30, 640, 360)
	r, stop := start(t, cam.URL, func(r *Recorder) {
		r.FPS, r.fewerAfter, r.Log = 30, time.Second, discarded
		size := 20 * len(pictures(640, 360, 1)[0])
		r.FFmpeg = script(t, fmt.Sprintf(`exec 3>&3 4>&4; { while head -c %d; do sleep 0.1; done; } | ffmpeg "$@"`, size/10))
	})
	until(t, 60*time.Second, "it is told", func() bool { return status(r).Overload != nil })
	until(t, 60*time.Second, "fewer frames", func() bool {
		return status(r).Restarts[camera.Overload] > 0 && strings.Contains(status(r).Plan, "at 20 fps")
	})
	stop()
}

// TestNothingComesOut: pictures of which ffmpeg can decode none are told, though it
// takes them all.
func TestNothingComesOut(t *testing.T) {
	t.Parallel()
	o := newOdd(t, streams(mixed, func(_ int, p []byte) string {
		p = bytes.Clone(p)
		p[bytes.Index(p, []byte{0xff, 0xc4})+4] = 0x77 // there is no such table
		return "--frame\r\n\r\n" + string(p) + "\r\n"
	}))
	r, _ := start(t, "http://"+o.Addr().String(), func(r *Recorder) { r.Log = discarded })
	until(t, 60*time.Second, "invalid-data", func() bool { return status(r).Restarts[camera.InvalidData] > 0 })
}
