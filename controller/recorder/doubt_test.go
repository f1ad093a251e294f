package recorder

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// falling is a camera that sends at another rate after 20 s.
func falling(from, to float64) func(int) float64 {
	return func(n int) float64 {
		if f := float64(n); f > 20*from {
			return 20 + (f-20*from)/to
		}
		return float64(n) / from
	}
}

// later is a camera that stamps for another rate than it sends at after some seconds.
func later(from, fps, as float64) func(int) float64 {
	return func(n int) float64 {
		if after := float64(n) - from*fps; after > 0 {
			return from + after/as
		}
		return float64(n) / fps
	}
}

// carries is a connection that carries but a share of what a camera sends from one second to
// another. Key frames are as large as eight other pictures, which differ.
func carries(fps, from, to, share float64) func(int, float64) float64 {
	free, usual := 0.0, 0.25/fps
	return func(n int, sent float64) float64 {
		if n == 0 {
			free = 0
		}
		takes := usual * float64(sizeOf(n)) / 1000
		begins := math.Max(sent, free)
		if begins >= from && begins < to {
			takes *= 3 / share
		}
		free = begins + takes
		return free - sent
	}
}

// sizeOf is how large a picture is, bytes.
func sizeOf(n int) int {
	size := 400 + n*7919%1201
	if n%25 == 0 {
		size *= 8
	}
	return size
}

// leftOut is a camera that leaves out a second of pictures.
func leftOut(n int) float64 { return float64(n+25*min(1, n/625)) / 25 }

// oldSecond is one of which a server has an old second at hand.
func oldSecond(n int) float64 { return float64(n)/25 + 1.5*float64(min(1, n/25)) }

// idles is one that sends a picture a second for ten seconds in twenty.
func idles(n int) float64 {
	rounds, rest := n/260, n%260
	return float64(20*rounds) + float64(min(250, rest))/25 + float64(max(0, rest-250))
}

// steps is a camera of 25 fps whose stamps leap by -1 to 2 s, after some seconds and then
// each so many.
func steps(from, each float64) func(int) float64 {
	r, leaps := rand.New(rand.NewPCG(3, 4)), []float64{}
	for range 200 {
		leaps = append(leaps, 3*r.Float64()-1)
	}
	return func(n int) float64 {
		at := float64(n) / 25
		for i := range int(math.Max(0, at-from) / each) {
			at += leaps[i%len(leaps)]
		}
		return at
	}
}

// busy is a machine that has much to do: each picture is late by up to a time, seconds, and
// now and then some are by much more.
func busy(most float64) func(int, float64) float64 {
	r := rand.New(rand.NewPCG(7, 8))
	return func(n int, sent float64) float64 {
		if math.Mod(sent, 2.7) < 2*most {
			return 3 * most
		}
		return most * r.Float64()
	}
}

// handed has each picture of a camera taken: at once, or when so many more have come, as
// ffmpeg hands them out, whose stamp is that of their end.
func (c arriving) handed(held int, take func(n int, u unit)) {
	f := h264(320, 180)
	f.timescale = 90000
	var waits []unit
	last := time.Duration(0)
	for n := 0; c.sent(n) <= 60; n++ {
		sent := c.sent(n)
		last = max(last, time.Duration((100+sent+c.late(n, sent))*float64(time.Second)))
		at := int64(math.Round(c.stamp(n) * 90000))
		if held > 0 && n > 0 {
			before := &waits[len(waits)-1]
			at = max(at, before.dts+1) // as muxers do
			before.duration, before.late = uint64(at-before.dts), true
		}
		waits = append(waits, unit{format: f, dts: at, pts: at, sync: n%25 == 0, data: make([]byte, sizeOf(n))})
		if n >= held {
			u := waits[0]
			waits, u.arrival = waits[1:], last
			take(n-held, u)
		}
	}
}

// TestLaterStamps: stamps that go wrong after a while are found out before a picture is
// dated half a second off, over good networks and bad ones, with or without ffmpeg.
func TestLaterStamps(t *testing.T) {
	night := falling(25, 5)
	often := changing(0, 25, 20, 12, 28, 25, 36, 12, 44, 25)
	for name, c := range map[string]struct {
		sent, stamp func(n int) float64
		method      method
	}{
		"random steps":                           {every(25), steps(0, 2), byArrival},
		"random steps, later":                    {every(25), steps(20, 2), byArrival},
		"random steps each second, later":        {every(25), steps(20, 1), byArrival},
		"25 by day, 5 by night, steps as before": {night, every(25), rescaled},
		"25, 1 by night, steps as before":        {falling(25, 1), every(25), rescaled},
		"25, 12 by night, steps as before":       {falling(25, 12), every(25), rescaled},
		"5, then 25, steps as before":            {falling(5, 25), every(5), rescaled},
		"15 as 25, later":                        {every(15), later(20, 15, 25), rescaled},
		"25 as 20, later":                        {every(25), later(20, 25, 20), rescaled},
		"25 as 23, later":                        {every(25), later(20, 25, 23), rescaled},
		"25 as 27, later":                        {every(25), later(20, 25, 27), rescaled},
		"ten times too fast, later":              {every(25), later(20, 25, 2.5), byArrival},
		"ten times too slow, later":              {every(25), later(20, 25, 250), rescaled},
		"25, 20 by night, steps as before":       {falling(25, 20), every(25), rescaled},
		"25, then 50, steps as before":           {falling(25, 50), every(25), rescaled},
		"25, then 2, steps as before":            {falling(25, 2), every(25), rescaled},
		"50 as 30, later":                        {every(50), later(20, 50, 30), rescaled},
		"5 as 4, later":                          {every(5), later(20, 5, 4), rescaled},
		"they leap ahead by 0.8 s, later":        {every(25), func(n int) float64 { return float64(n)/25 + 0.8*float64(n/500) }, byArrival},
		"they leap back by 0.6 s, later":         {every(25), func(n int) float64 { return 100 + float64(n)/25 - 0.6*float64(n/500) }, byArrival},
		"they stand still, later":                {every(25), func(n int) float64 { return float64(min(n, 500)) / 25 }, byArrival},
		"now 25, now 12, steps as before":        {func(n int) float64 { return often(n).Seconds() }, every(25), byArrival},
	} {
		for held := range heldPictures + 1 {
			for network, late := range map[string]func(int, float64) float64{"good": uneven(0.03), "busy": busy(0.05), "busier": busy(0.08)} {
				within := map[string]float64{"good": 0.5, "busy": 0.5, "busier": 0.7}[network]
				if held > 1 && c.sent(501)-c.sent(500) >= 1 {
					within = 1.1 // they are a picture later than their stamps say, or ffmpeg holds them
				}
				t.Run(fmt.Sprint(name, ", ", network, ", held ", held), func(t *testing.T) {
					checkLater(t, arriving{c.sent, c.stamp, late, false}, held, c.method, within)
				})
			}
		}
	}
}

// TestNetworksAreTrusted: what a network does to pictures whose stamps are right changes
// no date, and nothing is said of the stamps.
func TestNetworksAreTrusted(t *testing.T) {
	for name, c := range map[string]arriving{
		"held up for 1 s each 5 s":               {every(25), every(25), func(n int, sent float64) float64 { return math.Max(0, 1-math.Mod(sent, 5)) }, false},
		"a connection that carries less for 3 s": {every(25), every(25), carries(25, 30, 33, 0.6), false},
		"a connection that carries much less":    {every(25), every(25), carries(25, 30, 36, 0.25), false},
		"a connection that carries a bit less":   {every(15), every(15), carries(15, 30, 40, 0.8), false},
		"late, and then some are left out":       {leftOut, leftOut, carries(25, 20, 27, 0.5), false},
		"a server with an old second at hand":    {oldSecond, oldSecond, func(n int, sent float64) float64 { return math.Max(0, 2.5+float64(n)*0.001-sent) }, true},
		"it idles":                               {idles, idles, uneven(0.03), false},
		"much to do":                             {every(25), every(25), busy(0.1), false},
	} {
		for held := range heldPictures + 1 {
			t.Run(fmt.Sprint(name, ", held ", held), func(t *testing.T) { checkLater(t, c, held, byStamps, 0.05) })
		}
	}
}

// checkLater looks at how pictures are dated, which may be off by so many seconds.
func checkLater(t *testing.T, c arriving, held int, want method, within float64) {
	t.Helper()
	s := &stamps{sure: c.known}
	next, zero := 0, int64(0)
	c.handed(held, func(n int, u unit) {
		on := s.add(u)
		if waits := u.arrival - s.since(); waits > mostHeldBack+time.Second {
			t.Fatalf("picture %d is held back for %v", n, waits)
		}
		for _, u := range on {
			if next == 0 {
				zero = u.dts
			}
			if off := u.format.time(u.dts-zero).Seconds() - (c.sent(next) - c.sent(0)); math.Abs(off) > within {
				t.Fatalf("picture %d of %.2f s is dated %.3f s off (%s)", next, c.sent(next), off, s.why)
			}
			next++
		}
	})
	if (s.method == byStamps) != (want == byStamps) {
		t.Errorf("method %d, want %d: %s", s.method, want, s.why)
	}
}

// TestUntrustedIsSaidOnce: a pace that is measured a little better is no news, another reason is.
func TestUntrustedIsSaidOnce(t *testing.T) {
	slow := trust{method: rescaled, scale: 5, why: theyPass(0.2), done: "corrected"}
	better := trust{method: rescaled, scale: 4.9, why: theyPass(0.204), done: "corrected"}
	for _, c := range []struct {
		t, before trust
		like      bool
	}{
		{better, slow, true},
		{slow, trust{}, false},
		{trust{method: rescaled, scale: 2, why: theyPass(0.5), done: "corrected"}, slow, false},
		{trust{method: byArrival, why: theyLeap, done: datedByArrival}, slow, false},
		{trust{method: byArrival, why: theyLeap, done: datedByArrival}, trust{method: byArrival, why: theyStand, done: datedByArrival}, false},
	} {
		if c.t.like(c.before) != c.like {
			t.Errorf("%+v after %+v", c.t, c.before)
		}
	}
}

// TestRateOfHeldPictures: where a camera that ffmpeg reads sends fewer pictures, none of the
// rates that are told is between the old one and the new one.
func TestRateOfHeldPictures(t *testing.T) {
	for held := range heldPictures + 1 {
		s, told := &stamps{}, 0
		night := falling(25, 5)
		arriving{night, night, uneven(0.03), false}.handed(held, func(n int, u unit) {
			s.add(u)
			if rate, ok := s.rate(); ok {
				if told++; math.Abs(rate-25) > 0.5 && math.Abs(rate-5) > 0.1 {
					t.Errorf("%d held: %.2f fps at picture %d", held, rate, n)
				}
			}
		})
		if told < 100 {
			t.Errorf("%d held: a rate is told %d times", held, told)
		}
	}
}

// TestLikePicturesAtNight: pictures that are nearly all of one size tell nothing of what a
// connection carries, however few there are.
func TestLikePicturesAtNight(t *testing.T) {
	for held := range heldPictures + 1 {
		for seed := range uint64(60) {
			r := rand.New(rand.NewPCG(seed, 9))
			night, s, next, zero := falling(25, 5), &stamps{}, 0, int64(0)
			late := func(int, float64) float64 { return 0.02 * r.ExpFloat64() }
			arriving{night, every(25), late, false}.handed(held, func(n int, u unit) {
				u.data = make([]byte, 2000+r.IntN(600))
				for _, u := range s.add(u) {
					if next == 0 {
						zero = u.dts
					}
					if off := u.format.time(u.dts-zero).Seconds() - night(next); math.Abs(off) > 0.8 {
						t.Fatalf("%d held, seed %d: picture %d is dated %.2f s off", held, seed, next, off)
					}
					next++
				}
			})
		}
	}
}
