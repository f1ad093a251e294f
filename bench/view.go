package main

import (
	"context"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/prometheus/procfs"

	"lookback/e2e/rig"
)

// Viewing is what one viewer got, and what that cost. Times are in seconds.
type Viewing struct {
	Seconds        float64            `json:"seconds"`
	FirstFrame     float64            `json:"first_frame"` // since navigation start
	Latency        Distribution       `json:"latency"`     // from the camera's clock in a picture to its showing
	DriftPerMinute float64            `json:"drift_per_minute"`
	Every10s       []float64          `json:"every_10s"` // median latency of each ten seconds
	Frames         int                `json:"frames"`
	Unreadable     int                `json:"unreadable"` // frames whose block code was damaged
	LongestGap     float64            `json:"longest_gap"`
	JoinStalls     int                `json:"join_stalls"` // before the measurement
	Stalls         int                `json:"stalls"`
	StalledSeconds float64            `json:"stalled_seconds"`
	ReadCost       float64            `json:"read_cost"` // reading the code of a frame holds the page up for so long
	Requests       map[string]float64 `json:"requests"`  // a second, by kind
	BytesPerSecond float64            `json:"bytes_per_second"`
	Page           *PageFigures       `json:"page,omitempty"` // nil for the baseline
	Cost           map[string]Cost    `json:"cost"`
	Conditions     Conditions         `json:"conditions"`
	Errors         []string           `json:"errors"` // uncaught exceptions
}

// PageFigures are what Lookback's page says of itself.
type PageFigures struct {
	Latency  float64 `json:"latency"`
	Target   float64 `json:"target"`
	Buffer   float64 `json:"buffer"`
	Stalls   int     `json:"stalls"`
	Rebuilds int     `json:"rebuilds"`
	Dropped  int     `json:"dropped"` // frames that were decoded and not shown
}

// patience is how long a first picture may take.
const patience = time.Minute

const pageFigures = `"lookback" in window ? {latency: lookback.latency ?? -1, target: lookback.target, buffer: lookback.buffer,
	stalls: lookback.stalls, rebuilds: lookback.rebuilds, dropped: lookback.droppedFrames} : null`

// seen is eyes, without what is calculated.
type seen struct {
	At, Coded          []float64
	Frames, Unreadable int
	ReadMs             float64
	Stalls             int
	StalledMs          float64
	Requests           map[string]struct{ Count, Bytes float64 }
}

// openPage shows an address in a page of the size that is measured.
func openPage(browser *rig.Browser, url string) (*rig.Page, error) {
	page, err := browser.NewPage(1280, 800)
	if err != nil {
		return nil, err
	}
	if err := page.Open(url); err != nil {
		page.Close()
		return nil, err
	}
	return page, nil
}

// view opens a page and looks at it for a while.
func view(ctx context.Context, o options, browser *rig.Browser, url string, groups map[string]func() []procfs.Proc) (*Viewing, error) {
	page, err := openPage(browser, url)
	if err != nil {
		return nil, err
	}
	defer page.Close()
	v := &Viewing{}
	if v.FirstFrame, err = firstFrame(page); err != nil {
		return nil, err
	}
	if err := wait(ctx, o.settle); err != nil {
		return nil, err
	}
	if v.JoinStalls, err = rig.Eval[int](page, `eyes.stalls`); err != nil {
		return nil, err
	}
	if _, err := rig.Eval[chromedp.Void](page, `eyes.restart()`); err != nil {
		return nil, err
	}
	groups["chromium"] = func() []procfs.Proc { return family(browser.Pid()) }
	meter := startMeter(groups)
	if err := wait(ctx, o.seconds); err != nil {
		return nil, err
	}
	v.Seconds = time.Since(meter.begun).Seconds()
	v.Cost, v.Conditions = meter.stop()
	s, err := rig.Eval[seen](page, `({...eyes})`)
	if err != nil {
		return nil, err
	}
	v.tell(s)
	v.Errors = page.Errors()
	v.Page, err = rig.Eval[*PageFigures](page, pageFigures)
	return v, err
}

// firstFrame waits for the first picture and tells when it came after
// navigation start, in seconds.
func firstFrame(page *rig.Page) (float64, error) {
	if err := page.Until(patience, `eyes.firstFrameMs !== null`); err != nil {
		return 0, err
	}
	ms, err := rig.Eval[float64](page, `eyes.firstFrameMs`)
	return ms / 1000, err
}

// tell works out what the eyes have seen.
func (v *Viewing) tell(s seen) {
	v.Frames, v.Unreadable, v.Stalls, v.StalledSeconds = s.Frames, s.Unreadable, s.Stalls, s.StalledMs/1000
	v.ReadCost = s.ReadMs / float64(max(s.Frames, 1)) / 1000
	latencies, minutes := make([]float64, len(s.At)), make([]float64, len(s.At))
	for i := range s.At {
		latencies[i] = (s.At[i] - s.Coded[i]) / 1000
		minutes[i] = (s.At[i] - s.At[0]) / 60_000
		if i > 0 {
			v.LongestGap = max(v.LongestGap, (s.At[i]-s.At[i-1])/1000)
		}
	}
	v.Latency, v.DriftPerMinute = distribution(latencies), slope(minutes, latencies)
	for from := 0; from < len(minutes); {
		to := from
		for to < len(minutes) && minutes[to] < minutes[from]+1./6 {
			to++
		}
		v.Every10s = append(v.Every10s, quantile(latencies[from:to], 0.5))
		from = to
	}
	v.Requests = map[string]float64{}
	for kind, r := range s.Requests {
		v.Requests[kind] = r.Count / v.Seconds
		v.BytesPerSecond += r.Bytes / v.Seconds
	}
}
