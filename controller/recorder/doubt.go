package recorder

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// Stamps that were right may begin to pass at another pace, as those of a camera that
// sends fewer pictures by night and counts them on as before. Pictures are dated for good
// when they go on, so those that come later than all others are held back until it is
// known why: the network lets them catch up, or the pace is another.

const (
	// mostOffTime is by how much a picture may be late or early before it is held back.
	mostOffTime = 200 * time.Millisecond
	// caughtUp is by how much pictures that the network held up come less late again, or by a
	// quarter.
	caughtUp = 250 * time.Millisecond
	// floorOver is over how long the earliest pictures tell what is late, floorBefore how
	// old those are at least that tell what is early, and floorFirm over how long they must
	// have come in real time.
	floorOver, floorBefore, floorFirm = 5 * time.Second, 2 * time.Second, time.Second
	// leastHeldBack is for how long pictures are held back so, heldGaps the same in
	// pictures, and mostHeldBack for how long at most. Where they come unevenly it is twice
	// as long.
	leastHeldBack, heldGaps, mostHeldBack = 1200 * time.Millisecond, 4, 4 * time.Second
	// otherPace is by which share a pace must be wrong to be found out so, and sameAgain
	// by which it may be to be taken for right.
	otherPace, sameAgain = 0.06, 0.05
	// maxPaces is how often the pace may become another in rehabilitated.
	maxPaces = 3
)

const theyChange = "they pass now faster and now more slowly than its pictures come"

// doubt is what is known of pictures that come later or earlier than all others.
type doubt struct {
	peak    time.Duration   // by how much the latest of those held back is off
	excused time.Duration   // what is off by so much is passed on: the network may have done it
	paces   []time.Duration // when another pace was found of late, monotonic
}

// factor is by what the times of stamps are multiplied.
func (t trust) factor() float64 {
	if t.method == rescaled {
		return t.scale
	}
	return 1
}

// unsteered is how long a picture is that was given a length, where that was changed only
// to bring dates nearer to the clock.
func (s *stamps) unsteered(length time.Duration) time.Duration {
	frame := length
	switch s.method {
	case rescaled:
		frame = s.time(s.scale * float64(s.pace.usual()))
	case byArrival:
		frame = time.Duration(s.pace.gap() * float64(time.Second))
	}
	if off := (length - frame).Abs(); off > time.Duration(mostSteer*float64(frame)) {
		return length
	}
	return frame
}

// doubtful reports whether what is held back has to wait until more has come.
func (s *stamps) doubtful() bool {
	d := &s.doubt
	if s.method == byArrival {
		*d = doubt{paces: d.paces}
		return false
	}
	o := s.pace.off(s.factor())
	by := max(o.late, o.ahead)
	switch {
	case by <= mostOffTime:
		if d.peak = 0; by <= mostOffTime/2 {
			d.excused = 0
		}
		return false
	case d.excused > 0 && by <= d.excused+mostOffTime:
		return false
	}
	d.excused, d.peak = 0, max(d.peak, by)
	since := s.pace.samples[o.turn:]
	switch {
	case o.ahead == 0 && by < d.peak-max(caughtUp, d.peak/4), o.ahead == 0 && o.least <= mostOffTime/2 && len(since) > s.pace.held+1:
		s.excuse(d.peak) // the network held them up, or ffmpeg does
	case (o.ahead > 0 || by == d.peak) && s.found(since, o.ahead > 0):
	case len(s.held) >= maxDoubted || s.size > maxHeldBytes:
		s.excuse(2 * d.peak)
	default:
		return true
	}
	return false
}

// since is when the first came of what is held back.
func (s *stamps) since() time.Duration {
	if len(s.held) == 0 {
		return math.MaxInt64
	}
	return s.held[0].arrival
}

func (s *stamps) excuse(by time.Duration) { s.doubt.excused, s.doubt.peak = by, 0 }

// overdue is what was held back for as long as may be.
func (s *stamps) overdue(now time.Duration) []unit {
	if !s.sure || len(s.held) == 0 || now-s.since() < s.patience(false) {
		return nil
	}
	s.excuse(2 * s.doubt.peak)
	return s.release()
}

// patience is for how long pictures are held back that come evenly or not.
func (s *stamps) patience(evenly bool) time.Duration {
	all := s.pace.samples
	since := all[s.pace.off(s.factor()).turn:]
	gap := (all[len(all)-1].arrival - since[0].arrival) / time.Duration(max(1, len(since)-1))
	wait := min(max(leastHeldBack, heldGaps*gap), mostHeldBack)
	if evenly {
		return wait
	}
	return min(2*wait, mostHeldBack)
}

// found finds out whether stamps pass at another pace since a picture, which is then
// corrected. Networks let pictures come neither evenly nor early. False: more must come.
func (s *stamps) found(since []sample, early bool) bool {
	n := len(since) - 1
	span, held := since[n].arrival-since[0].arrival, since[n].arrival-s.since()
	rate, _, linear := paceOf(since, span-1)
	even, carried := evenly(since), !early && s.pace.carried(since)
	soon := early && n >= 6 && span >= 300*time.Millisecond && (even || span >= 800*time.Millisecond && evenlyStamped(since))
	sure := even && (n >= 8 && span >= 1200*time.Millisecond || n >= 4 && span >= 3*time.Second)
	switch {
	case !carried && (soon || sure):
	case held < s.patience(true), !carried && !even && !linear && held < s.patience(false):
		return false
	case carried, !even && !linear:
		s.excuse(2 * s.doubt.peak)
		return true
	}
	if !linear {
		rate = fit(since, since[0].arrival, func(sample) bool { return true })
	}
	if rate <= 0 || math.Abs(rate*s.factor()-1) < otherPace {
		s.excuse(2 * s.doubt.peak)
		return true
	}
	s.another(since, rate)
	return true
}

// another goes by another pace since a picture.
func (s *stamps) another(since []sample, rate float64) {
	now := since[len(since)-1].arrival
	if s.method == byStamps && rate > 1 { // when they still were right
		s.anchor = since[0].late() - s.time(s.out-float64(s.given))
	}
	d := &s.doubt
	d.paces = append(slices.DeleteFunc(d.paces, func(at time.Duration) bool { return now-at > rehabilitated }), now)
	d.peak, d.excused, s.lates, s.doubted = 0, 0, nil, false
	s.pace.forget(since[0].arrival)
	if len(d.paces) >= maxPaces {
		s.bad = now
		s.distrust(byArrival, 0, theyChange)
		s.floor = s.pace.earliest(1)
		return
	}
	s.correctTo(rate, sameAgain)
}

// off is how far the newest picture is from where the earliest of those before say.
type off struct {
	late  time.Duration // 0: it is not
	least time.Duration // the same where ffmpeg holds as many pictures as fits best
	ahead time.Duration // how early it is, 0: it is not; not where ffmpeg may have held more
	turn  int           // the last picture that was not
}

// off is that of stamps that are corrected by a scale.
func (p *pace) off(scale float64) (o off) {
	late, ahead, turn := offIf(p.samples, 0, scale)
	o = off{late, late, ahead, turn}
	for held := 1; held <= p.held; held++ {
		late, ahead, _ = offIf(p.samples, held, scale)
		o.least, o.ahead = min(o.least, late), min(o.ahead, ahead)
	}
	return o
}

// offIf is that if ffmpeg held so many pictures: then that many had come before.
func offIf(all []sample, held int, scale float64) (late, ahead time.Duration, turn int) {
	n := len(all) - 1
	if n < max(held, 1) {
		return 0, 0, max(0, n)
	}
	// by is how much later a picture was than the newest one.
	by := func(i int) time.Duration {
		return all[i-held].arrival - all[n-held].arrival - time.Duration(scale*float64(all[i].stamp-all[n].stamp))
	}
	floor, before := time.Duration(0), time.Duration(math.MaxInt64)
	for i := n; i >= held; i-- {
		age := all[n].arrival - all[i].arrival
		if age <= floorOver {
			floor = min(floor, by(i))
		}
		if age > floorBefore {
			before = min(before, by(i))
		}
	}
	last := func(in func(by time.Duration) bool) int {
		i := n
		for i > held && !in(by(i)) {
			i--
		}
		return i
	}
	if before < math.MaxInt64 && before > mostOffTime {
		on := func(by time.Duration) bool { return by <= before+floorWidth }
		first := held
		for first < n && !on(by(first)) {
			first++
		}
		turn = last(func(by time.Duration) bool { return by >= before-max(floorWidth, min(before/4, mostOffTime)) })
		if all[turn].arrival-all[first].arrival >= floorFirm {
			return 0, before, turn
		}
	}
	return -floor, 0, last(func(by time.Duration) bool { return by <= floor+max(floorWidth, min(-floor/4, mostOffTime)) })
}

// evenly reports whether four in five pictures came as far from the one before as
// the others, and were stamped so.
func evenly(all []sample) bool {
	gaps := make([]float64, 0, len(all))
	for i, s := range all[1:] {
		gaps = append(gaps, (s.arrival - all[i].arrival).Seconds())
	}
	n := len(all) - 1
	off := (middle(gaps)*float64(n) - (all[n].arrival - all[0].arrival).Seconds()) / (middle(gaps) * float64(n))
	return math.Abs(off) < 0.25 && alike(gaps) && evenlyStamped(all)
}

func evenlyStamped(all []sample) bool {
	steps := make([]float64, 0, len(all))
	for i, s := range all[1:] {
		steps = append(steps, (s.stamp - all[i].stamp).Seconds())
	}
	return alike(steps)
}

func middle(all []float64) float64 {
	if len(all) == 0 {
		return 0
	}
	return slices.Sorted(slices.Values(all))[len(all)/2]
}

func alike(all []float64) bool {
	if len(all) == 0 {
		return false
	}
	m, n := middle(all), 0
	for _, v := range all {
		if math.Abs(v-m) <= 0.15*m+0.005 {
			n++
		}
	}
	return 5*n >= 4*len(all)
}

// network reports whether a pace over a span may come of the network: what is early is
// earlier than all before, and what is late comes later and later, however small it is.
func (s *stamps) network(rate float64, span time.Duration) bool {
	scale := s.factor()
	all := s.pace.last(span)
	now := all[len(all)-1].lateBy(scale)
	if off := scale*rate - 1; off > 0 {
		before := time.Duration(math.MaxInt64) // the earliest of those before
		for _, a := range s.pace.samples[:len(s.pace.samples)-len(all)] {
			before = min(before, a.lateBy(scale))
		}
		return now > before-time.Duration(off/2*float64(span))
	}
	latest := slices.MaxFunc(all, func(a, b sample) int { return cmp.Compare(a.lateBy(scale), b.lateBy(scale)) })
	return latest.lateBy(scale) > now+mostOffTime || s.pace.carried(s.pace.last(tolerances[len(tolerances)-1].span))
}

// carried reports whether pictures took as long as they are large, as where a connection
// carries less than the camera sends.
func (p *pace) carried(all []sample) bool {
	for held := range p.held + 1 {
		var gaps, sizes []float64
		for i := 1; i+held < len(all); i++ {
			gaps, sizes = append(gaps, (all[i].arrival-all[i-1].arrival).Seconds()), append(sizes, float64(all[i+held].size))
		}
		g, s := ranks(gaps), ranks(sizes)
		differ := spread(sizes, sizes)
		by := max(alikeSize, sureSize/math.Sqrt(float64(len(gaps))))
		if differ > differentSizes && spread(gaps, gaps) > differ/4 && spread(g, s) > by*spread(g, g) {
			return true
		}
	}
	return false
}

// ranks are the places that each of a row has in their order, which what is far off
// does not change much.
func ranks(all []float64) []float64 {
	order, places := slices.Sorted(slices.Values(all)), make([]float64, len(all))
	for i, v := range all {
		at, _ := slices.BinarySearch(order, v)
		places[i] = float64(at + 1)
	}
	return places
}

const (
	// alikeSize is how far the times between pictures must follow their sizes (Spearman's
	// correlation of ranks), and sureSize that of few, times the root of their number.
	alikeSize, sureSize = 0.6, 2.4
	// differentSizes is how far these must differ to tell (the variance by their mean).
	differentSizes = 0.05
)

// spread is the covariance of two rows, by the shares by which they differ from their means.
func spread(a, b []float64) float64 {
	mean := func(all []float64) (sum float64) {
		for _, v := range all {
			sum += v / float64(len(all))
		}
		return max(sum, 1e-9)
	}
	total, ma, mb := 0.0, mean(a), mean(b)
	for i := range a {
		total += (a[i]/ma - 1) * (b[i]/mb - 1)
	}
	return total / float64(max(1, len(a)))
}

// last are the samples of the last span.
func (p *pace) last(span time.Duration) []sample {
	end := p.samples[len(p.samples)-1].arrival
	i := slices.IndexFunc(p.samples, func(s sample) bool { return end-s.arrival <= span })
	return p.samples[i:]
}

// earliest is how late the earliest pictures are by stamps that are corrected by a scale.
func (p *pace) earliest(scale float64) time.Duration {
	least := time.Duration(math.MaxInt64)
	for _, s := range p.samples {
		least = min(least, s.lateBy(scale))
	}
	return least
}

// lateBy is when it arrived by the clock of stamps that are corrected by a scale.
func (s sample) lateBy(scale float64) time.Duration {
	return s.arrival - time.Duration(scale*float64(s.stamp))
}

// forget leaves out what came before an instant.
func (p *pace) forget(before time.Duration) {
	for len(p.samples) > 1 && p.samples[0].arrival < before {
		p.samples = p.samples[1:]
	}
}
