package main

import (
	"math"
	"testing"

	"lookback/controller/spool"
)

// tape is an archive of ten segments of two seconds at 10 pictures a second,
// of a camera that sends as many, from 1000 s on.
func tape() (frames []Frame, marks map[uint64]Mark, sent []int64) {
	marks = map[uint64]Mark{}
	for i := range 200 {
		t := int64(1_000_000 + 100*i)
		frames = append(frames, Frame{MSN: uint64(i / 20), At: t + 30, Coded: t})
		sent = append(sent, t)
		marks[uint64(i/20)] = Mark{}
	}
	return frames, marks, sent
}

// cut leaves pictures out.
func cut[T any](all []T, from, to int) []T {
	return append(append([]T(nil), all[:from]...), all[to:]...)
}

func TestWholeTape(t *testing.T) {
	frames, marks, sent := tape()
	v := checkContent(frames, nil, marks, sent, nil)
	if v.Frames != 200 || v.Sent != 200 || v.LostSeconds != 0 || v.Marked+len(v.Unmarked)+len(v.Backwards)+v.Unreadable != 0 ||
		v.MedianErrorS != 0.03 || v.MaxErrorS != 0.03 {
		t.Errorf("%+v", v)
	}
}

func TestHoles(t *testing.T) {
	discontinuity, gap := Mark{Discontinuity: true}, Mark{Gap: true}
	for _, test := range []struct {
		name             string
		from, to         int // pictures that the archive lacks
		mark             map[uint64]Mark
		unsent           bool // and that the camera never sent
		marked, unmarked int
		lost             float64
	}{
		{name: "between two segments, unmarked", from: 35, to: 55, unmarked: 1, lost: 1.8},
		{name: "within a segment", from: 62, to: 78, unmarked: 1, lost: 1.4},
		{name: "with a discontinuity", from: 35, to: 55, mark: map[uint64]Mark{2: discontinuity}, marked: 1, lost: 1.8},
		{name: "the discontinuity is elsewhere", from: 35, to: 55, mark: map[uint64]Mark{1: discontinuity, 3: discontinuity}, unmarked: 1, lost: 1.8},
		{name: "with a gap", from: 38, to: 82, mark: map[uint64]Mark{3: gap}, marked: 1, lost: 4.2},
		{name: "a few pictures", from: 62, to: 66, lost: 0.2},
		{name: "the camera paused", from: 35, to: 75, unsent: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			frames, marks, sent := tape()
			frames = cut(frames, test.from, test.to)
			if test.unsent {
				sent = cut(sent, test.from, test.to)
			}
			for msn, m := range test.mark {
				marks[msn] = m
			}
			v := checkContent(frames, nil, marks, sent, nil)
			if v.Marked != test.marked || len(v.Unmarked) != test.unmarked || math.Abs(v.LostSeconds-test.lost) > 1e-6 {
				t.Errorf("%d marked, %d unmarked, %.2f s lost; want %d, %d, %.2f", v.Marked, len(v.Unmarked), v.LostSeconds,
					test.marked, test.unmarked, test.lost)
			}
		})
	}
}

// TestHeldPicture: one that is repeated while others were sent is a hole too.
func TestHeldPicture(t *testing.T) {
	frames, marks, sent := tape()
	for i := 62; i < 78; i++ {
		frames[i].Coded = frames[61].Coded
	}
	if v := checkContent(frames, nil, marks, sent, nil); len(v.Unmarked) != 1 || len(v.Backwards) != 0 {
		t.Errorf("%+v", v)
	}
}

// TestToldFlaws: a picture that is repeated is no silent hole where the archive
// says so, and a standstill in which pictures move is a lie.
func TestToldFlaws(t *testing.T) {
	at := func(i int) int64 { return int64(1_000_030 + 100*i) }
	for _, test := range []struct {
		name            string
		flaws           []Flaw
		unmarked, moved int
	}{
		{name: "told", flaws: []Flaw{{0, at(62), at(78), spool.Standstill}}},
		{name: "told in two pieces", flaws: []Flaw{{0, at(70), at(78), spool.Standstill}, {0, at(62), at(71), spool.Late}}},
		{name: "told of most of it", flaws: []Flaw{{0, at(62), at(72), spool.Standstill}}},
		{name: "told of a part", flaws: []Flaw{{0, at(62), at(68), spool.Standstill}}, unmarked: 1},
		{name: "told of one part twice", flaws: []Flaw{{0, at(62), at(68), spool.Standstill}, {0, at(62), at(68), spool.Late}}, unmarked: 1},
		{name: "told of another time", flaws: []Flaw{{0, at(20), at(24), spool.Standstill}}, unmarked: 1},
		{name: "told of what moves as well", flaws: []Flaw{{0, at(62), at(84), spool.Standstill}}, moved: 1},
		{name: "told of the beginning of a run", flaws: []Flaw{{0, at(62), at(78), spool.Standstill}, {0, at(120), at(121), spool.Standstill}}},
		{name: "late ones may move", flaws: []Flaw{{0, at(62), at(84), spool.Late}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			frames, marks, sent := tape()
			for i := 62; i < 78; i++ {
				frames[i].Coded = frames[61].Coded
			}
			if test.name == "told of the beginning of a run" {
				frames, sent = cut(frames, 100, 120), cut(sent, 100, 120)
			}
			v := checkContent(frames, test.flaws, marks, sent, nil)
			if len(v.Unmarked) != test.unmarked || v.Marked != 1-test.unmarked || len(v.Moved) != test.moved {
				t.Errorf("%+v", v)
			}
		})
	}
}

// TestToldSparse: where hardly a picture is missing none are few.
func TestToldSparse(t *testing.T) {
	at := func(i int) int64 { return int64(1_000_030 + 100*i) }
	frames, marks, sent := tape()
	for i := 41; i < 60; i += 2 {
		frames[i].Coded = frames[i-1].Coded
	}
	for _, test := range []struct {
		name    string
		flaws   []Flaw
		seconds float64
		plenty  int
	}{
		{"every second one is missing", []Flaw{{0, at(40), at(50), spool.Sparse}, {0, at(50), at(60), spool.Sparse}}, 2, 0},
		{"and came again in the end", []Flaw{{0, at(40), at(50), spool.Sparse}, {0, at(50), at(70), spool.Sparse}}, 3, 0},
		{"none is missing", []Flaw{{0, at(70), at(80), spool.Sparse}, {0, at(80), at(90), spool.Sparse}, {0, at(100), at(110), spool.Sparse}}, 3, 2},
		{"late ones may be all there", []Flaw{{0, at(70), at(80), spool.Late}}, 0, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			v := checkContent(frames, test.flaws, marks, sent, nil)
			if len(v.Plenty) != test.plenty || math.Abs(v.FewSeconds-test.seconds) > 1e-6 {
				t.Errorf("%.2f s sparse, of which wrongly %q", v.FewSeconds, v.Plenty)
			}
		})
	}
}

func TestBackwards(t *testing.T) {
	frames, marks, sent := tape()
	frames[100].Coded, frames[101].Coded = frames[101].Coded, frames[100].Coded
	if v := checkContent(frames, nil, marks, sent, nil); len(v.Backwards) != 1 {
		t.Errorf("%+v", v)
	}
}

func TestUnreadableAndLate(t *testing.T) {
	frames, marks, sent := tape()
	frames[50].Coded = 0
	frames[60].At += 700
	v := checkContent(frames, nil, marks, sent, nil)
	if v.Unreadable != 1 || v.MaxErrorS != 0.73 || v.MedianErrorS != 0.03 || len(v.Unmarked) != 0 {
		t.Errorf("%+v", v)
	}
}

func TestNothingToCompare(t *testing.T) {
	r := Report{Content: checkContent(nil, nil, nil, nil, nil)}
	if r.judge(); len(r.Broken) == 0 {
		t.Error("an empty archive passes")
	}
}
