package archive

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"strings"

	"lookback/controller/spool"
)

// load builds the index from the hour playlists and the directory listings. The
// files are the truth: what is there and not listed is read, what is listed and
// not there is a GAP, or has been deleted if it is older than all that is there.
func (c *Archive) load(ctx context.Context) error {
	lost, err := c.loadState()
	if err != nil {
		return err
	}
	records, err := c.loadRecords(ctx)
	if err != nil {
		return err
	}
	for _, path := range leftoversIn(c.root) {
		c.complain("can't remove what an interrupted replacement left", c.disk.remove(path))
	}
	c.enterRecords(records)
	c.badHours = unusableHours{}
	l := &loader{Archive: c, records: records}
	if err := l.hours(ctx); err != nil {
		return err
	}
	for _, path := range c.disk.asides(c.MediaDir, c.Camera) {
		c.leaveOut(path, errAside)
	}
	c.goOn(lost, l.highest)
	c.identify()
	c.loadRecent(records)
	c.slide(0)
	c.complain("can't write the hour playlists", c.catalog.mend(c.excerpt()))
	c.complain("can't write state.json", c.saveState())
	return nil
}

func (c *Archive) enterRecords(records []runRecord) {
	c.assigned = map[string]uint64{}
	for _, r := range records {
		c.runs = append(c.runs, r.index())
		if r.Sequence > c.state.Sequence || !c.state.Begun {
			c.state.Closed = false // it has not heard of this run
		}
		c.state.Sequence, c.state.Begun = max(c.state.Sequence, r.Sequence), true
		c.runID = r.ID
		if r.ID != "" {
			c.assigned[r.ID] = r.zero()
		}
	}
	if known := promises(records, c.state); len(known) > 0 {
		c.promise(known)
	}
}

// leftoversIn is what interrupted replacements of state.json, of run records
// and of init sections left behind.
func leftoversIn(root string) (paths []string) {
	for _, dir := range []string{root, filepath.Join(root, "init")} {
		files, err := os.ReadDir(dir)
		if err != nil {
			continue
		}
		for _, f := range files {
			name, hidden := strings.CutPrefix(f.Name(), ".")
			ours := isLeftover(f.Name(), "state.json")
			for _, ext := range []string{".json", ".mp4"} {
				msn, _, ok := strings.Cut(name, ext)
				_, digits := parseDigits(msn)
				ours = ours || ok && hidden && digits && len(msn) >= 9 && isLeftover(f.Name(), msn+ext)
			}
			if ours && f.Type().IsRegular() {
				paths = append(paths, filepath.Join(dir, f.Name()))
			}
		}
	}
	return paths
}

// goOn decides the MSN of the next run. Normally it follows the newest file.
// What a player may have seen and was lost since is skipped: in a power cut, or
// because someone emptied the archive. So is what may lie in what is left out. lost: nobody knows how much.
// highest: no name of a file has this MSN or a higher one.
func (c *Archive) goOn(lost bool, highest uint64) {
	next := max(c.next(), c.state.First, c.state.Skip, highest)
	if n := len(c.runs); n > 0 {
		next = max(next, c.runs[n-1].FirstMSN+1)
	}
	begun, found := c.begunInSpool()
	emptied := len(c.segs) == 0 && !(found && begun == c.state.First) || next+2*reserve < c.state.Reserved
	switch {
	case lost && (len(c.runs) > 0 || len(c.segs) > 0 || c.state.Reserved > 0):
		next = max(next, c.state.Reserved) + 2*reserve
	case c.blind && !c.state.Closed:
		next = max(next, c.state.Reserved) + 2*reserve
	case c.state.Closed, c.lostPower(), c.state.Begun && (emptied || !found):
		next = max(next, c.state.Reserved)
	}
	c.skipTo, c.saved = next, c.state.Reserved
	if len(c.segs) == 0 {
		c.startAt(min(begun, next))
	}
	c.catalog.deleted, c.catalog.listed = c.first, c.next()
}

// begunInSpool is the lowest MSN that something in the spool has. found: there
// is a run that was begun, perhaps with nothing left in it. It forgets runs that
// are not there any more.
func (c *Archive) begunInSpool() (msn uint64, found bool) {
	known := c.assigned
	c.assigned = map[string]uint64{}
	msn = math.MaxUint64
	for run, zero := range known {
		seqs, err := spool.Segments(filepath.Join(spool.CameraDir(c.MediaDir, c.Camera), run))
		if err != nil {
			continue
		}
		c.assigned[run], found = zero, true
		if len(seqs) > 0 {
			msn = min(msn, zero+uint64(seqs[0]))
		}
	}
	return msn, found
}

// lostPower reports whether the machine has been started anew since the archive was
// written without having been closed: files that players have seen may be lost.
func (c *Archive) lostPower() bool {
	return !c.state.Closed && c.state.Boot != bootID()
}

// loadRecent finds the parts of the newest segments, so that those who were
// watching before a restart find the parts that they were told of.
func (c *Archive) loadRecent(records []runRecord) {
	oldest := len(c.segs)
	for length := int64(0); oldest > 0 && length <= 6*c.newest().Window.TargetDuration; {
		oldest--
		length += int64(c.segs[oldest].Duration)
	}
	for i := oldest; i < len(c.segs); i++ {
		s, msn := c.segs[i], c.first+uint64(i)
		record, ok := recordOf(records, msn)
		if s.Flags&Gap != 0 || !ok {
			continue
		}
		f, err := c.disk.open(filepath.Join(c.root, SegmentURI(msn, s.Start)))
		if err != nil {
			c.Log.Warn("a segment's parts can't be read", "camera", c.Camera, "msn", msn, "error", err)
			continue
		}
		r, _, err := readWhole(f, record.Run, promiseOf(c.promises, msn).Constants.PartTarget)
		f.Close()
		if err == nil && r.length() == s.Duration {
			c.keepParts(Parts{msn, r.parts})
		}
	}
}
