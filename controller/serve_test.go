package main

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"lookback/controller/config"
	"lookback/controller/democam"
	"lookback/controller/spool"
	"lookback/e2e/rig"
)

// served is a controller that serves one camera until stop.
type served struct {
	log  said
	http *http.Client
	stop func()
}

func startServing(t *testing.T, media, address string) *served {
	cfg, err := config.Load([]string{"CAMERAS=front=" + address, "MEDIA_DIR=" + media, "DISK_RESERVE=0", "ENCODER=libx264",
		"LISTEN=unix:" + filepath.Join(media, "http"), "METRICS_LISTEN=unix:" + filepath.Join(media, "metrics"), "PART=200ms"})
	if err != nil {
		t.Fatal(err)
	}
	s := &served{http: &http.Client{Transport: &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
		return net.Dial("unix", filepath.Join(media, "http"))
	}}}}
	ctx, cancel := context.WithCancel(context.Background()) // that of the test ends before its cleanup
	ended := make(chan error, 1)
	go func() { ended <- serve(ctx, cfg, newLogger(cfg.LogLevel, "text", &s.log)) }()
	s.stop = func() {
		if ctx.Err() != nil {
			return
		}
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("it ended with %v", err)
		}
		s.http.CloseIdleConnections()
	}
	t.Cleanup(func() {
		s.stop()
		t.Log(s.log.String())
	})
	return s
}

// until waits for a condition.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	if err := rig.Until(t.Context(), 40*time.Second, what, ok); err != nil {
		t.Fatal(err)
	}
}

// recorded is how many segments of runs that go on lie in the spool.
func recorded(t *testing.T, media string) (n int) {
	dir := spool.CameraDir(media, "front")
	runs, err := spool.Runs(dir)
	if err != nil {
		return 0
	}
	for _, run := range runs {
		if alive, _ := spool.Alive(filepath.Join(dir, run)); alive {
			all, _ := spool.Segments(filepath.Join(dir, run))
			n += len(all)
		}
	}
	return n
}

// TestRecordingDoesNotWaitForHistory: while an archive takes long to be read,
// here from a pipe that gives nothing, its camera is recorded.
func TestRecordingDoesNotWaitForHistory(t *testing.T) {
	cam := democam.New(democam.Options{Width: 320, Height: 180, FPS: 10})
	camera := httptest.NewServer(cam)
	defer camera.Close()
	defer cam.Close()
	media := t.TempDir()

	before := startServing(t, media, camera.URL+"/stream.mjpg")
	archived := func() bool {
		found, _ := filepath.Glob(filepath.Join(media, "front", "*-*-*", "*", "*.m4s"))
		return len(found) > 0
	}
	until(t, "an archived segment", archived)
	before.stop()

	slow := filepath.Join(media, "front", "2020-02-02", "20", "index.m3u8")
	if err := os.MkdirAll(filepath.Dir(slow), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(slow, 0o644); err != nil {
		t.Fatal(err)
	}
	s := startServing(t, media, camera.URL+"/stream.mjpg")
	released := false
	release := func() time.Time {
		pipe, err := os.OpenFile(slow, os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		released = true
		defer pipe.Close()
		return time.Now()
	}
	defer func() {
		if !released {
			release()
		}
	}()
	until(t, "two recorded segments", func() bool { return recorded(t, media) >= 2 })
	if strings.Contains(s.log.String(), "ready") {
		t.Fatal("the archive was loaded without its slow part")
	}
	loaded := release()
	newRun := regexp.MustCompile(`(?s)#EXT-X-DISCONTINUITY\n.*?#EXT-X-PROGRAM-DATE-TIME:(\S+)`)
	until(t, "a playlist with both runs, of which the newer begins before the archive was loaded", func() bool {
		answer, err := s.http.Get("http://lookback/hls/front/live.m3u8")
		if err != nil {
			return false
		}
		defer answer.Body.Close()
		list, _ := io.ReadAll(answer.Body)
		found := newRun.FindSubmatch(list)
		if found == nil {
			return false
		}
		begun, err := time.Parse(time.RFC3339, string(found[1]))
		return err == nil && begun.Before(loaded)
	})
}

// TestUnreadableArchiveEndsIt: what has begun to record ends with an archive
// that can't be read.
func TestUnreadableArchiveEndsIt(t *testing.T) {
	media := t.TempDir()
	if err := os.MkdirAll(filepath.Join(media, "front"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(media, "front", "state.json"), []byte(`{"format": 99}`), 0o644); err != nil {
		t.Fatal(err)
	}
	cfg, err := config.Load([]string{"CAMERAS=front=http://127.0.0.1:1/", "MEDIA_DIR=" + media,
		"LISTEN=unix:" + filepath.Join(media, "http"), "METRICS_LISTEN=unix:" + filepath.Join(media, "metrics")})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	err = serve(ctx, cfg, newLogger(cfg.LogLevel, "text", &said{}))
	if err == nil || ctx.Err() != nil || !strings.Contains(err.Error(), "format 99 is newer") {
		t.Errorf("it ended with %v", err)
	}
}
