package main

import (
	"bytes"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lookback/controller/archive"
	"lookback/controller/config"
	"lookback/controller/fabricate"
	"lookback/controller/spool"
)

// TestRemove is the other way out for a camera that is no longer named.
func TestRemove(t *testing.T) {
	dir := t.TempDir()
	err := fabricate.Make(t.Context(), fabricate.Options{
		MediaDir: dir, Cameras: []string{"back", "front"}, End: time.Date(2026, 11, 22, 12, 30, 0, 0, time.UTC), Length: time.Minute,
		Segment: 2 * time.Second, Part: 500 * time.Millisecond, FPS: 2, Size: "128x72", Runs: 1, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	cfg := &config.Config{MediaDir: dir}
	fails := func(says string, args ...string) {
		t.Helper()
		if err := remove(cfg, args, &bytes.Buffer{}); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("remove %v: %v, want %q", args, err, says)
		}
	}
	fails("takes the names of cameras")
	fails("a camera's name of 1 to 32 characters", "front", "..")
	fails("a camera that has been recorded", "front", "side")
	recorder, err := spool.LockCamera(spool.CameraDir(dir, "front"))
	if err != nil {
		t.Fatal(err)
	}
	fails("controller recorders remove front", "front")
	recorder.Close()
	lock, err := lockMediaDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	fails("removing is for when none runs", "front")
	lock.Close()
	if past, err := archive.Past(dir); err != nil || len(past) != 2 {
		t.Fatalf("after what failed there are %v, %v", past, err)
	}
	defer endsWithItsLease(t, spool.CameraDir(dir, "front"))()
	var stdout bytes.Buffer
	if err := remove(cfg, []string{"front"}, &stdout); err != nil || stdout.String() != "all that was recorded of front is removed\n" {
		t.Errorf("%v, %s", err, stdout.String())
	}
	past, err := archive.Past(dir)
	if err != nil || len(past) != 1 || past[0].Name != "back" {
		t.Errorf("there are %v, %v", past, err)
	}
	if left, err := filepath.Glob(filepath.Join(dir, "front", "*")); err != nil || len(left) != 1 || filepath.Base(left[0]) != "state.json" {
		t.Errorf("left of it are %q, %v", left, err)
	}
	if exists(spool.CameraDir(dir, "front")) {
		t.Error("its spool is there")
	}
}
