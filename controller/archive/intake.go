package archive

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"lookback/controller/spool"
)

// intake is the taking over of one spool run: where in it we are.
type intake struct {
	dir  string
	run  spool.Run
	zero uint64 // MSN of the run's segment 0

	seq      int            // the segment that is growing
	file     *os.File       // it, open; nil when it does not exist yet
	read     reading        // of it
	under    spool.Promised // what it is made under, as the recorder says
	open     *Open          // nil before its first fragment
	tick     uint64         // decode time at which the next segment has to begin
	archive  uint32         // position in Archive.runs of the run that its segments belong to
	begun    bool           // archive is set
	reported bool           // that the open segment is broken
	left     bool           // something of it is left out
	failing  time.Time      // since when the open segment can't be read

	asked time.Time // when the recorder was last seen alive
}

// takeIn moves everything new from the spool into the archive and publishes.
func (c *Archive) takeIn() error {
	for {
		if c.current == nil {
			if found, err := c.adopt(); err != nil || !found {
				return err
			}
		}
		ended, err := c.drain()
		if err != nil || !ended {
			return err
		}
		c.release()
	}
}

// adopt begins with the oldest run in the spool that has something to give.
// Runs that ended without a single fragment are removed.
func (c *Archive) adopt() (bool, error) {
	names, err := spool.Runs(spool.CameraDir(c.MediaDir, c.Camera))
	if err != nil {
		return false, err
	}
	slices.SortStableFunc(names, func(a, b string) int { // what was begun is finished first
		_, begunA := c.assigned[a]
		_, begunB := c.assigned[b]
		switch {
		case begunA && !begunB:
			return -1
		case begunB && !begunA:
			return 1
		}
		return 0
	})
	for _, name := range names {
		dir := filepath.Join(spool.CameraDir(c.MediaDir, c.Camera), name)
		in, err := c.look(dir)
		if err != nil {
			c.leaveOut(dir, fmt.Errorf("a run in the spool can't be used: %w", err))
			continue
		}
		c.left.remove(dir)
		if in != nil {
			c.current = in
			return true, nil
		}
	}
	return false, nil
}

// look opens a run at its first whole fragment: nil when there is none. A run
// whose recorder is gone and that has nothing to give is removed.
func (c *Archive) look(dir string) (*intake, error) {
	in, name := &intake{dir: dir}, filepath.Base(dir)
	alive, err := spool.Alive(in.dir) // asked first: what was written before its end is then there
	if err != nil {
		return nil, err
	}
	in.run, err = spool.ReadRun(in.dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if err == nil {
		if found, err := c.seek(in); found || err != nil {
			if err == nil {
				_, err = c.disk.read(spool.InitPath(in.dir))
			}
			if err != nil {
				in.closeFile()
				return nil, err
			}
			zero, ok := c.assigned[name]
			if !ok {
				zero = max(c.next(), c.skipTo) - uint64(in.seq)
			}
			in.zero = zero
			return in, nil
		}
	}
	if alive {
		return nil, nil // it has not begun yet
	}
	if err := c.discard(in); err != nil {
		return nil, err
	}
	delete(c.assigned, name)
	c.Log.Debug("removed a run that has nothing more to give", "camera", c.Camera, "run", name)
	return nil, nil
}

// alive reports whether the recorder lived a moment ago.
func (in *intake) alive(moment time.Duration) (bool, error) {
	if time.Since(in.asked) < moment {
		return true, nil
	}
	alive, err := spool.Alive(in.dir)
	if alive {
		in.asked = time.Now()
	}
	return alive, err
}

// drain reads what the current run has given since; ended reports whether the run
// is over and all of it taken.
func (c *Archive) drain() (ended bool, err error) {
	in := c.current
	for {
		// Asked before reading: what was written before the recorder's end, or
		// before it began the next file, has then surely been read.
		alive, err := in.alive(c.moment)
		if err != nil {
			return false, err
		}
		next, followed, err := in.following(alive)
		if err != nil {
			return false, err
		}
		if err := c.readFragments(); err != nil && (!followed && alive || !c.giveUp(err)) {
			return false, err
		}
		if !followed && alive {
			return false, nil
		}
		if err := c.finishSegment(next); err != nil {
			return false, err
		}
		if !followed {
			return true, nil
		}
	}
}

// following is the segment that comes after the open one. Of a run that is over
// a power cut may have taken some in between.
func (in *intake) following(alive bool) (seq int, found bool, err error) {
	if _, err := os.Lstat(spool.SegmentPath(in.dir, in.seq+1)); err == nil {
		return in.seq + 1, true, nil
	} else if !errors.Is(err, fs.ErrNotExist) {
		return 0, false, err
	}
	if alive {
		return in.seq + 1, false, nil
	}
	seqs, err := spool.Segments(in.dir)
	if errors.Is(err, fs.ErrNotExist) { // someone removed the folder
		return in.seq + 1, false, nil
	}
	if i, _ := slices.BinarySearch(seqs, in.seq+1); i < len(seqs) {
		return seqs[i], true, err
	}
	return in.seq + 1, false, err
}

// readFragments takes the whole fragments that have been appended to the open
// segment, and publishes when they complete a part.
func (c *Archive) readFragments() error {
	in := c.current
	if in.file == nil {
		err := c.openSpooled(in)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
	}
	for {
		info, err := in.read.peekFile(in.file)
		if errors.Is(err, io.EOF) {
			if in.read.broken != nil && !in.reported {
				in.reported = true
				c.Log.Error("the spool holds bytes that are no fragment; the rest of this segment is lost", "camera", c.Camera, "file", in.file.Name(), "error", in.read.broken)
			}
			return nil
		}
		if err != nil {
			return err
		}
		if in.open == nil {
			video, _ := info.Track(in.run.TrackID)
			if err := c.openSegment(video.DecodeTime); err != nil {
				return err
			}
		}
		if parts := in.read.add(info); len(parts) > 0 {
			in.open.Parts = append(in.open.Parts, parts...)
			in.open.Flaws = numbered(slices.Clone(in.read.flaws), in.open.MSN)
			c.publish()
		}
	}
}

// openSegment begins the next segment of the index, and a new run of the
// archive where the decode time does not go on from the last one.
func (c *Archive) openSegment(tick uint64) error {
	in := c.current
	start := micros(in.run, tick)
	msn := in.zero + uint64(in.seq)
	if msn < c.next() || msn-c.next() > 1<<20 { // numbers that contradict the archive are not to be used again
		c.Log.Error("a run in the spool has numbers that are used; it gets others", "camera", c.Camera, "run", in.run.ID, "msn", msn, "next", c.next())
		in.zero, in.begun = c.next()-uint64(in.seq), false
		msn = c.next()
	}
	c.fillGap(msn, start)
	if !in.begun && in.run.ID == c.runID && c.goesOn(start) {
		in.archive, in.begun, in.tick = uint32(len(c.runs)-1), true, tick
	}
	under, changed := c.follow(msn, in.under)
	switch {
	case !in.begun || tick != in.tick:
		if err := c.beginRun(msn, tick, under); err != nil {
			return err
		}
	case changed:
		if err := c.amendRun(under); err != nil {
			return err
		}
	}
	in.open = &Open{MSN: msn, Start: start, Run: in.archive}
	if r := c.runs[in.archive]; r.FirstMSN == msn && r.Sequence > 0 {
		in.open.Flags |= Discontinuity
	}
	return nil
}

// goesOn reports whether a segment that starts at the given time continues the
// newest archived one: after a restart of this program in the midst of a run.
func (c *Archive) goesOn(start int64) bool {
	if len(c.segs) == 0 {
		return false
	}
	last := c.segs[len(c.segs)-1]
	return last.Flags&Gap == 0 && last.End() == start && int(last.Run) == len(c.runs)-1
}
