package main

import (
	"strings"
	"testing"
	"time"
)

// What is measured are delta updates that bring the newest part, of a history
// as long as it says.
func TestArchived(t *testing.T) {
	a := newArchived(usual, "an hour", time.Hour, 3)
	s := a.camera.Snapshot()
	if n := len(s.Segments); n < 1790 || n > 1800 {
		t.Errorf("%d segments in an hour", n)
	}
	if n := len(s.Runs); n != 4 {
		t.Errorf("%d runs, 4 expected", n)
	}
	for _, list := range []string{"live.m3u8", "window.m3u8"} {
		w := &Windows{}
		if err := w.refreshes(t.Context(), []*archived{a}, list, 1); err != nil {
			t.Fatal(err)
		}
		if r := w.Refreshes[0]; r.Bytes < 200 || r.MaxBytes < int(r.Bytes) || r.MaxBytes > 1500 || r.CPU <= 0 || r.Allocated <= 0 {
			t.Errorf("%s: %+v", list, r)
		}
	}
	if full := a.ask("/hls/front/window.m3u8?epoch=0"); full.status != 200 || full.bytes < 5000 {
		t.Errorf("the whole window: %+v", full)
	}
	w := &Windows{}
	w.slices(a)
	for _, slice := range w.Slices {
		if slice.Status != 200 && !strings.Contains(slice.What, "day ago") && !strings.Contains(slice.What, "week ago") {
			t.Errorf("%+v", slice)
		}
	}
}
