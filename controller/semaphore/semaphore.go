// Package semaphore lets so many do something at once and no more. Who takes
// longer than a place is held is not waited for: it goes on, and the next begins.
package semaphore

import (
	"context"
	"sync"
	"time"
)

// Semaphore gives places in the order in which they were asked for.
type Semaphore struct {
	places  chan struct{}
	longest time.Duration
}

// New has so many places, each of which is held for the longest time at most.
func New(places int, longest time.Duration) *Semaphore {
	return &Semaphore{make(chan struct{}, places), longest}
}

// Acquire waits for a place, or for the end of ctx. It is given back by release,
// which may be called more than once, or when it was held for the longest time.
func (s *Semaphore) Acquire(ctx context.Context) (release func()) {
	return s.AcquireFor(ctx, s.longest)
}

// AcquireFor is Acquire with a longest time of its own, if that is shorter.
func (s *Semaphore) AcquireFor(ctx context.Context, longest time.Duration) (release func()) {
	select {
	case s.places <- struct{}{}:
	case <-ctx.Done():
		return func() {}
	}
	end := sync.OnceFunc(func() { <-s.places })
	limit := time.AfterFunc(min(longest, s.longest), end)
	return func() { limit.Stop(); end() }
}

// Held is how many places are taken.
func (s *Semaphore) Held() int { return len(s.places) }
