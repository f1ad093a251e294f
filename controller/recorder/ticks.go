package recorder

import "time"

const (
	// repeatAfter is how many frames the clock may be past the last tick until its
	// picture is repeated, where pictures come evenly. Where they don't it is more, for
	// a picture that is repeated and then comes makes the next early one be left out.
	repeatAfter = 1.1
	// repeatLatest is how many it may be at most. What comes later was lost.
	repeatLatest = 1.6
	// forgetUneven is what remains with each picture of how unevenly they came.
	forgetUneven = 0.995
)

// ticks lay pictures onto the frames of a constant rate, by their arrival. A picture
// takes the next tick at once, so ticks may be a frame ahead of the clock. Waiting
// for a tick would cost half a frame, and lose pictures where phases meet. It is pure.
type ticks struct {
	frame time.Duration
	base  time.Duration // when tick 0 was, monotonic
	next  int64         // how many there were
	since int64         // where the repeats began that go on
	going bool          // there are such
	came  time.Duration // the last picture, monotonic
	// uneven is how late a picture came after the one before of late, in frames.
	uneven float64
	// span is for how long the first picture of a bunch has waited for the last one, 0
	// where they come one by one.
	span time.Duration
}

// at is when a tick was or will be, monotonic.
func (t *ticks) at(tick int64) time.Duration { return t.base + time.Duration(tick)*t.frame }

// last is when the last tick was.
func (t *ticks) last() time.Duration { return t.at(t.next - 1) }

// lapse is when the last picture is to be repeated, if none comes before.
func (t *ticks) lapse() time.Duration {
	after := min(repeatLatest, repeatAfter+2*t.uneven)
	return t.last() + t.span + time.Duration(after*float64(t.frame))
}

// repeat takes a tick for the last picture.
func (t *ticks) repeat() {
	if !t.going {
		t.since, t.going = t.next, true
	}
	t.next++
}

// take takes a tick for a picture that came at an instant; false where ticks are
// a whole frame ahead of that. stood are the ticks of repeats before it.
func (t *ticks) take(at time.Duration) (stood period64, ok bool) {
	if t.next == 0 {
		t.base = at - t.span
	} else if late := float64(at-t.came-t.span)/float64(t.frame) - 1; late <= repeatLatest-1 {
		t.uneven = max(late, forgetUneven*t.uneven)
	}
	t.came = at
	if t.at(t.next)-at >= t.frame {
		return period64{}, false
	}
	if t.going {
		stood = period64{t.since, t.next}
	}
	t.going = false
	t.next++
	return stood, true
}

// period64 are the ticks from one to before another.
type period64 struct{ from, to int64 }
