package recorder

import (
	"context"
	"runtime"
	"time"

	"lookback/controller/semaphore"
)

const (
	// longestStart is after how long the next may begin in any case: a camera that
	// does not answer costs nothing, and nobody is to wait for it.
	longestStart = time.Second
	// lightStart is the same for probing and for the ffmpeg of a copied camera:
	// after their start, they wait for the camera, and that for its key frame.
	lightStart = 300 * time.Millisecond
)

// allStarts keep cameras of this process that are started together from starting at
// once. Probing and the start of an ffmpeg take a tenth of a second of a core
// each. Sixteen of both at the same instant would hold up those that record.
var allStarts = semaphore.New(2*runtime.NumCPU(), longestStart)

// awaitStart waits until an ffmpeg may be started, and keeps the status fresh meanwhile.
func (r *Recorder) awaitStart(ctx context.Context, copied bool) (done func()) {
	longest := longestStart
	if copied {
		longest = lightStart
	}
	taken := make(chan struct{})
	go func() { defer close(taken); done = r.starts.AcquireFor(ctx, longest) }()
	r.publishUntil(taken)
	return done
}
