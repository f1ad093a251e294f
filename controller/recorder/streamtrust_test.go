package recorder

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"lookback/controller/camera"
)

// TestUntrustedStampsThroughFFmpeg: cameras that ffmpeg reads and whose pictures are
// copied are recorded in one run, too, without a picture left out, dated when they
// were sent, whatever they are stamped.
func TestUntrustedStampsThroughFFmpeg(t *testing.T) {
	stamped := func(fps float64) func(int) float64 { return func(n int) float64 { return float64(n) / fps } }
	set := func(n int) float64 { return float64(n)/25 + float64(min(1, n/550))*3600 }
	leaping := func(n int) float64 { return float64(n)/25 + float64(n/60)*7200 }
	begun, all := time.Now(), map[string]*misstamped{}
	for name, c := range map[string]misstamped{
		"ts, right":                            {cam: &streamCamera{container: "ts", fps: 25, burst: 50}, plan: "at 25 fps; key frame every 1s", pace: 1, runs: 1},
		"ts, 15 fps stamped as 25":             {cam: &streamCamera{container: "ts", fps: 15, stamped: stamped(25), burst: 30}, plan: "at 15 fps", reason: "they pass at", pace: 0.6, runs: 1},
		"ts, 25 fps stamped as 20":             {cam: &streamCamera{container: "ts", fps: 25, stamped: stamped(20)}, plan: "at 25 fps", reason: "they pass at", pace: 1.25, runs: 1},
		"ts, ten times too fast":               {cam: &streamCamera{container: "ts", fps: 25, stamped: stamped(2.5)}, plan: "at 25 fps", reason: "they pass at", pace: 10, runs: 1},
		"ts, a few per cent too fast":          {cam: &streamCamera{container: "ts", fps: 25, stamped: stamped(24)}, plan: "at 2", reason: "they pass at", pace: 1.04, runs: 1},
		"ts, they stand still":                 {cam: &streamCamera{container: "ts", fps: 25, stamped: func(int) float64 { return 7 }}, plan: "at 25 fps", reason: "they stand still", runs: 1},
		"ts, they leap hours ahead":            {cam: &streamCamera{container: "ts", fps: 25, stamped: leaping}, plan: "at 25 fps", reason: "they leap", runs: 1},
		"ts, its clock is set":                 {cam: &streamCamera{container: "ts", fps: 25, stamped: set}, plan: "at 25 fps", runs: 2, end: camera.TimestampJump},
		"ts, random steps, later":              {cam: &streamCamera{container: "ts", fps: 25, stamped: steps(20, 2)}, plan: "at 25 fps", reason: "they leap", runs: 1},
		"ts, 25 fps, then 5, steps as before":  {cam: &streamCamera{container: "ts", fps: 25, due: changing(0, 25, 20, 5), stamped: stamped(25)}, plan: "at 5 fps", reason: "they pass at", pace: 0.2, runs: 1},
		"ts, 15 fps, later stamped as 25":      {cam: &streamCamera{container: "ts", fps: 15, stamped: later(20, 15, 25)}, plan: "at 15 fps", reason: "they pass at", pace: 0.6, runs: 1},
		"flv, 25 fps, then 5, steps as before": {cam: &streamCamera{container: "flv", fps: 25, due: changing(0, 25, 20, 5), stamped: stamped(25)}, plan: "at 5 fps", reason: "they pass at", pace: 0.2, runs: 1},
		"flv, random steps, later":             {cam: &streamCamera{container: "flv", fps: 25, stamped: steps(20, 2)}, plan: "at 25 fps", reason: "they leap", runs: 1},
		"udp, 25 fps, later stamped as 20":     {cam: &streamCamera{container: "udp", fps: 25, stamped: later(20, 25, 20)}, plan: "at 25 fps", reason: "they pass at", pace: 1.25, runs: 1},
		"flv, right":                           {cam: &streamCamera{container: "flv", fps: 25, burst: 50}, plan: "at 25 fps; key frame every 1s", pace: 1, runs: 1},
		"flv, 15 fps stamped as 25":            {cam: &streamCamera{container: "flv", fps: 15, stamped: stamped(25)}, plan: "at 15 fps", reason: "they pass at", pace: 0.6, runs: 1},
		"flv, ten times too slow":              {cam: &streamCamera{container: "flv", fps: 20, stamped: stamped(200)}, plan: "at 20 fps", reason: "they pass at", pace: 0.1, runs: 1},
		"flv, they stand still":                {cam: &streamCamera{container: "flv", fps: 25, stamped: func(int) float64 { return 7 }}, plan: "at 25 fps", reason: "they stand still", runs: 1},
		"flv, they leap hours ahead":           {cam: &streamCamera{container: "flv", fps: 25, stamped: leaping}, plan: "at 25 fps", reason: "they leap", runs: 1},
		"flv, its clock is set":                {cam: &streamCamera{container: "flv", fps: 25, stamped: set}, plan: "at 25 fps", runs: 2, end: camera.TimestampJump},
		"udp, right":                           {cam: &streamCamera{container: "udp", fps: 25}, plan: "at 25 fps; key frame every 1s", pace: 1, runs: 1},
		"udp, 25 fps stamped as 20":            {cam: &streamCamera{container: "udp", fps: 25, stamped: stamped(20)}, plan: "at 25 fps", reason: "they pass at", pace: 1.25, runs: 1},
		"udp, they stand still":                {cam: &streamCamera{container: "udp", fps: 25, stamped: func(int) float64 { return 7 }}, plan: "at 25 fps", reason: "they stand still", runs: 1},
	} {
		all[name] = &c
		c.recorder, c.stop = start(t, c.cam.begin(t), func(r *Recorder) { r.Log = discarded })
	}
	until(t, time.Minute, "40 seconds of each", func() bool { return time.Since(begun) > 40*time.Second })
	for name, c := range all {
		t.Run(name, func(t *testing.T) { t.Parallel(); c.check(t) })
	}
}

// TestOtherRateThroughFFmpeg: the same where the camera sends fewer pictures by night.
func TestOtherRateThroughFFmpeg(t *testing.T) {
	t.Parallel()
	for _, container := range []string{"ts", "flv"} {
		t.Run(container, func(t *testing.T) {
			t.Parallel()
			due := changing(0, 25, 16, 5)
			cam := &streamCamera{container: container, fps: 10, due: due, stamped: func(n int) float64 { return due(n).Seconds() }}
			r, stop := start(t, cam.begin(t), func(r *Recorder) { r.Log = discarded })
			for _, plan := range []string{"at 25 fps", "at 5 fps"} {
				until(t, 80*time.Second, plan, func() bool { return strings.Contains(status(r).Plan, plan) })
			}
			stop()
			dirs := runs(t, r)
			if len(dirs) != 1 || len(status(r).Restarts) > 0 || status(r).Stamps != nil {
				t.Fatalf("%d runs, %+v", len(dirs), status(r))
			}
			run, before := readRun(t, dirs[0]), -1
			for _, p := range run.numbers(t) {
				if before >= 0 && p.number != before+1 {
					t.Errorf("after picture %d comes %d", before, p.number)
				}
				before = p.number
			}
			run.datedAsSent(t, cam.sentAt())
		})
	}
}

// TestEncodedRateThroughFFmpeg: the plan of a camera that ffmpeg reads and encodes has the
// rate at which pictures come, and no higher one than any camera has.
func TestEncodedRateThroughFFmpeg(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fps     int
		stamped func(int) float64
	}{
		"15 fps stamped as 25":  {15, func(n int) float64 { return float64(n) / 25 }},
		"they stand still":      {20, func(int) float64 { return 3 }},
		"they leap hours ahead": {25, func(n int) float64 { return float64(n)/25 + float64(n/60)*7200 }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cam := &streamCamera{container: "ts", fps: c.fps, stamped: c.stamped, burst: c.fps}
			r, stop := start(t, cam.begin(t), func(r *Recorder) { r.Quality, r.Log = 30, discarded })
			until(t, 60*time.Second, "two segments", func() bool { return segments(t, r, 0) >= 2 })
			stop()
			if rate := readRun(t, runs(t, r)[0]).FrameRate; rate < 0.9*float64(c.fps) || rate > 1.1*float64(c.fps) {
				t.Errorf("planned for %v fps", rate)
			}
		})
	}
}

// TestBurstsAreTrusted: a camera whose pictures come in bursts of some seconds, as those
// of a restreamer do, is not taken for one with wrong time stamps.
func TestBurstsAreTrusted(t *testing.T) {
	t.Parallel()
	all := map[string]*misstamped{}
	for _, seconds := range []int{1, 2, 3, 4, 5, 6} {
		for _, container := range []string{"ts", "flv"} {
			cam := &streamCamera{container: container, fps: 25, burst: 25 * seconds, due: func(n int) time.Duration {
				return time.Duration(n/(25*seconds)*seconds) * time.Second
			}}
			c := &misstamped{}
			c.recorder, c.stop = start(t, cam.begin(t), func(r *Recorder) { r.Log = discarded })
			all[fmt.Sprint(container, ", bursts of ", seconds, " s")] = c
		}
	}
	for name, c := range all {
		t.Run(name, func(t *testing.T) {
			r := c.recorder
			until(t, 90*time.Second, "twenty seconds", func() bool { return segments(t, r, 0) >= 11 })
			s := status(r)
			c.stop()
			if s.Stamps != nil || len(runs(t, r)) != 1 || len(s.Restarts) > 0 || !strings.Contains(s.Plan, "at 25 fps; key frame every 1s") {
				t.Errorf("%d runs, %v, %s, %+v", len(runs(t, r)), s.Restarts, s.Plan, s.Stamps)
			}
			before := -1
			for _, p := range readRun(t, runs(t, r)[0]).numbers(t) {
				if before >= 0 && p.number != before+1 {
					t.Errorf("after picture %d comes %d", before, p.number)
				}
				before = p.number
			}
		})
	}
}
