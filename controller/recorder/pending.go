package recorder

import (
	"sync/atomic"
	"time"
)

// pending is since when something goes on that may never end, such as a write to a
// pipe that nobody reads. One goroutine begins and ends it, any may ask.
type pending struct {
	since atomic.Int64 // monotonic nanoseconds and 1 more; 0: nothing goes on
}

// begin says that it goes on since an instant, monotonic.
func (p *pending) begin(at time.Duration) { p.since.Store(int64(at) + 1) }

func (p *pending) end() { p.since.Store(0) }

// lasts is for how long it has gone on by now, monotonic; 0: nothing does.
func (p *pending) lasts(now time.Duration) time.Duration {
	since := p.since.Load()
	if since == 0 {
		return 0
	}
	return now - time.Duration(since-1)
}
