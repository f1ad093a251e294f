package democam

import (
	"bytes"
	"image"
	"io"
	"mime"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

const patience = time.Minute // of a test on a busy machine

// start serves a camera; all requests of the test end after some patience.
func start(t *testing.T, o Options) (*Server, string) {
	t.Helper()
	c := New(o)
	server := httptest.NewServer(c)
	t.Cleanup(func() {
		c.Close()
		server.Close()
	})
	return c, server.URL
}

var browser = &http.Client{Timeout: patience, Transport: &http.Transport{DisableKeepAlives: true}}

func watch(t *testing.T, url string) *multipart.Reader {
	t.Helper()
	resp, err := browser.Get(url + "/stream.mjpg")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	kind, params, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/x-mixed-replace" {
		t.Fatalf("Content-Type %q: %v", kind, err)
	}
	return multipart.NewReader(resp.Body, params["boundary"])
}

func nextPart(t *testing.T, stream *multipart.Reader) (http.Header, []byte) {
	t.Helper()
	p, err := stream.NextPart()
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(p)
	if err != nil {
		t.Fatal(err)
	}
	return http.Header(p.Header), data
}

// until reads parts until one satisfies the condition.
func until(t *testing.T, stream *multipart.Reader, what string, ok func([]byte) bool) {
	t.Helper()
	for range 500 {
		if _, data := nextPart(t, stream); ok(data) {
			return
		}
	}
	t.Fatalf("no frame %s", what)
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); !ok(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %s", patience, what)
		}
	}
}

func whole(data []byte) bool {
	_, err := imageOf(data)
	return err == nil
}

func imageOf(data []byte) (image.Image, error) {
	img, _, err := image.Decode(bytes.NewReader(data))
	return img, err
}

// The blocks cover a part of the picture, so they are drawn for those who ask, in any size.
func TestBlocksAreAskedFor(t *testing.T) {
	for given, want := range map[string]bool{"": false, "-blocks=off": false, "-blocks": true, "-blocks=on": true} {
		_, o, err := parseArgs(append([]string{"-size", "640x360", "-fps", "60"}, strings.Fields(given)...), io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		c, url := start(t, o)
		for _, size := range []image.Point{{640, 360}, {320, 180}} {
			if err := c.Resize(size.X, size.Y, 0); err != nil {
				t.Fatal(err)
			}
			stream := watch(t, url)
			var img image.Image
			for img == nil || img.Bounds().Size() != size { // those that were drawn before come first
				_, data := nextPart(t, stream)
				img = decode(t, data)
			}
			if _, drawn := ReadBlocks(img); drawn != want {
				t.Errorf("%q at %v: blocks %v, want %v", given, size, drawn, want)
			}
		}
	}
}

func TestStream(t *testing.T) {
	_, url := start(t, Options{Width: 640, Height: 360, FPS: 60, Blocks: true})
	stream := watch(t, url)
	var last time.Time
	for range 10 {
		header, data := nextPart(t, stream)
		if header.Get("Content-Type") != "image/jpeg" || header.Get("Content-Length") != strconv.Itoa(len(data)) {
			t.Errorf("header %v of %d bytes", header, len(data))
		}
		at, ok := ReadBlocks(decode(t, data))
		if !ok || !at.After(last) {
			t.Errorf("blocks say %v %v after %v", at, ok, last)
		}
		seconds, micros, _ := strings.Cut(header.Get("X-Timestamp"), ".")
		if seconds+micros != strconv.FormatInt(at.UnixMicro(), 10) {
			t.Errorf("X-Timestamp %s.%s, blocks say %d us", seconds, micros, at.UnixMicro())
		}
		last = at
	}
}

func TestSnapshotAndPages(t *testing.T) {
	_, url := start(t, Options{Width: 320, Height: 240})
	for path, want := range map[string]string{"/": "stream.mjpg", "/healthz": "ok\n", "/snapshot.jpg": "JFIF", "/faults": `"size":"320x240"`} {
		if status, body := request(t, "GET", url+path, "", ""); status != 200 || !strings.Contains(body, want) {
			t.Errorf("GET %s: %d %.80q, want %q in it", path, status, body, want)
		}
	}
	for what, want := range map[string]int{"GET /none": 404, "POST /stream.mjpg": 405} {
		method, path, _ := strings.Cut(what, " ")
		if status, _ := request(t, method, url+path, "", ""); status != want {
			t.Errorf("%s: %d, want %d", what, status, want)
		}
	}
}

func request(t *testing.T, method, url, kind, body string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", kind)
	resp, err := browser.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(data)
}

func TestFFmpegDecodesWithoutAWarning(t *testing.T) {
	for _, size := range []string{"1280x720", "640x360", "1920x1080", "320x240", "854x480"} {
		t.Run(size, func(t *testing.T) {
			w, h, err := ParseSize(size)
			if err != nil {
				t.Fatal(err)
			}
			_, url := start(t, Options{Width: w, Height: h, FPS: 60})
			cmd := exec.CommandContext(t.Context(), "ffmpeg", "-nostdin", "-v", "warning", "-f", "mpjpeg",
				"-i", url+"/stream.mjpg", "-frames:v", "60", "-f", "framecrc", "pipe:")
			var stderr bytes.Buffer
			cmd.Stderr = &stderr
			out, err := cmd.Output()
			if err != nil || stderr.Len() > 0 {
				t.Errorf("ffmpeg: %v\n%s", err, stderr.String())
			}
			if frames := strings.Count(string(out), "\n0,"); frames != 60 || !strings.Contains(string(out), "#dimensions 0: "+size) {
				t.Errorf("%d frames:\n%.200s", frames, out)
			}
		})
	}
}

func TestSlowClientHarmsNobody(t *testing.T) {
	c, url := start(t, Options{FPS: 60})
	lazy, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer lazy.Close()
	io.WriteString(lazy, "GET /stream.mjpg HTTP/1.1\r\nHost: camera\r\n\r\n")
	eventually(t, "the lazy client is there", func() bool { return c.Stats().Clients == 1 })
	a, b := watch(t, url), watch(t, url)
	for i := 0; i < 10 || c.Stats().Dropped < 10; i++ {
		_, x := nextPart(t, a)
		_, y := nextPart(t, b)
		if !whole(x) || !whole(y) {
			t.Fatal("a frame is not whole")
		}
		if i > 1000 {
			t.Fatal("the lazy client takes everything")
		}
	}
	lazy.Close()
	eventually(t, "the lazy client is gone", func() bool { return c.Stats().Clients == 2 })
}

// In the bubbles below time is not real: pictures take none to draw.

func TestPacing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(Options{Width: 320, Height: 180, FPS: 30})
		defer c.Close()
		start := time.Now()
		cl := c.join(nil)
		for n := range 100 {
			f := <-cl.next
			want := start.Add(time.Duration(float64(n) * float64(time.Second) / 30))
			if !time.Now().Equal(want) || !f.at.Equal(want.Truncate(time.Millisecond)) {
				t.Fatalf("frame %d at %v shows %v, want %v", n, time.Now(), f.at, want)
			}
		}
		if err := c.SetFPS(5, time.Second); err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		for range 5 + 30 {
			<-cl.next
		}
		if took := time.Since(begin); took < 1900*time.Millisecond || took > 2100*time.Millisecond {
			t.Errorf("a second at 5 fps and one at 30 took %v", took)
		}
		c.leave(cl)
	})
}

func TestLateTicksAreLeftOut(t *testing.T) {
	s := schedule{start: dusk, fps: 25}
	for _, step := range []struct{ now, want time.Duration }{
		{0, 40}, {1, 80}, {81, 120}, {300, 320}, {301, 360}, {100_000_001, 100_000_040},
	} {
		if got := s.next(dusk.Add(step.now * time.Millisecond)).Sub(dusk); got != step.want*time.Millisecond {
			t.Errorf("after %d ms comes %v, want %d ms", step.now, got, step.want)
		}
	}
}

func TestNobodyWatchesNothingIsDrawn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(Options{Width: 320, Height: 180, FPS: 10})
		defer c.Close()
		<-time.After(time.Minute)
		cl := c.join(nil)
		<-time.After(950 * time.Millisecond)
		c.leave(cl)
		<-time.After(time.Minute)
		if got := c.Stats(); got != (Stats{Frames: 10, Dropped: 9}) {
			t.Errorf("%+v, want 10 frames drawn in 950 ms and all but the newest dropped", got)
		}
	})
}

func TestStallLastsAsLongAsToldTo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(Options{Width: 320, Height: 180})
		defer c.Close()
		cl := c.join(nil)
		defer c.leave(cl)
		<-cl.next
		c.Stall(10 * time.Second)
		begin := time.Now()
		<-cl.next
		if took := time.Since(begin); took < 10*time.Second || took > 10100*time.Millisecond {
			t.Errorf("stalled for %v", took)
		}
		c.Stall(0)
		select {
		case <-cl.next:
			t.Error("a frame while stalled")
		case <-time.After(time.Hour):
		}
		c.Clear()
		<-cl.next
	})
}

func TestSpoiltFrames(t *testing.T) {
	c, url := start(t, Options{Width: 320, Height: 240, FPS: 60})
	stream := watch(t, url)
	c.Truncate(3, 0)
	until(t, stream, "cut", func(data []byte) bool { return !whole(data) && bytes.HasPrefix(data, []byte{0xff, 0xd8}) })
	spoilt := 0
	for range 9 {
		if _, data := nextPart(t, stream); !whole(data) {
			spoilt++
		}
	}
	if spoilt < 2 || spoilt > 4 { // a frame may be dropped on a busy machine
		t.Errorf("%d of 9 frames are cut, want every third", spoilt)
	}
	c.Clear()
	c.Garbage(1, 0)
	until(t, stream, "of garbage", func(data []byte) bool { return !bytes.HasPrefix(data, []byte{0xff, 0xd8}) })
	c.Clear()
	until(t, stream, "whole again", whole)
}

func TestSizeChangesInMidStream(t *testing.T) {
	c, url := start(t, Options{Width: 320, Height: 240, FPS: 60})
	stream := watch(t, url)
	of := func(w, h int) func([]byte) bool {
		return func(data []byte) bool {
			img, err := imageOf(data)
			return err == nil && img.Bounds().Size() == image.Pt(w, h)
		}
	}
	until(t, stream, "of 320x240", of(320, 240))
	if err := c.Resize(640, 360, 0); err != nil {
		t.Fatal(err)
	}
	until(t, stream, "of 640x360", of(640, 360))
	c.Clear()
	until(t, stream, "of 320x240", of(320, 240))
	if err := c.Resize(641, 360, 0); err == nil {
		t.Error("an odd width is accepted")
	}
}

func TestDropAndRefuse(t *testing.T) {
	c, url := start(t, Options{Width: 320, Height: 240})
	stream := watch(t, url)
	nextPart(t, stream)
	c.Drop()
	for err := error(nil); err == nil; {
		_, err = stream.NextPart()
	}
	stream = watch(t, url)
	nextPart(t, stream)
	c.Refuse(0)
	for err := error(nil); err == nil; {
		_, err = stream.NextPart()
	}
	for _, path := range []string{"/stream.mjpg", "/snapshot.jpg"} {
		if resp, err := browser.Get(url + path); err == nil {
			resp.Body.Close()
			t.Errorf("GET %s is answered with %s", path, resp.Status)
		}
	}
	if status, _ := request(t, "POST", url+"/faults?drop=off", "", ""); status != 200 {
		t.Fatalf("drop=off: %d", status)
	}
	nextPart(t, watch(t, url))
}

func TestCloseEndsStreams(t *testing.T) {
	c, url := start(t, Options{Width: 320, Height: 240})
	stream := watch(t, url)
	nextPart(t, stream)
	c.Close()
	for err := error(nil); err == nil; {
		_, err = stream.NextPart()
	}
	if status, _ := request(t, "GET", url+"/snapshot.jpg", "", ""); status != http.StatusServiceUnavailable {
		t.Errorf("a snapshot of a closed camera: %d", status)
	}
}
