package recorder

import (
	"errors"
	"math"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"lookback/controller/camera"
	"lookback/controller/fmp4"
	"lookback/controller/spool"
)

// h264 is a format of that size.
func h264(width, height int) *format {
	return &format{timescale: hz, picture: fmp4.Picture{Entry: "avc1", Width: width, Height: height}}
}

func TestClockJudge(t *testing.T) {
	for name, c := range map[string]struct {
		copied      bool
		step, slept time.Duration
		cause       string
		anew        bool
		noted       bool
	}{
		"it runs":               {},
		"it is slewed":          {step: 400 * ms},
		"encoded, set":          {step: time.Hour, cause: camera.ClockJump, noted: true},
		"encoded, set back":     {step: -time.Hour, cause: camera.ClockJump, noted: true},
		"copied, set":           {copied: true, step: time.Hour, anew: true, noted: true},
		"asleep":                {step: time.Hour, slept: time.Hour, cause: camera.Resumed, noted: true},
		"asleep, copied":        {copied: true, step: time.Hour, slept: time.Hour, cause: camera.Resumed, noted: true},
		"asleep while set back": {step: -time.Hour, slept: time.Minute, cause: camera.ClockJump, noted: true},
	} {
		wall, slept, anew := time.Unix(1_800_000_000, 0), time.Duration(0), false
		var noted *spool.ClockStep
		j := &clockJudge{copied: c.copied, log: discarded, anew: func() { anew = true }, note: func(s spool.ClockStep) { noted = &s },
			clock: func() (time.Time, time.Duration) { return wall, time.Minute }, asleep: func() time.Duration { return slept }}
		j.begin()
		wall, slept = wall.Add(c.step), c.slept
		if got := j.look(evidence{}); got != c.cause || anew != c.anew || (noted != nil) != c.noted {
			t.Errorf("%s: %q, anew %t, noted %+v", name, got, anew, noted)
		}
		if got := j.look(evidence{}); got != "" {
			t.Errorf("%s: told twice", name)
		}
	}
}

func TestChangeJudge(t *testing.T) {
	key := func(sps string) unit {
		return unit{format: h264(320, 180), sync: true, data: lengths(sps, "\x65picture")}
	}
	at := func(now time.Duration, u unit) evidence { return evidence{at: now, unit: &u} }
	copied := camera.Plan{Copy: true, Width: 320, Height: 180}
	last := time.Duration(0)
	j := &changeJudge{plan: copied, codec: "h264", last: &last}
	for i, c := range []struct {
		e     evidence
		cause string
	}{
		{at(time.Second, key("\x67one")), ""},
		{at(2*time.Second, unit{format: h264(320, 180), data: lengths("\x67two")}), ""}, // no key frame
		{at(3*time.Second, key("\x67one")), ""},
		{at(4*time.Second, unit{format: h264(320, 180), sync: true, data: lengths("\x65picture")}), ""},
		{at(5*time.Second, key("\x67two")), camera.StreamChanged},
		{at(6*time.Second, key("\x67two")), ""}, // too soon after the last one
		{at(5*time.Second+parameterSpacing, key("\x67two")), camera.StreamChanged},
	} {
		if got := j.look(c.e); got != c.cause {
			t.Errorf("picture %d: %q, want %q", i, got, c.cause)
		}
	}

	for name, c := range map[string]struct {
		plan  camera.Plan
		codec string
		fresh bool
		cause string
	}{
		"as it was probed": {copied, "h264", false, ""},
		"another size":     {camera.Plan{Copy: true, Width: 640, Height: 360}, "h264", false, camera.StreamChanged},
		"another codec":    {copied, "hevc", false, camera.StreamChanged},
		"probed just now":  {camera.Plan{Copy: true, Width: 640, Height: 360}, "h264", true, ""},
		"still to learn":   {camera.Plan{Copy: true, Knowledge: camera.Rough}, "h264", false, ""},
		"encoded":          {camera.Plan{}, "mjpeg", false, ""},
	} {
		j := &changeJudge{plan: c.plan, codec: c.codec, fresh: c.fresh, last: new(time.Duration)}
		if got := j.look(at(time.Second, key("\x67one"))); got != c.cause {
			t.Errorf("%s: %q, want %q", name, got, c.cause)
		}
	}

	last = 0
	j = &changeJudge{last: &last}
	for i := range resizedAfter + 1 {
		want := ""
		if i == resizedAfter {
			want = camera.StreamChanged
		}
		if got := j.look(evidence{at: time.Minute}); got != want {
			t.Errorf("%d pictures of another size: %q", i, got)
		}
		j.line("[Parsed_scale] [warning] " + resizeWarning + " is not supported by all filters")
		j.line("[warning] something else")
	}
	if got := j.look(evidence{at: time.Minute + resizeSpacing/2}); got != "" {
		t.Errorf("twice within a minute: %q", got)
	}
}

func TestStallJudge(t *testing.T) {
	rate := camera.Rate{Num: 30, Den: 1}
	slow := camera.Rate{Num: 1, Den: 3}
	for name, c := range map[string]struct {
		rate    camera.Rate
		patient bool
		begun   bool
		after   time.Duration
	}{
		"at first":                         {rate: rate, after: startGrace},
		"while a key frame is waited for":  {rate: rate, patient: true, after: keyGrace},
		"later":                            {rate: rate, patient: true, begun: true, after: minStall},
		"later, a picture in three second": {rate: slow, begun: true, after: 9 * time.Second},
	} {
		f := &feed{}
		f.last.Store(int64(time.Second))
		j := &stallJudge{last: &f.last, least: minStall, rate: func() camera.Rate { return c.rate }, patient: c.patient}
		if c.begun {
			j.look(evidence{at: time.Second, unit: &unit{}})
		}
		now := time.Second
		for ; j.look(evidence{at: now}) == ""; now += checkInterval {
			if now > time.Minute {
				break
			}
		}
		if got := now - time.Second; got <= c.after || got > c.after+2*checkInterval {
			t.Errorf("%s: stalled after %v, want %v", name, got, c.after)
		}
	}
	f := &feed{}
	f.last.Store(int64(time.Second))
	j := &stallJudge{last: &f.last, least: minStall, rate: func() camera.Rate { return rate }, begun: true}
	j.look(evidence{at: time.Second})
	if got := j.look(evidence{at: time.Hour}); got != "" {
		t.Errorf("after this program had stood still: %q", got)
	}
}

// TestStallOfACopiedCamera: one that can be reached may have nothing to send for a
// while, and one that has promised long pictures is not even asked.
func TestStallOfACopiedCamera(t *testing.T) {
	away := errors.New("nobody answers")
	for name, c := range map[string]struct {
		longest time.Duration
		answer  error
		asked   bool
		after   time.Duration
	}{
		"nobody can ask it":             {138 * ms, nil, false, minStall},
		"it answers":                    {138 * ms, nil, true, idleStall},
		"it does not":                   {138 * ms, away, true, minStall},
		"its pictures are long":         {5750 * ms, nil, false, 2 * 5750 * ms},
		"they are, and it is away, too": {5750 * ms, away, true, 2 * 5750 * ms},
	} {
		synctest.Test(t, func(t *testing.T) {
			f := &feed{}
			f.last.Store(int64(time.Second))
			j := &stallJudge{last: &f.last, least: minStall, rate: func() camera.Rate { return camera.Rate{Num: 25, Den: 1} },
				longest: func() time.Duration { return c.longest }}
			if c.asked {
				j.ask = func() error { return c.answer }
			}
			j.look(evidence{at: time.Second, unit: &unit{}})
			now := time.Second
			for ; j.look(evidence{at: now}) == "" && now < time.Minute; now += checkInterval {
				synctest.Wait()
			}
			if got := now - time.Second; got <= c.after || got > c.after+2*checkInterval {
				t.Errorf("%s: stalled after %v, want %v", name, got, c.after)
			}
		})
	}
}

func TestRenewJudge(t *testing.T) {
	recording := true
	j := &renewJudge{renewable: true, may: func(now time.Duration) bool { return now >= time.Hour }, recording: func() bool { return recording }}
	if got := j.look(evidence{at: time.Hour - time.Second}); got != "" {
		t.Errorf("too soon after the last: %q", got)
	}
	if got := j.look(evidence{at: time.Hour}); got != camera.CopyAgain {
		t.Errorf("when it may: %q", got)
	}
	if recording = false; j.look(evidence{at: 2 * time.Hour}) != "" {
		t.Error("an ffmpeg that records nothing is ended")
	}
	if recording, j.renewable = true, false; j.look(evidence{at: 3 * time.Hour}) != "" {
		t.Error("a camera that is encoded for other reasons is copied")
	}
}

func TestRateJudge(t *testing.T) {
	behind := false
	changes := rateChanges{slow: firstSlow}
	newJudge := func() *rateJudge {
		return &rateJudge{rateWatch: rateWatch{planned: camera.Rate{Num: 10, Den: 1}}, behind: func() bool { return behind }, changes: &changes, log: discarded}
	}
	// twice is the cause for which it ends when twice the pictures come for 20 s.
	twice := func(j *rateJudge, begin time.Duration, awake bool) (cause string) {
		for i := range uint64(20) {
			if got := j.look(evidence{at: begin + time.Duration(i)*time.Second, report: &progress{frames: 10 * i, drop: 10 * i}, awake: awake}); got != "" {
				cause = got
			}
		}
		return cause
	}
	if got := twice(newJudge(), time.Minute, true); got != camera.RateChanged {
		t.Errorf("%q", got)
	}
	if got := twice(newJudge(), time.Minute+20*time.Second, true); got != "" {
		t.Errorf("again within a minute: %q", got)
	}
	if behind = true; twice(newJudge(), time.Hour, true) != "" {
		t.Error("what ffmpeg has not read says something")
	}
	if behind = false; twice(newJudge(), time.Hour, false) != "" {
		t.Error("what this program did not see says something")
	}
	j := newJudge()
	if j.known = true; twice(j, time.Hour, true) != "" {
		t.Error("a rate that is set is found out")
	}
}

// TestRateJudgeOfIdlingCamera: that a camera which idled sends at its full rate is told
// within seconds, and once more where the first of them misled; a pile is none.
func TestRateJudgeOfIdlingCamera(t *testing.T) {
	changes := rateChanges{slow: firstSlow}
	sent, at := uint64(0), time.Minute
	// told is the rate after how many seconds, at so many pictures in each.
	told := func(planned camera.Rate, seconds ...uint64) (rate float64, after int) {
		j := &rateJudge{rateWatch: rateWatch{planned: planned}, behind: func() bool { return false }, changes: &changes, log: discarded}
		for i, n := range seconds {
			sent, at = sent+n, at+time.Second
			if j.look(evidence{at: at, report: &progress{frames: sent}, awake: true}) == camera.RateChanged {
				return changes.now, i
			}
		}
		return 0, 0
	}
	one := camera.Rate{Num: 1, Den: 1}
	if rate, after := told(one, 1, 1, 30, 1, 1, 8, 8, 1, 1); after != 0 {
		t.Errorf("a pile is taken for %v fps", rate)
	}
	if rate, after := told(one, 1, 1, 1, 9, 15, 15, 15, 15); math.Abs(rate-15) > 0.1 || after > 6 {
		t.Errorf("%v fps after %d s", rate, after)
	}
	if rate, after := told(camera.Rate{Num: 5, Den: 1}, slices.Repeat([]uint64{20}, 14)...); math.Abs(rate-20) > 0.1 || after > 12 {
		t.Errorf("%v fps after %d s", rate, after)
	}
}
