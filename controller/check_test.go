package main

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lookback/controller/config"
	"lookback/controller/fabricate"
)

func TestCheckCommand(t *testing.T) {
	dir := t.TempDir()
	err := fabricate.Make(t.Context(), fabricate.Options{
		MediaDir: dir, Cameras: []string{"back", "front"}, End: time.Date(2026, 11, 22, 12, 30, 0, 0, time.UTC), Length: time.Minute,
		Segment: 2 * time.Second, Part: 500 * time.Millisecond, FPS: 2, Size: "128x72", Runs: 2, Away: 4 * time.Second, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	cfg := &config.Config{MediaDir: dir}
	run := func(want int, says string, args ...string) {
		t.Helper()
		var stdout, stderr bytes.Buffer
		if got := check(cfg, args, &stdout, &stderr); got != want || !strings.Contains(stdout.String()+stderr.String(), says) {
			t.Errorf("check %v: status %d, want %d and %q\n%s%s", args, got, want, says, stdout.String(), stderr.String())
		}
	}
	run(exitOK, "back: 0 findings\nfront: 0 findings\n")
	if err := os.Remove(filepath.Join(dir, "front", "2026-11-22", "12", "000000005.m4s")); err != nil {
		t.Fatal(err)
	}
	run(exitFailure, "front/2026-11-22/12: 000000005.m4s: listed and not there; lost: 2.0 s of video; mending makes gaps of them\nfront: 1 findings\n")
	run(exitOK, "back: 0 findings\n", "back")
	run(exitUsage, `"side": accepted are --mend and the cameras that MEDIA_DIR holds: ["back" "front"]`, "side")
	lock, err := lockMediaDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	run(exitUsage, "a folder that no other controller uses", "--mend")
	run(exitFailure, "front: 1 findings")
	lock.Close()
	run(exitOK, "front: 1 findings, after mending 0\n", "--mend")
	run(exitOK, "front: 0 findings\n")
}
