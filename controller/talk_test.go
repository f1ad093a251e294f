package main

import (
	"bytes"
	"log/slog"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

var linesLeftOut = regexp.MustCompile(`lines_left_out=(\d+)`)

// count is how many lines a log has, and how many it says were left out.
func count(log string) (lines, leftOut int) {
	for _, m := range linesLeftOut.FindAllStringSubmatch(log, -1) {
		n, _ := strconv.Atoi(m[1])
		leftOut += n
	}
	return strings.Count(log, "\n"), leftOut
}

// TestLogOfACameraIsBounded: an hour of a camera that is away and of one that comes and
// goes, with the lines that the recorder and the archive write.
func TestLogOfACameraIsBounded(t *testing.T) {
	for name, c := range map[string]struct {
		every time.Duration
		says  func(recorder, archive *slog.Logger)
		most  int // lines in an hour
	}{
		"away": {10 * time.Second, func(recorder, _ *slog.Logger) {
			recorder.Warn("recording interrupted", "reason", "no-answer", "title", "The camera does not answer", "next_attempt_in", "10s")
		}, 16},
		"comes and goes": {6 * time.Second, func(recorder, archive *slog.Logger) {
			recorder.Info("ffmpeg starts", "plan", "encoding", "reasons", []string{"x"})
			recorder.Info("recording", "run", time.Now().String())
			archive.Info("a run begins", "camera", "front", "msn", time.Now().Unix())
			recorder.Warn("recording interrupted", "reason", "stream-ended", "error", time.Now().String())
			recorder.Warn("recording interrupted", "reason", "connection-refused")
		}, 80},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var out bytes.Buffer
				log := newLogger(slog.LevelInfo, "text", &out)
				recorder, told := log.With("camera", "front"), 0
				for range int(time.Hour / c.every) {
					c.says(recorder, log)
					time.Sleep(c.every)
				}
				lines, _ := count(out.String())
				if told = int(time.Hour/c.every) * map[string]int{"away": 1, "comes and goes": 5}[name]; lines > c.most || lines < 10 {
					t.Errorf("%d lines of %d in an hour, at most %d", lines, told, c.most)
				}
				// What is new is told at once, with all that nobody has read.
				recorder.Warn("recording interrupted", "reason", "unauthorized")
				lines, leftOut := count(out.String())
				if lines+leftOut != told+1 {
					t.Errorf("%d lines and %d left out are not %d", lines, leftOut, told+1)
				}
				// Another camera, and what is of none, is told as ever.
				before := lines
				for range talkAtOnce {
					log.With("camera", "back").Warn("recording interrupted", "reason", "no-answer")
				}
				for range 100 {
					log.Info("of no camera")
				}
				if lines, _ = count(out.String()); lines != before+talkAtOnce+100 {
					t.Errorf("of others %d lines are there", lines-before)
				}
			})
		})
	}
}

// TestDebugLeavesNothingOut, since somebody wants to know.
func TestDebugLeavesNothingOut(t *testing.T) {
	var out bytes.Buffer
	log := newLogger(slog.LevelDebug, "json", &out).With("camera", "front")
	for range 1000 {
		log.Warn("recording interrupted", "reason", "no-answer")
	}
	if lines, leftOut := count(out.String()); lines != 1000 || leftOut != 0 {
		t.Errorf("%d lines, %d left out", lines, leftOut)
	}
}
