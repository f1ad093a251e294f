package archive

import (
	"path/filepath"
	"time"

	"lookback/controller/spool"
)

// Terms are the options that may change while an archive is followed.
type Terms struct {
	Title       string        // for people
	Ended       bool          // the camera is no longer named
	Window      time.Duration // how far back one can look
	WindowBytes int64         // most bytes of that, 0 = unlimited
}

// Adjust has Follow go on under other terms, soon.
func (c *Archive) Adjust(t Terms) {
	c.asked.Store(&t)
	c.Wake()
}

// adjust takes over terms that were asked for, and notes when of an ended camera
// nothing more will come.
func (c *Archive) adjust() {
	t := c.asked.Swap(nil)
	if t != nil && *t != c.terms() {
		c.Title, c.Ended, c.Window, c.WindowBytes = t.Title, t.Ended, t.Window, t.WindowBytes
		c.state.name(&c.Options)
		now := c.terms()
		c.agreed.Store(&now)
		c.ended, c.stale = time.Time{}, true
		c.slide(0)
		if c.Ended {
			c.rate.Store(0) // nothing more comes
		}
	}
	finished := c.Ended && (c.finished || c.drained())
	if t != nil || finished != c.finished {
		c.finished = finished
		c.publish()
	}
}

func (c *Archive) terms() Terms { return Terms{c.Title, c.Ended, c.Window, c.WindowBytes} }

// drained reports whether all of the spool is taken in, and that nobody records.
func (c *Archive) drained() bool {
	dir := spool.CameraDir(c.MediaDir, c.Camera)
	if busy, err := spool.Locked(filepath.Join(dir, "recorder.lock")); err != nil || busy || c.current != nil {
		return false
	}
	runs, err := spool.Runs(dir)
	return err == nil && len(runs) == 0
}
