package recorder

import (
	"fmt"
	"math"
	"time"

	"lookback/controller/camera"
)

// method is by what pictures are dated.
type method uint8

const (
	byStamps  method = iota // as the camera says
	rescaled                // by its stamps, which pass too fast or too slowly
	byArrival               // its stamps tell nothing
)

// trust is how far the time stamps of a camera can be believed. It outlives a
// connection.
type trust struct {
	method method
	scale  float64 // how long a second of the stamps is, seconds; 0 unless rescaled
	why    string  // they can't be trusted: a sentence; "" where they can
	done   string  // what is done about it, likewise
	// keysOnly: so many pictures come that only key frames are recorded.
	keysOnly bool
}

// stamps decide when the pictures of a camera are. At first they hold them back,
// until it is known whether the camera's stamps can be trusted. It is pure.
type stamps struct {
	trust
	sure     bool // it is known
	pace     pace
	held     []unit
	size     int     // of it, bytes
	ticks    float64 // a second has
	at       int64   // the last stamp without leaps, ticks
	from     int64   // the last stamp, ticks
	leaps    []time.Duration
	leapt    bool          // the stamps have leapt: tells the owner, who takes it back
	unclear  bool          // how fast they pass was not clear at first, and may still show
	changed  bool          // trust has changed, likewise
	bad      time.Duration // when stamps were wrong last, monotonic
	reviewed time.Duration // when that was looked at, monotonic
	doubted  bool          // the review before has found another pace
	flood    time.Duration // since when more pictures come than any camera sends, monotonic; 0: they don't
	shifted  bool          // leaps were taken out
	stands   int           // stamps in a row that stand still
	floor    time.Duration // how late the earliest pictures are
	doubt    doubt

	out    float64       // the last time given, ticks
	given  int64         // at, by then
	begun  bool          // out is set
	anchor time.Duration // how late the earliest pictures are by out
	last   time.Duration // arrival of the last one, monotonic
	lates  []late        // of the last seconds, by out
}

const (
	// longestDoubt is for how long it may be unknown whether stamps can be trusted.
	longestDoubt = 10 * time.Second
	// fastDoubt and slowDoubt are after how long stamps that pass too fast or too
	// slowly are known to. What a server had at hand seems too fast, too.
	fastDoubt, slowDoubt = 3 * time.Second, 2 * time.Second
	// maxDoubted is how many pictures are held back at most meanwhile.
	maxDoubted = 5000
	// rehabilitated is for how long stamps must have been right to be trusted again.
	rehabilitated = 10 * time.Minute
	// floodFor is for how long more must have come.
	floodFor = 10 * time.Second
	// steerOver is in which time the difference from the clock is made up for, and
	// mostSteer the share by which durations are changed for it at most.
	steerOver, mostSteer = 3 * time.Second, 0.12
	// mostOff is how far a picture that is dated by its arrival may be from it to keep
	// the distance of those before.
	mostOff = 200 * time.Millisecond
	// steerBack is over how long the earliest pictures tell that difference.
	steerBack = time.Second
)

// tolerances are by which share a pace must be wrong over so long to be corrected.
// Slewing takes care of less.
var tolerances = []struct {
	span  time.Duration
	share float64
}{{10 * time.Second, 0.015}, {5 * time.Second, 0.03}, {3 * time.Second, 0.06}}

// add takes the next picture. What comes back may go on, with stamps that can be
// trusted.
func (s *stamps) add(u unit) (on []unit) {
	s.look(&u)
	s.held, s.size = append(s.held, u), s.size+len(u.data)
	if s.sure {
		s.review(u.arrival)
		if s.doubtful() {
			return nil
		}
		return s.release()
	}
	if !s.decide() {
		return nil
	}
	on = s.release()
	s.sure, s.floor = true, s.pace.earliest(s.factor())
	return on
}

// release is what was held back.
func (s *stamps) release() (on []unit) {
	held := s.held
	s.held, s.size = nil, 0
	for _, u := range held {
		on = s.pass(on, u)
	}
	return on
}

// look takes leaps out of a picture's stamp, and measures how fast stamps pass. Of a
// picture that comes with the next one, the stamp is that of its end: u.dts is set to it.
func (s *stamps) look(u *unit) {
	raw, n := u.stamped(), len(s.pace.samples)
	s.ticks = float64(u.format.timescale)
	shift := u.pts - u.dts
	step := raw - s.from
	if n == 0 {
		s.at, step = raw, 0
	} else {
		gap := u.arrival - s.pace.samples[max(0, n-u.held())].arrival
		if s.leap(*u, step, gap) {
			step = s.between(gap)
		}
	}
	s.from = raw
	s.at += max(0, step) + s.stood(*u, step)
	u.dts, u.pts = s.at, s.at+shift
	s.pace.held = u.held() - 1
	s.pace.add(sample{u.arrival, u.format.time(s.at), len(u.data)}, step, u.format.timescale)
	s.lower(u.arrival)
}

// decide finds out whether the stamps of what is held can be trusted; false while
// nobody can say.
func (s *stamps) decide() bool {
	all := s.pace.samples
	n := len(s.held)
	waited := all[len(all)-1].arrival - s.held[0].arrival
	switch {
	case len(s.leaps) >= 2:
		return s.distrust(byArrival, 0, theyLeap)
	case s.pace.still() && waited >= time.Second/2:
		return s.distrust(byArrival, 0, theyStand)
	}
	rate, span, pictures := s.pace.settledSince(1)
	enough := pictures >= 12 && span >= time.Second/2 || pictures >= 3 && span >= time.Second
	if enough && math.Abs(rate-1) <= 0.05+0.03/span.Seconds() {
		return true
	}
	if n >= maxDoubted || s.size > maxHeldBytes || waited >= longestDoubt {
		return s.giveUp(waited)
	}
	if waited < slowDoubt {
		return false
	}
	rate, _, ok := s.pace.over(slowDoubt*9/10, 1)
	switch {
	case !ok, rate > 1 && waited < fastDoubt:
		return false
	case math.Abs(rate-1) <= 0.05:
		return true
	}
	return s.distrust(rescaled, 1/rate, theyPass(rate))
}

// giveUp goes by the whole of what is held.
func (s *stamps) giveUp(waited time.Duration) bool {
	first, last := s.held[0], s.held[len(s.held)-1]
	rate := float64(last.format.time(last.dts-first.dts)) / float64(max(1, waited))
	if math.Abs(rate-1) > 0.05 {
		s.unclear = true
		s.distrust(byArrival, 0, theyPass(rate))
	}
	return true
}

const (
	theyLeap       = "they leap"
	theyStand      = "they stand still"
	datedByArrival = "Pictures are dated by when they arrive."
	onlyKeyFrames  = "Only key frames are recorded."
)

func theyPass(rate float64) string {
	return fmt.Sprintf("they pass at %.3g times the pace at which its pictures come", rate)
}

// distrust notes that stamps can't be trusted from now on, and why.
func (s *stamps) distrust(how method, scale float64, why string) bool {
	if how == rescaled && (scale < 0.02 || scale > 50) {
		how, scale = byArrival, 0
	}
	done := datedByArrival
	if how == rescaled {
		done = "They are corrected by that."
	}
	s.trust = trust{method: how, scale: scale, why: "Its time stamps can't be trusted: " + why + ".", done: done}
	s.changed = true
	if !s.sure && s.pace.pictures() > camera.HighestRate {
		s.onlyKeys()
	}
	return true
}

// onlyKeys leaves out what can be left out of a flood.
func (s *stamps) onlyKeys() {
	s.changed = true
	s.trust = trust{method: byArrival, keysOnly: true, why: fmt.Sprintf("It sends more than %g pictures a second.", camera.HighestRate), done: onlyKeyFrames}
}

// review looks twice a second whether what is known of the stamps still holds.
func (s *stamps) review(now time.Duration) {
	switch {
	case s.method != byArrival && len(s.leaps) >= 2 && now-s.leaps[0] <= leapsKept:
		s.distrust(byArrival, 0, theyLeap)
	case s.method != byArrival && s.pace.still():
		s.bad = now
		s.distrust(byArrival, 0, theyStand)
	}
	if now-s.reviewed < time.Second/2 {
		return
	}
	s.reviewed = now
	s.watchFlood(now)
	if s.method == byArrival && (!s.unclear || s.keysOnly) {
		s.forgive(now)
		return
	}
	scale := s.factor()
	for _, t := range tolerances {
		rate, start, ok := s.pace.over(t.span, scale)
		if !ok || s.method != byArrival && math.Abs(scale*rate-1) <= t.share || s.network(rate, t.span) {
			continue
		}
		if s.doubted = !s.doubted; s.doubted { // the next one has to say so, too
			return
		}
		if s.method == byStamps && rate > 1 { // when they still were right
			s.anchor = start - s.time(s.out-float64(s.given))
		}
		s.unclear = false
		s.pace.forget(now - t.span)
		s.correctTo(rate, tolerances[0].share)
		return
	}
	s.doubted = false
}

// correctTo goes by another pace of the stamps. By which share it may be wrong is slewed.
func (s *stamps) correctTo(rate, slewed float64) {
	if math.Abs(rate-1) <= slewed {
		s.trust, s.changed = trust{}, true
	} else {
		s.distrust(rescaled, 1/rate, theyPass(rate))
	}
	s.floor = s.pace.earliest(s.factor())
}

// forgive trusts stamps again that have been right for long.
func (s *stamps) forgive(now time.Duration) {
	rate, _, ok := s.pace.over(tolerances[0].span, 1)
	if s.keysOnly || s.bad == 0 || s.pace.still() || ok && math.Abs(rate-1) > tolerances[0].share {
		s.bad = now
	}
	if ok && now-s.bad >= rehabilitated {
		s.trust, s.changed = trust{}, true
	}
}

// watchFlood notices more pictures than any camera sends.
func (s *stamps) watchFlood(now time.Duration) {
	rate := s.pace.pictures()
	switch {
	case rate <= camera.HighestRate && s.keysOnly:
		s.flood, s.bad = 0, now
		s.distrust(byArrival, 0, "they did not fit its pictures")
	case rate <= camera.HighestRate:
		s.flood = 0
	case s.flood == 0:
		s.flood = now
	case now-s.flood >= floodFor && !s.keysOnly:
		s.onlyKeys()
	}
}

func (s *stamps) time(ticks float64) time.Duration {
	return time.Duration(ticks / s.ticks * float64(time.Second))
}

// pass gives a picture the time that it is to have.
func (s *stamps) pass(on []unit, u unit) []unit {
	if s.keysOnly && !u.sync {
		return on
	}
	began := s.out
	if s.begun {
		s.out = s.next(u)
	} else {
		s.begun, s.out = true, float64(u.dts)
		began = s.out - s.first(u)
		s.anchor = u.arrival - s.time(s.out)
	}
	s.given = u.dts
	if s.method != byArrival && (!s.sure || s.method == byStamps) { // else times are steered by it
		s.anchor = min(s.anchor+(u.arrival-s.last)/soundDrift, u.arrival-s.time(s.out))
	}
	s.last = u.arrival
	shift := u.pts - u.dts
	if s.method == rescaled {
		shift = int64(float64(shift) * s.scale)
	}
	if s.method != byStamps || s.shifted {
		u.clock = max(1, s.time(s.out)+s.anchor)
	}
	if s.method != byStamps {
		if shift < 0 || shift > int64(s.ticks/2) {
			shift = 0
		}
	}
	u.dts = int64(math.Round(s.out))
	if u.ends() {
		u.dts = int64(math.Round(began))
		u.duration = uint64(max(0, int64(math.Round(s.out))-u.dts))
	}
	u.pts = u.dts + shift
	return append(on, u)
}

// first is how long the first picture lasts that comes with the next one, ticks.
func (s *stamps) first(u unit) float64 {
	switch {
	case !u.ends():
		return 0
	case s.method == byArrival:
		return s.pace.gap() * s.ticks
	case s.method == rescaled:
		return float64(u.duration) * s.scale
	}
	return float64(u.duration)
}

// next is the time of the next picture, ticks.
func (s *stamps) next(u unit) float64 {
	step := float64(u.dts - s.given)
	switch s.method {
	case rescaled:
		step *= s.scale
		return s.out + step*(1+s.steer(late{u.arrival, u.arrival - s.time(s.out+step) - s.anchor}))
	case byArrival:
		frame := s.pace.gap() * s.ticks
		off := (u.arrival-s.anchor).Seconds()*s.ticks - s.out - frame
		if math.Abs(off) <= min(2*frame, mostOff.Seconds()*s.ticks) {
			return s.out + frame + off/4
		}
		return max(s.out, s.out+frame+off)
	}
	return s.out + step
}

// steer is by which share a duration is to be changed, by how late even the
// earliest of the last pictures are.
func (s *stamps) steer(l late) float64 {
	s.lates = append(s.lates, l)
	least := l.by
	for l.arrival-s.lates[0].arrival > steerBack {
		s.lates = s.lates[1:]
	}
	for _, l := range s.lates {
		least = min(least, l.by)
	}
	return max(-mostSteer, min(mostSteer, least.Seconds()/steerOver.Seconds()))
}

// rate is at which rate pictures come, frames a second; false where that is not the
// same all the time, or not what their times say.
func (s *stamps) rate() (float64, bool) {
	rate, ok := s.pace.arrivalRate(tolerances[0].span)
	if !ok || s.keysOnly || s.method == byArrival {
		return rate, ok && !s.keysOnly
	}
	step := s.pace.step()
	if s.method == rescaled {
		step *= s.scale
	}
	told := 1 / step
	return told, step > 0 && rate > told*0.87 && rate < told*1.15
}
