package recorder

import (
	"math"
	"time"

	"lookback/controller/camera"
)

const (
	// rateWindow is over how long the camera's real frame rate is compared
	// with the planned one.
	rateWindow = 10 * time.Second
	// rateSpacing is the least time between two plans made for another rate.
	rateSpacing = 5 * time.Minute
	// tooFast and tooSlow are the rates that call for a new plan, as shares of
	// the planned one.
	tooFast, tooSlow = 1.2, 0.5
)

// rateWatch notices a camera that has changed its frame rate, by the frames
// that ffmpeg repeats and drops.
type rateWatch struct {
	plan    camera.Plan
	samples []rateSample
}

type rateSample struct {
	at     time.Duration
	frames float64 // that the camera has sent
}

// add takes a report; changed tells that the rate has been another one for
// the whole window.
func (w *rateWatch) add(now time.Duration, p progress) (rate float64, changed bool) {
	w.samples = append(w.samples, rateSample{now, float64(p.frames) - float64(p.dup) + float64(p.drop)})
	first := w.samples[0]
	span := now - first.at
	if span < rateWindow {
		return 0, false
	}
	for now-w.samples[0].at >= rateWindow {
		w.samples = w.samples[1:]
	}
	planned := w.plan.SourceRate.Float()
	got := w.samples[len(w.samples)-1].frames - first.frames
	rate = got / span.Seconds()
	if math.Abs(got-planned*span.Seconds()) < 4 {
		return rate, false // a slow camera: one frame more or less proves nothing
	}
	return rate, rate > planned*tooFast || rate < planned*tooSlow
}

// fpsMeter counts fragments over some seconds.
type fpsMeter struct{ arrivals []time.Duration }

const fpsWindow = 5 * time.Second

func (m *fpsMeter) add(at time.Duration) {
	m.arrivals = append(m.arrivals, at)
	for at-m.arrivals[0] > fpsWindow {
		m.arrivals = m.arrivals[1:]
	}
}

// fps is the rate at which fragments came of late, frames a second.
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
