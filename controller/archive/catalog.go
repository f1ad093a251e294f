package archive

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"

	"lookback/controller/spool"
)

// catalog keeps a camera's hour playlists and deletes what has left the window.
// It is used by one job at a time.
type catalog struct {
	disk
	root    string
	listed  uint64                    // the hour playlists hold MSNs from deleted to listed
	deleted uint64                    // MSNs below it are deleted
	runs    uint32                    // runs below it have no init section any more, a position in excerpt.runs
	hour    int64                     // the hour that is being appended to, as of hourOf
	open    bool                      // there is one
	prev    *entry                    // its last entry
	head    *spool.Constants          // what its header says, nil before it is written
	heads   map[int64]spool.Constants // the same of hours that an earlier life of the program left open
	dirty   map[int64]bool            // hours whose playlist has to be written anew
	trimmed map[int64]bool            // hours that lost entries at their beginning
	stuck   []string                  // files that could not be deleted
	barred  map[int64]bool            // hours whose playlist is neither written nor removed: it can't be

	leaveOut func(path string, why error)
	moved    func(from, to string) // what was put aside
}

func newCatalog(d disk, root string) *catalog {
	return &catalog{disk: d, root: root, heads: map[int64]spool.Constants{}, dirty: map[int64]bool{}, trimmed: map[int64]bool{}, barred: map[int64]bool{}, leaveOut: func(string, error) {}, moved: func(string, string) {}}
}

// dir is the folder of an hour.
func (s *catalog) dir(hour int64) string { return filepath.Join(s.root, hourDir(hour*hourLength)) }

// list makes the archived media safe on disk and then enters it into the hour
// playlists: one syncfs for all files, since an fsync for each would sit in the
// way of the live edge.
func (s *catalog) list(v excerpt) error {
	next := v.first + uint64(len(v.segs))
	if s.listed >= next {
		return s.mend(v)
	}
	if err := s.syncAll(s.root); err != nil {
		return fmt.Errorf("syncfs: %w", err)
	}
	old := s.mend(v) // which holds up no other hour
	for s.listed = max(s.listed, v.first); s.listed < next; {
		if err := s.listOne(v, v.entry(s.listed)); err != nil {
			return errors.Join(old, err)
		}
	}
	return old
}

// listOne appends an entry to its hour's playlist. Where the hour changes, the
// playlist so far is closed, and another one opened, which exists already after
// a restart or when the clock was set back.
func (s *catalog) listOne(v excerpt, e entry) error {
	hour := hourOf(e.Start)
	var closing error // tried again by mend
	if !s.open || hour != s.hour {
		before, any := s.hour, s.open
		s.dirty[hour] = true
		s.hour, s.open, s.prev, s.head = hour, true, nil, nil
		if k, ok := s.heads[hour]; ok {
			s.head = &k
			delete(s.heads, hour)
		}
		if any {
			closing = s.write(v, before)
		}
	}
	return errors.Join(closing, s.enter(v, e, hour))
}

// enter appends an entry to the playlist of its hour, or writes that anew.
func (s *catalog) enter(v excerpt, e entry, hour int64) error {
	if s.barred[hour] {
		delete(s.dirty, hour)
		s.listed = e.msn + 1
		return nil
	}
	s.widen(v, e, hour)
	if !s.dirty[hour] {
		err := s.append(filepath.Join(s.dir(hour), hourName), v.appendEntry(nil, e, s.prev))
		if err == nil {
			s.listed, s.prev = e.msn+1, &e
			return nil
		}
		s.dirty[hour] = true
		if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	s.listed = e.msn + 1
	err := s.write(v, hour)
	if err != nil {
		s.listed = e.msn
	}
	return err
}

// widen lets the playlist that is being appended to be replaced where its header
// promises what an entry does not keep. One whose header changes has no type.
func (s *catalog) widen(v excerpt, e entry, hour int64) {
	if s.head != nil && widen(*s.head, promiseOf(v.promises, e.msn).Constants) != *s.head {
		s.dirty[hour], s.trimmed[hour] = true, true
	}
}

// mend writes playlists anew that could not be written or were found damaged.
func (s *catalog) mend(v excerpt) error {
	var errs []error
	for hour := range s.dirty {
		errs = append(errs, s.write(v, hour))
	}
	return errors.Join(errs...)
}

// write replaces the playlist of one hour by what it should be, or removes it
// with its folder when nothing is left in it. Where that can't be done, and will
// not be possible later, the hour is left without.
func (s *catalog) write(v excerpt, hour int64) error {
	if s.barred[hour] {
		delete(s.dirty, hour)
		return nil
	}
	err := s.clear(filepath.Join(s.dir(hour), hourName))
	if err == nil {
		err = s.rewrite(v, hour)
	}
	if lasting(err) {
		s.leaveOut(filepath.Join(s.dir(hour), hourName), err)
		s.barred[hour] = true
		delete(s.dirty, hour)
		return nil
	}
	return err
}

// clear puts aside what is no file and lies where one is to be written.
func (s *catalog) clear(path string) error {
	if !isOdd(path) {
		return nil
	}
	to, err := s.putAside(path)
	if err == nil {
		s.moved(path, to)
		s.leaveOut(to, spool.ErrIrregular)
	}
	return err
}

// rewrite is write where it can be done.
func (s *catalog) rewrite(v excerpt, hour int64) error {
	s.dirty[hour] = true
	path := filepath.Join(s.dir(hour), hourName)
	entries := v.hour(hour, s.deleted, s.listed)
	current := s.open && hour == s.hour
	var head *spool.Constants
	if len(entries) == 0 {
		if err := s.remove(path); err != nil {
			return err
		}
		s.removeEmpty(filepath.Dir(path), filepath.Dir(filepath.Dir(path)))
		delete(s.trimmed, hour)
	} else {
		k := v.widest(entries)
		if current && s.head != nil {
			k = widen(k, *s.head)
		}
		if err := s.replace(path, v.render(entries, k, hourKind{!current, s.trimmed[hour]})); err != nil {
			return err
		}
		head = &k
	}
	delete(s.dirty, hour)
	if current {
		s.open, s.prev, s.head = len(entries) > 0, nil, head
		if s.open {
			s.prev = &entries[len(entries)-1]
		}
	}
	return nil
}

// delete removes segments below MSN to, at most those of one hour: first from
// the hour's playlist, then the files, then folders that have become empty and
// init sections that nothing refers to any more.
func (s *catalog) delete(v excerpt, to uint64) error {
	if s.deleted = max(s.deleted, v.first); s.deleted >= to {
		return s.retry()
	}
	from := s.deleted
	hour := hourOf(v.segs[from-v.first].Start)
	for s.deleted < to && hourOf(v.segs[s.deleted-v.first].Start) == hour {
		s.deleted++
	}
	listed := s.listed
	s.listed = max(s.listed, s.deleted) // what is gone must not be listed afterwards
	if from < listed {
		s.trimmed[hour] = true
		if err := s.unlist(v, hour); err != nil {
			s.deleted, s.listed = from, listed
			return err
		}
	}
	for msn := from; msn < s.deleted; msn++ {
		seg := v.segs[msn-v.first]
		path := filepath.Join(s.root, SegmentURI(msn, seg.Start))
		if seg.Flags&Gap != 0 && (s.barred[hour] || isOdd(path)) {
			continue // it is left out, not ours to delete
		}
		s.stuck = append(s.stuck, path)
	}
	s.deleteInits(v)
	return s.retry()
}

// unlist writes the playlist of one hour without what is deleted. When there is
// no space for it, it is removed until there is: deleting makes space.
func (s *catalog) unlist(v excerpt, hour int64) error {
	err := s.write(v, hour)
	if err == nil {
		return nil
	}
	return s.remove(filepath.Join(s.dir(hour), hourName))
}

// retry deletes what is to be deleted. What can't be stands in the way of
// nothing else.
func (s *catalog) retry() error {
	var failed []string
	var first error
	for i, path := range s.stuck {
		if err := s.remove(path); err != nil {
			failed = append(failed, path)
			if first == nil {
				first = err
			}
		} else if i+1 == len(s.stuck) || filepath.Dir(s.stuck[i+1]) != filepath.Dir(path) {
			s.removeEmpty(filepath.Dir(path), filepath.Dir(filepath.Dir(path)))
		}
	}
	s.stuck = failed
	if first != nil {
		return fmt.Errorf("%d files can't be deleted: %w", len(failed), first)
	}
	return nil
}

// deleteInits deletes the init sections of runs before that of the oldest
// segment on disk. The newest run stays: it bears witness of its sequence number.
func (s *catalog) deleteInits(v excerpt) {
	oldest := uint32(max(len(v.runs)-1, 0))
	if n := v.first + uint64(len(v.segs)); s.deleted < n {
		oldest = v.segs[s.deleted-v.first].Run
	}
	for ; s.runs < oldest; s.runs++ {
		first := v.runs[s.runs].FirstMSN
		s.stuck = append(s.stuck, filepath.Join(s.root, InitURI(first)), recordPath(s.root, first))
	}
}

// job is work that may take long, done beside Follow on what does not change
// meanwhile. done enters the outcome.
type job struct {
	what string // its trouble, for the log
	do   func() error
	done func(err error)
}

// run does a job at once.
func (c *Archive) run(j job) error {
	err := j.do()
	j.done(err)
	return err
}

func (c *Archive) listing() job {
	v, remade := c.excerpt(), c.remade
	c.remade = nil
	do := func() error {
		for _, hour := range remade {
			delete(c.catalog.barred, hour)
			c.catalog.dirty[hour] = true
		}
		return c.catalog.list(v)
	}
	return job{"can't write the hour playlists", do, func(error) {}}
}

func (c *Archive) saving() job {
	s := c.nextState()
	return job{"can't write state.json", func() error { return c.writeState(s) }, func(err error) { c.stateSaved(s, err) }}
}

// removing deletes what left the window a grace ago, as far as it lies in one hour.
func (c *Archive) removing(grace time.Duration) job {
	v, to := c.excerpt(), c.removable(grace)
	return job{"can't delete what has left the window", func() error { return c.catalog.delete(v, to) }, func(error) { c.removed(c.catalog.deleted) }}
}
