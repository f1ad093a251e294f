package archive

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"lookback/controller/spool"
)

// errLost says that a segment will never come into the archive.
var errLost = errors.New("the segment is lost")

// finishSegment closes the open segment: its file, cut off behind its last
// whole fragment, moves into the archive, and the one with number next is open.
// A file without any fragment is left behind. After an error it can be called again.
func (c *Archive) finishSegment(next int) error {
	in := c.current
	if in.open != nil {
		in.read.finish()
		in.open.Parts = in.read.parts
		s := Segment{Start: in.open.Start, Duration: in.read.length(), Size: uint32(in.read.size), Run: in.open.Run, Flags: in.open.Flags}
		err := c.store()
		if errors.Is(err, errLost) {
			c.Log.Error("a segment is lost", "camera", c.Camera, "msn", in.open.MSN, "error", err)
			s.Flags, s.Size = s.Flags|Gap, 0
		} else if err != nil {
			return err
		}
		flaws := in.read.flaws
		if s.Flags&Gap != 0 {
			flaws = nil
		}
		c.append(s, flaws)
		if s.Flags&Gap == 0 {
			c.keepParts(Parts{in.open.MSN, in.open.Parts})
		}
		in.tick = in.read.tick
	}
	in.closeFile()
	in.open = nil
	in.seq = next
	c.complain(cantWitness, c.witness.tells(c.next()))
	c.slide(0)
	c.publish()
	return nil
}

func (in *intake) closeFile() {
	if in.file != nil {
		in.file.Close()
		in.file = nil
	}
	in.read, in.failing = reading{run: in.run}, time.Time{}
}

// store moves the open segment's file into the archive. errLost: the spool was
// cleared behind our back, or the name is taken.
func (c *Archive) store() error {
	in := c.current
	from := spool.SegmentPath(in.dir, in.seq)
	to := filepath.Join(c.root, SegmentURI(in.open.MSN, in.open.Start))
	stat, err := in.file.Stat()
	if err != nil {
		return err
	}
	if stat.Size() > in.read.size {
		if err := c.disk.truncate(from, in.read.size); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	err = c.moveInto(from, to, hourOf(in.open.Start))
	switch {
	case err == nil:
		return nil
	case errors.Is(err, fs.ErrExist) && !isGone(to):
		in.left = true
		return fmt.Errorf("%w: %s is there already, and what is archived never changes", errLost, to)
	case !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("moving a segment into the archive: %w", err)
	}
	if stored, err := os.Stat(to); err == nil && stored.Size() == in.read.size {
		return nil // moved by an attempt that seemed to fail
	}
	if !isGone(from) {
		return err // someone removed the folder at the same moment
	}
	return fmt.Errorf("%w: %w", errLost, err)
}

// keepParts remembers a complete segment's parts, and forgets those of segments
// more than six target durations behind: three in which they are listed (RFC
// 8216bis 6.2.2) and three more in which they can still be fetched.
func (c *Archive) keepParts(p Parts) {
	keep, length := 0, int64(0)
	for keep < len(c.recent) && length <= 6*c.newest().Window.TargetDuration {
		keep++
		for _, part := range c.recent[len(c.recent)-keep].Parts {
			length += int64(part.Duration)
		}
	}
	recent := make([]Parts, 0, keep+1)
	recent = append(recent, c.recent[len(c.recent)-keep:]...)
	c.recent = append(recent, p)
}

// release forgets a run that has been taken over, and removes its folder. When
// that fails, adopt tries again: nothing in it is of use any more.
func (c *Archive) release() {
	in := c.current
	in.closeFile()
	c.current = nil
	delete(c.assigned, in.run.ID)
	c.complain("can't write state.json", c.saveState()) // first: without state and run nobody knows what was used
	c.complain("can't remove a run that has been archived from the spool", c.discard(in))
	c.publish()
}
