package archive

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// retention is the bookkeeping of what is served, what has left the window and
// what has been deleted, as positions in Camera.segs: deleted <= from <= counted.
type retention struct {
	deleted int       // below it the files are gone
	from    int       // the window begins here
	counted int       // up to here in length and size
	length  int64     // of segs[from:counted], microseconds
	size    int64     // of segs[from:counted], bytes
	left    []leaving // what left the window and is still on disk, oldest first
	runs    uint32    // below it the init sections are gone, a position in Camera.runs
}

// leaving says that all below a position had left the window at a time.
type leaving struct {
	to int
	at time.Time
}

// slide moves the beginning of the window to where WINDOW and WINDOW_BYTES want
// it, and further by shed bytes. It only changes what is served; retain deletes.
//
// The window is measured in media, summed back from the newest segment, never
// by comparing dates with now: a machine without a clock battery jumps years.
func (c *Camera) slide(shed int64) {
	r := &c.kept
	for ; r.counted < len(c.segs); r.counted++ {
		r.length += int64(c.segs[r.counted].Duration)
		r.size += int64(c.segs[r.counted].Size)
	}
	before := r.from
	for r.from < len(c.segs) {
		oldest := c.segs[r.from]
		rest := r.length - int64(oldest.Duration)
		tooLong := rest >= c.Window.Microseconds()
		tooBig := shed > 0 || c.WindowBytes > 0 && r.size > c.WindowBytes
		if !tooLong && !(tooBig && rest >= c.spared()) {
			break
		}
		shed -= int64(oldest.Size)
		r.size -= int64(oldest.Size)
		r.length = rest
		r.from++
	}
	if r.from > before {
		r.left = append(r.left, leaving{r.from, time.Now()})
	}
}

// spared is how much media, microseconds, stays whatever the disk says: what
// players at the live edge hold on to.
func (c *Camera) spared() int64 {
	return max(12*c.state.constants().TargetDuration, 30_000_000)
}

// retain deletes what left the window a grace ago, and makes the window shorter
// when less than DiskReserve is free.
func (c *Camera) retain() error {
	if err := c.spareDisk(); err != nil {
		return err
	}
	r := &c.kept
	for len(r.left) > 0 && time.Since(r.left[0].at) >= Grace {
		if err := c.delete(r.left[0].to); err != nil {
			return err
		}
		r.left = r.left[1:]
	}
	c.forget()
	return nil
}

// spareDisk sheds as much history as is missing to DiskReserve, less what is
// about to be deleted anyway. The newest segments, within which players stand,
// are never shed.
func (c *Camera) spareDisk() error {
	if c.DiskReserve <= 0 {
		return nil
	}
	free, err := DiskFree(c.root)
	if err != nil {
		return err
	}
	missing := c.DiskReserve - free
	for _, s := range c.segs[c.kept.deleted:c.kept.from] {
		missing -= int64(s.Size)
	}
	if missing <= 0 {
		return nil
	}
	before := c.kept.from
	c.slide(missing)
	if c.kept.from > before {
		c.Log.Warn("the disk is nearly full: history becomes shorter", "camera", c.Camera,
			"setting", "DISK_RESERVE", "reserve_bytes", c.DiskReserve, "free_bytes", free, "segments", c.kept.from-before)
		c.publish()
	}
	return nil
}

// DiskFree is how many bytes an ordinary user may still write to the file
// system that holds path.
func DiskFree(path string) (int64, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(path, &s); err != nil {
		return 0, err
	}
	return int64(s.Bavail) * s.Bsize, nil
}

// delete removes all segments below a position from disk: first from the hour
// playlists, then the files, then folders that have become empty and init
// sections that nothing refers to any more. It stops at the first error, and
// can be called again.
func (c *Camera) delete(to int) error {
	if err := c.list(); err != nil { // what is gone must not be listed afterwards
		return err
	}
	r := &c.kept
	for r.deleted < to {
		dir := hourDir(c.segs[r.deleted].Start)
		end := r.deleted + 1
		for end < to && hourDir(c.segs[end].Start) == dir {
			end++
		}
		if err := c.deleteFromHour(dir, end); err != nil {
			return err
		}
	}
	return c.deleteInits()
}

// deleteFromHour removes the segments below a position, which all lie in one
// hour's folder.
func (c *Camera) deleteFromHour(dir string, end int) error {
	entries, err := c.readHour(dir)
	if err != nil {
		return err
	}
	first, last := c.first+uint64(c.kept.deleted), c.first+uint64(end)
	entries = slices.DeleteFunc(entries, func(e entry) bool { return e.msn >= first && e.msn < last })
	if err := c.writeHour(dir, entries, dir != c.hour); err != nil {
		return err
	}
	for ; c.kept.deleted < end; c.kept.deleted++ {
		s := c.segs[c.kept.deleted]
		if err := removeIfThere(filepath.Join(c.root, SegmentURI(c.first+uint64(c.kept.deleted), s.Start))); err != nil {
			return err
		}
		c.bytes.Add(-int64(s.Size))
	}
	if len(entries) == 0 {
		if c.hour == dir {
			c.hour, c.hourEnd = "", nil
		}
		// Both fail when something is left in them, which is as it should be.
		if os.Remove(filepath.Join(c.root, dir)) == nil {
			os.Remove(filepath.Join(c.root, filepath.Dir(dir)))
		}
	}
	return nil
}

// deleteInits deletes the init sections of runs before that of the oldest
// segment on disk.
func (c *Camera) deleteInits() error {
	r := &c.kept
	if r.deleted >= len(c.segs) {
		return nil
	}
	for ; r.runs < c.segs[r.deleted].Run; r.runs++ {
		first := c.runs[r.runs].FirstMSN
		if err := errors.Join(removeIfThere(filepath.Join(c.root, InitURI(first))), removeIfThere(recordPath(c.root, first))); err != nil {
			return err
		}
	}
	return nil
}

func removeIfThere(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// forget lets the memory of deleted segments go once they are many. Snapshots
// keep the old array as long as they need it.
func (c *Camera) forget() {
	n := c.kept.deleted
	if n < 4096 && n <= len(c.segs)/2 {
		return
	}
	c.segs = slices.Clone(c.segs[n:])
	c.first += uint64(n)
	c.kept.deleted = 0
	c.kept.from -= n
	c.kept.counted -= n
	for i := range c.kept.left {
		c.kept.left[i].to -= n
	}
}
