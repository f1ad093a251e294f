package recorder

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"lookback/controller/camera"
	"lookback/controller/spool"
)

// changing is when pictures are due of a camera that changes its rate: from second,
// fps, from second, fps, and so on.
func changing(changes ...float64) func(int) time.Duration {
	return func(n int) time.Duration {
		left, now := float64(n), 0.0
		for i := 0; i < len(changes); i += 2 {
			fps := changes[i+1]
			if i+2 < len(changes) && left > (changes[i+2]-changes[i])*fps {
				left, now = left-(changes[i+2]-changes[i])*fps, changes[i+2]
				continue
			}
			return time.Duration((now + left/fps) * float64(time.Second))
		}
		return 0
	}
}

// TestIdlingIsDatedRightly: a camera that sends a picture in a second or in two while
// nothing moves, and 25 a second when something does, is recorded in one run without a
// picture left out. Each is dated when it was sent, but for the first that idles: that
// comes as late as nobody could know.
func TestIdlingIsDatedRightly(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		due   func(int) time.Duration
		known float64 // fps by which it was planned; 0: it is measured
		until time.Duration
		wrong int // pictures that may be dated wrongly
	}{
		"1 fps":               {changing(0, 25, 8, 1, 28, 25, 34, 1, 42, 25), 0, 48 * time.Second, 1},
		"a picture in 2 s":    {changing(0, 25, 8, 0.5, 28, 25, 34, 0.5, 42, 25), 0, 48 * time.Second, 1},
		"it idled at first":   {changing(0, 1, 16, 25, 24, 1, 32, 25), 1, 38 * time.Second, 0},
		"soon again, shortly": {changing(0, 25, 6, 1, 9, 25, 10, 1, 13, 25, 14, 1, 17, 25), 0, 24 * time.Second, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cam := &rtspCamera{fps: 10, due: c.due, stamped: func(n int) float64 { return c.due(n).Seconds() }}
			begun := time.Now()
			r, stop := start(t, cam.begin(t), noFFmpeg, func(r *Recorder) {
				r.Log = discarded
				if c.known > 0 {
					r.facts = &camera.Facts{Kind: camera.RTSP, Codec: "h264", PixelFormat: "yuv420p", Width: 320, Height: 180,
						FrameRate: camera.Snap(c.known), KeyInterval: 10 * time.Second, KeyIntervalKnown: true}
				}
			})
			until(t, 2*time.Minute, "the camera to have idled", func() bool { return time.Since(begun) > c.until })
			until(t, 20*time.Second, "what it sent last", func() bool { return status(r).FPS > 20 })
			told := strings.Join(status(r).PlanReasons, "\n")
			stop()
			dirs := runs(t, r)
			if len(dirs) != 1 || len(status(r).Restarts) > 0 {
				t.Fatalf("%d runs, %+v", len(dirs), status(r))
			}
			if !strings.Contains(told, "waits for the next one") {
				t.Errorf("the plan says %q", told)
			}
			sent, before := cam.sentAt(), -1
			var off []string
			for _, p := range readRun(t, dirs[0]).numbers(t) {
				if before >= 0 && p.number != before+1 {
					t.Errorf("after picture %d comes %d", before, p.number)
				}
				if d := p.at.Sub(sent[0].Add(c.due(p.number))); d.Abs() > 500*ms {
					off = append(off, fmt.Sprintf("%d by %v", p.number, d))
					if own := c.due(p.number) - c.due(p.number-1); d > 0 || -d > own {
						t.Errorf("picture %d, which lasts %v, is dated %v off", p.number, own, d)
					}
				}
				before = p.number
			}
			if len(off) > c.wrong {
				t.Errorf("%d pictures are dated wrongly: %v", len(off), off)
			}
			if behind := len(sent) - before; behind > 50 {
				t.Errorf("the last %d pictures are missing", behind)
			}
		})
	}
}

// TestAfterSilence: of a camera that sends nothing for so long that it can't be a picture,
// what follows is dated early by that up to a key frame at most. After more than idleStall it
// is another run at once: so no picture is ever dated further off.
func TestAfterSilence(t *testing.T) {
	t.Parallel()
	for silent, early := range map[time.Duration]time.Duration{7 * time.Second: 2 * time.Second, idleStall + 3*time.Second: 0} {
		t.Run(silent.String(), func(t *testing.T) {
			t.Parallel()
			again := 6 + silent.Seconds()
			due := changing(0, 25, 6, 1/silent.Seconds(), again, 25)
			cam := &rtspCamera{fps: 10, due: due, stamped: func(n int) float64 { return due(n).Seconds() }}
			begun := time.Now()
			r, stop := start(t, cam.begin(t), noFFmpeg, func(r *Recorder) { r.Log = discarded })
			until(t, 2*time.Minute, "pictures again", func() bool { return time.Since(begun).Seconds() > again+8 && status(r).FPS > 15 })
			stop()
			sent, dated := cam.sentAt(), 0
			for _, dir := range runs(t, r) {
				for _, p := range readRun(t, dir).numbers(t) {
					d, after := p.at.Sub(sent[0].Add(due(p.number))), due(p.number)-time.Duration(again*float64(time.Second))
					if dated++; d.Abs() > 500*ms && (after < 0 || after > early || d > 0 || -d > silent) {
						t.Errorf("picture %d, %v after the silence, is dated %v off", p.number, after, d)
					}
				}
			}
			if dated < 200 {
				t.Errorf("%d pictures, %v", dated, status(r).Restarts)
			}
		})
	}
}

// TestPictureInTenSecondsOverRTSP: a camera that sends a picture in ten seconds, and
// nothing else, is watched for as long as it takes to know that.
func TestPictureInTenSecondsOverRTSP(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*Recorder){"copied": noFFmpeg, "encoded": func(r *Recorder) { r.Rotate, r.FFprobe = 90, "/nowhere/ffprobe" }} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cam := &rtspCamera{fps: 1, due: changing(0, 0.1), stamped: func(n int) float64 { return 10 * float64(n) }, noReports: true}
			r, stop := start(t, cam.begin(t), change, func(r *Recorder) { r.Log = discarded })
			until(t, 2*time.Minute, "a picture", func() bool { return live(t, r, 0) && status(r).State == spool.Recording })
			until(t, time.Minute, "three pictures", func() bool { return readRun(t, runs(t, r)[0]).frames() >= 3 })
			s := status(r)
			stop()
			if !strings.Contains(s.Plan, "at 0.1 fps") || len(s.Restarts) > 0 || len(runs(t, r)) != 1 {
				t.Errorf("%+v", s)
			}
			if all, _ := cam.connections(); all != 1 {
				t.Errorf("%d connections", all)
			}
		})
	}
}

// TestDurations: pictures of an even camera last a frame, whatever is missing is
// made up for by the next, and a jump back counts anew.
func TestDurations(t *testing.T) {
	f := h264(320, 180)
	f.timescale = 1000
	var d durations
	give := func(waits bool, stamps ...int64) (got []uint64) {
		var all []unit
		for _, s := range stamps {
			all = append(all, unit{format: f, dts: s})
		}
		for _, u := range d.add(all, 40*ms, waits) {
			got = append(got, u.duration)
		}
		return got
	}
	for _, c := range []struct {
		waits  bool
		stamps []int64
		want   []uint64
	}{
		{false, []int64{1000, 1040, 1090}, []uint64{40, 50, 40}}, // those that were held back know the next
		{false, []int64{1130}, []uint64{40}},
		{false, []int64{1165}, []uint64{35}},
		{false, []int64{1290}, []uint64{125}},
		{false, []int64{1280}, []uint64{0}},
		{false, []int64{1330}, []uint64{40}},
		{false, []int64{100}, []uint64{40}},
		{false, []int64{1100}, nil}, // a hole, or it idles: the next one tells
		{false, []int64{1140}, []uint64{1000, 40}},
		{false, []int64{2140}, nil},
		{false, []int64{3140}, []uint64{1960}}, // it idles: this lasts as long as it takes to be right again
		{true, []int64{4140}, []uint64{1000}},
		{true, []int64{4180}, []uint64{40}},
		{true, []int64{4220}, []uint64{40}},
		{true, []int64{9220}, []uint64{5000}},
	} {
		if got := give(c.waits, c.stamps...); !slices.Equal(got, c.want) {
			t.Errorf("%v: %v, want %v", c.stamps, got, c.want)
		}
	}
	if d.idles != time.Second {
		t.Errorf("idles at %v", d.idles)
	}
	if on := d.overdue(slowestPicture-1, time.Second); len(on) != 0 {
		t.Errorf("%d pictures are overdue", len(on))
	}
	if on := d.overdue(slowestPicture, time.Second); len(on) != 1 || on[0].duration != 6000 {
		t.Errorf("overdue: %+v", on)
	}
}
