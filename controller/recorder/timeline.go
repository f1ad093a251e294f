package recorder

import (
	"math"
	"time"

	"lookback/controller/camera"
)

// stamp is what the timeline is told of one picture.
type stamp struct {
	duration uint64        // the camera's or ffmpeg's, in ticks
	arrival  time.Duration // monotonic
	sync     bool          // it is a key frame
	late     bool          // it arrived at its end, see unit; others arrive at their beginning
}

// due is how far behind the beginning of a picture of that length it arrives.
func (s stamp) due(length time.Duration) time.Duration {
	if s.late {
		return length
	}
	return 0
}

// verdict is what to do with a picture.
type verdict uint8

const (
	hold  verdict = iota // keep it until the run's epoch is known
	write                // give it the times that come with the verdict
	begin                // as write, but it is the first of a new run
	drop                 // it belongs nowhere
)

// timed is a verdict with the picture's output times, in ticks.
type timed struct {
	verdict          verdict
	decode, duration uint64
	cut              uint64 // of the picture's own duration, since it can't be true
}

// timelineConfig is fixed for one life of ffmpeg.
type timelineConfig struct {
	timescale   uint32
	copied      bool
	frame       time.Duration // nominal duration of a frame
	maxDuration time.Duration // longest picture allowed: the part target
}

const (
	// leastError is how far output time may be from the clock at least; where pictures last
	// long, two of them.
	leastError = time.Second
	// leastAhead is how far ahead of the clock an encoded camera may be at least; where
	// pictures last long, one and a half of them, since ticks may be a frame ahead.
	leastAhead = 100 * time.Millisecond
	// maxSlew is the share by which durations are stretched or squeezed at most.
	maxSlew = 0.02
	// slewTime is the time constant with which drift is corrected.
	slewTime = 8 * time.Second
	// lookBack is over how long lateness is minimised: network jitter only
	// ever makes pictures late, so the earliest of some seconds tells drift.
	lookBack = 4 * time.Second
	// steadyTime is for how long lateness must not have fallen by a tenth of
	// that for pictures to come in real time.
	steadyTime = 500 * time.Millisecond
	// runSpacing is the least time between two runs of one ffmpeg.
	runSpacing = 5 * time.Second

	// maxHold bounds how long, and maxHeld how many, pictures are kept back
	// while they come faster than real time.
	maxHold = 3 * time.Second
	maxHeld = 1000
	// maxLulled is the same while it is not clear whether pictures come in bursts.
	maxLulled = 15 * time.Second
	// pacedEnough is how sure it must be that pictures come in real time: two long gaps
	// will do, or one that is as long as a picture.
	pacedEnough = 2
	// leastLull is how long nothing comes in a lull at least, and lullPictures how many
	// pictures it is long at least: then what was held up comes at once.
	leastLull, lullPictures = 250 * time.Millisecond, 2
	// settled is how long pictures must have come in real time before the
	// earliest of them is believed.
	settled = 250 * time.Millisecond
)

// timeline decides the output time of each picture. It is pure: what it
// knows of clocks comes with the pictures.
//
// It begins with holding pictures. anchored tells when they have come in real
// time for long enough; the owner then asks for origin, the monotonic time of
// output decode time 0, and passes the held ones through place.
type timeline struct {
	timelineConfig
	warm     []stamp // held so far
	realTime time.Duration
	paced    int  // how sure that is; pacedEnough will do
	lulls    int  // how often nothing came for long
	bursting bool // the last picture came at once
	placed   bool // an origin is known

	even     evener
	origin   time.Duration // monotonic time of output decode time 0
	next     uint64        // output decode time that follows, ticks
	lateness []late
	lull     time.Duration               // the longest of late, 0 for none
	lulled   time.Duration               // when it was over, monotonic
	arrivals [heldPictures]time.Duration // of the last pictures, the newest first
	began    time.Duration               // arrival of the first picture of the run
	wanted   bool                        // a new run is to begin at the next sync sample
	behind   bool                        // likewise, unless it catches up before
	broken   bool                        // a picture was dropped: all are, up to the next sync sample
}

type late struct{ arrival, by time.Duration }

func newTimeline(c timelineConfig) *timeline {
	t := &timeline{timelineConfig: c}
	t.even = t.evener()
	return t
}

func (t *timeline) evener() evener {
	return evener{frame: t.ticks(t.frame), longest: t.ticks(t.maxDuration), shortest: t.ticks(time.Second / camera.HighestRate)}
}

// add takes a picture in order of arrival.
func (t *timeline) add(s stamp) timed {
	if !t.placed {
		return t.warmUp(s)
	}
	if (t.wanted || t.behind) && s.sync && s.arrival-t.began >= runSpacing && t.steady() {
		t.restart()
		return timed{verdict: begin}
	}
	return t.place(s)
}

// restart forgets the run: the next pictures are held again.
func (t *timeline) restart() { *t = *newTimeline(t.timelineConfig) }

// allow has pictures last so long at most from now on.
func (t *timeline) allow(longest time.Duration) {
	t.maxDuration, t.even.longest = longest, t.ticks(longest)
}

// requestRun makes a new run begin at the next sync sample.
func (t *timeline) requestRun() { t.wanted = true }

func (t *timeline) warmUp(s stamp) timed {
	if len(t.warm) == 0 && !s.sync {
		return timed{verdict: drop}
	}
	if n := len(t.warm); n > 0 {
		gap := s.arrival - t.warm[n-1].arrival
		length := max(t.length(s), t.length(t.warm[n-1]))
		t.bursting = gap < t.length(s)/2
		switch {
		case t.bursting:
			if t.realTime = max(0, t.realTime-t.length(s)); t.realTime == 0 {
				t.paced = 0
			}
		case t.isLull(gap, max(s.duration, t.warm[n-1].duration)):
			t.lulls, t.lulled = t.lulls+1, s.arrival
		case gap > lullPictures*length: // it may be one before a burst
			t.realTime, t.paced = t.realTime+gap, t.paced+1
		default:
			t.realTime, t.paced = t.realTime+gap, t.paced+pacedEnough
		}
	}
	t.warm = append(t.warm, s)
	return timed{verdict: hold}
}

// anchored reports whether what is held may go on, and if so fixes the origin.
func (t *timeline) anchored() bool {
	n := len(t.warm)
	if t.placed || n < 2 {
		return t.placed
	}
	waited := t.warm[n-1].arrival - t.warm[0].arrival
	inTime := t.realTime >= min(settled, 3*t.frame) && t.paced >= pacedEnough
	// Of bursts, the end of a whole one tells: that comes before the second lull.
	unclear := t.lulls == 1 && t.warm[n-1].arrival-t.lulled < maxHold || t.lulls > 1 && t.bursting
	if !inTime && (waited < maxHold || unclear && waited < maxLulled) && n < maxHeld {
		return false
	}
	t.origin = math.MaxInt64
	var begin uint64
	even := t.even
	for _, s := range t.warm {
		length := t.sane(&even, s)
		t.origin = min(t.origin, s.arrival-t.time(begin)-s.due(t.time(length)))
		begin += length
	}
	t.placed, t.began, t.warm = true, t.warm[n-1].arrival, nil
	return true
}

// from has time 0 be no later than an instant that is known otherwise (monotonic).
func (t *timeline) from(origin time.Duration) { t.origin = min(t.origin, origin) }

// place gives a picture its time on an anchored timeline.
func (t *timeline) place(s stamp) timed {
	if t.broken && !s.sync {
		return timed{verdict: drop}
	}
	t.broken = false
	t.noteLull(s)
	duration := t.sane(&t.even, s)
	by := s.arrival - t.origin - t.time(t.next) - s.due(t.time(duration))
	drift := t.drift(s.arrival, by)
	if drift > t.frame/2 {
		t.even.late()
	}
	if drift < -t.maxError() {
		// Ahead of the clock: nothing of it has happened yet.
		// What follows up to the next sync sample builds on it.
		t.wanted, t.broken = true, true
		return timed{verdict: drop}
	}
	// An encoded camera's pictures carry the time at which they were read:
	// late, they are still right, and the load is somebody else's concern. Ahead of
	// the clock they can't be: the first ones, which fixed the origin, were late.
	// A copied one that catches up with the clock needs no new run, nor does one that
	// sends fewer pictures from now on: its last ones were held until the next came.
	held := t.arrived(s)
	t.behind = t.copied && drift-held > t.maxError()
	if t.copied || drift < -max(leastAhead, 3*t.frame/2) {
		duration = t.slew(duration, drift)
	}
	out := timed{write, t.next, duration, t.even.cut}
	t.next += duration
	return out
}

// arrived notes a picture. held is for how long it may have been kept back until the
// next ones came; it means nothing for the first pictures, which have no drift either.
func (t *timeline) arrived(s stamp) (held time.Duration) {
	if s.late {
		held = s.arrival - t.arrivals[heldPictures-1]
	}
	copy(t.arrivals[1:], t.arrivals[:])
	t.arrivals[0] = s.arrival
	return held
}

// maxError is how far output time may be from the clock. Parsers hand a picture out
// when the next one comes, so a camera that idles seems to be late.
func (t *timeline) maxError() time.Duration { return max(leastError, 2*t.maxDuration) }

// sane is the picture's own duration unless that can't be true. What this
// changes for good shows as lateness later.
func (t *timeline) sane(even *evener, s stamp) uint64 {
	if !t.copied {
		return s.duration
	}
	return even.next(s.duration)
}

// isLull reports whether nothing came for longer than pictures of so many ticks take.
func (t *timeline) isLull(gap time.Duration, ticks uint64) bool {
	return gap > max(leastLull, lullPictures*max(t.frame, t.time(ticks)))
}

// noteLull remembers for how long nothing comes at times, if that is so again and again.
func (t *timeline) noteLull(s stamp) {
	switch gap := s.arrival - t.arrivals[0]; {
	case t.arrivals[0] > 0 && gap > t.lull/2 && t.isLull(gap, s.duration):
		t.lull, t.lulled = gap, s.arrival
	case s.arrival-t.lulled > 2*t.lull:
		t.lull = 0
	}
}

// drift is the least lateness of the last seconds. Before that much has been
// seen, lateness counts as none: one late picture says nothing. Of pictures that come in
// bursts the end of the burst before tells.
func (t *timeline) drift(arrival, by time.Duration) time.Duration {
	t.lateness = append(t.lateness, late{arrival, by})
	lookBack := lookBack + t.lull
	for arrival-t.lateness[0].arrival > lookBack {
		t.lateness = t.lateness[1:]
	}
	least := by
	for _, l := range t.lateness {
		least = min(least, l.by)
	}
	if least > 0 && arrival-t.began < lookBack {
		return 0
	}
	return least
}

// steady reports whether pictures come in real time. While they come faster, since
// something was held up, a new run would be dated later than its pictures.
func (t *timeline) steady() bool {
	if t.frame > lookBack/4 || len(t.lateness) == 0 {
		return true // too few to tell
	}
	last := t.lateness[len(t.lateness)-1].arrival
	before, now := time.Duration(math.MaxInt64), time.Duration(math.MaxInt64)
	for _, l := range t.lateness {
		if last-l.arrival > steadyTime {
			before = min(before, l.by)
		} else {
			now = min(now, l.by)
		}
	}
	return last-t.lateness[0].arrival >= 2*steadyTime && now > before-steadyTime/10
}

// slew stretches a duration when output time lags behind the clock, and
// squeezes it when it is ahead.
func (t *timeline) slew(duration uint64, drift time.Duration) uint64 {
	share := max(-maxSlew, min(maxSlew, drift.Seconds()/slewTime.Seconds()))
	out := uint64(math.Round(float64(duration) * (1 + share)))
	return max(1, min(out, t.ticks(t.maxDuration)))
}

// lag is by how much even the earliest of the last seconds' pictures left
// ffmpeg late.
func (t *timeline) lag() time.Duration {
	if !t.placed || len(t.lateness) == 0 {
		return 0
	}
	least := t.lateness[0].by
	for _, l := range t.lateness {
		least = min(least, l.by)
	}
	return least
}

func (t *timeline) length(s stamp) time.Duration {
	alone := t.evener()
	return t.time(t.sane(&alone, s))
}

func (t *timeline) time(ticks uint64) time.Duration {
	return time.Duration(float64(ticks) / float64(t.timescale) * float64(time.Second))
}

func (t *timeline) ticks(d time.Duration) uint64 {
	return uint64(d.Seconds() * float64(t.timescale))
}
