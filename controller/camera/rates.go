package camera

import (
	"math"
	"slices"
	"time"
)

// arrivalRate is the rate at which packets came, without the burst in which
// the camera or ffmpeg hands out what it had at hand. It can be relied on where they
// came evenly, one by one or by the bunch.
func arrivalRate(packets []packet) (Rate, bool) {
	var came []time.Duration
	for _, p := range packets {
		came = append(came, p.arrival.Sub(packets[0].arrival))
	}
	if span, frame := bunched(came); span > 0 {
		return SnapArrived(1 / frame.Seconds()), true
	}
	var gaps []float64
	for i := 1; i < len(packets); i++ {
		gaps = append(gaps, packets[i].arrival.Sub(packets[i-1].arrival).Seconds())
	}
	if len(gaps) == 0 {
		return Rate{}, false
	}
	burst := median(gaps) / 4
	for len(gaps) > 2 && gaps[0] < burst {
		gaps = gaps[1:]
	}
	gaps = withoutOld(gaps)
	// The first gap still carries the start of the connection, or, where pictures come
	// by the bunch, the length of the first one.
	if len(gaps) > 2 && median(gaps) > 0 {
		gaps = gaps[1:]
	}
	m := median(gaps)
	var total, frames float64
	for _, g := range gaps {
		if m <= 0 { // most come together with another one
			total += g
			continue
		}
		// A gap of about n median ones is n frames of which n-1 were lost or,
		// with a short gap behind it, late: counting them so, both come out even.
		total, frames = total+g, frames+math.Round(g/m)
	}
	if !(total > 0) {
		return Rate{}, false
	}
	if float64(len(gaps)) > HighestRate*total {
		return mostPictures, true
	}
	if m <= 0 || !even(gaps, m) {
		// A camera or a machine with too much to do.
		if r, ok := combRate(gaps, float64(len(gaps))/total); ok {
			return r, false
		}
		// A rate that is too high
		// repeats frames, which costs next to nothing; one that is too low
		// loses some.
		return snapUp(float64(len(gaps)) / total), false
	}
	return SnapArrived(frames / total), true
}

// withoutOld leaves out the gaps between pictures that came all at once at first, as
// long as more than a few came one by one.
func withoutOld(gaps []float64) []float64 {
	old := 0
	for old < len(gaps) && gaps[old] < leastGap.Seconds() {
		old++
	}
	if len(gaps)-old <= minPackets {
		return gaps
	}
	return gaps[old:]
}

// combRate is the highest usual rate of which three in four gaps are multiples,
// within a fifth of its interval, and one in three the interval itself. Frames
// that were lost lower the average, and leave the others where they were.
// That more than half were is not believed.
func combRate(gaps []float64, average float64) (Rate, bool) {
	for _, r := range slices.Backward(usualRates) {
		if r.Den == 1001 || r.Float() > 2*average || r.Float() < average*(1-snapTolerance) {
			continue
		}
		teeth, single := 0, 0
		for _, g := range gaps {
			n := math.Round(g * r.Float())
			if n >= 1 && math.Abs(g*r.Float()-n) <= 0.2 {
				teeth++
				if n == 1 {
					single++
				}
			}
		}
		if 4*teeth >= 3*len(gaps) && 3*single >= len(gaps) {
			return r, true
		}
	}
	return Rate{}, false
}

// even reports whether four in five gaps are within a fifth of the median.
func even(gaps []float64, median float64) bool {
	n := 0
	for _, g := range gaps {
		if math.Abs(g-median) <= median/5 {
			n++
		}
	}
	return n*5 >= len(gaps)*4
}

// stampRate is the rate that the time stamps tell.
func stampRate(packets []packet) Rate {
	var gaps []float64
	for i := 1; i < len(packets); i++ {
		if d := packets[i].dts - packets[i-1].dts; d > 0 {
			gaps = append(gaps, d)
		}
	}
	if len(gaps) == 0 {
		return Rate{}
	}
	m := median(gaps)
	mean, total, n := 0.0, 0.0, 0
	twice := len(packets) - 1 - len(gaps) // stamps that a camera rounds, as 30 fps in steps of 1/25 s
	for _, g := range gaps {
		total += g
		if g < 1.5*m && g > m/2 {
			mean, n = mean+g, n+1
		} else if g < m/8 {
			twice++
		}
	}
	if twice >= 3 && 3*twice < n {
		n += twice
	}
	if !even(gaps, m) {
		// A server that dates by its own clock while it has too much to do, or
		// frames that are missing: what was promised for a wrong rate can't be
		// taken back.
		average := float64(len(gaps)) / total
		if r, ok := combRate(gaps, average); ok {
			return r
		}
		return snapUp(average)
	}
	return Snap(float64(n) / mean)
}

// keyInterval is the longest distance between key frames, by when they are shown:
// the first of a stream may be decoded at any time before. When no two were seen it
// is assumed.
func keyInterval(packets []packet, rate Rate) (time.Duration, bool) {
	longest, last := time.Duration(0), -1
	for i, p := range packets {
		if p.key {
			if last >= 0 {
				measured := time.Duration((p.dts + p.delay - packets[last].dts - packets[last].delay) * float64(time.Second))
				longest = max(longest, evenInterval(measured, i-last, rate))
			}
			last = i
		}
	}
	if longest <= 0 {
		return assumedKeyInterval, false
	}
	return longest.Round(time.Millisecond), true
}

// evenInterval is what so many frames take, if that is what was measured but for
// the jitter of a frame: 2.01 s would cost a longer target duration than 2 s.
func evenInterval(measured time.Duration, frames int, rate Rate) time.Duration {
	if even := rate.Frames(frames); (measured - even).Abs() <= rate.Frames(1) {
		return even
	}
	return measured
}

func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	return v[len(v)/2]
}

const (
	// idling is below which rate a camera that is measured may send fewer pictures only
	// while nothing moves, frames a second.
	idling = 5
	// oftenEnough is how many frames a second are made of those at least: a picture waits
	// for the next one, or is ahead of it, no longer than one lasts.
	oftenEnough = 10
)

// often is a multiple of a rate that is often enough.
func often(r Rate) Rate {
	if r.Float() < 1 {
		return Rate{oftenEnough, 1}
	}
	return Rate{r.Num * int(math.Ceil(oftenEnough/r.Float()-1e-9)), r.Den}.reduced()
}

// Idles reports whether a camera of a rate may begin to send many more pictures at any
// time, frames a second.
func Idles(rate float64) bool { return rate < idling }
