package archive

import (
	"path/filepath"

	"lookback/controller/spool"
)

// beginRun gives the archive a run that begins with msn: its record and its
// init section are stored under that name before anyone is told of it.
func (c *Archive) beginRun(msn, tick uint64, under []Promise) error {
	in := c.current
	record := newRecord(in.run, msn, in.zero, c.state.Sequence, under)
	n := len(c.runs)
	again := n > 0 && c.runs[n-1].FirstMSN == msn // after a crash
	if !again && c.state.Begun {
		record.Sequence++
	}
	if again {
		record.Sequence = c.runs[n-1].Sequence
	}
	if err := c.storeRun(record); err != nil {
		return err
	}
	if again {
		c.runs = append(c.runs[:n-1:n-1], record.index())
	} else {
		c.runs = append(c.runs, record.index())
	}
	c.state.Sequence, c.state.Begun, c.stale = record.Sequence, true, true
	c.skipTo = max(c.skipTo, msn+1)
	c.promise(under)
	c.runID = in.run.ID
	in.archive, in.begun, in.tick = uint32(len(c.runs)-1), true, tick
	c.complain("can't write state.json", c.saveState()) // the record bears witness as well
	c.Log.Info("a run begins", "camera", c.Camera, "msn", msn, "discontinuity_sequence", record.Sequence, "promise", c.newest().Number, "plan", in.run.Plan)
	return nil
}

// amendRun makes the segment that follows in the newest run begin a promise: the
// run's record says so before anyone is told.
func (c *Archive) amendRun(under []Promise) error {
	in := c.current
	r := c.runs[in.archive]
	if err := newRecord(in.run, r.FirstMSN, in.zero, r.Sequence, under).write(c.disk, c.root); err != nil {
		return err
	}
	if err := c.disk.syncDir(filepath.Join(c.root, "init")); err != nil {
		return err
	}
	c.promise(under)
	c.complain("can't write state.json", c.saveState()) // the record bears witness as well
	c.Log.Info("what the playlists promise changes", "camera", c.Camera, "msn", c.newest().FirstMSN, "promise", c.newest().Number)
	return nil
}

// newRecord is that of a run whose first segment in the archive has the MSN first,
// and whose segment 0 in the spool has, or would have, the MSN zero.
func newRecord(run spool.Run, first, zero, sequence uint64, under []Promise) runRecord {
	r := runRecord{Run: run, FirstMSN: first, FirstSeq: int(first - zero), Sequence: sequence}
	if len(under) > 0 {
		r.underPromise(under)
	}
	return r
}

// storeRun writes a run's record and init section.
func (c *Archive) storeRun(r runRecord) error {
	init, err := c.disk.read(spool.InitPath(c.current.dir))
	if err != nil {
		return err
	}
	if err := r.write(c.disk, c.root); err != nil {
		return err
	}
	path := filepath.Join(c.root, InitURI(r.FirstMSN))
	if err := c.disk.replace(path, init); err != nil {
		return err
	}
	return c.disk.syncDir(filepath.Dir(path))
}
