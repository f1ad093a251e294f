package archive

import (
	"errors"
	"slices"

	"lookback/controller/spool"
)

// constants are those of the newest promise, zero before the camera's first run.
func (c *Archive) constants() spool.Constants { return c.newest().Constants }

func (c *Archive) newest() Promise {
	if len(c.promises) == 0 {
		return Promise{}
	}
	return c.promises[len(c.promises)-1]
}

// promise makes promises those of the index, of which there is at least one.
// state.json names the newest.
func (c *Archive) promise(all []Promise) {
	c.promises = all
	newest := c.newest()
	c.state.Promise, c.state.Constants, c.stale = &newest, &newest.Constants, true
}

// forgetPromises lets go of those of which no segment is on disk any more.
func (c *Archive) forgetPromises() {
	if i := promiseAt(c.promises, c.retained.deleted); i > 0 {
		c.promises = slices.Clone(c.promises[i:])
	}
}

// promised is the promise that a state knows of, nil before the camera's first
// run. That of an earlier version has no number.
func (s state) promised() *Promise {
	switch {
	case s.Promise != nil:
		return s.Promise
	case s.Constants != nil:
		return &Promise{0, spool.Promised{Constants: *s.Constants}, *s.Constants}
	}
	return nil
}

// promises are those that runs were recorded under, and the one of a state, in
// their order. The highest number wins.
func promises(records []runRecord, s state) (all []Promise) {
	for _, r := range records {
		for _, p := range r.Promises {
			all = enterPromise(all, p)
		}
		if len(r.Promises) == 0 && r.Constants != (spool.Constants{}) { // of an earlier version
			all, _ = Follow(all, 0, r.FirstMSN, r.Run.Promised())
		}
	}
	if p := s.promised(); p != nil && (s.Promise != nil || len(all) == 0) {
		all = enterPromise(all, *p)
	}
	return all
}

// enterPromise adds what a file knows of a promise. One with a number that is
// lower than what is known is left out.
func enterPromise(all []Promise, p Promise) []Promise {
	n := len(all)
	if n == 0 {
		return append(all, p)
	}
	last := &all[n-1]
	switch {
	case p.Number > last.Number && p.FirstMSN == last.FirstMSN: // nothing was made under the other
		*last = p
	case p.Number > last.Number:
		p.FirstMSN = max(p.FirstMSN, last.FirstMSN+1)
		return append(all, p)
	case p.Number == last.Number && p.Requested != nil:
		last.Requested = p.Requested
	}
	return all
}

// underPromise gives a record the promises that segments from its first on are
// made under, at least one.
func (r *runRecord) underPromise(all []Promise) {
	r.Promises = all[promiseAt(all, r.FirstMSN):]
	first := r.Promises[0].Promised
	r.Run.Promise, r.Constants, r.Requested = first.Number, first.Constants, first.Requested
}

// neighbour is the promise that a run whose record is lost was probably made
// under: the last of the run before it, or the first of those that come after it.
func (c *Archive) neighbour(before *runRecord, after []uint64) []Promise {
	if before != nil {
		if known := promises([]runRecord{*before}, state{}); len(known) > 0 {
			return known[len(known)-1:]
		}
	}
	for _, msn := range after {
		if r, err := c.disk.readRecord(c.root, msn); err == nil {
			if known := promises([]runRecord{r}, state{}); len(known) > 0 {
				return known[:1]
			}
		}
	}
	if p := c.state.promised(); p != nil {
		return []Promise{*p}
	}
	return nil
}

// ReadPromise is what a camera's playlists promise at present: the highest number
// that state.json, its copy, the records of runs or the spool tell of. nil before
// the camera's first run. It is for a recorder, whose archive may be in another
// process or not loaded yet. What can't be read is left out, and the error says so.
func ReadPromise(mediaDir, camera string) (*spool.Promised, error) {
	d := disk{media: mediaDir}
	known, damage := d.statePromises(mediaDir, camera)
	recorded, unread := d.newestRecord(mediaDir, camera)
	known = append(known, recorded...)
	newest, err := spool.HighestPromise(spool.CameraDir(mediaDir, camera))
	if newest != nil {
		known = append(known, Promise{Promised: *newest})
	}
	var highest *spool.Promised
	for _, p := range known {
		if highest == nil || p.Number > highest.Number {
			highest = &p.Promised
		}
	}
	return highest, errors.Join(damage, unread, err)
}
