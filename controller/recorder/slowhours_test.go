package recorder

import (
	"testing"
	"time"

	"lookback/controller/spool"
)

// TestSlowHours: the lowest rate of a day counts for a day, whatever was sent since.
func TestSlowHours(t *testing.T) {
	var s slowHours
	for _, c := range []struct {
		hour    int64
		picture time.Duration
		news    bool
		longest time.Duration
	}{
		{100, 200 * ms, true, 200 * ms},
		{100, 40 * ms, false, 200 * ms},
		{100, 202 * ms, false, 200 * ms},
		{101, 40 * ms, true, 200 * ms},
		{110, time.Second, true, time.Second},
		{123, 40 * ms, true, time.Second},
		{134, 40 * ms, true, 40 * ms},
		{90, 40 * ms, true, 40 * ms}, // the clock was set
	} {
		if news := s.note(c.hour, c.picture); news != c.news || s.longest(c.hour) != c.longest {
			t.Errorf("%d, %v: news %t, longest %v", c.hour, c.picture, news, s.longest(c.hour))
		}
	}
	for hour := int64(200); hour < 300; hour++ {
		s.note(hour, 40*ms)
	}
	if len(s) > slowKept {
		t.Errorf("%d hours are kept", len(s))
	}
}

// TestLowestRateOfTheDay: parts are long enough for the lowest rate that a camera has
// sent at in the last day. Neither an hour at a higher one nor another recorder, nor
// another promise changes that.
func TestLowestRateOfTheDay(t *testing.T) {
	t.Parallel()
	due := changing(0, 25, 8, 5, 22, 25)
	cam := &rtspCamera{fps: 10, due: due, stamped: func(n int) float64 { return due(n).Seconds() }}
	url, dir := cam.begin(t), t.TempDir()
	at := func(r *Recorder) {
		r.MediaDir, r.dir, r.Log = dir, spool.CameraDir(dir, r.Camera), discarded
		r.keys.spell = 6 * time.Second
	}
	newest := func(r *Recorder) spool.Promised {
		if p, err := spool.HighestPromise(r.dir); err == nil && p != nil {
			return *p
		}
		return spool.Promised{}
	}
	r, stop := start(t, url, noFFmpeg, at)
	until(t, 60*time.Second, "longer parts", func() bool { return newest(r).Constants.PartTarget == 230_000 })
	until(t, 60*time.Second, "pictures for longer than it took to make parts short again", func() bool {
		return len(cam.sentAt()) > 8*25+14*5+20*25
	})
	before := newest(r)
	stop()
	if before.Constants.PartTarget != 230_000 {
		t.Errorf("%+v", before)
	}
	r, stop = start(t, url, noFFmpeg, at, func(r *Recorder) { r.Segment = 3 * time.Second })
	until(t, 60*time.Second, "another promise", func() bool { return newest(r).Number > before.Number })
	after := newest(r)
	stop()
	if after.Constants.PartTarget != 230_000 {
		t.Errorf("%+v", after)
	}
}
