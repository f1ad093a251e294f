package recorder

import (
	"context"
	"runtime"
	"sync"
	"time"
)

// turns keep cameras that are started together from starting at once: probing
// and the start of an ffmpeg take a tenth of a second of a core each, and
// sixteen of both at the same instant would hold up those that record already.
// Who has waited longest is next.
type turns struct {
	free    chan struct{}
	longest time.Duration
}

const (
	// longestTurn is after how long the next may begin in any case: a camera that
	// does not answer costs nothing, and nobody is to wait for it.
	longestTurn = time.Second
	// lightTurn is the same for probing and for the ffmpeg of a copied camera:
	// after their start, they wait for the camera, and that for its key frame.
	lightTurn = 300 * time.Millisecond
)

// starts are the turns of all recorders of this process.
var starts = newTurns(2*runtime.NumCPU(), longestTurn)

func newTurns(atOnce int, longest time.Duration) *turns {
	return &turns{make(chan struct{}, atOnce), longest}
}

// take waits for a turn, or for the end of ctx. The turn ends with done, which
// may be called more than once, or when it has lasted for the longest time.
func (t *turns) take(ctx context.Context) (done func()) { return t.takeFor(ctx, t.longest) }

// takeFor is take with a longest time of its own.
func (t *turns) takeFor(ctx context.Context, longest time.Duration) (done func()) {
	select {
	case t.free <- struct{}{}:
	case <-ctx.Done():
		return func() {}
	}
	end := sync.OnceFunc(func() { <-t.free })
	limit := time.AfterFunc(min(longest, t.longest), end)
	return func() { limit.Stop(); end() }
}

// turn waits for a turn to start an ffmpeg, and keeps the status fresh meanwhile.
func (r *Recorder) turn(ctx context.Context, copied bool) (done func()) {
	longest := longestTurn
	if copied {
		longest = lightTurn
	}
	taken := make(chan struct{})
	go func() { defer close(taken); done = r.turns.takeFor(ctx, longest) }()
	r.publishUntil(taken)
	return done
}
