package archive

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"sort"
	"strings"

	"lookback/controller/fmp4"
	"lookback/controller/spool"
)

// runRecord lies beside a run's init section, init/<first msn>.json: what is
// known of the run and is not in the media. It is written before anyone is told
// of the run, and so bears witness of its MSNs.
type runRecord struct {
	spool.Run
	FirstMSN uint64 `json:"first_msn"`
	FirstSeq int    `json:"first_seq"` // the spool's number of the segment that has FirstMSN
	Sequence uint64 `json:"discontinuity_sequence"`
	// Promises are those that its segments are made under: the one in force at its
	// beginning, which may have begun before it, and those that begin inside. None:
	// an earlier version wrote this.
	Promises []Promise `json:"promises,omitempty"`

	lost bool // its init section can't be used
}

func (r runRecord) index() Run {
	return Run{
		FirstMSN: r.FirstMSN, Sequence: r.Sequence, Codecs: r.Codecs,
		Width: r.Width, Height: r.Height, FrameRate: r.FrameRate,
	}
}

// zero is the MSN that segment 0 of the spool run has, or would have.
func (r runRecord) zero() uint64 { return r.FirstMSN - uint64(r.FirstSeq) }

func recordPath(root string, firstMSN uint64) string {
	return filepath.Join(root, strings.TrimSuffix(InitURI(firstMSN), ".mp4")+".json")
}

func (r runRecord) write(d disk, root string) error {
	data, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return d.replace(recordPath(root, r.FirstMSN), append(data, '\n'))
}

// readRecord reads one run's record: fs.ErrNotExist when there is none, a
// *damagedError when it is there and of no use, an *unreadFile when it can't be
// read, a *newerError when it may not be used.
func (d disk) readRecord(root string, firstMSN uint64) (r runRecord, err error) {
	path := recordPath(root, firstMSN)
	data, err := d.read(path)
	if errors.Is(err, fs.ErrNotExist) {
		return r, err
	}
	if err != nil {
		return r, &unreadFile{path, err}
	}
	if err := json.Unmarshal(data, &r); err != nil {
		return r, &damagedError{path, err}
	}
	if r.Format > spool.Format {
		return r, &newerError{path, r.Format, spool.Format}
	}
	if r.Timescale == 0 || r.TrackID == 0 || r.FirstMSN != firstMSN {
		return r, &damagedError{path, errors.New("it does not describe the run that it is named after")}
	}
	return r, nil
}

// damagedError says that a file of ours is not what it should be.
type damagedError struct {
	path string
	err  error
}

func (e *damagedError) Error() string { return e.path + ": " + e.err.Error() }
func (e *damagedError) Unwrap() error { return e.err }

// initMSNs lists the runs of which init/ holds anything, in their order.
func (d disk) initMSNs(root string) (all []uint64, err error) {
	files, err := d.readDir(filepath.Join(root, "init"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for _, f := range files {
		name, ok := strings.CutSuffix(f.Name(), ".json")
		if !ok {
			name, ok = strings.CutSuffix(f.Name(), ".mp4")
		}
		msn, isNumber := parseDigits(name)
		if ok && isNumber && len(name) >= 9 && (len(all) == 0 || all[len(all)-1] != msn) {
			all = append(all, msn)
		}
	}
	sort.Slice(all, func(i, j int) bool { return all[i] < all[j] })
	return all, nil
}

// newestRecord are the promises that the newest run's record tells of which can
// be read.
func (d disk) newestRecord(mediaDir, camera string) (known []Promise, err error) {
	root := filepath.Join(mediaDir, camera)
	all, err := d.initMSNs(root)
	for i := len(all) - 1; i >= 0; i-- {
		r, unread := d.readRecord(root, all[i])
		if unread == nil {
			return promises([]runRecord{r}, state{}), err
		}
		if !errors.Is(unread, fs.ErrNotExist) {
			err = errors.Join(err, unread)
		}
	}
	return nil, err
}

// loadRecords reads all runs. What a run lacks is made anew from the rest of
// it; one of which nothing is left but its name makes GAPs of its segments.
func (c *Archive) loadRecords(ctx context.Context) (records []runRecord, err error) {
	all, err := c.disk.initMSNs(c.root)
	if err != nil {
		return nil, &UnreadableError{Path: filepath.Join(c.root, "init"), Err: err}
	}
	for i, msn := range all {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		var before *runRecord
		if n := len(records); n > 0 {
			before = &records[n-1]
		}
		r, err := c.loadRecord(msn, before, all[i+1:])
		if err != nil {
			return nil, err
		}
		records = append(records, r)
	}
	return records, nil
}

// loadRecord reads one run. before is the run before it, nil for none, after are
// the MSNs of those after it. The error is a *newerError.
func (c *Archive) loadRecord(msn uint64, before *runRecord, after []uint64) (runRecord, error) {
	r, err := c.disk.readRecord(c.root, msn)
	var newer *newerError
	var unread *unreadFile
	switch {
	case errors.As(err, &newer):
		return r, err
	case errors.As(err, &unread) && !c.cleared(unread):
		r, _ = c.remake(msn, before, after)
	case err != nil:
		var ok bool
		if r, ok = c.remake(msn, before, after); !ok {
			break
		}
		if err := r.write(c.disk, c.root); err != nil {
			c.Log.Warn("a run's record was made anew but can't be written", "camera", c.Camera, "init", InitURI(msn), "error", err)
		} else {
			c.Log.Warn("a run's record was lost and has been made anew", "camera", c.Camera, "init", InitURI(msn))
		}
	default:
		if err := c.restoreInit(r); err != nil {
			c.Log.Error("a run's init section is lost; its segments become gaps", "camera", c.Camera, "init", InitURI(msn), "error", err)
			r.lost = true
		}
	}
	return r, nil
}

// remake is rebuildRecord for a run that is not to get lost altogether.
func (c *Archive) remake(msn uint64, before *runRecord, after []uint64) (r runRecord, ok bool) {
	r, err := c.rebuildRecord(msn, before, after)
	if err != nil {
		c.Log.Error("a run's record and init section are lost; its segments become gaps", "camera", c.Camera, "init", InitURI(msn), "error", err)
		r.lost = true
	}
	return r, err == nil
}

// restoreInit makes sure that a run's init section is there: as long as the run
// is in the spool there is another copy of it. One that can't be read is put aside.
func (c *Archive) restoreInit(r runRecord) error {
	path := filepath.Join(c.root, InitURI(r.FirstMSN))
	data, err := c.disk.read(path)
	if err == nil && len(data) > 0 {
		return nil
	}
	if err != nil && !isGone(path) && !c.cleared(&unreadFile{path, err}) {
		return err
	}
	data, err = c.disk.read(spool.InitPath(filepath.Join(spool.CameraDir(c.MediaDir, c.Camera), r.ID)))
	if err != nil {
		return err
	}
	return c.disk.replace(path, data)
}

// rebuildRecord makes a run's record from its init section and the first of its
// segments, whose prft box ties its decode time to the wall clock. before is
// the run before it, nil for none, after are the MSNs of those after it.
func (c *Archive) rebuildRecord(msn uint64, before *runRecord, after []uint64) (runRecord, error) {
	r := runRecord{FirstMSN: msn, Sequence: c.sequenceBefore(after)}
	if under := c.neighbour(before, after); under != nil {
		r.underPromise(under)
	}
	if before != nil {
		r.Sequence = before.Sequence + 1
	}
	path := filepath.Join(c.root, InitURI(msn))
	raw, err := c.disk.read(path)
	if err != nil {
		if !isGone(path) {
			c.putAside(path, err)
		}
		return r, err
	}
	init, err := fmp4.ParseInit(raw)
	if err != nil {
		return r, err
	}
	video, ok := init.Video()
	if !ok {
		return r, errors.New("no video track in the init section")
	}
	r.Format, r.ID = spool.Format, fmt.Sprintf("rebuilt-%d", msn)
	r.TrackID, r.Timescale, r.Codecs, r.Width, r.Height = video.ID, video.Timescale, init.Codecs(), video.Width, video.Height
	files, err := filepath.Glob(filepath.Join(c.root, "????-??-??", "??", fmt.Sprintf("%09d.m4s", msn)))
	if err != nil {
		return r, err
	}
	for _, file := range files {
		if r.Epoch, err = c.disk.epochOf(file, r.Run); err == nil {
			return r, nil
		}
	}
	return r, errors.Join(errors.New("no segment tells the run's time"), err)
}

// sequenceBefore is the discontinuity sequence number of the run before those
// that begin with some MSNs: numbers go up by one.
func (c *Archive) sequenceBefore(after []uint64) uint64 {
	known, distance := c.state.Sequence, uint64(len(after))
	for i, msn := range after {
		if r, err := c.disk.readRecord(c.root, msn); err == nil {
			known, distance = r.Sequence, uint64(i+1)
			break
		}
	}
	return known - min(known, distance)
}

// epochOf is the wall clock of decode time 0 by a segment's first prft box.
func (d disk) epochOf(file string, run spool.Run) (int64, error) {
	f, err := d.open(file)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	r := &reading{run: run}
	info, err := r.peekFile(f)
	if err != nil {
		return 0, errors.Join(err, r.broken)
	}
	if info.PRFT.IsZero() {
		return 0, errors.New("the segment has no prft box")
	}
	return info.PRFT.UnixMicro() - micros(run, info.PRFTMediaTime) + run.Epoch, nil
}
