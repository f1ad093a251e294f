package main

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lookback/controller/config"
	"lookback/controller/fabricate"
	"lookback/controller/lane"
	"lookback/controller/spool"
)

func TestRename(t *testing.T) {
	dir := t.TempDir()
	err := fabricate.Make(t.Context(), fabricate.Options{
		MediaDir: dir, Cameras: []string{"back", "front"}, End: time.Date(2026, 11, 22, 12, 30, 0, 0, time.UTC), Length: time.Minute,
		Segment: 2 * time.Second, Part: 500 * time.Millisecond, FPS: 2, Size: "128x72", Runs: 2, Away: 4 * time.Second, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	cfg := &config.Config{MediaDir: dir}
	fails := func(says string, args ...string) {
		t.Helper()
		if err := rename(cfg, args, &bytes.Buffer{}); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("rename %v: %v, want %q", args, err, says)
		}
	}
	works := func(from, to string) {
		t.Helper()
		if err := rename(cfg, []string{from, to}, &bytes.Buffer{}); err != nil {
			t.Fatal(err)
		}
		if exists(filepath.Join(dir, from)) || exists(spool.CameraDir(dir, from)) || !exists(filepath.Join(dir, to)) || !exists(spool.CameraDir(dir, to)) {
			t.Errorf("renaming %s to %s left something", from, to)
		}
	}
	recorder, err := spool.LockCamera(spool.CameraDir(dir, "front"))
	if err != nil {
		t.Fatal(err)
	}
	fails("takes the camera's name and the new one", "front")
	fails("a camera's name of 1 to 32 characters", "front", "../door")
	fails("a camera's name of 1 to 32 characters", ".spool", "door")
	fails("a camera that has been recorded", "side", "door")
	fails("a name under which nothing is recorded", "front", "back")
	fails("controller recorders remove front", "front", "door")
	recorder.Close()
	defer endsWithItsLease(t, spool.CameraDir(dir, "back"))()
	works("back", "side") // by a recorder in a container, which ends when it is told to
	works("side", "back")
	lock, err := lockMediaDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	fails("a folder that no other controller uses", "front", "door")
	var setting *config.Error
	if err := rename(cfg, []string{"front", "door"}, &bytes.Buffer{}); !errors.As(err, &setting) {
		t.Errorf("got %T", err)
	}
	lock.Close()
	works("front", "door")

	// Interrupted, and done again.
	if err := os.Rename(spool.CameraDir(dir, "door"), spool.CameraDir(dir, "gate")); err != nil {
		t.Fatal(err)
	}
	works("door", "gate")

	// A name under which nothing is left but numbers is free.
	gone := filepath.Join(dir, "gone")
	for path, text := range map[string]string{"state.json": "{}", "id-0123456789abcdef": "", "init/x": ""} {
		if err := errors.Join(os.MkdirAll(filepath.Dir(filepath.Join(gone, path)), 0o755), os.WriteFile(filepath.Join(gone, path), []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	fails("a name under which nothing is recorded", "gate", "gone")
	if err := errors.Join(os.Remove(filepath.Join(gone, "init/x")), os.MkdirAll(filepath.Join(spool.CameraDir(dir, "gone"), "run"), 0o755)); err != nil {
		t.Fatal(err)
	}
	fails("a name under which nothing is recorded", "gate", "gone")
	if err := errors.Join(os.Remove(filepath.Join(spool.CameraDir(dir, "gone"), "run")), os.WriteFile(filepath.Join(spool.CameraDir(dir, "gone"), "status.json"), nil, 0o644)); err != nil {
		t.Fatal(err)
	}
	// One that was killed leaves the socket of those who play at once.
	killed := lane.NewSender(spool.CameraDir(dir, "gone"))
	if err := errors.Join(killed.Listen(), os.Rename(filepath.Join(spool.CameraDir(dir, "gone"), "live.sock"), filepath.Join(dir, "kept.sock"))); err != nil {
		t.Fatal(err)
	}
	killed.Close()
	if err := os.Rename(filepath.Join(dir, "kept.sock"), filepath.Join(spool.CameraDir(dir, "gone"), "live.sock")); err != nil {
		t.Fatal(err)
	}
	works("gate", "gone")
	if err := remove(cfg, []string{"gone"}, &bytes.Buffer{}); err != nil || !exists(filepath.Join(gone, "state.json")) {
		t.Fatal(err)
	}
	works("back", "gone")
	works("gone", "back")
	if exists(gone) {
		t.Error("something is left of the name that was free")
	}
	var stdout, stderr bytes.Buffer
	if got := check(cfg, nil, &stdout, &stderr); got != exitOK || stdout.String() != "back: 0 findings\n" {
		t.Errorf("check: status %d, %s%s", got, stdout.String(), stderr.String())
	}
}

// endsWithItsLease records like a recorder of its own: until its lease is over.
func endsWithItsLease(t *testing.T, cameraDir string) (wait func()) {
	t.Helper()
	if err := spool.RenewLease(cameraDir); err != nil {
		t.Fatal(err)
	}
	lock, err := spool.LockCamera(cameraDir)
	if err != nil {
		t.Fatal(err)
	}
	lease, done := spool.NewLease(cameraDir, time.Hour, 0), make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for begun := time.Now(); !lease.Over(time.Since(begun)); <-tick.C {
		}
		lock.Close()
	}()
	return func() { <-done }
}
