package recorder

import (
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"net"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"lookback/controller/camera"
	"lookback/controller/democam"
	"lookback/controller/spool"
)

const (
	hushPassword = "pw-0f-the-relay"
	hushKey      = "key-0f-the-relay"
)

// guarded lets in whoever has both secrets.
func guarded(t *testing.T, start func(http.Handler) *httptest.Server, h http.Handler) *httptest.Server {
	s := start(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		switch _, p, _ := q.BasicAuth(); {
		case p != hushPassword:
			w.Header().Set("WWW-Authenticate", `Basic realm="cam"`)
			w.WriteHeader(http.StatusUnauthorized)
		case q.Header.Get("X-Api-Key") != hushKey || q.UserAgent() != "Browser/1":
			w.WriteHeader(http.StatusForbidden)
		default:
			h.ServeHTTP(w, q)
		}
	}))
	t.Cleanup(func() { s.CloseClientConnections(); s.Close() })
	return s
}

func withSecrets(r *Recorder) {
	r.URL = strings.Replace(r.URL, "://", "://me:"+hushPassword+"@", 1)
	r.Headers = "X-Api-Key: " + hushKey + "\nUser-Agent: Browser/1"
}

// liveHLS writes a playlist that goes on, and serves its folder.
func liveHLS(t *testing.T) http.Handler {
	dir := t.TempDir()
	cmd := exec.CommandContext(t.Context(), "ffmpeg", append(append([]string{"-nostdin", "-loglevel", "error", "-re"}, testPicture...),
		"-g", "25", "-f", "hls", "-hls_time", "1", "-hls_list_size", "5", "-hls_flags", "delete_segments", "live.m3u8")...)
	cmd.Dir = dir
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	return http.FileServer(http.Dir(dir))
}

// drawings are PNGs, one for each request.
func drawings(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "image/png")
	png.Encode(w, image.NewGray(image.Rect(0, 0, 320, 180)))
}

// TestNothingSecretInArguments: of each kind of HTTP camera that ffmpeg reads, and
// of one that is read here, password and headers reach the camera, and no process
// list, log or status shows them.
func TestNothingSecretInArguments(t *testing.T) {
	t.Parallel()
	mjpeg := democam.New(democam.Options{Width: 320, Height: 180, FPS: 10})
	t.Cleanup(mjpeg.Close)
	for name, c := range map[string]struct {
		start   func(http.Handler) *httptest.Server
		handler http.Handler
		path    string
		plan    string
	}{
		"HLS":         {httptest.NewServer, liveHLS(t), "/live.m3u8", "copying H.264 320x180"},
		"HLS, TLS":    {httptest.NewTLSServer, liveHLS(t), "/live.m3u8", "copying H.264 320x180"},
		"MPEG-TS":     {httptest.NewServer, newTSCamera(t, "-g", "25").Config.Handler, "/", "copying H.264 320x180"},
		"PNG, stills": {httptest.NewServer, http.HandlerFunc(drawings), "/now.png", "encoding "},
		"MJPEG, TLS":  {httptest.NewTLSServer, mjpeg, "/stream.mjpg", "encoding MJPEG 320x180"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := guarded(t, c.start, c.handler)
			polled := func(r *Recorder) {
				if strings.HasSuffix(c.path, ".png") {
					r.Poll = 200 * time.Millisecond
				}
			}
			r, stop := start(t, s.URL+c.path, withSecrets, polled)
			until(t, 90*time.Second, "two segments", func() bool {
				lines(t, hushPassword)
				lines(t, hushKey)
				return segments(t, r, 0) >= 2
			})
			stop()
			said := status(r)
			if !strings.HasPrefix(said.Plan, c.plan) {
				t.Errorf("%+v", said)
			}
			text, err := json.Marshal(said)
			if err != nil || strings.Contains(string(text), "0f-the-relay") || r.relay != nil && strings.Contains(string(text), r.relay.URL()[24:56]) {
				t.Errorf("%s, %v", text, err)
			}
		})
	}
}

// TestRelayTellsWhy: what the camera answers is the reason, though ffmpeg speaks
// to the relay alone.
func TestRelayTellsWhy(t *testing.T) {
	t.Parallel()
	var broken atomic.Int64
	films := liveHLS(t)
	handler := http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if status := broken.Load(); status != 0 {
			w.WriteHeader(int(status))
			return
		}
		films.ServeHTTP(w, q)
	})
	for name, c := range map[string]struct {
		change  func(*Recorder)
		address func(string) string
		want    string
	}{
		"wrong password": {func(r *Recorder) { r.URL = strings.Replace(r.URL, hushPassword, "guess", 1) }, nil, camera.Unauthorized},
		"wrong header":   {func(r *Recorder) { r.Headers = "" }, nil, camera.Forbidden},
		"no certificate": {func(r *Recorder) { r.TLS = "verify" }, nil, camera.TLS},
	} {
		t.Run(name, func(t *testing.T) {
			s := guarded(t, httptest.NewTLSServer, handler)
			known := func(r *Recorder) { r.foreign = "it sends no pictures one by one" } // so that ffmpeg is to read it
			r, stop := start(t, s.URL+"/live.m3u8", withSecrets, c.change, known)
			until(t, 60*time.Second, c.want, func() bool { s := status(r); return s.State == spool.Waiting && s.Code == c.want })
			stop()
		})
	}
	t.Run("it breaks", func(t *testing.T) {
		s := guarded(t, httptest.NewServer, handler)
		r, stop := start(t, s.URL+"/live.m3u8", withSecrets)
		until(t, 90*time.Second, "a segment", func() bool { return segments(t, r, 0) >= 1 })
		broken.Store(http.StatusServiceUnavailable)
		s.CloseClientConnections()
		until(t, 60*time.Second, "the camera's error", func() bool { return status(r).Code == camera.HTTPError || status(r).Code == camera.Stalled })
		broken.Store(0)
		until(t, 90*time.Second, "another run", func() bool { return len(runs(t, r)) > 1 && segments(t, r, len(runs(t, r))-1) >= 1 })
		stop()
	})
}

// TestUncheckedCertificateIsTold: ffmpeg can't check one over RTSP.
func TestUncheckedCertificateIsTold(t *testing.T) {
	for tls, want := range map[string]bool{"": false, "verify": true} {
		s := camera.Settings{Request: camera.Request{Source: camera.Source{URL: "rtsps://cam/", TLS: tls}, Segment: 2 * time.Second, Part: 100 * time.Millisecond}, Foreign: "its picture is interlaced"}
		f := camera.Facts{Kind: camera.RTSP, Format: "rtsp", Codec: "h264", PixelFormat: "yuv420p", Width: 320, Height: 180, FrameRate: camera.Rate{Num: 25, Den: 1}, KeyInterval: time.Second, KeyIntervalKnown: true}
		if got := strings.Contains(fmt.Sprint(camera.MakePlan(f, s).Reasons), "Its certificate is not checked"); got != want {
			t.Errorf("TLS=%q: %v", tls, got)
		}
	}
}

// TestKnockIsRelayed: an HTTP camera that ffmpeg reads comes back, and each connection to it
// has a request, one at a time.
func TestKnockIsRelayed(t *testing.T) {
	t.Parallel()
	cam := newTSCamera(t, "-g", "25", "-pix_fmt", "yuv420p")
	var made, asked, open, most atomic.Int64
	serve := func(address string) (*httptest.Server, string) {
		listener, err := net.Listen("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		s := &httptest.Server{Listener: listener, Config: &http.Server{Handler: cam.Config.Handler, ConnState: func(_ net.Conn, s http.ConnState) {
			switch s {
			case http.StateNew:
				made.Add(1)
				most.Store(max(most.Load(), open.Add(1)))
			case http.StateActive:
				asked.Add(1)
			case http.StateClosed:
				open.Add(-1)
			}
		}}}
		s.Start()
		t.Cleanup(func() { s.CloseClientConnections(); s.Close() })
		return s, listener.Addr().String()
	}
	first, address := serve("127.0.0.1:0")
	r, stop := start(t, "http://"+address+"/live.ts", func(r *Recorder) { r.Log = discarded })
	until(t, 60*time.Second, "a segment", func() bool { return segments(t, r, 0) >= 2 })
	first.CloseClientConnections()
	first.Close()
	until(t, 30*time.Second, "refused", func() bool { return status(r).Code == camera.ConnectionRefused })
	time.Sleep(2 * dialEvery)
	serve(address)
	until(t, 60*time.Second, "another run", func() bool { return live(t, r, 1) })
	stop()
	if made.Load() != asked.Load() || most.Load() > 1 {
		t.Errorf("%d connections, %d of them with a request, %d at a time", made.Load(), asked.Load(), most.Load())
	}
}
