package archive

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/google/renameio/v2"

	"lookback/controller/fmp4"
	"lookback/controller/spool"
)

// intake is the taking over of one spool run: where in it we are.
type intake struct {
	dir   string
	run   spool.Run
	first uint64 // MSN of the run's segment 0

	seq     int      // the segment that is growing
	file    *os.File // it, open; nil when it does not exist yet
	offset  int64    // bytes of it that are whole fragments
	tick    uint64   // decode time at which the next fragment has to begin
	broken  bool     // the rest of the file is not readable
	group   grouper
	open    *Open  // nil before its first fragment
	archive uint32 // position in Camera.runs of the run that its segments belong to
	begun   bool   // archive is set
}

// micros converts a decode time of the run to program date time, microseconds.
// Rounding happens once per instant and never adds up.
func (in *intake) micros(ticks uint64) int64 {
	scale := uint64(in.run.Timescale)
	return in.run.Epoch + int64(ticks/scale*1_000_000+(ticks%scale*1_000_000+scale/2)/scale)
}

// takeIn moves everything new from the spool into the archive and publishes.
func (c *Camera) takeIn() error {
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
		if err := c.release(); err != nil {
			return err
		}
	}
}

// adopt begins with the oldest run in the spool that has something to give.
// Runs that ended without a single fragment are removed.
func (c *Camera) adopt() (bool, error) {
	camera := spool.CameraDir(c.MediaDir, c.Camera)
	names, err := spool.Runs(camera)
	if err != nil {
		return false, err
	}
	if a := c.state.Adopted; a != nil { // what was begun is finished first
		for i, name := range names {
			if name == a.Run {
				names[0], names[i] = names[i], names[0]
			}
		}
	}
	for _, name := range names {
		in := &intake{dir: filepath.Join(camera, name)}
		alive, err := spool.Alive(in.dir)
		if err != nil {
			return false, err
		}
		in.run, err = spool.ReadRun(in.dir)
		if err == nil {
			in.first = max(c.next(), c.skipTo)
			if a := c.state.Adopted; a != nil && a.Run == name {
				in.first = a.First
			}
			if in.seq, err = spool.OldestSegment(in.dir); err == nil {
				in.file, err = os.Open(spool.SegmentPath(in.dir, in.seq))
			}
			if err == nil {
				if _, err = nextFragment(in.file, 0); err == nil {
					c.current = in
					in.group.target = in.run.Constants.PartTarget
					return true, c.remember(name)
				}
				in.file.Close()
			}
		}
		if alive {
			continue // it has not begun yet
		}
		if err := os.RemoveAll(in.dir); err != nil {
			return false, err
		}
		c.Log.Info("removed a run without pictures", "camera", c.Camera, "run", name, "cause", err)
	}
	return false, nil
}

// remember writes down which MSNs the adopted run gets, before anyone sees one.
func (c *Camera) remember(run string) error {
	in := c.current
	if c.state.Constants == nil {
		constants := in.run.Constants
		c.state.Constants = &constants
	}
	c.state.Adopted = &adopted{run, in.first}
	return c.reserveMSN()
}

// reserveMSN writes state.json with a fresh reservation.
func (c *Camera) reserveMSN() error {
	c.state.Reserved = max(c.state.Reserved, c.next()+reserve, c.skipTo)
	return c.writeState(false)
}

// drain reads what the current run has given since; ended tells that the run
// is over and all of it taken.
func (c *Camera) drain() (ended bool, err error) {
	in := c.current
	for {
		// Asked before reading: what was written before the recorder's end, or
		// before it began the next file, has then surely been read.
		alive, err := spool.Alive(in.dir)
		if err != nil {
			return false, err
		}
		_, err = os.Stat(spool.SegmentPath(in.dir, in.seq+1))
		followed := err == nil
		if err := c.readFragments(); err != nil {
			return false, err
		}
		if !followed && alive {
			return false, nil
		}
		if err := c.finishSegment(); err != nil {
			return false, err
		}
		if !followed {
			return true, nil
		}
	}
}

// readFragments takes the whole fragments that have been appended to the open
// segment, and publishes when they complete a part.
func (c *Camera) readFragments() error {
	in := c.current
	if in.file == nil {
		f, err := os.Open(spool.SegmentPath(in.dir, in.seq))
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		in.file = f
	}
	for !in.broken {
		info, err := nextFragment(in.file, in.offset)
		if errors.Is(err, io.EOF) || errors.Is(err, fmp4.ErrIncomplete) {
			return nil
		}
		var malformed *fmp4.FormatError
		if errors.As(err, &malformed) {
			in.broken = true
			c.Log.Error("the spool holds bytes that are no fragment; the rest of this segment is lost", "camera", c.Camera, "file", in.file.Name(), "error", err)
			return nil
		}
		if err != nil {
			return err
		}
		if err := c.addFragment(info); err != nil {
			return err
		}
	}
	return nil
}

func nextFragment(f *os.File, offset int64) (fmp4.Info, error) {
	stat, err := f.Stat()
	if err != nil {
		return fmp4.Info{}, err
	}
	return fmp4.Next(f, offset, stat.Size())
}

func (c *Camera) addFragment(info fmp4.Info) error {
	in := c.current
	var video fmp4.TrackFragment
	for _, t := range info.Tracks {
		if t.ID == in.run.TrackID {
			video = t
		}
	}
	if in.open == nil {
		if err := c.openSegment(video.DecodeTime); err != nil {
			return err
		}
	}
	in.tick = video.DecodeTime + video.Duration
	parts := in.group.add(in.micros(in.tick), info.Offset, info.Size, video.Sync)
	in.offset = info.Offset + info.Size
	if len(parts) > 0 {
		in.open.Parts = append(in.open.Parts, parts...)
		c.publish()
	}
	return nil
}

// openSegment begins the next segment of the index, and a new run of the
// archive where the decode time does not go on from the last one.
func (c *Camera) openSegment(tick uint64) error {
	in := c.current
	msn := in.first + uint64(in.seq)
	c.fillGap(msn, in.micros(tick))
	if !in.begun && in.run.ID == c.runID && c.goesOn(in.micros(tick)) {
		in.archive, in.begun, in.tick = uint32(len(c.runs)-1), true, tick
	}
	if !in.begun || tick != in.tick {
		if err := c.beginRun(msn, tick); err != nil {
			return err
		}
	}
	in.open = &Open{MSN: msn, Start: in.micros(tick), Run: in.archive}
	if r := c.runs[in.archive]; r.FirstMSN == msn && r.Sequence > 0 {
		in.open.Flags |= Discontinuity
	}
	in.group.reset(in.open.Start)
	return nil
}

// goesOn tells that a segment that starts at the given time continues the
// newest archived one: after a restart of this program in the midst of a run.
func (c *Camera) goesOn(start int64) bool {
	if len(c.segs) == 0 {
		return false
	}
	last := c.segs[len(c.segs)-1]
	return last.Flags&Gap == 0 && last.End() == start && int(last.Run) == len(c.runs)-1
}

// fillGap enters an MSN that was lost as a GAP, up to the given one, which
// starts at the given time: each as long as the missing time allows, at most
// a target duration.
func (c *Camera) fillGap(msn uint64, start int64) {
	if len(c.segs) == 0 {
		c.first = msn
		return
	}
	for c.next() < msn {
		last := c.segs[len(c.segs)-1]
		missing := (start - last.End()) / int64(msn-c.next())
		limit := max(c.state.constants().TargetDuration, 1)
		c.append(Segment{
			Start:    last.End(),
			Duration: uint32(min(max(missing, 1), limit)),
			Run:      last.Run,
			Flags:    Gap,
		})
	}
}

// append enters a complete segment into the index.
func (c *Camera) append(s Segment) {
	c.unlist = append(c.unlist, entry{c.next(), s})
	c.segs = append(c.segs, s)
	c.bytes.Add(int64(s.Size))
}

// beginRun gives the archive a run that begins with msn: its init section is
// stored under that name before anyone is told of it.
func (c *Camera) beginRun(msn, tick uint64) error {
	in := c.current
	if n := len(c.runs); n > 0 && c.runs[n-1].FirstMSN == msn { // after a crash, or a retry
		in.archive, in.begun, in.tick = uint32(n-1), true, tick
		return nil
	}
	sequence := c.state.Sequence
	if c.state.Begun {
		sequence++
	}
	init, err := os.ReadFile(spool.InitPath(in.dir))
	if err != nil {
		return err
	}
	record := runRecord{Run: in.run, FirstMSN: msn, Sequence: sequence}
	if err := record.write(c.root); err != nil {
		return err
	}
	path := filepath.Join(c.root, InitURI(msn))
	if err := renameio.WriteFile(path, init, 0o644, renameio.WithTempDir(filepath.Dir(path))); err != nil {
		return err
	}
	c.state.Sequence, c.state.Begun = sequence, true
	if err := c.reserveMSN(); err != nil {
		return err
	}
	c.runs, c.runID = append(c.runs, record.index()), in.run.ID
	in.archive, in.begun, in.tick = uint32(len(c.runs)-1), true, tick
	c.Log.Info("a run begins", "camera", c.Camera, "msn", msn, "discontinuity_sequence", sequence, "plan", in.run.Plan)
	return nil
}

// finishSegment closes the open segment: its file, cut off behind its last
// whole fragment, moves into the archive. A file without any is left behind.
// After an error it can be called again.
func (c *Camera) finishSegment() error {
	in := c.current
	if in.open != nil {
		if parts := in.group.flush(); len(parts) > 0 {
			in.open.Parts = append(in.open.Parts, parts...)
		}
		if err := c.store(); err != nil {
			return err
		}
		s := Segment{Start: in.open.Start, Run: in.open.Run, Flags: in.open.Flags, Size: uint32(in.offset)}
		for _, p := range in.open.Parts {
			s.Duration += p.Duration
		}
		c.append(s)
		c.keepParts(Parts{in.open.MSN, in.open.Parts})
		if c.next() >= c.state.Reserved {
			if err := c.reserveMSN(); err != nil {
				c.complain("can't write state.json", err)
			}
		}
	}
	if in.file != nil {
		in.file.Close()
	}
	in.file, in.offset, in.broken, in.open = nil, 0, false, nil
	in.seq++
	c.slide(0)
	c.publish()
	return nil
}

// store moves the open segment's file into the archive.
func (c *Camera) store() error {
	in := c.current
	from := spool.SegmentPath(in.dir, in.seq)
	to := filepath.Join(c.root, SegmentURI(in.open.MSN, in.open.Start))
	stat, err := in.file.Stat()
	if err != nil {
		return err
	}
	if stat.Size() > in.offset {
		if err := os.Truncate(from, in.offset); err != nil {
			return err
		}
	}
	err = os.Rename(from, to)
	if errors.Is(err, fs.ErrNotExist) {
		if err = os.MkdirAll(filepath.Dir(to), 0o755); err == nil {
			err = os.Rename(from, to)
		}
	}
	if err != nil {
		return fmt.Errorf("moving a segment into the archive: %w", err)
	}
	return nil
}

// keepParts remembers a complete segment's parts, and forgets those of segments
// more than six target durations behind: three in which they are listed (RFC
// 8216bis 6.2.2) and three more in which they can still be fetched.
func (c *Camera) keepParts(p Parts) {
	keep, length := 0, int64(0)
	for keep < len(c.recent) && length <= 6*c.state.constants().TargetDuration {
		keep++
		for _, part := range c.recent[len(c.recent)-keep].Parts {
			length += int64(part.Duration)
		}
	}
	recent := make([]Parts, 0, keep+1)
	recent = append(recent, c.recent[len(c.recent)-keep:]...)
	c.recent = append(recent, p)
}

// release forgets a run that has been taken over, and removes its folder.
func (c *Camera) release() error {
	in := c.current
	if err := os.RemoveAll(in.dir); err != nil {
		return err
	}
	c.current = nil
	c.state.Adopted = nil
	if err := c.writeState(false); err != nil {
		return err
	}
	c.publish()
	return nil
}
