package archive

import (
	"errors"
	"path/filepath"
	"slices"
	"time"

	"lookback/controller/spool"
)

const (
	// saveEnded is how often the time since a camera's end is saved, microseconds.
	saveEnded = 60_000_000
	// unknownWindow is that of a camera that ended before its state.json told one.
	unknownWindow = 2 * time.Hour
)

// name lets the state know what the settings say of the camera, and an ended
// camera's options what the state knows. A camera that is named again begins to
// be one that has not ended.
func (s *state) name(o *Options) {
	if o.Ended && o.Window == 0 {
		if o.Window = time.Duration(s.Window) * time.Microsecond; o.Window == 0 {
			o.Window = unknownWindow
		}
	}
	if o.Title == "" {
		return
	}
	s.Title, s.Window, s.WindowBytes = o.Title, o.Window.Microseconds(), o.WindowBytes
	if !o.Ended {
		s.Ended, s.Gone = 0, false
	}
}

// gone is what is kept of a camera for good: a name that comes back goes on with
// its MSNs, since URLs of the old ones may be in a cache for a year.
func (s state) gone() state {
	s.Title, s.Window, s.WindowBytes, s.Ended = "", 0, 0, 0
	s.Format, s.Gone = Format, true
	return s
}

// age counts the time that has passed since the camera ended, by the monotonic
// clock and only while the program runs, and makes the window shorter by it. Not
// counted is the time in which the spool is still being taken in.
func (c *Archive) age(now time.Time) {
	if !c.Ended {
		return
	}
	if c.current == nil && !c.ended.IsZero() {
		c.state.Ended += now.Sub(c.ended).Microseconds()
	}
	c.ended = now
	c.stale = c.stale || c.state.Ended-c.endedSaved >= saveEnded
	before := c.retained.from
	if c.slide(0); c.retained.from > before {
		c.publish()
	}
}

// empty reports whether of a camera that has ended nothing is in the window any more.
func (c *Archive) empty() bool {
	return c.Ended && c.current == nil && c.retained.from == c.next()
}

// over reports whether nothing is left of a camera that has ended: neither in its
// archive nor, as far as one can see, in its spool, nor anything that is left out.
func (c *Archive) over() bool {
	return c.Ended && c.current == nil && c.retained.deleted == c.next() && len(c.catalog.stuck) == 0 &&
		!slices.ContainsFunc(c.LeftOut(), func(path string) bool { return !isGone(path) })
}

// vanishing removes what belongs to a camera of which no media is left: its
// spool, and all of its archive but state.json.
func (c *Archive) vanishing() job {
	s, runs, done := c.nextState(), c.runs, false
	do := func() error {
		lock, err := lockEnded(c.MediaDir, c.Camera)
		if errors.Is(err, errRecorded) {
			return nil
		}
		if err != nil {
			return err
		}
		defer lock.Close()
		dir := spool.CameraDir(c.MediaDir, c.Camera)
		if left, err := spool.Runs(dir); err != nil || len(left) > 0 {
			return err // its recorder wrote something last
		}
		if err := c.writeState(s); err != nil {
			return err
		}
		if err := c.removeRuns(runs); err != nil {
			return err
		}
		if err := c.disk.removeAll(dir); err != nil {
			return err
		}
		if err := c.unmark(); err != nil {
			return err
		}
		err = c.disk.replace(statePath(c.root), s.gone().marshal())
		done = err == nil
		return err
	}
	return job{"can't remove what is left of a camera that has ended", do, func(error) { c.gone.Store(done) }}
}

// removeRuns removes the records and init sections that are left.
func (c *Archive) removeRuns(runs []Run) error {
	var errs []error
	for _, r := range runs {
		errs = append(errs, c.disk.remove(filepath.Join(c.root, InitURI(r.FirstMSN))), c.disk.remove(recordPath(c.root, r.FirstMSN)))
	}
	c.disk.removeEmpty(filepath.Join(c.root, "init"))
	return errors.Join(errs...)
}

// Gone reports whether nothing is left of a camera that has ended, neither media nor
// spool: its window has passed, or its archive was empty. What is left is a
// state.json of a few hundred bytes with the MSNs that were used. Then Follow
// has returned or is about to. An archive of which something is left out (see
// LeftOut) is not gone before that is taken away.
func (c *Archive) Gone() bool { return c.gone.Load() }
