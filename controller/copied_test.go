package main

import (
	"bytes"
	"log/slog"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lookback/controller/archive"
	"lookback/controller/fabricate"
)

// TestCopiedHistory: what a machine has recorded, copied over what another one has under
// the same name, has the same numbers. What can't be shown for that is told.
func TestCopiedHistory(t *testing.T) {
	old, now := t.TempDir(), t.TempDir()
	end := time.Date(2026, 11, 22, 12, 30, 0, 0, time.UTC)
	for dir, end := range map[string]time.Time{old: end.Add(-3 * time.Hour), now: end} {
		err := fabricate.Make(t.Context(), fabricate.Options{
			MediaDir: dir, Cameras: []string{"front"}, End: end, Length: time.Minute,
			Segment: 2 * time.Second, Part: 500 * time.Millisecond, FPS: 2, Size: "128x72", Runs: 1, Log: slog.New(slog.DiscardHandler),
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if out, err := exec.Command("cp", "-r", filepath.Join(old, "front"), now).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	files, err := filepath.Glob(filepath.Join(now, "front", "*", "*", "*.m4s"))
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	c, err := archive.Load(t.Context(), archive.Options{MediaDir: now, Camera: "front", Title: "front", Window: 24 * time.Hour,
		Log: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	shown, told := len(c.Snapshot().Segments), len(c.LeftOut())
	if told == 0 || shown+told != len(files) {
		t.Errorf("of %d segments %d are shown and %d told of", len(files), shown, told)
	}
	if !strings.Contains(log.String(), "was the history of another machine copied into this one?") {
		t.Errorf("the log says:\n%s", log.String())
	}
}
