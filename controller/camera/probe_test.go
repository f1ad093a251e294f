package camera

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"net"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"
	"time"
)

func multipart(fps float64) http.HandlerFunc {
	var b bytes.Buffer
	jpeg.Encode(&b, image.NewYCbCr(image.Rect(0, 0, 320, 240), image.YCbCrSubsampleRatio420), nil)
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "multipart/x-mixed-replace; boundary=frame")
		begun := time.Now()
		for i := 1; ; i++ {
			fmt.Fprintf(w, "--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n%s\r\n", b.Len(), b.Bytes())
			w.(http.Flusher).Flush()
			select {
			case <-time.After(time.Until(begun.Add(time.Duration(float64(i) / fps * float64(time.Second))))):
			case <-r.Context().Done():
				return
			}
		}
	}
}

// stream sends what ffmpeg makes of the arguments.
func streamed(args string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		cmd := exec.CommandContext(r.Context(), "ffmpeg", append([]string{"-nostdin", "-loglevel", "error"}, strings.Fields(args)...)...)
		cmd.Stdout = w
		cmd.Run()
	}
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { http.Error(w, "no", code) }
}

func TestProbeFindsKinds(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("/mjpeg", multipart(10))
	mux.HandleFunc("/ts", streamed("-re -f lavfi -i testsrc2=size=320x180:rate=25 -c:v libx264 -preset ultrafast -g 25 -bf 2 -f mpegts -flush_packets 1 pipe:1"))
	server := httptest.NewServer(mux)
	t.Cleanup(func() { server.CloseClientConnections(); server.Close() })
	for path, want := range map[string]Facts{
		"/mjpeg": {Kind: HTTP, Format: "mpjpeg", Codec: "mjpeg", Profile: "Baseline", PixelFormat: "yuvj420p", Width: 320, Height: 240, FrameRate: Rate{10, 1}, KeyIntervalKnown: true},
		"/ts":    {Kind: HTTP, Format: "mpegts", Codec: "h264", Profile: "Main", PixelFormat: "yuv420p", Width: 320, Height: 180, FrameRate: Rate{25, 1}, KeyInterval: time.Second, KeyIntervalKnown: true, BFrames: true, BeginsWithKey: true},
	} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			got, err := Probe(context.Background(), Source{URL: server.URL + path}, Tools{Timeout: time.Minute})
			// On a machine with too much to do a measured rate is what it is.
			if path == "/mjpeg" && got.FrameRate.Float() >= 8 && got.FrameRate.Float() <= 12 {
				got.FrameRate = want.FrameRate
			}
			if err != nil || got != want {
				t.Errorf("%+v, %v\nwant %+v", got, err, want)
			}
		})
	}
	t.Run("rate set", func(t *testing.T) {
		got, err := Probe(t.Context(), Source{URL: server.URL + "/mjpeg", FPS: 7.3}, Tools{})
		if err != nil || got.FrameRate != (Rate{73, 10}) {
			t.Errorf("%+v, %v", got, err)
		}
	})
}

func TestProbeSaysWhyNot(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("/401", status(401))
	mux.HandleFunc("/403", status(403))
	mux.HandleFunc("/404", status(404))
	mux.HandleFunc("/500", status(500))
	mux.HandleFunc("/page", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, "<!DOCTYPE html><html><head><title>Camera</title></head><body>", strings.Repeat("<p>Welcome</p>\n", 200), "</body></html>")
	})
	mux.HandleFunc("/audio", streamed("-f lavfi -i sine=duration=3 -c:a mp2 -f mpegts pipe:1"))
	mux.HandleFunc("/silent", func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	server := httptest.NewServer(mux)
	t.Cleanup(func() { server.CloseClientConnections(); server.Close() })
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := "http://" + l.Addr().String()
	l.Close()
	for url, want := range map[string]string{
		server.URL + "/401":      Unauthorized,
		server.URL + "/403":      Forbidden,
		server.URL + "/404":      NotFound,
		server.URL + "/500":      HTTPError,
		server.URL + "/page":     NotAStream,
		server.URL + "/audio":    NoVideo,
		server.URL + "/silent":   Timeout,
		closed:                   ConnectionRefused,
		"http://camera.invalid/": DNS,
		strings.Replace(server.URL, "http", "https", 1): TLS,
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			limit := time.Minute
			if want == Timeout {
				limit = time.Second
			}
			_, err := Probe(context.Background(), Source{URL: url}, Tools{Timeout: limit})
			if err == nil {
				t.Fatal("no error")
			}
			if got := ReasonOf(err); got.Code != want || got.Title == "" || got.Advice == "" {
				t.Errorf("%+v (%v), want %s", got, err, want)
			}
		})
	}
}

func TestProbeWithoutFFmpeg(t *testing.T) {
	_, err := Probe(t.Context(), Source{URL: "http://127.0.0.1:1/"}, Tools{FFprobe: "/nowhere/ffprobe"})
	if ReasonOf(err).Code != FFmpegMissing {
		t.Error(err)
	}
}

func TestProbeEndsWithContext(t *testing.T) {
	reached := make(chan struct{}, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		reached <- struct{}{}
		<-r.Context().Done()
	}))
	defer server.Close()
	ctx, cancel := context.WithCancel(context.Background())
	go func() { <-reached; cancel() }()
	if _, err := Probe(ctx, Source{URL: server.URL}, Tools{}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// TestEveryCodeHasAReason holds patterns and table together.
func TestEveryCodeHasAReason(t *testing.T) {
	for _, p := range patterns {
		if r := ReasonFor(p.code); r.Title == "" || r.Title == p.code {
			t.Errorf("%s has no title", p.code)
		}
	}
	for code, r := range reasons {
		if r.Code != code || r.Title == "" || r.Advice == "" && code != Stopped {
			t.Errorf("%+v", r)
		}
	}
}
