package archive

import (
	"reflect"
	"testing"

	"lookback/controller/spool"
)

var (
	shortGOP = spool.Constants{PartTarget: 100_000, TargetDuration: 2_000_000, Independent: true}
	longGOP  = spool.Constants{PartTarget: 100_000, TargetDuration: 12_000_000}
	parts200 = spool.Constants{PartTarget: 200_000, TargetDuration: 2_000_000, Independent: true}
)

func TestFollowPromises(t *testing.T) {
	requested := func(part int64) *spool.Requested { return &spool.Requested{Part: part, Segment: 2_000_000} }
	for _, x := range []struct {
		name    string
		told    spool.Promised
		number  uint64
		changed bool
	}{
		{"the same", spool.Promised{Number: 3, Constants: shortGOP, Requested: requested(1)}, 3, false},
		{"a recorder of the version before", spool.Promised{Constants: shortGOP}, 3, false},
		{"that one with other constants", spool.Promised{Constants: longGOP}, 4, true},
		{"a number that went back", spool.Promised{Number: 1, Constants: parts200}, 4, true},
		{"its own number with other constants", spool.Promised{Number: 3, Constants: parts200}, 4, true},
		{"a new number", spool.Promised{Number: 4, Constants: parts200}, 4, true},
		{"a new number with the same constants", spool.Promised{Number: 7, Constants: shortGOP}, 7, true},
		{"a damaged number", spool.Promised{Number: 1<<64 - 1, Constants: shortGOP}, 3, false},
		{"a damaged number with other constants", spool.Promised{Number: 1<<64 - 1, Constants: longGOP}, 4, true},
		{"another request of which the same comes", spool.Promised{Number: 3, Constants: shortGOP, Requested: requested(2)}, 3, true},
	} {
		before := []Promise{{FirstMSN: 10, Promised: spool.Promised{Number: 3, Constants: shortGOP, Requested: requested(1)}, Window: shortGOP}}
		kept := append([]Promise(nil), before...)
		now, changed := Follow(before, 10, 20, x.told)
		last := now[len(now)-1]
		if last.Number != x.number || changed != x.changed || !reflect.DeepEqual(before, kept) {
			t.Errorf("%s: %+v, changed %v", x.name, now, changed)
		}
		if again, changed := Follow(now, 10, 21, x.told); changed || len(again) != len(now) {
			t.Errorf("%s: told again with the next segment: %+v", x.name, again)
		}
	}
}

// What has been there when a promise begins decides what its window says.
func TestPromiseFixesTheWindow(t *testing.T) {
	all, _ := Follow(nil, 0, 0, spool.Promised{Constants: longGOP})
	all, _ = Follow(all, 0, 10, spool.Promised{Number: 1, Constants: shortGOP})
	if w := all[1].Window; w != longGOP {
		t.Errorf("with long segments in it the window says %+v", w)
	}
	all, _ = Follow(all, 10, 20, spool.Promised{Number: 2, Constants: parts200})
	if w := all[2].Window; w != parts200 {
		t.Errorf("after they left it says %+v", w)
	}
	all, _ = Follow(all, 10, 20, spool.Promised{Number: 3, Constants: longGOP})
	if len(all) != 3 || all[2].Number != 3 || all[2].Window != longGOP {
		t.Errorf("one without a segment stayed: %+v", all)
	}
}

// The list of a promise stands still until the next one has a segment.
func TestUnderAPromise(t *testing.T) {
	s := &Snapshot{First: 100, Segments: make([]Segment, 5), Open: &Open{MSN: 105}, Recent: []Parts{{MSN: 103}, {MSN: 104}},
		Promises: []Promise{{Promised: spool.Promised{Number: 2}}, {FirstMSN: 103, Promised: spool.Promised{Number: 4}}, {FirstMSN: 105, Promised: spool.Promised{Number: 5}}}}
	s.Segments[3].Duration = 7
	if i := s.Served(); i != 1 {
		t.Errorf("promise %d is served while the newest has no segment", i)
	}
	served, old := s.Under(1), s.Under(0)
	if served.Over || served.Open != nil || len(served.Segments) != 5 || served.Promise().Number != 4 {
		t.Errorf("the one that is served: %+v", served)
	}
	if !old.Over || old.Open != nil || len(old.Segments) != 3 || len(old.Recent) != 0 || old.Promise().Number != 2 || s.OverSince(0) != 7 {
		t.Errorf("the old one: %+v", old)
	}
	if s.Under(2) != s {
		t.Error("under the newest promise something is missing")
	}
	for number, want := range map[uint64]bool{0: false, 2: true, 3: false, 5: true, 6: false} {
		if _, ok := s.Numbered(number); ok != want {
			t.Errorf("number %d: %v", number, ok)
		}
	}
	s.Segments, s.First = nil, 105
	if i := s.Served(); i != 2 {
		t.Errorf("where nothing was recorded before, %d is served", i)
	}
	if gone := s.Under(1); len(gone.Segments) != 0 || s.OverSince(1) != 0 {
		t.Errorf("%+v", gone)
	}
}
