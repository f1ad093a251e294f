// Package alert tells a webhook that a camera is lost, and that it is back:
// once each per loss, whatever happens to the network or to the controller in
// between. It only watches, so that nothing of it can keep a camera from being
// recorded. See "Alerts" in docs/api.md.
package alert

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"lookback/controller/health"
)

// Events.
const (
	Lost = "camera-lost"
	Back = "camera-back"
)

// Results of an attempt to deliver.
const (
	Delivered = "delivered"
	Failed    = "failed"   // it will be tried again
	GivenUp   = "given-up" // it will not
)

// Camera is what is watched of a camera.
type Camera interface {
	Name() string
	Title() string // for people
	Report(now time.Time) health.Report
}

// Options of the alerts. URL, MediaDir and Log must be set.
type Options struct {
	URL      string        // http or https, may hold credentials
	Shown    string        // the URL as it may be logged
	Secret   string        // signs what is sent; "": unsigned
	After    time.Duration // how long a camera must be away
	MediaDir string        // what was told is kept in its spool
	Version  string        // of the program
	Log      *slog.Logger
	Count    func(camera, event, result string) // of attempts; may be nil
	Client   *http.Client                       // nil: one of its own
}

// Alerts tells of cameras.
type Alerts struct{ Options }

const (
	interval = time.Second
	// backAfter is how long a camera must have been live to be back.
	backAfter = 5 * time.Second
	// requestTimeout is how long the receiver may take, body included.
	requestTimeout = 10 * time.Second
)

// New prepares the alerts; nothing is told before Watch.
func New(o Options) *Alerts {
	if o.Count == nil {
		o.Count = func(string, string, string) {}
	}
	if o.Client == nil {
		o.Client = &http.Client{Transport: http.DefaultTransport.(*http.Transport).Clone(), Timeout: requestTimeout,
			// A redirect would send the alert to somebody else, as a GET.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	}
	return &Alerts{o}
}

// Watch watches a camera and tells of it until ctx ends. What was not delivered
// by then is kept for the next time. When the camera's life ends before, the
// camera is gone with all that was kept: what waits is delivered, and no more.
func (a *Alerts) Watch(ctx, life context.Context, c Camera) {
	newWatch(&a.Options, c).run(ctx, life)
}
