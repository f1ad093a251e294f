package archive

import (
	"slices"
	"time"
)

const (
	// Grace is how long a segment stays on disk after the last playlist that
	// named it. RFC 8216bis 6.2.2 asks for the length of the longest playlist
	// that did, which would double the disk; a minute is enough for a request
	// under way.
	Grace = time.Minute
	// urgentGrace is Grace while the disk is nearly full. The live picture
	// matters more than someone at the very beginning of the window. It is also that
	// of an ended camera of which nothing is shown any more.
	urgentGrace = 5 * time.Second
)

// retention is the bookkeeping of what is served, what has left the window and
// what has been deleted, as MSNs: deleted <= from <= counted.
type retention struct {
	deleted uint64    // below it the files are gone
	from    uint64    // the window begins here
	counted uint64    // up to here in length and size
	length  int64     // of the segments from..counted, microseconds
	size    int64     // of the segments from..counted, bytes
	left    []leaving // what left the window and is still on disk, oldest first
}

// leaving says that all below an MSN had left the window at a time.
type leaving struct {
	to uint64
	at time.Time
}

// slide moves the beginning of the window to where WINDOW and WINDOW_BYTES want
// it, and on to the MSN shed. It only changes what is served; removing deletes.
// Of a camera that has ended the window becomes shorter as time passes.
//
// The window is measured in media, summed back from the newest segment, never
// by comparing dates with now: a machine without a clock battery jumps years.
func (c *Archive) slide(shed uint64) {
	r := &c.retained
	for ; r.counted < c.next(); r.counted++ {
		r.length += c.seg(r.counted).media()
		r.size += int64(c.seg(r.counted).Size)
	}
	before, window := r.from, max(c.Window.Microseconds()-c.state.Ended, 0)
	whole, spare := !c.left.any(), spared(c.newest().Window)
	if c.finished {
		spare = 0 // nobody is live
	}
	for r.from < c.next() {
		oldest := c.seg(r.from)
		rest := r.length - oldest.media()
		missing := oldest.Flags&Gap != 0 // nobody misses it at the beginning
		tooLong := rest >= window || r.from < c.state.First
		tooBig := (r.from < shed || c.WindowBytes > 0 && r.size > c.WindowBytes) && rest >= spare
		if !missing && !tooLong && !tooBig {
			break
		}
		c.leaving.Add(int64(oldest.Size))
		r.size -= int64(oldest.Size)
		r.length = rest
		r.from++
		if tooLong || tooBig {
			c.state.First = max(c.state.First, r.from)
		}
	}
	if r.from > before {
		r.left = append(r.left, leaving{r.from, time.Now()})
	}
	if whole { // else what is missing may only be left out, and come back
		c.state.First = max(c.state.First, r.from)
	}
}

// media is how much of a segment's duration is there, microseconds.
func (s Segment) media() int64 {
	if s.Flags&Gap != 0 {
		return 0
	}
	return int64(s.Duration)
}

// spareDisk makes the window shorter when less than the reserve is free.
func (c *Archive) spareDisk() error {
	shed, short, err := c.Reserve.shed(c)
	if err != nil {
		return err
	}
	if e := c.Reserve.Impossible(); e != nil && !c.Reserve.told.Swap(true) {
		c.Log.Error(e.Error(), "next", e.Meanwhile())
	}
	c.warnShort(short)
	before := c.retained.from
	if shed > 0 {
		c.slide(c.Snapshot().First + uint64(shed))
	}
	if c.retained.from > before {
		c.stale = true // a restart must not bring back what was given up
		c.Log.Warn("the disk is nearly full: history becomes shorter", "camera", c.Camera, "setting", "DISK_RESERVE",
			"reserve_bytes", c.Reserve.kept(), "segments", c.retained.from-before, "next", "the oldest of all cameras is deleted")
		c.publish()
	}
	return nil
}

// removable is the MSN below which all left the window a grace ago, and for good.
func (c *Archive) removable(grace time.Duration) uint64 {
	to := c.retained.deleted
	for _, l := range c.retained.left {
		if time.Since(l.at) >= grace {
			to = max(to, min(l.to, c.state.First))
		}
	}
	return to
}

// removed enters that all below an MSN has been deleted.
func (c *Archive) removed(to uint64) {
	r := &c.retained
	for ; r.deleted < to; r.deleted++ {
		size := int64(c.seg(r.deleted).Size)
		c.bytes.Add(-size)
		c.leaving.Add(-size)
	}
	r.left = slices.DeleteFunc(r.left, func(l leaving) bool { return l.to <= r.deleted })
}

// retain makes the window shorter where the disk wants it, and deletes all that
// left it a grace ago.
func (c *Archive) retain() error {
	if err := c.spareDisk(); err != nil {
		return err
	}
	for {
		if err := c.run(c.removing(Grace)); err != nil {
			return err
		}
		if c.removable(Grace) <= c.retained.deleted {
			return nil
		}
	}
}
