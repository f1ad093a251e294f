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

// knownH264 is a camera with a key frame a second.
func knownH264() *camera.Facts {
	return &camera.Facts{Kind: camera.HTTP, Format: "mpegts", Codec: "h264", PixelFormat: "yuv420p", Width: 320, Height: 180,
		FrameRate: camera.Rate{Num: 25, Den: 1}, KeyInterval: time.Second, KeyIntervalKnown: true, BeginsWithKey: true}
}

// keysAt has ffmpeg make key frames at these seconds, and at no others.
func keysAt(seconds []int) []string {
	all := strings.ReplaceAll(strings.Trim(fmt.Sprint(seconds), "[]"), " ", ",")
	return append(slices.Clone(testPicture), "-g", "9999", "-force_key_frames", all)
}

// TestKeyFramesMoveApart: a GOP of 2 s that becomes 12 s and goes back. No picture
// is lost, no run begins, and the target duration comes back.
func TestKeyFramesMoveApart(t *testing.T) {
	t.Parallel()
	keys := []int{0, 2, 4, 6, 18, 30}
	for s := 32; s < 100; s += 2 {
		keys = append(keys, s)
	}
	cam := newTSStream(t, keysAt(keys)...)
	facts := knownH264()
	facts.KeyInterval = 2 * time.Second
	r, stop := start(t, cam.URL, func(r *Recorder) {
		r.facts, r.keys.spell = facts, 5*time.Second
		r.Promise = func() *spool.Promised {
			return &spool.Promised{Number: 7, Constants: spool.Constants{PartTarget: 138_000, TargetDuration: 4_000_000, Independent: true}}
		}
	})
	far := ""
	until(t, 90*time.Second, "the target duration is back", func() bool {
		if plan := status(r).Plan; strings.Contains(plan, "more than") || strings.Contains(plan, "12s") {
			far = plan
		}
		names, _ := spool.Runs(r.dir)
		if far == "" || len(names) == 0 {
			return false
		}
		last, err := spool.HighestPromise(r.dir)
		return err == nil && last.Number > 8 && last.Constants.TargetDuration == 4_000_000 && segments(t, r, 0) > 10
	})
	stop()
	dirs := runs(t, r)
	if len(dirs) != 1 || len(status(r).Restarts) > 0 {
		t.Fatalf("%d runs, ends of ffmpeg %v", len(dirs), status(r).Restarts)
	}
	run := readRun(t, dirs[0])
	for i, segment := range run.segments {
		for j, info := range segment {
			if tf, _ := info.Track(run.TrackID); i+j > 0 && (tf.Duration < 3500 || tf.Duration > 3700) {
				t.Errorf("picture %d of segment %d lasts %d ticks: one is missing", j, i, tf.Duration)
			}
		}
	}
	t.Logf("it said %q, then %q; %d pictures in %v", far, status(r).Plan, run.frames(), run.length())
	told := []spool.Promised{run.Promised()}
	for seq := range run.segments {
		if p, err := spool.ReadPromised(run.dir, seq); err == nil {
			told = append(told, p)
			t.Logf("from segment %d on: %+v", seq, p)
		}
	}
	for i, p := range told {
		if p.Number != uint64(7+i) || p.Requested == nil {
			t.Errorf("promise %d: %+v", i, p)
		}
	}
	if len(told) < 3 || told[1].Constants != (spool.Constants{PartTarget: 138_000, TargetDuration: 17_000_000}) {
		t.Errorf("%+v", told)
	}
	if !strings.Contains(status(r).Plan, "key frame every 2s") && !strings.Contains(status(r).Plan, "key frame every 2.0") {
		t.Errorf("the plan says %q", status(r).Plan)
	}
}

// again records once more in the folder of another recorder, until a run's second
// segment, and returns that run.
func again(t *testing.T, before *Recorder, url string, change func(*Recorder)) recorded {
	t.Helper()
	n := 0
	if before != nil {
		n = len(runs(t, before))
	}
	r, stop := start(t, url, func(r *Recorder) {
		if before != nil {
			r.MediaDir, r.dir = before.MediaDir, before.dir
		}
		change(r)
	})
	until(t, 60*time.Second, "a second segment", func() bool { return segments(t, r, n) >= 3 })
	stop()
	return readRun(t, runs(t, r)[n])
}

// TestRequestBegins: other values of PART and SEGMENT are in force with the next
// start, under the next number; the same values are not, whatever is measured.
func TestRequestBegins(t *testing.T) {
	t.Parallel()
	for name, url := range map[string]string{
		"encoded": newMJPEGCamera(t, 30, 320, 180).URL,
		"copied":  newTSCamera(t, "-g", "12").URL,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := New(Options{MediaDir: t.TempDir(), Camera: "front"})
			number := uint64(0)
			for _, c := range []struct {
				what          string
				part, segment time.Duration
				fps           float64
				begins        bool
			}{
				{"first", 100 * time.Millisecond, time.Second, 0, false},
				{"the same", 100 * time.Millisecond, time.Second, 0, false},
				{"PART", 200 * time.Millisecond, time.Second, 0, true},
				{"SEGMENT", 200 * time.Millisecond, 2 * time.Second, 0, true},
				{"a rate that is measured anew", 200 * time.Millisecond, 2 * time.Second, 25, false},
				{"back", 100 * time.Millisecond, time.Second, 0, true},
			} {
				run := again(t, r, url, func(r *Recorder) { r.Part, r.Segment, r.FPS = c.part, c.segment, c.fps })
				if c.begins {
					number++
				}
				if run.Promise != number || *run.Requested != (spool.Requested{Part: c.part.Microseconds(), Segment: c.segment.Microseconds()}) {
					t.Errorf("%s: promise %d, want %d, %+v", c.what, run.Promise, number, run.Requested)
				}
				if k := run.Constants; k.PartTarget < c.part.Microseconds() || k.PartTarget > c.part.Microseconds()*3/2 || run.Run.Segment != c.segment.Microseconds() {
					t.Errorf("%s is not in force: %+v, segments of %d µs", c.what, k, run.Run.Segment)
				}
				tf, _ := run.segments[0][0].Track(run.TrackID)
				first := time.Duration(len(run.segments[0])) * time.Duration(tf.Duration) * time.Second / time.Duration(run.Timescale)
				if c.begins && first > 1100*time.Millisecond {
					t.Errorf("%s: the first segment lasts %v", c.what, first)
				}
			}
		})
	}
}

// TestNoNumberAtAnUpgrade: where no values are known those now set count as it, and
// a number of ours is never gone below.
func TestNoNumberAtAnUpgrade(t *testing.T) {
	k := spool.Constants{PartTarget: 138_000, TargetDuration: 4_000_000, Independent: true}
	r := New(Options{MediaDir: t.TempDir(), Camera: "front", Request: camera.Request{Part: 100 * time.Millisecond, Segment: 2 * time.Second}})
	r.facts = knownH264()
	r.adoptPromise(&spool.Promised{Constants: k})
	if s := r.settings(); s.Constants == nil || *s.Constants != k || s.Another {
		t.Errorf("%+v", s)
	}
	if p := r.promiseOf(k); p.Number != 0 || *p.Requested != r.requested() {
		t.Errorf("%+v", p)
	}
	r.promise(spool.Promised{Number: 4, Constants: k, Requested: &spool.Requested{Part: 100_000, Segment: 2_000_000}})
	r.adoptPromise(&spool.Promised{Number: 3, Constants: k})
	r.adoptPromise(nil)
	if r.held.Number != 4 {
		t.Errorf("it went back to %+v", r.held)
	}
	r.Part = 200 * time.Millisecond
	if s := r.settings(); s.Constants != nil || !s.Another || r.promiseOf(k).Number != 5 {
		t.Errorf("%+v", s)
	}
}

// TestRateBegins: a copied camera whose frames no longer fit its parts stays copied
// under another promise, at most once in ten minutes and direction.
func TestRateBegins(t *testing.T) {
	r := New(Options{MediaDir: t.TempDir(), Camera: "front", Request: camera.Request{Part: 100 * time.Millisecond, Segment: 2 * time.Second}})
	now := time.Minute
	r.clock = func() (time.Time, time.Duration) { return time.Unix(1_800_000_000, 0), now }
	r.facts = knownH264()
	at := func(fps int) camera.Plan {
		facts := *knownH264()
		facts.FrameRate = camera.Rate{Num: fps, Den: 1}
		r.facts = &facts
		plan := r.plan()
		if plan.Copy {
			r.promise(r.promiseOf(plan.Constants))
		}
		return plan
	}
	for i, c := range []struct {
		fps    int
		wait   time.Duration
		copied bool
		number uint64
	}{
		{10, 0, true, 0},
		{20, 0, true, 0},               // which fits
		{3, 0, true, 1},                // longer parts
		{10, 0, true, 2},               // shorter ones: another direction
		{3, 9 * time.Minute, false, 2}, // longer ones again
		{3, time.Minute, true, 3},
	} {
		now += c.wait
		if plan := at(c.fps); plan.Copy != c.copied || r.held.Number != c.number {
			t.Errorf("%d: %d fps: %s, promise %d", i, c.fps, plan.Line, r.held.Number)
		}
	}
}

// TestIdlingCamera: a copied camera that sends one picture in a second, in two or in
// five while nothing moves, and then 25 again. Each lasts as long as it did, no run
// begins, and the plan says it.
func TestIdlingCamera(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ every, pictures int }{{1, 10}, {2, 8}, {5, 5}} {
		t.Run(fmt.Sprintf("a picture in %d s", c.every), func(t *testing.T) {
			t.Parallel()
			until := 10 + c.every*c.pictures
			cam := newTSStream(t, append(slices.Clone(testPicture), "-tune", "zerolatency", "-g", "50", "-fps_mode", "passthrough",
				"-vf", fmt.Sprintf("select='lt(t,10)+gte(t,%d)+not(mod(n,%d))*gte(t,10)'", until, 25*c.every))...)
			run := idled(t, cam.URL)
			var long, short time.Duration
			for _, segment := range run.segments {
				for _, info := range segment {
					tf, _ := info.Track(run.TrackID)
					lasts := time.Duration(tf.Duration) * time.Second / time.Duration(run.Timescale)
					if lasts < time.Second/2 {
						short += lasts
					} else if long++; lasts < time.Duration(c.every)*97*time.Second/100 || lasts > time.Duration(c.every)*103*time.Second/100 {
						t.Errorf("a picture of %d s lasts %v", c.every, lasts)
					}
				}
			}
			if int(long) != c.pictures {
				t.Errorf("%d long pictures, want %d", long, c.pictures)
			}
			if frames := run.frames() - int(long); short < time.Duration(frames)*39*ms {
				t.Errorf("%d short pictures last %v", frames, short)
			}
		})
	}
}

// idled records a camera that idles until its parts are short again.
func idled(t *testing.T, url string) recorded {
	t.Helper()
	r, stop := start(t, url, func(r *Recorder) { r.facts, r.keys.spell, r.slowHour = knownH264(), 15*time.Second, time.Second/2 })
	longer := false
	until(t, 120*time.Second, "parts are short again", func() bool {
		if names, _ := spool.Runs(r.dir); len(names) == 0 {
			return false
		}
		last, err := spool.HighestPromise(r.dir)
		longer = longer || err == nil && last.Constants.PartTarget > 1_000_000 && strings.Contains(strings.Join(status(r).PlanReasons, " "), "fewer pictures")
		return err == nil && longer && last.Constants.PartTarget == 138_000
	})
	stop()
	dirs := runs(t, r)
	if len(dirs) != 1 || len(status(r).Restarts) > 0 {
		t.Fatalf("%d runs, ends of ffmpeg %v", len(dirs), status(r).Restarts)
	}
	return readRun(t, dirs[0])
}
