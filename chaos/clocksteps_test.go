package main

import (
	"testing"
	"time"

	"lookback/controller/spool"
)

// steppedTape is a tape in whose middle the clock is moved by so many ms.
func steppedTape(by int64) (frames []Frame, marks map[uint64]Mark, sent []int64, steps []clockStep) {
	frames, marks, sent = tape()
	for i := 100; i < 200; i++ {
		frames[i].At, frames[i].Coded, sent[i] = frames[i].At+by, frames[i].Coded+by, sent[i]+by
	}
	marks[5] = Mark{Discontinuity: true}
	return frames, marks, sent, []clockStep{{sent[99] + 50, by}}
}

const halfAnHour = 1_800_000

// TestClockSteps: what plays one after the other is compared so, whatever the
// clock said.
func TestClockSteps(t *testing.T) {
	for _, by := range []int64{-halfAnHour / 2, halfAnHour, 3 * halfAnHour} {
		frames, marks, sent, steps := steppedTape(by)
		v := checkContent(frames, nil, marks, sent, steps)
		if v.Sent != 200 || len(v.Backwards)+len(v.Unmarked)+v.Marked != 0 || v.LostSeconds != 0 || v.MaxErrorS != 0.03 {
			t.Errorf("a step by %d: %+v", by, v)
		}
		if v := checkContent(frames, nil, marks, sent, nil); len(v.Backwards) == 0 && by < 0 {
			t.Error("pictures that go back for no reason are all right")
		}
	}
}

// TestClockSetBack: pictures and their dates go back together.
func TestClockSetBack(t *testing.T) {
	for _, by := range []int64{-600_000, halfAnHour} {
		frames, marks, sent, steps := steppedTape(by)
		if v := checkContent(frames, nil, marks, sent, steps); len(v.Backwards) != 0 || len(v.Unmarked) != 0 || v.LostSeconds != 0 {
			t.Errorf("%+v", v)
		}
		for i := 100; i < 200; i++ {
			frames[i].At -= by
		}
		if v := checkContent(frames, nil, marks, sent, steps); len(v.Backwards) == 0 {
			t.Error("pictures that go back under dates that go on are all right")
		}
	}
}

// TestGapsAcrossSteps: a hole before, at and after a step, and what is told of one.
func TestGapsAcrossSteps(t *testing.T) {
	for _, by := range []int64{-halfAnHour / 2, halfAnHour} {
		for _, test := range []struct {
			name             string
			from, to         int
			marked, unmarked int
		}{
			{"before", 62, 78, 0, 1},
			{"where the discontinuity is", 92, 108, 1, 0},
			{"after", 142, 158, 0, 1},
		} {
			frames, marks, sent, steps := steppedTape(by)
			flaws := []Flaw{{MSN: 7, From: frames[test.from].At, To: frames[test.to-1].At, Kind: spool.Standstill}}
			frames = cut(frames, test.from, test.to)
			v := checkContent(frames, nil, marks, sent, steps)
			if v.Marked != test.marked || len(v.Unmarked) != test.unmarked {
				t.Errorf("%s a step by %d: %+v", test.name, by, v)
			}
			if test.unmarked == 0 {
				continue
			}
			if v := checkContent(frames, flaws, marks, sent, steps); v.Marked != 1 || len(v.Moved) != 0 {
				t.Errorf("%s a step by %d, told: %+v", test.name, by, v)
			}
		}
	}
}

// TestManySteps: forward, back to before the first picture, and forward again
// without a picture in between.
func TestManySteps(t *testing.T) {
	steps := []clockStep{{10_000_000, 2_000_000}, {12_020_000, -4_000_000}, {8_040_000, 1_800_000}, {9_841_000, 1_800_000}}
	u := unstepped{steps: steps, since: 9_990_000}
	for _, test := range []struct{ ms, want int64 }{
		{9_990_000, 9_990_000}, {10_000_000, 10_000_000}, {12_000_001, 10_000_001}, {12_019_000, 10_019_000},
		{8_020_500, 10_020_500}, {8_039_999, 10_039_999}, {11_641_100, 10_041_100}, {11_999_000, 10_399_000},
	} {
		if got := u.time(test.ms); got != test.want {
			t.Errorf("%d is %d, want %d", test.ms, got, test.want)
		}
	}
}

// TestTurnsOfOutcomes reads the steps off the two clocks of the times.
func TestTurnsOfOutcomes(t *testing.T) {
	begun := time.Now()
	outcomes := []Outcome{{Begun: begun, Gone: begun.Add(30 * time.Millisecond)}, {Step: Step{Kind: "clock"}, Begun: begun, Gone: begun.Add(30 * time.Millisecond)}}
	steps := clockStepsOf(outcomes, func(kind string) bool { return kind == "clock" })
	if len(steps) != 1 || steps[0] != (clockStep{begun.UnixMilli(), 0}) {
		t.Errorf("%v", steps)
	}
}
