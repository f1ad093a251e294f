package recorder

import (
	"fmt"
	"testing"
	"time"
)

// TestSlower: pictures that save time are told from holes, and none is cut by much
// before that is known.
func TestSlower(t *testing.T) {
	f := h264(320, 180)
	for name, c := range map[string]struct {
		pictures []time.Duration
		want     string // behind which picture how many go on, and for how long parts
	}{
		"none is long":              {[]time.Duration{40 * ms, 130 * ms, 40 * ms}, "[1 1 1]"},
		"a hole":                    {[]time.Duration{40 * ms, 2 * time.Second, 40 * ms}, "[1 0 2]"},
		"a small hole":              {[]time.Duration{40 * ms, 300 * ms, 40 * ms}, "[1 1 1]"},
		"a hole that is too long":   {[]time.Duration{40 * ms, 20 * time.Second, 40 * ms}, "[1 1 1]"},
		"holes with some between":   {[]time.Duration{2 * time.Second, 40 * ms, 2 * time.Second, 40 * ms}, "[0 2 0 2]"},
		"idling at 1 fps":           {[]time.Duration{40 * ms, time.Second, time.Second}, "[1 0 2:1.15s]"},
		"idling at 0.2 fps":         {[]time.Duration{40 * ms, 5010 * ms, 5 * time.Second}, "[1 0 2:5.762s]"},
		"idling at 3 fps":           {[]time.Duration{333 * ms, 333 * ms, 333 * ms}, "[1 1 1:383ms]"},
		"a little slower":           {[]time.Duration{150 * ms, 150 * ms, 155 * ms}, "[1 1 1:179ms]"},
		"a little, and unevenly":    {[]time.Duration{150 * ms, 190 * ms, 150 * ms, 150 * ms, 150 * ms, 150 * ms, 150 * ms, 150 * ms}, "[1 1 1 1 1 1 1 1:219ms]"},
		"the longer comes after it": {[]time.Duration{500 * ms, 2 * time.Second}, "[0 2:2.3s]"},
	} {
		var s slower
		var got []string
		for _, d := range c.pictures {
			on, part := s.add(unit{format: f, duration: uint64(d.Seconds() * float64(f.timescale))}, 138*ms)
			if part > 0 {
				got = append(got, fmt.Sprintf("%d:%v", len(on), part))
			} else {
				got = append(got, fmt.Sprint(len(on)))
			}
		}
		if fmt.Sprint(got) != c.want {
			t.Errorf("%s: %v, want %s", name, got, c.want)
		}
	}
}

// TestLongerParts: a camera that idles ever more slowly gets ever longer parts at
// once, but not many times.
func TestLongerParts(t *testing.T) {
	r := New(Options{})
	now, times := 138*ms, 0
	for needed := 140 * ms; needed < slowestPicture; needed += 10 * ms {
		if needed > now {
			now = r.longerParts(time.Hour, needed, now)
			r.renewed.longer = time.Hour
			times++
		}
	}
	if times > 7 || now < slowestPicture {
		t.Errorf("parts became longer %d times, to %v", times, now)
	}
	if got := r.longerParts(2*time.Hour, 200*ms, 138*ms); got != 200*ms {
		t.Errorf("after a while: %v", got)
	}
}
