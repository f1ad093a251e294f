package recorder

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"lookback/controller/logged"
)

// What a tool said last stands in the log with each interruption, at the level that
// is set by default, and in the status; no title says just that it has failed.
func TestLastLinesAreTold(t *testing.T) {
	t.Parallel()
	for _, failing := range []string{"ffmpeg", "ffprobe"} {
		t.Run(failing, func(t *testing.T) {
			t.Parallel()
			log := &logged.Text{}
			r, _ := start(t, "http://user:secret@cam/", withFake(t, "fake-fails"), func(r *Recorder) {
				r.Log = slog.New(slog.NewTextHandler(log, nil))
				if failing == "ffprobe" {
					r.FFprobe = fake(t, "fake-fails")
				}
			})
			until(t, 20*time.Second, "an interruption", func() bool { return strings.Contains(log.String(), "recording interrupted") })
			const line = "http://cam/: something odd"
			if text := log.String(); !strings.Contains(text, fmt.Sprintf("said=%q", line)) || strings.Contains(text, "secret") {
				t.Errorf("the log does not say it: %s", text)
			}
			until(t, 5*time.Second, "a status", func() bool { return status(r).Code == "ffmpeg-failed" })
			s := status(r)
			if s.Title != "ffmpeg failed: "+line {
				t.Errorf("title %q", s.Title)
			}
			if !strings.Contains(strings.Join(s.Log, "\n"), line) {
				t.Errorf("the status says %q", s.Log)
			}
		})
	}
}
