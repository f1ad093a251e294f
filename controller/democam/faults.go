package democam

import (
	"image"
	"time"
)

// fault is one thing gone wrong, until it is taken back or for a while.
type fault[T any] struct {
	active bool
	value  T
	until  time.Time // zero: until changed
}

func (f *fault[T]) expire(now time.Time) {
	if f.active && !f.until.IsZero() && !now.Before(f.until) {
		*f = fault[T]{}
	}
}

func (f *fault[T]) end() time.Time { return f.until }

// set makes the fault last for d, 0 until changed.
func (f *fault[T]) set(value T, d time.Duration) {
	*f = fault[T]{active: true, value: value}
	if d > 0 {
		f.until = time.Now().Add(d)
	}
}

// faults are those in force.
type faults struct {
	stall    fault[struct{}] // the stream stays open, no frames
	refuse   fault[struct{}] // connections end without an answer
	truncate fault[int]      // every n-th frame is cut in half
	garbage  fault[int]      // every n-th frame is random bytes
	size     fault[*scene]
	fps      fault[float64]
}

func (f *faults) each() [6]interface {
	expire(time.Time)
	end() time.Time
} {
	return [...]interface {
		expire(time.Time)
		end() time.Time
	}{&f.stall, &f.refuse, &f.truncate, &f.garbage, &f.size, &f.fps}
}

func (f *faults) expire(now time.Time) {
	for _, one := range f.each() {
		one.expire(now)
	}
}

// expiry is when the next fault ends by itself; zero: none does.
func (f *faults) expiry() (next time.Time) {
	for _, one := range f.each() {
		if end := one.end(); !end.IsZero() && (next.IsZero() || end.Before(next)) {
			next = end
		}
	}
	return next
}

// change applies fn to the faults and lets the loop know.
func (c *Server) change(fn func(*faults)) {
	c.mu.Lock()
	fn(&c.faults)
	c.mu.Unlock()
	c.changed()
}

// Stall keeps streams open without frames, for d; 0: until changed.
func (c *Server) Stall(d time.Duration) { c.change(func(f *faults) { f.stall.set(struct{}{}, d) }) }

// Drop closes all streams. Clients may come back at once.
func (c *Server) Drop() { c.change(func(*faults) { c.disconnect() }) }

// Refuse closes all streams and ends new requests for pictures without an
// answer, for d; 0: until changed.
func (c *Server) Refuse(d time.Duration) {
	c.change(func(f *faults) {
		f.refuse.set(struct{}{}, d)
		c.disconnect()
	})
}

// Truncate cuts every n-th frame in half (n >= 1), for d; 0: until changed.
func (c *Server) Truncate(n int, d time.Duration) {
	c.change(func(f *faults) { f.truncate.set(max(n, 1), d) })
}

// Garbage makes every n-th frame random bytes (n >= 1), for d; 0: until changed.
func (c *Server) Garbage(n int, d time.Duration) {
	c.change(func(f *faults) { f.garbage.set(max(n, 1), d) })
}

// Resize changes the size of the picture in mid-stream, for d; 0: until
// changed. It returns once the new scene is painted, or says what is wrong
// with the size.
func (c *Server) Resize(width, height int, d time.Duration) error {
	if err := checkSize("size", width, height); err != nil {
		return err
	}
	s := newScene(image.Pt(width, height), c.options.Blocks)
	c.change(func(f *faults) { f.size.set(s, d) })
	return nil
}

// SetFPS changes the frame rate, for d; 0: until changed.
func (c *Server) SetFPS(fps float64, d time.Duration) error {
	if err := checkFPS("fps", fps); err != nil {
		return err
	}
	c.change(func(f *faults) { f.fps.set(fps, d) })
	return nil
}

// Clear takes back all faults.
func (c *Server) Clear() { c.change(func(f *faults) { *f = faults{} }) }
