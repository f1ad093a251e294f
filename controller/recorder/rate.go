package recorder

import (
	"log/slog"
	"math"
	"slices"
	"time"

	"lookback/controller/camera"
)

const (
	// fastWindow and slowWindow are for how long a camera must have been
	// faster or slower than planned. One that is faster loses frames; one that
	// is slower has some repeated, which costs next to nothing, and may only
	// have been starved for a while.
	fastWindow, slowWindow = 10 * time.Second, time.Minute
	// rateSpacing is the least time between two plans made for another rate.
	rateSpacing = time.Minute
	// tooFast and tooSlow are the rates that call for a new plan, as shares of
	// the planned one.
	tooFast, tooSlow = 1.15, 0.5
)

// rateJudge notices a camera that has changed its frame rate.
type rateJudge struct {
	rateWatch
	known  bool           // nobody asks: it is set, or its pictures are copied
	behind func() bool    // ffmpeg does not keep up: what it has read says nothing
	last   *time.Duration // when the rate last made us start anew, monotonic; outlives this ffmpeg
	log    *slog.Logger
}

func (j *rateJudge) look(e evidence) string {
	if e.report == nil {
		return ""
	}
	if !e.awake {
		j.samples = nil
	}
	if j.known || *j.last != 0 && e.at-*j.last < rateSpacing || j.behind() {
		return ""
	}
	rate, changed := j.add(e.at, *e.report)
	if !changed {
		return ""
	}
	j.log.Warn("the camera's frame rate has changed", "planned", j.planned.Human(), "now", rate)
	*j.last = e.at
	return camera.RateChanged
}

// rateWatch finds out the frame rate of a camera by the frames that ffmpeg
// repeats and drops. It is pure.
type rateWatch struct {
	planned camera.Rate
	samples []rateSample
}

type rateSample struct {
	at     time.Duration
	frames float64 // that the camera has sent
}

// add takes a report; changed reports whether the rate has been another one for long.
func (w *rateWatch) add(now time.Duration, p progress) (rate float64, changed bool) {
	w.samples = append(w.samples, rateSample{now, p.read()})
	for now-w.samples[0].at > slowWindow+time.Second {
		w.samples = w.samples[1:]
	}
	planned := w.planned.Float()
	if rate, ok := w.over(fastWindow); ok && rate > planned*tooFast {
		return rate, true
	}
	rate, ok := w.over(slowWindow)
	return rate, ok && rate < planned*tooSlow
}

// over is the rate during the last window; false when it has not been watched
// for so long, or when a frame more or less would decide.
func (w *rateWatch) over(window time.Duration) (float64, bool) {
	last := w.samples[len(w.samples)-1]
	for _, first := range slices.Backward(w.samples) {
		if span := last.at - first.at; span >= window {
			planned := w.planned.Float() * span.Seconds()
			got := last.frames - first.frames
			return got / span.Seconds(), math.Abs(got-planned) >= 4
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
