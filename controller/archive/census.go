package archive

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"lookback/controller/spool"
)

// sample is how many files a census looks at: a week of 2 s segments takes half a day.
const sample = 64

// counting looks whether what the index names is still there: someone may have
// emptied the archive. What is missing becomes a GAP or leaves the window; the
// init section of the run under way and state.json are written again.
func (c *Archive) counting() job {
	v, from, cursor := c.excerpt(), c.retained.from, c.cursor
	dir, zero := "", uint64(0)
	if c.current != nil && c.current.begun {
		dir, zero = c.current.dir, c.current.zero
	}
	var missing []uint64
	var stateGone bool
	do := func() error {
		stateGone = isGone(statePath(c.root))
		if v.anyGone(c.root, from, cursor) {
			missing = c.missing(v, from)
		}
		return c.restoreRun(v, dir, zero)
	}
	return job{"can't restore what was removed from the archive", do, func(error) {
		c.cursor, c.stale = max(cursor, from)+sample, c.stale || stateGone
		if c.cursor >= c.next() {
			c.cursor = 0
		}
		c.lose(missing)
	}}
}

func isGone(path string) bool {
	_, err := os.Lstat(path)
	return errors.Is(err, fs.ErrNotExist)
}

// anyGone looks at the oldest and the newest segment and at some from cursor on.
func (v excerpt) anyGone(root string, from, cursor uint64) bool {
	next := v.first + uint64(len(v.segs))
	if from >= next {
		return false
	}
	look := func(msn uint64) bool {
		s := v.segs[msn-v.first]
		return s.Flags&Gap == 0 && isGone(filepath.Join(root, SegmentURI(msn, s.Start)))
	}
	for msn := max(cursor, from); msn < min(max(cursor, from)+sample, next); msn++ {
		if look(msn) {
			return true
		}
	}
	return look(from) || look(next-1)
}

// missing are all segments from an MSN on whose files are not there.
func (c *Archive) missing(v excerpt, from uint64) (missing []uint64) {
	files := map[int64][]uint64{}
	for msn := from; msn < v.first+uint64(len(v.segs)); msn++ {
		s := v.segs[msn-v.first]
		hour := hourOf(s.Start)
		there, known := files[hour]
		if !known {
			var err error
			there, err = c.disk.segmentMSNs(filepath.Join(c.root, hourDir(s.Start)))
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				return missing // what can't be read is not known to be gone
			}
			files[hour] = there
		}
		if _, ok := slices.BinarySearch(there, msn); !ok && s.Flags&Gap == 0 {
			missing = append(missing, msn)
		}
	}
	return missing
}

// restoreRun writes the newest run's record and init section again if they are
// gone and it is still under way in the spool folder dir.
func (c *Archive) restoreRun(v excerpt, dir string, zero uint64) error {
	if dir == "" || len(v.runs) == 0 {
		return nil
	}
	first := v.runs[len(v.runs)-1].FirstMSN
	init, record := filepath.Join(c.root, InitURI(first)), recordPath(c.root, first)
	if !isGone(init) && !isGone(record) {
		return nil
	}
	data, err := c.disk.read(spool.InitPath(dir))
	if errors.Is(err, fs.ErrNotExist) {
		return nil // the spool was emptied as well: the run is about to end
	}
	if err != nil {
		return err
	}
	run, err := spool.ReadRun(dir)
	if err != nil {
		return err
	}
	r := newRecord(run, first, zero, v.runs[len(v.runs)-1].Sequence, v.promises)
	return errors.Join(r.write(c.disk, c.root), c.disk.replace(init, data))
}

// lose enters that segments' files are gone.
func (c *Archive) lose(missing []uint64) {
	if len(missing) == 0 {
		return
	}
	c.Log.Error("segments were removed from the archive by someone else", "camera", c.Camera, "segments", len(missing), "oldest", missing[0], "newest", missing[len(missing)-1])
	segs := append(make([]Segment, 0, cap(c.segs)), c.segs...) // snapshots keep what they have
	for _, msn := range missing {
		s := &segs[msn-c.first]
		c.bytes.Add(-int64(s.Size))
		if msn < c.retained.from { // it left the window meanwhile
			c.leaving.Add(-int64(s.Size))
		}
		s.Flags, s.Size = s.Flags|Gap, 0
		c.catalog.dirty[hourOf(s.Start)] = true
	}
	c.segs = segs
	r := &c.retained
	for r.from < c.next() && c.seg(r.from).Flags&Gap != 0 {
		r.from++
	}
	r.left = append(r.left, leaving{r.from, time.Now()})
	r.counted, r.length, r.size = r.from, 0, 0
	c.slide(0)
	c.stale = true
	c.publish()
}
