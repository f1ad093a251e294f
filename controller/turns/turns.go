// Package turns lets so many begin something at once and no more. Who takes
// longer than a turn lasts is not waited for: it goes on, and the next begins.
package turns

import (
	"context"
	"sync"
	"time"
)

// Turns are taken in the order in which they were asked for.
type Turns struct {
	free    chan struct{}
	longest time.Duration
}

// New has so many turns at once, each of which lasts for the longest time at most.
func New(atOnce int, longest time.Duration) *Turns {
	return &Turns{make(chan struct{}, atOnce), longest}
}

// Take waits for a turn, or for the end of ctx. The turn ends with done, which
// may be called more than once, or when it has lasted for the longest time.
func (t *Turns) Take(ctx context.Context) (done func()) { return t.TakeFor(ctx, t.longest) }

// TakeFor is Take with a longest time of its own, if that is shorter.
func (t *Turns) TakeFor(ctx context.Context, longest time.Duration) (done func()) {
	select {
	case t.free <- struct{}{}:
	case <-ctx.Done():
		return func() {}
	}
	end := sync.OnceFunc(func() { <-t.free })
	limit := time.AfterFunc(min(longest, t.longest), end)
	return func() { limit.Stop(); end() }
}

// Taken is how many are under way.
func (t *Turns) Taken() int { return len(t.free) }
