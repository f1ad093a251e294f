package recorder

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// arriving is a camera as its pictures arrive: when each is sent and what its stamp
// says, seconds, and by how much it is late.
type arriving struct {
	sent, stamp func(n int) float64
	late        func(n int, sent float64) float64
	known       bool // nothing is held back
}

func every(fps float64) func(int) float64 { return func(n int) float64 { return float64(n) / fps } }

// uneven is what networks do: most pictures are a little late, some more.
func uneven(most float64) func(int, float64) float64 {
	r := rand.New(rand.NewPCG(1, 2))
	return func(int, float64) float64 { return most * r.Float64() * r.Float64() }
}

// TestStamps: whether a camera's time stamps can be trusted, and what becomes of
// those that can't. A picture is dated when it was sent, or a little later.
func TestStamps(t *testing.T) {
	night := func(n int) float64 {
		if n <= 500 {
			return float64(n) / 25
		}
		return 20 + float64(n-500)/5
	}
	for name, c := range map[string]struct {
		arriving
		method method
		within float64 // how far a date may be off, seconds
		from   float64 // seconds after its beginning
	}{
		"right":                             {arriving{every(25), every(25), uneven(0.03), false}, byStamps, 0.04, 0},
		"right, and known":                  {arriving{every(25), every(25), uneven(0.03), true}, byStamps, 0.04, 0},
		"right, a bad network":              {arriving{every(25), every(25), uneven(0.3), false}, byStamps, 0.31, 0},
		"right, 1 fps":                      {arriving{every(1), every(1), uneven(0.03), false}, byStamps, 0.04, 0},
		"15 fps as 25":                      {arriving{every(15), every(25), uneven(0.03), false}, rescaled, 0.15, 0},
		"25 fps as 20":                      {arriving{every(25), every(20), uneven(0.03), false}, rescaled, 0.15, 0},
		"12 fps as 30":                      {arriving{every(12), every(30), uneven(0.03), false}, rescaled, 0.15, 0},
		"ten times too fast":                {arriving{every(25), every(2.5), uneven(0.03), false}, rescaled, 0.15, 0},
		"ten times too slow":                {arriving{every(25), every(250), uneven(0.03), false}, rescaled, 0.15, 0},
		"3 % too fast":                      {arriving{every(25), every(25 / 1.03), uneven(0.03), false}, rescaled, 0.4, 0},
		"4 % too slow":                      {arriving{every(25), every(26), uneven(0.03), false}, rescaled, 0.4, 0},
		"1 % too fast is slewed":            {arriving{every(25), every(25 / 1.01), uneven(0.03), false}, byStamps, 1, 0},
		"known, then 15 as 25":              {arriving{every(15), every(25), uneven(0.03), true}, rescaled, 0.2, 12},
		"a bad network, 15 as 25":           {arriving{every(15), every(25), uneven(0.2), false}, rescaled, 0.4, 0},
		"25 by day, 5 by night":             {arriving{night, night, uneven(0.03), false}, byStamps, 0.04, 0},
		"they stand still":                  {arriving{every(25), func(int) float64 { return 7 }, uneven(0.03), false}, byArrival, 0.15, 0},
		"they stand by night":               {arriving{every(25), func(n int) float64 { return float64(min(n, 500)) / 25 }, uneven(0.03), false}, byArrival, 0.7, 0},
		"they leap":                         {arriving{every(25), func(n int) float64 { return float64(n)/25 + float64(n/75)*7200 }, uneven(0.03), false}, byArrival, 0.15, 0},
		"they leap back and forth":          {arriving{every(25), func(n int) float64 { return float64(n)/25 + float64(n/60%2)*3600 }, uneven(0.03), false}, byArrival, 0.15, 0},
		"they are random":                   {arriving{every(20), func(n int) float64 { return float64(n * 7919 % 40009) }, uneven(0.03), false}, byArrival, 0.15, 0},
		"its clock is set":                  {arriving{every(25), func(n int) float64 { return float64(n)/25 + float64(min(1, n/600))*3600 }, uneven(0.03), false}, byStamps, 0.1, 0},
		"its clock is set back":             {arriving{every(25), func(n int) float64 { return 9000 + float64(n)/25 - float64(min(1, n/600))*3600 }, uneven(0.03), false}, byStamps, 0.1, 0},
		"a server with two seconds at hand": {arriving{every(25), every(25), func(n int, sent float64) float64 { return max(0, 2+float64(n)*0.001-sent) }, false}, byStamps, 2.1, 0},
		"a slow connection to a server with much at hand": {arriving{every(25), every(25), func(n int, sent float64) float64 { return max(0, 1-sent/2) }, false}, byStamps, 1.1, 0},
		"held up for 4 s": {arriving{every(25), every(25), func(n int, sent float64) float64 {
			if math.Mod(sent, 30) > 20 {
				return max(0, 24-math.Mod(sent, 30))
			}
			return 0
		}, false}, byStamps, 4.1, 0},
		"pictures in pairs":      {arriving{func(n int) float64 { return float64(n/2) / 12.5 }, every(25), uneven(0.01), false}, byStamps, 0.06, 0},
		"each sixth stamp twice": {arriving{every(30), func(n int) float64 { return float64(n*25/30) / 25 }, uneven(0.01), false}, byStamps, 0.06, 0},
	} {
		t.Run(name, func(t *testing.T) {
			s := &stamps{sure: c.known}
			f := h264(320, 180)
			f.timescale = 90000
			var last, longest time.Duration
			given, next, leapt := 0, 0, 0
			var zero *unit
			for n := 0; ; n++ {
				sent := c.sent(n)
				if sent > 60 {
					break
				}
				arrival := max(last, time.Duration((100+sent+c.late(n, sent))*float64(time.Second)))
				last = arrival
				on := s.add(unit{format: f, dts: int64(math.Round(c.stamp(n) * 90000)), pts: int64(math.Round(c.stamp(n)*90000)) + 3600, arrival: arrival, sync: n%25 == 0, data: make([]byte, sizeOf(n))})
				if longest = max(longest, arrival-s.since()); longest > 3500*ms {
					t.Fatalf("nothing goes on after %v", longest)
				}
				if s.leapt {
					s.leapt = false
					leapt++
				}
				for _, u := range on {
					given++
					if zero == nil {
						zero = &u
					}
					at := f.time(u.dts - zero.dts).Seconds()
					if off := at - (c.sent(next) - c.sent(0)); math.Abs(off) > c.within && c.sent(next) > c.from {
						t.Fatalf("picture %d of %.2f s is dated %.3f s off (%s)", next, c.sent(next), off, s.why)
					}
					if u.pts < u.dts {
						t.Fatalf("picture %d is shown before it is decoded", next)
					}
					next++
				}
			}
			t.Logf("%s: held back for %v at most; %d %s", name, longest, s.method, s.why)
			if s.method != c.method {
				t.Errorf("method %d, want %d: %s", s.method, c.method, s.why)
			}
			if (s.why == "") != (c.method == byStamps) || strings.Contains(name, "clock is set") != (leapt > 0 && c.method == byStamps) {
				t.Errorf("%q, %d leaps", s.why, leapt)
			}
			if want := fmt.Sprint(next); fmt.Sprint(given) != want {
				t.Errorf("%d pictures of %s", given, want)
			}
		})
	}
}
