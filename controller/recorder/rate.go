package recorder

import (
	"log/slog"
	"math"
	"slices"
	"time"

	"lookback/controller/camera"
)

const (
	// fastWindow is for how long a camera must have been faster than planned: frames
	// are lost meanwhile.
	fastWindow = 10 * time.Second
	// firstSlow and longestSlow are for how long it must have been slower all the
	// time. Some frames are repeated meanwhile, which costs next to nothing, and a
	// camera that saves pictures while nothing moves would lose some when it sends them
	// again. It doubles each time that it does.
	firstSlow, longestSlow = time.Hour, 12 * time.Hour
	// idleAfter is after how long that is said.
	idleAfter = time.Minute
	// rateSpacing is the least time between two plans made for another rate.
	rateSpacing = time.Minute
	// lateSamples is how many reports, one a second, tell the rate of late.
	lateSamples = 3
	// moved is the same, as a share, of a camera that idled, within lateSamples.
	moved = 1.5
	// tooFast and tooSlow are the rates that call for a new plan, as shares of
	// the planned one.
	tooFast, tooSlow = 1.15, 0.5
)

// rateChanges are those of a camera for which ffmpeg was started anew.
type rateChanges struct {
	last   time.Duration // monotonic
	slow   time.Duration // for how long it must be slower
	slowed bool          // the last one was for that
	soon   bool          // the last one was made after some seconds: it may be wrong
	now    float64       // what the last one changed to, frames a second
}

// note takes the next one.
func (c *rateChanges) note(at time.Duration, slower bool) {
	if c.slowed && !slower {
		c.slow = min(longestSlow, 2*c.slow)
	}
	c.last, c.slowed = at, slower
}

// rateJudge notices a camera that has changed its frame rate.
type rateJudge struct {
	rateWatch
	known   bool         // nobody asks: it is set, or its pictures are copied
	behind  func() bool  // ffmpeg does not keep up: what it has read says nothing
	changes *rateChanges // outlives this ffmpeg
	idles   func()       // says that the camera sends fewer pictures at times; nil: it is said
	log     *slog.Logger
}

func (j *rateJudge) look(e evidence) string {
	if e.report == nil {
		return ""
	}
	if !e.awake {
		j.forget()
	}
	if j.known || j.changes.last != 0 && !j.changes.soon && e.at-j.changes.last < rateSpacing || j.behind() {
		return ""
	}
	rate, changed := j.add(e.at, *e.report, j.changes.slow)
	if j.idles != nil && j.slowFor(e.at) >= idleAfter {
		j.idles()
		j.idles = nil
	}
	if !changed {
		return ""
	}
	j.log.Warn("the camera's frame rate has changed", "planned", j.planned.Human(), "now", rate)
	j.changes.note(e.at, rate < j.planned.Float())
	j.changes.now, j.changes.soon = rate, camera.Idles(j.planned.Float())
	return camera.RateChanged
}

// rateWatch finds out the frame rate of a camera by the frames that ffmpeg
// repeats and drops. It is pure.
type rateWatch struct {
	planned camera.Rate
	samples []rateSample
	since   time.Duration // it is slower than planned, monotonic; 0: it is not
}

type rateSample struct {
	at     time.Duration
	frames float64 // that the camera has sent
}

// forget has it begin anew.
func (w *rateWatch) forget() { w.samples, w.since = nil, 0 }

// slowFor is for how long the camera has been slower than planned.
func (w *rateWatch) slowFor(now time.Duration) time.Duration {
	if w.since == 0 {
		return 0
	}
	return now - w.since
}

// add takes a report; changed tells that the rate has been higher for long, or lower
// all the time for as long as slow.
func (w *rateWatch) add(now time.Duration, p progress, slow time.Duration) (rate float64, changed bool) {
	w.samples = append(w.samples, rateSample{now, p.read()})
	for now-w.samples[0].at > fastWindow+time.Second {
		w.samples = w.samples[1:]
	}
	if rate, ok := w.moves(); ok {
		return rate, true
	}
	rate, differs := w.over(fastWindow)
	switch planned := w.planned.Float(); {
	case differs && rate > planned*tooFast:
		return max(rate, w.lately()), true
	case !differs || rate >= planned*tooSlow:
		w.since = 0
	case w.since == 0:
		w.since = now - fastWindow
	}
	return rate, w.since != 0 && w.slowFor(now) >= slow
}

// moves tells that a camera that idled has sent many more pictures for some seconds, as
// many in each: most do so when something moves. A pile comes in one.
func (w *rateWatch) moves() (rate float64, ok bool) {
	n, planned := len(w.samples), w.planned.Float()
	if n <= lateSamples || !camera.Idles(planned) {
		return 0, false
	}
	first, last := w.samples[n-1-lateSamples], w.samples[n-1]
	rate = (last.frames - first.frames) / max(0.1, (last.at-first.at).Seconds())
	for i := n - lateSamples; i < n; i++ {
		a, b := w.samples[i-1], w.samples[i]
		span := (b.at - a.at).Seconds()
		if got := b.frames - a.frames; math.Abs(got-rate*span) > max(1.5, rate*span/5) || span <= 0 {
			return 0, false
		}
	}
	return rate, rate > planned*moved && rate > planned+2
}

// lately is the rate of the last seconds, of which one may have had a pile: for longer
// the camera may not have sent at it.
func (w *rateWatch) lately() float64 {
	var rates []float64
	for i := max(1, len(w.samples)-lateSamples); i < len(w.samples); i++ {
		a, b := w.samples[i-1], w.samples[i]
		rates = append(rates, (b.frames-a.frames)/max(0.1, (b.at-a.at).Seconds()))
	}
	slices.Sort(rates)
	return min(camera.HighestRate, rates[len(rates)/2])
}

// over is the rate during the last window, at most that which is recorded; false when it
// has not been watched for so long, or when a frame more or less would decide.
func (w *rateWatch) over(window time.Duration) (float64, bool) {
	last := w.samples[len(w.samples)-1]
	for _, first := range slices.Backward(w.samples) {
		if span := last.at - first.at; span >= window {
			planned := w.planned.Float() * span.Seconds()
			got := last.frames - first.frames
			return min(camera.HighestRate, got/span.Seconds()), math.Abs(got-planned) >= 4
		}
	}
	return 0, false
}

// fpsMeter counts pictures over some seconds.
type fpsMeter struct{ arrivals []time.Duration }

const fpsWindow = 5 * time.Second

func (m *fpsMeter) add(at time.Duration) {
	m.arrivals = append(m.arrivals, at)
	for at-m.arrivals[0] > fpsWindow {
		m.arrivals = m.arrivals[1:]
	}
}

// fps is the rate at which pictures came of late, frames a second.
func (m *fpsMeter) fps(now time.Duration) float64 {
	for len(m.arrivals) > 0 && now-m.arrivals[0] > fpsWindow {
		m.arrivals = m.arrivals[1:]
	}
	if len(m.arrivals) < 2 {
		return 0
	}
	span := m.arrivals[len(m.arrivals)-1] - m.arrivals[0]
	if span <= 0 {
		return 0
	}
	return math.Round(float64(len(m.arrivals)-1)/span.Seconds()*100) / 100
}
