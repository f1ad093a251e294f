package main

import (
	"testing"
	"time"
)

func at(seconds ...float64) *watcher {
	w := &watcher{}
	for n, s := range seconds {
		w.arrivals = append(w.arrivals, arrival{announced{partID{7, n}, 0.5, ""}, time.Duration(s * float64(time.Second))})
	}
	return w
}

// The third viewer gets two parts late: one that is late for all, one that
// only it waits for; its stall makes what follows punctual.
func TestJudge(t *testing.T) {
	c := judge([]*watcher{
		at(1, 1.5, 2, 2.5, 3.5, 3.5, 4, 4.5),
		at(1, 1.5, 2, 2.5, 3.6, 3.6, 4, 4.5),
		at(1, 1.5, 2, 2.5, 3.7, 4.3, 4.8, 5),
	}, 2*time.Second, 5*time.Second)
	if c.Parts != 6 || c.Missing != 0 || c.Spread.Max < 0.799 || c.Spread.Max > 0.801 || c.LongestGap != 1 {
		t.Errorf("%+v", c)
	}
	if c.Underruns != 4 || c.ByAll != 3 || c.Starved != 3 {
		t.Errorf("underruns %d, late for all %d, of %d viewers; 4, 3 and 3 expected", c.Underruns, c.ByAll, c.Starved)
	}
}

func TestHear(t *testing.T) {
	text := "#EXTM3U\n#EXT-X-PART:DURATION=0.1,URI=\"0123456789abcdef/parts/41.0.m4s\",INDEPENDENT=YES\n#EXT-X-PART:DURATION=0.05,URI=\"0123456789abcdef/parts/41.1.m4s\"\n" +
		"#EXTINF:0.15,\n0123456789abcdef/2026-11-22/10/000000041.m4s\n"
	hint := "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"0123456789abcdef/parts/42.0.m4s\"\n"
	l, err := parseList(text + hint)
	if err != nil || len(l.parts) != 2 || l.parts[1] != (announced{partID{41, 1}, 0.05, "0123456789abcdef/parts/41.1.m4s"}) || l.next != (partID{42, 0}) {
		t.Errorf("%+v, %v", l, err)
	}
	l, err = parseList(text + "#EXT-X-PART:DURATION=0.1,URI=\"0123456789abcdef/parts/42.0.m4s\",INDEPENDENT=YES\n" + hint)
	if err != nil || len(l.parts) != 3 || l.next != (partID{42, 1}) {
		t.Errorf("%+v, %v", l, err)
	}
	if _, err := parseList("#EXTM3U\n"); err == nil {
		t.Error("a playlist without parts")
	}
}
