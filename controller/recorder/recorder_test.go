package recorder

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"lookback/controller/camera"
	"lookback/controller/spool"
)

// start runs a recorder until the test ends or stop is called.
func start(t *testing.T, url string, change ...func(*Recorder)) (r *Recorder, stop func()) {
	t.Helper()
	r = New(Options{
		MediaDir: t.TempDir(), Camera: "front",
		Request: camera.Request{Source: camera.Source{URL: url}, Segment: 2 * time.Second, Part: 100 * time.Millisecond, Encoder: "auto"},
		Log:     slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	for _, c := range change {
		c(r)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		select {
		case err := <-done:
			if err != nil {
				t.Errorf("Run: %v", err)
			}
		case <-time.After(20 * time.Second):
			t.Error("Run does not end")
		}
	}
	t.Cleanup(stop)
	return r, stop
}

// runs are the folders of the camera's runs, oldest first.
func runs(t *testing.T, r *Recorder) []string {
	t.Helper()
	names, err := spool.Runs(r.dir)
	if err != nil {
		t.Fatal(err)
	}
	for i, n := range names {
		names[i] = filepath.Join(r.dir, n)
	}
	return names
}

func segments(t *testing.T, r *Recorder, run int) int {
	dirs := runs(t, r)
	if len(dirs) <= run {
		return -1
	}
	files, _ := filepath.Glob(filepath.Join(dirs[run], "[0-9]*.m4s"))
	return len(files)
}

func TestMJPEGAt30(t *testing.T) {
	t.Parallel()
	cam := newMJPEGCamera(t, 30, 640, 360)
	r, stop := start(t, cam.URL)
	until(t, 30*time.Second, "three segments", func() bool { return segments(t, r, 0) >= 3 })
	stop()
	run := readRun(t, runs(t, r)[0])
	if run.end == nil || run.end.Code != "stopped" {
		t.Errorf("end: %+v", run.end)
	}
	if run.FrameRate != 30 || run.Constants != (spool.Constants{PartTarget: 100_000, TargetDuration: 2_000_000, Independent: true}) {
		t.Errorf("run: %+v", run.Run)
	}
	for i, s := range run.segments[:2] {
		if len(s) != 60 {
			t.Errorf("segment %d has %d frames, want 60", i, len(s))
		}
	}
	t.Logf("%+v", run.Run)
}

func TestCopiedH264(t *testing.T) {
	t.Parallel()
	cam := newTSCamera(t, "-g", "25", "-bf", "2")
	r, stop := start(t, cam.URL)
	until(t, 40*time.Second, "three segments", func() bool { return segments(t, r, 0) >= 3 })
	stop()
	run := readRun(t, runs(t, r)[0])
	t.Logf("%+v", run.Run)
	if run.Constants.TargetDuration != 3_000_000 || !run.Constants.Independent || run.Constants.PartTarget != 138_000 {
		t.Errorf("constants: %+v", run.Constants)
	}
	for i, s := range run.segments[:2] {
		if len(s) != 50 {
			t.Errorf("segment %d has %d frames, want 50", i, len(s))
		}
	}
}

func TestCopiedLongGOP(t *testing.T) {
	t.Parallel()
	cam := newTSCamera(t, "-g", "250")
	r, stop := start(t, cam.URL)
	until(t, 60*time.Second, "two segments", func() bool { return segments(t, r, 0) >= 2 })
	stop()
	run := readRun(t, runs(t, r)[0])
	t.Logf("%+v", run.Run)
	if run.Constants.TargetDuration != 12_000_000 || run.Constants.Independent {
		t.Errorf("constants: %+v", run.Constants)
	}
	if n := len(run.segments[0]); n != 250 {
		t.Errorf("segment 0 has %d frames, want 250", n)
	}
}

// TestNothingIsLeft: no goroutine, no descriptor (children are looked for at
// the end of all tests).
func TestNothingIsLeft(t *testing.T) {
	goroutines, files := runtime.NumGoroutine(), descriptors()
	r, stop := start(t, "http://cam/", withFake(t, "fake-fails"))
	until(t, 20*time.Second, "an attempt", func() bool { return status(r).Restarts["ffmpeg-failed"] >= 1 })
	stop()
	until(t, 5*time.Second, "goroutines and files gone", func() bool {
		return runtime.NumGoroutine() <= goroutines && descriptors() <= files
	})
}

func descriptors() int {
	entries, _ := os.ReadDir("/proc/self/fd")
	return len(entries)
}
