// Package runner decides where recorders run: in this process, or each in a
// container of its own that outlives it. Recorder and spool are the same code
// either way, so that nothing downstream knows the difference. See "Runners" in
// docs/design.md.
package runner

import (
	"context"
	"lookback/controller/health"
	"lookback/controller/recorder"
	"lookback/controller/spool"
)

// Runner keeps the recorders of all cameras.
type Runner interface {
	// Set has these cameras recorded from now on, and no others. A recorder whose
	// camera is as it was goes on; each other begins, ends or changes alone. It does
	// not wait for any of that.
	Set(cameras []Job)
	// Run keeps every camera recording until ctx ends.
	Run(ctx context.Context) error
	// Status is what a camera's recorder said last.
	Status(camera string) (spool.Status, error)
	// Receive takes what a recorder in another process said through the doorbell.
	Receive(camera string, s spool.Status)
	// Keeping is what is known of a recorder's container, nil where it has none.
	Keeping(camera string) *health.Keeping
}

// Job is one camera to record.
type Job struct {
	Name string
	recorder.Assignment
	// Promise is what its playlists hold to, nil while nothing.
	Promise func() *spool.Promised
	Limits
}

// Limits of a recorder in a container; 0 is none.
type Limits struct {
	CPUs      float64 // cores
	Memory    int64   // bytes
	Processes int64   // processes and threads
}
