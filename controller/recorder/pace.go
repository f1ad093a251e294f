package recorder

import (
	"math"
	"slices"
	"time"
)

// pace is how fast a camera's time stamps pass against when its pictures arrive.
// Networks make pictures late and never early, so the earliest of some seconds tell.
// It is pure.
type pace struct {
	samples []sample // of the last paceKept
	steps   []int64  // between the last stamps, ticks, without leaps
	gaps    []float64
	least   int64   // ticks that a stamp passes at least where it does not stand still
	ticks   float64 // of a stamp in a second
	held    int     // pictures that ffmpeg may hold: that many had come when the sample before them did
}

// sample is a picture as the pace looks at it.
type sample struct {
	arrival time.Duration // monotonic
	stamp   time.Duration // without leaps
	size    int           // bytes
}

// late is when it arrived by the clock of the stamps.
func (s sample) late() time.Duration { return s.arrival - s.stamp }

const (
	// paceKept is over how long a pace is measured at most.
	paceKept = 11 * time.Second
	// stepsOver is over how long the step is measured: less than the rate of arrivals, since
	// pictures that ffmpeg holds have steps of before.
	stepsOver = 9 * time.Second
	// lastSteps is how many pictures tell what is usual.
	lastSteps = 25
	// leastStep is by how much less stamps stand still: muxers of ffmpeg's raise those
	// that do by a tick each.
	leastStep = 250 * time.Microsecond
)

func (p *pace) add(s sample, step int64, timescale uint32) {
	p.ticks = float64(timescale)
	p.least = int64(p.ticks * leastStep.Seconds())
	if n := len(p.samples); n > 0 {
		p.steps = tail(append(p.steps, step), lastSteps)
		p.gaps = tail(append(p.gaps, (s.arrival-p.samples[n-1].arrival).Seconds()), lastSteps)
	}
	p.samples = append(p.samples, s)
	for s.arrival-p.samples[0].arrival > paceKept {
		p.samples = p.samples[1:]
	}
}

func tail[T any](all []T, n int) []T { return all[max(0, len(all)-n):] }

// usual is the step between two pictures in the middle, ticks; 0 while it is not known.
func (p *pace) usual() int64 {
	if len(p.steps) < 3 {
		return 0
	}
	return slices.Sorted(slices.Values(p.steps))[len(p.steps)/2]
}

// step is the mean step between two pictures of which none is missing between, seconds.
func (p *pace) step() float64 {
	if len(p.samples) == 0 {
		return 0
	}
	total, n, most := time.Duration(0), 0, time.Duration(1.5*float64(p.usual())/p.ticks*float64(time.Second))
	all := p.last(stepsOver)
	for i := range all[1:] {
		if s := all[i+1].stamp - all[i].stamp; s < most {
			total, n = total+s, n+1
		}
	}
	return total.Seconds() / float64(max(1, n))
}

// still reports whether most of the last stamps are no later than those before.
func (p *pace) still() bool {
	n := 0
	for _, s := range p.steps {
		if s <= p.least {
			n++
		}
	}
	return len(p.steps) >= 12 && n*5 > len(p.steps)*3
}

// gap is how far the last pictures came from each other, seconds, without the widest
// gap: what was held up.
func (p *pace) gap() float64 {
	if len(p.gaps) < 2 {
		return 0.04
	}
	total := 0.0
	for _, g := range p.gaps {
		total += g
	}
	return max(0.001, (total-slices.Max(p.gaps))/float64(len(p.gaps)-1))
}

// over is the pace of the last span: 1 where the stamps are right. start is how
// late the earliest pictures of its beginning were. false: it was not the same all
// the time, too few pictures came, or it depends on how many of them ffmpeg holds.
// Of a camera that begins to idle these come late by as many of its long pictures.
// scale is by what the stamps are corrected: of several paces the one that fits counts.
func (p *pace) over(span time.Duration, scale float64) (rate float64, start time.Duration, ok bool) {
	for held := range p.held + 1 {
		r, from, ok := paceOf(p.ifHeld(held), span)
		if !ok {
			return 0, 0, false
		}
		if held == 0 || math.Abs(scale*r-1) < math.Abs(scale*rate-1) {
			rate, start = r, from
		}
	}
	return rate, start, true
}

// ifHeld are the samples with the arrivals that they had if ffmpeg held so many pictures.
func (p *pace) ifHeld(n int) []sample {
	if n == 0 {
		return p.samples
	}
	all := slices.Clone(p.samples[min(n, len(p.samples)):])
	for i := range all {
		all[i].arrival = p.samples[i].arrival
	}
	return all
}

func paceOf(all []sample, span time.Duration) (rate float64, start time.Duration, ok bool) {
	n := len(all)
	if n < 6 || all[n-1].arrival-all[0].arrival < span {
		return 0, 0, false
	}
	end := all[n-1].arrival
	var early [3]sample // the earliest of each third
	var seen [3]int
	for _, s := range slices.Backward(all) {
		age := end - s.arrival
		if age > span {
			break
		}
		i := 2 - min(2, int(3*age/(span+1)))
		if seen[i]++; seen[i] == 1 || s.late() < early[i].late() {
			early[i] = s
		}
	}
	if min(seen[0], seen[1], seen[2]) < 2 {
		return 0, 0, false
	}
	first, mid, last := early[0], early[1], early[2]
	slope := func(a, b sample) float64 {
		if b.arrival <= a.arrival {
			return 0
		}
		return float64(b.stamp-a.stamp) / float64(b.arrival-a.arrival)
	}
	rate = slope(first, last)
	// In a straight line the middle is where the ends say.
	expected := first.late() + time.Duration((1-rate)*float64(mid.arrival-first.arrival))
	off := (mid.late() - expected).Abs()
	if off > max(paceJitter, (last.late()-first.late()).Abs()/4) || rate <= 0 {
		return 0, 0, false
	}
	rate = fit(all, end-span, func(s sample) bool {
		at := first.late() + time.Duration((1-rate)*float64(s.arrival-first.arrival))
		return (s.late() - at).Abs() <= floorWidth
	})
	return rate, first.late(), rate > 0
}

// fit is the slope of the line through the samples since an instant that lie on it
// (least squares).
func fit(all []sample, since time.Duration, on func(sample) bool) float64 {
	var n, x, y, xx, xy float64
	zero := all[len(all)-1]
	for _, s := range all {
		if s.arrival < since || !on(s) {
			continue
		}
		a, b := (s.arrival - zero.arrival).Seconds(), (s.stamp - zero.stamp).Seconds()
		n, x, y, xx, xy = n+1, x+a, y+b, xx+a*a, xy+a*b
	}
	if d := n*xx - x*x; d > 0 {
		return (n*xy - x*y) / d
	}
	return 0
}

// paceJitter is how far pictures may lie beside the line that tells their pace.
const paceJitter = 15 * time.Millisecond

// settledSince is how the stamps, corrected by a scale, pass since pictures come no
// faster any more than they do now: what a server had at hand is not counted.
func (p *pace) settledSince(scale float64) (rate float64, span time.Duration, pictures int) {
	least := p.earliest(scale)
	i := slices.IndexFunc(p.samples, func(s sample) bool { return s.lateBy(scale) <= least+floorWidth })
	if i < 0 {
		return 0, 0, 0
	}
	first, last := p.samples[i], p.samples[len(p.samples)-1]
	if span = last.arrival - first.arrival; span > 0 {
		rate = scale * float64(last.stamp-first.stamp) / float64(span)
	}
	return rate, span, len(p.samples) - i
}

// floorWidth is how much later than the earliest a picture may be to have come in
// real time.
const floorWidth = 40 * time.Millisecond

// arrivalRate is how many pictures a second came in the last span; false where they
// came unevenly, or not for so long.
func (p *pace) arrivalRate(span time.Duration) (float64, bool) {
	n := len(p.samples)
	if n < 6 || p.samples[n-1].arrival-p.samples[0].arrival < span {
		return 0, false
	}
	end := p.samples[n-1].arrival
	i := slices.IndexFunc(p.samples, func(s sample) bool { return end-s.arrival <= span })
	half := slices.IndexFunc(p.samples, func(s sample) bool { return end-s.arrival <= span/2 })
	rate := func(a, b int) float64 {
		if b <= a {
			return 0
		}
		return float64(b-a) / (p.samples[b].arrival - p.samples[a].arrival).Seconds()
	}
	all, first, second := rate(i, n-1), rate(i, half), rate(half, n-1)
	slack := max(0.05*all, 2*float64(time.Second)/float64(span)) // a picture more or less
	return all, first > 0 && second > 0 && math.Abs(first-second) <= slack
}

// pictures is how many a second have come of late.
func (p *pace) pictures() float64 {
	n := len(p.samples)
	if n < 2 {
		return 0
	}
	return float64(n-1) / max(0.5, (p.samples[n-1].arrival-p.samples[0].arrival).Seconds())
}
