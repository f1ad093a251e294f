package recorder

import (
	"context"
	"runtime"
	"time"

	"lookback/controller/semaphore"
)

const (
	// longestTurn is after how long the next may begin in any case: a camera that
	// does not answer costs nothing, and nobody is to wait for it.
	longestTurn = time.Second
	// lightTurn is the same for probing and for the ffmpeg of a copied camera:
	// after their start, they wait for the camera, and that for its key frame.
	lightTurn = 300 * time.Millisecond
)

// starts keep cameras of this process that are started together from starting at
// once. Probing and the start of an ffmpeg take a tenth of a second of a core
// each. Sixteen of both at the same instant would hold up those that record.
var starts = semaphore.New(2*runtime.NumCPU(), longestTurn)

// turn waits for a turn to start an ffmpeg, and keeps the status fresh meanwhile.
func (r *Recorder) turn(ctx context.Context, copied bool) (done func()) {
	longest := longestTurn
	if copied {
		longest = lightTurn
	}
	taken := make(chan struct{})
	go func() { defer close(taken); done = r.turns.AcquireFor(ctx, longest) }()
	r.publishUntil(taken)
	return done
}
