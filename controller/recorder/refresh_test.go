package recorder

import (
	"slices"
	"strings"
	"testing"
	"time"

	"lookback/controller/spool"
)

const refreshing = "intra-refresh=1:keyint=12:scenecut=0"

// TestNoKeyFrames: a camera that refreshes its picture bit by bit, and sends no key
// frame, is encoded, and the plan says why.
func TestNoKeyFrames(t *testing.T) {
	t.Parallel()
	for name, begin := range map[string]func(*testing.T) string{
		"RTSP": func(t *testing.T) string {
			cam := &rtspCamera{fps: 25}
			pictures := h264Pictures(t, "320x180", "-x264-params", refreshing)
			cam.show(slices.DeleteFunc(pictures, func(p [][]byte) bool {
				return slices.ContainsFunc(p, func(nal []byte) bool { return nal[0]&0x1f == nalIDR })
			}))
			return cam.begin(t)
		},
		"MPEG-TS": func(t *testing.T) string {
			return newTSCamera(t, "-pix_fmt", "yuv420p", "-x264-params", refreshing, "-bsf:v", "filter_units=remove_types=5").URL
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, stop := start(t, begin(t), func(r *Recorder) { r.Log = discarded })
			until(t, 90*time.Second, "three segments", func() bool {
				names, _ := spool.Runs(r.dir)
				return strings.HasPrefix(status(r).Plan, "encoding") && len(names) > 0 && segments(t, r, len(names)-1) >= 3
			})
			s := status(r)
			stop()
			if !strings.Contains(strings.Join(s.PlanReasons, " "), "sends no key frames") {
				t.Errorf("%+v", s)
			}
			all := runs(t, r)
			if len(all) != 1 || len(s.Restarts) > 0 {
				t.Errorf("%d runs, %v", len(all), s.Restarts)
			}
			readRun(t, all[0])
		})
	}
}

// TestRefreshJudge: key frames now and then are enough, refreshes alone are not.
func TestRefreshJudge(t *testing.T) {
	key, refresh, other := &unit{sync: true}, &unit{refresh: true}, &unit{}
	for name, c := range map[string]struct {
		units []*unit // one a second
		want  int     // which of them tells, -1: none
	}{
		"key frames":             {[]*unit{key, other, key, other}, -1},
		"refreshes between them": {[]*unit{key, refresh, refresh, refresh, key, refresh, refresh, refresh}, -1},
		"refreshes alone":        {[]*unit{other, refresh, other, refresh}, 3},
		"a key frame at first":   {append([]*unit{key}, slices.Repeat([]*unit{refresh}, 40)...), 30},
		"nothing at all":         {slices.Repeat([]*unit{other}, 100), -1},
	} {
		found := 0
		j := &refreshJudge{copied: true, found: func() { found++ }}
		told := -1
		for i, u := range c.units {
			if j.look(evidence{at: time.Duration(i+1) * time.Second, unit: u}) != "" && told < 0 {
				told = i
			}
		}
		if told != c.want || (found > 0) != (told >= 0) {
			t.Errorf("%s: %d, want %d", name, told, c.want)
		}
	}
}

// TestBeginsWithKey: by the types of the NAL units.
func TestBeginsWithKey(t *testing.T) {
	for _, c := range []struct {
		entry string
		data  []byte
		want  bool
	}{
		{"avc1", lengths("\x09\xf0", "\x67set", "\x65picture"), true},
		{"avc1", lengths("\x09\xf0", "\x67set", "\x06sei", "\x41picture"), false},
		{"hvc1", lengths("\x40\x01vps", "\x26\x01IDR"), true},
		{"hvc1", lengths("\x2a\x01CRA"), true},
		{"hvc1", lengths("\x02\x01trailing"), false},
		{"av01", []byte("anything"), true},
	} {
		if got := beginsWithKey(c.entry, c.data); got != c.want {
			t.Errorf("%s %q: %v", c.entry, c.data, got)
		}
	}
}
