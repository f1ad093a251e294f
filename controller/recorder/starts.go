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

// allRetries are the same for cameras that fail again and again though they answer:
// however many they are, none of the others queues behind them.
var allRetries = semaphore.New(runtime.NumCPU(), longestStart)

// retrying is after how many failures in a row a camera is one of them.
const retrying = 3

// starting waits for a turn to start something.
func (r *Recorder) starting(ctx context.Context, longest time.Duration) (done func()) {
	if recorded := r.lastGood > 0 && r.now()-r.lastGood < hopeful; r.unsound >= retrying && !recorded {
		return r.retries.Acquire(ctx)
	}
	return r.starts.AcquireFor(ctx, longest)
}

// awaitStart waits until an ffmpeg may be started, and keeps the status fresh meanwhile.
func (r *Recorder) awaitStart(ctx context.Context, copied bool) (done func()) {
	longest := longestStart
	if copied {
		longest = lightStart
	}
	taken := make(chan struct{})
	go func() { defer close(taken); done = r.starting(ctx, longest) }()
	r.publishUntil(taken)
	return done
}
