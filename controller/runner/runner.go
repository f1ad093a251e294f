// Package runner decides where recorders run: in this process, or each in a
// container of its own that outlives it. Recorder and spool are the same code
// either way, so that nothing downstream knows the difference. See "Runners" in
// docs/design.md.
package runner

import (
	"context"
	"fmt"
	"log/slog"

	"golang.org/x/sync/errgroup"

	"lookback/controller/camera"
	"lookback/controller/recorder"
	"lookback/controller/spool"
)

// Runner keeps the recorders of all cameras.
type Runner interface {
	// Run keeps every camera recording until ctx ends.
	Run(ctx context.Context) error
	// Status is what a camera's recorder said last.
	Status(camera string) (spool.Status, error)
}

// Camera is one camera to record.
type Camera struct {
	Name string
	recorder.Assignment
	// Constants are what the archive has fixed, nil while nothing.
	Constants func() *spool.Constants
	Limits
}

// Limits of a recorder in a container; 0 is none.
type Limits struct {
	CPUs      float64 // cores
	Memory    int64   // bytes
	Processes int64   // processes and threads
}

// Process runs recorders in this process.
type Process struct {
	mediaDir  string
	recorders map[string]*recorder.Recorder
	log       *slog.Logger
}

// NewProcess prepares the recorders. redact takes credentials out of a text.
func NewProcess(mediaDir string, cameras []Camera, redact func(string) string, log *slog.Logger) *Process {
	p := &Process{mediaDir, map[string]*recorder.Recorder{}, log}
	var encoders camera.Encoders
	for _, c := range cameras {
		o := c.Options(mediaDir, c.Name)
		o.Encoders, o.Constants, o.Redact, o.Log = &encoders, c.Constants, redact, log.With("camera", c.Name)
		p.recorders[c.Name] = recorder.New(o)
	}
	return p
}

// Run records until ctx ends. Recorders in containers that the other runner has
// left behind are told to end.
func (p *Process) Run(ctx context.Context) error {
	var all errgroup.Group
	for name, r := range p.recorders {
		if err := spool.EndLease(spool.CameraDir(p.mediaDir, name)); err != nil {
			p.log.Warn("a recorder's container that was left behind may go on", "camera", name, "error", err)
		}
		all.Go(func() error { return r.Run(ctx) })
	}
	return all.Wait()
}

// Status is what a camera's recorder said last.
func (p *Process) Status(camera string) (spool.Status, error) {
	r, ok := p.recorders[camera]
	if !ok {
		return spool.Status{}, fmt.Errorf("no camera %q", camera)
	}
	return r.Status()
}
