// Package alert tells a webhook that a camera is lost, and that it is back:
// once each per loss, whatever happens to the network or to the controller in
// between. It only watches, so that nothing of it can keep a camera from being
// recorded. See "Health" in docs/design.md.
package alert

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
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

// Camera is one camera to watch.
type Camera struct {
	Name   string
	Title  string // for people
	Report func(now time.Time) health.Report
}

// Options of the alerts. URL, Cameras, MediaDir and Log must be set.
type Options struct {
	URL      string        // http or https, may hold credentials
	Shown    string        // the URL as it may be logged
	Secret   string        // signs what is sent; "": unsigned
	After    time.Duration // how long a camera must be away
	MediaDir string        // what was told is kept in its spool
	Version  string        // of the program
	Cameras  []Camera
	Log      *slog.Logger
	Count    func(camera, event, result string) // of attempts; may be nil
	Client   *http.Client                       // nil: one of its own
}

const (
	interval = time.Second
	// backAfter is how long a camera must have been live to be back.
	backAfter = 5 * time.Second
	// requestTimeout is how long the receiver may take, body included.
	requestTimeout = 10 * time.Second
)

// Run watches and tells until the context ends. What was not delivered by then
// is kept for the next time.
func Run(ctx context.Context, o Options) {
	if o.Count == nil {
		o.Count = func(string, string, string) {}
	}
	if o.Client == nil {
		transport := http.DefaultTransport.(*http.Transport).Clone()
		defer transport.CloseIdleConnections()
		o.Client = &http.Client{Transport: transport, Timeout: requestTimeout,
			// A redirect would send the alert to somebody else, as a GET.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	}
	var all sync.WaitGroup
	for _, c := range o.Cameras {
		all.Go(func() { newWatch(&o, c).run(ctx) })
	}
	all.Wait()
}
