package camera

import (
	"math"
	"slices"
	"time"
)

const (
	// bunchMemory is for how long arrivals are remembered, and bunchPictures how many of
	// them at most.
	bunchMemory   = 8 * time.Second
	bunchPictures = 512
	// leastBunches is how many bunches tell a habit, and leastBunch how many pictures they
	// have on the average.
	leastBunches, leastBunch = 3, 1.5
	// longestBunch is how much time's pictures may come at once.
	longestBunch = 2 * time.Second
)

// Bunches tells by arrivals whether a camera's pictures come by the bunch again and
// again: several at once, then nothing for as long as they take. It is pure. The zero
// value knows of none.
type Bunches struct {
	// Known is what was known of the camera before. It holds until the camera shows
	// something else.
	Known time.Duration
	came  []time.Duration // monotonic
	span  time.Duration
	told  bool // span counts
}

// Add takes when a picture came, by a steady clock.
func (b *Bunches) Add(at time.Duration) {
	n := len(b.came)
	b.came = append(b.came, at)
	for len(b.came) > bunchPictures || at-b.came[0] > bunchMemory {
		b.came, b.told = b.came[1:], true
	}
	if n > 0 && at-b.came[max(0, len(b.came)-2)] >= leastGap {
		b.span, _ = bunched(b.came)
		b.told = b.told || b.span > 0
	}
}

// Span is for how long the first picture of a bunch has waited for the last one, as a
// rule. 0: pictures come one by one.
func (b *Bunches) Span() time.Duration {
	if !b.told {
		return b.Known
	}
	return b.span
}

// bunched is the span of bunches that arrivals tell, and how far the pictures were apart
// that came so; 0 where they came one by one.
func bunched(came []time.Duration) (span, frame time.Duration) {
	n := len(came) - 1
	if n < 1 || (came[n]-came[0])/time.Duration(n) < leastGap {
		return 0, 0
	}
	frame = (came[n] - came[0]) / time.Duration(n)
	var starts []int
	for i := 1; i <= n; i++ {
		if came[i]-came[i-1] > frame/2 {
			starts = append(starts, i)
		}
	}
	// The first start ends what was seen in part, and the last begins such.
	last := len(starts) - 1
	if last < leastBunches || float64(starts[last]-starts[0]) < leastBunch*float64(last) {
		return 0, 0
	}
	frame = (came[starts[last]] - came[starts[0]]) / time.Duration(starts[last]-starts[0])
	var waits []time.Duration
	fit := 0
	for i, s := range starts[1:] {
		wait, count := came[s]-came[starts[i]], float64(s-starts[i])
		waits = append(waits, wait)
		if math.Abs(count-float64(wait)/float64(frame)) <= max(1, count/4) {
			fit++
		}
	}
	if 5*fit < 4*len(waits) { // it sends more pictures at times
		return 0, 0
	}
	slices.Sort(waits)
	return max(0, min(longestBunch, waits[len(waits)*4/5]-frame)), frame
}
