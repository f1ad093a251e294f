package archive

import (
	"errors"
	"io"
	"path/filepath"
	"time"

	"lookback/controller/spool"
)

// seek opens the first segment that holds a whole fragment. One that can't be
// read is left out when another follows it, which then has the MSN that is its own.
func (c *Archive) seek(in *intake) (found bool, err error) {
	seqs, err := spool.Segments(in.dir)
	if err != nil {
		return false, err
	}
	var unread []error
	for _, in.seq = range seqs {
		err := c.openSpooled(in)
		if err == nil {
			_, err = in.read.peekFile(in.file)
		}
		if err == nil {
			in.left = len(unread) > 0
			return true, nil
		}
		in.closeFile()
		if !errors.Is(err, io.EOF) {
			unread = append(unread, err)
		}
	}
	return false, errors.Join(unread...)
}

// openSpooled opens the file of the segment that is to be read.
func (c *Archive) openSpooled(in *intake) error {
	f, err := c.disk.open(spool.SegmentPath(in.dir, in.seq))
	if err == nil {
		under, unread := spool.PromisedAt(in.dir, in.run, in.seq)
		c.complain("can't read what a run's playlists promise; what was promised before goes on", unread)
		in.file, in.under, in.reported = f, under, false
		in.read = reading{run: in.run, target: under.Constants.PartTarget}
	}
	return err
}

// discard removes a run from the spool. One of which something was left out is
// put aside instead, where nobody takes it for a run.
func (c *Archive) discard(in *intake) error {
	if !in.left {
		return c.disk.removeAll(in.dir)
	}
	to := filepath.Join(filepath.Dir(in.dir), "."+filepath.Base(in.dir)+asideName)
	err := c.disk.rename(in.dir, to)
	if err == nil {
		c.left.moved(in.dir, to)
		c.leaveOut(to, errors.New("some of a run in the spool could not be taken over"))
	}
	return err
}

// unreadFor is for how long a complete segment is tried to be read before the
// archive goes on without the rest of it.
const unreadFor = 30 * time.Second

// giveUp reports whether the open segment, which is complete, will not be read any
// further: it is no file, or reading it has failed for long.
func (c *Archive) giveUp(err error) bool {
	in := c.current
	if in.failing.IsZero() {
		in.failing = time.Now()
	}
	if !errors.Is(err, spool.ErrIrregular) && time.Since(in.failing) < unreadFor {
		return false
	}
	in.left, in.failing = true, time.Time{}
	c.leaveOut(spool.SegmentPath(in.dir, in.seq), err)
	return true
}
