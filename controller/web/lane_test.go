package web

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"lookback/controller/fmp4"
	"lookback/controller/lane"
	"lookback/controller/spool"
)

// sending is a house whose camera's recorder sends frames.
func sending(t *testing.T) (h *house, address string, sender *lane.Sender) {
	t.Helper()
	dir := t.TempDir()
	h = newHouse(t, func(o *Options) { o.MediaDir = dir })
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	if err := os.MkdirAll(spool.CameraDir(dir, "front"), 0o755); err != nil {
		t.Fatal(err)
	}
	sender = lane.NewSender(spool.CameraDir(dir, "front"))
	coded, err := fmp4.AVCOf([]byte{0x67, 0x42, 0xc0, 0x0a, 0xda, 0x0f, 0x0a, 0x69, 0xa8, 0x10, 0x10, 0x10, 0x3c, 0x48, 0x9a, 0x80}, []byte{0x68, 0xce, 0x3c, 0x80})
	if err != nil {
		t.Fatal(err)
	}
	init, err := fmp4.NewInit(coded, 1000, nil)
	if err := errors.Join(err, sender.Listen(), sender.Begin(lane.Run{ID: "run", Timescale: 1000, Init: init.Raw})); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { sender.Close() })
	return h, server.URL, sender
}

func frame(n uint64) lane.Picture {
	return lane.Picture{Decode: n * 40, Duration: 40, Sync: n%10 == 0, Data: []byte("\x00\x00\x00\x05frame")}
}

// TestLane: who asks for live.mp4 gets what has come since the newest key frame, and then
// each frame as it comes, until one of both leaves.
func TestLane(t *testing.T) {
	h, address, sender := sending(t)
	lanes := &h.Handler.(*Handler).server.lanes
	sender.Picture(frame(0))
	sender.Picture(frame(1))
	for _, with := range []string{"", "a body"} {
		request, err := http.NewRequest("GET", address+"/hls/front/live.mp4", strings.NewReader(with))
		if err != nil {
			t.Fatal(err)
		}
		w, err := http.DefaultTransport.RoundTrip(request)
		if err != nil {
			t.Fatal(err)
		}
		if w.StatusCode != 200 || w.Header.Get("Content-Type") != `video/mp4; codecs="avc1.42c00a"` || w.Header.Get("Cache-Control") != "no-store" || w.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%d %v", w.StatusCode, w.Header)
		}
		scanner := fmp4.NewScanner(w.Body, fmp4.Limits{})
		if _, err := scanner.Init(); err != nil {
			t.Fatal(err)
		}
		for n := range uint64(4) {
			if n >= 2 && with == "" {
				sender.Picture(frame(n))
			}
			f, err := scanner.Next()
			if err != nil {
				t.Fatal(err)
			}
			if v, ok := f.Track(fmp4.VideoTrack); !ok || v.DecodeTime != n*40 || !f.PRFT.Equal(time.UnixMilli(int64(n)*40)) {
				t.Errorf("frame %d: %+v at %v", n, v, f.PRFT)
			}
		}
		if n := lanes.Load(); n != 1 {
			t.Errorf("%d lanes", n)
		}
		w.Body.Close()
		until(t, "the lane of who left is over, though no frame comes", func() bool { return lanes.Load() == 0 })
	}
}

// TestLaneHTTP10: a client of HTTP/1.0 reads until the end.
func TestLaneHTTP10(t *testing.T) {
	_, address, sender := sending(t)
	sender.Picture(frame(0))
	conn, err := net.Dial("tcp", strings.TrimPrefix(address, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	io.WriteString(conn, "GET /hls/front/live.mp4 HTTP/1.0\r\n\r\n")
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil || answer.StatusCode != 200 {
		t.Fatal(answer, err)
	}
	if _, err := fmp4.NewScanner(answer.Body, fmp4.Limits{}).Init(); err != nil {
		t.Error(err)
	}
}

// TestLaneThatIsNot: what can't be had is said.
func TestLaneThatIsNot(t *testing.T) {
	h, address, sender := sending(t)
	get := func(method, path string) *http.Response {
		request, err := http.NewRequest(method, address+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		w, err := http.DefaultTransport.RoundTrip(request)
		if err != nil {
			t.Fatal(err)
		}
		return w
	}
	for path, want := range map[string]string{
		"/hls/front/live.mp4?epoch=0":         `"parameter":"epoch","value":"0","accepted":"no such parameter of live.mp4, but sound"`,
		"/hls/front/live.mp4?sound=yes":       `"parameter":"sound","value":"yes","accepted":"0 or 1"`,
		"/hls/front/live.mp4?sound=0&sound=1": `"parameter":"sound"`,
		"/hls/front/live.mp4?x=%31":           `"parameter":"x"`,
	} {
		w := get("GET", path)
		if body, _ := io.ReadAll(w.Body); w.StatusCode != 400 || !strings.Contains(string(body), want) {
			t.Errorf("%s: %d %s", path, w.StatusCode, body)
		}
		w.Body.Close()
	}
	if w := get("HEAD", "/hls/front/live.mp4"); w.StatusCode != 200 || w.Header.Get("Content-Type") != `video/mp4; codecs="avc1.42c00a"` {
		t.Errorf("HEAD: %d %v", w.StatusCode, w.Header)
	}
	if w := get("POST", "/hls/front/live.mp4"); w.StatusCode != 405 {
		t.Errorf("POST: %d", w.StatusCode)
	}
	if err := sender.Close(); err != nil {
		t.Fatal(err)
	}
	h.status = spool.Status{State: spool.Waiting, Code: "connection-refused", Title: "The camera refuses the connection", Advice: "Is it on?"}
	h.now = h.clock().Add(time.Hour)
	w := get("GET", "/hls/front/live.mp4")
	defer w.Body.Close()
	if body, _ := io.ReadAll(w.Body); w.StatusCode != 503 || w.Header.Get("Retry-After") != "1" || !strings.Contains(string(body), "The camera refuses the connection") {
		t.Errorf("away: %d %v %s", w.StatusCode, w.Header, body)
	}
}

// TestLaneIsAnsweredInTime: a page gives up what is not answered, and then does not know why.
func TestLaneIsAnsweredInTime(t *testing.T) {
	reader, err := os.ReadFile("../../viewer/play/lane-reader.js")
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`(?m)^const FIRST = (\d+); `).FindSubmatch(reader)
	if found == nil {
		t.Fatal("lane-reader.js has no FIRST")
	}
	waits, err := strconv.Atoi(string(found[1]))
	if err != nil || firstFrame+100*time.Millisecond > time.Duration(waits)*time.Millisecond {
		t.Errorf("the page waits for %d ms, and is answered after %v", waits, firstFrame)
	}
}
