package archive

import (
	"errors"
	"fmt"
	"io"
	"os"

	"lookback/controller/fmp4"
	"lookback/controller/spool"
)

// micros converts a decode time of a run to program date time, microseconds.
// Rounding happens once per instant and never adds up.
func micros(run spool.Run, ticks uint64) int64 {
	scale := uint64(run.Timescale)
	return run.Epoch + int64(ticks/scale*1_000_000+(ticks%scale*1_000_000+scale/2)/scale)
}

// reading is a segment's file being read, from its beginning as far as it is
// there. A segment read again falls into the same parts.
type reading struct {
	run    spool.Run
	target int64  // PART-TARGET of the promise that it is made under, microseconds
	size   int64  // bytes that are whole fragments
	begin  uint64 // decode time of the first fragment
	tick   uint64 // decode time at which the next one has to begin
	start  int64  // program date time of the first fragment, microseconds
	clock  int64  // the same by its prft box, 0 without one
	parts  []Part
	group  grouper
	flaws  []Flaw
	broken error // the rest is no fragment that belongs here
}

// begun reports whether there has been a fragment.
func (r *reading) begun() bool { return r.size > 0 }

// peek is the fragment that comes next in a file of a length; io.EOF when there
// is none or not yet. After what is no fragment there is none ever.
func (r *reading) peek(f io.ReaderAt, length int64) (fmp4.Info, error) {
	if r.broken != nil {
		return fmp4.Info{}, io.EOF
	}
	info, err := fmp4.Next(f, r.size, length)
	var malformed *fmp4.FormatError
	switch {
	case errors.Is(err, fmp4.ErrIncomplete):
		return info, io.EOF
	case errors.As(err, &malformed):
		r.broken = err
		return info, io.EOF
	case err != nil:
		return info, err
	}
	t, ok := info.Track(r.run.TrackID)
	if !ok || r.begun() && t.DecodeTime != r.tick {
		r.broken = fmt.Errorf("the fragment at byte %d does not continue the video track", r.size)
		return info, io.EOF
	}
	return info, nil
}

// add takes what peek returned. It returns the parts that it completes.
func (r *reading) add(info fmp4.Info) []Part {
	t, _ := info.Track(r.run.TrackID)
	if !r.begun() {
		r.begin, r.start = t.DecodeTime, micros(r.run, t.DecodeTime)
		r.group = grouper{target: r.target}
		r.group.reset(r.start)
		if !info.PRFT.IsZero() {
			r.clock = info.PRFT.UnixMicro() + micros(r.run, t.DecodeTime) - micros(r.run, info.PRFTMediaTime)
		}
	}
	r.tick = t.DecodeTime + t.Duration
	r.size = info.Offset + info.Size
	r.events(info)
	closed := r.group.add(micros(r.run, r.tick), info.Offset, info.Size, t.Sync)
	r.parts = append(r.parts, closed...)
	return closed
}

// finish closes the last part, when the segment is complete. It can be called again.
func (r *reading) finish() { r.parts = append(r.parts, r.group.flush()...) }

// length is the duration of the parts, microseconds.
func (r *reading) length() (us uint32) {
	for _, p := range r.parts {
		us += p.Duration
	}
	return us
}

// strange reports whether a segment's own clock does not say what its run's record
// says: it belongs to another run. Both are rounded from ticks, once each.
func (r *reading) strange() bool {
	return r.clock != 0 && (r.clock-r.start > 1000 || r.start-r.clock > 1000)
}

// peekFile is peek in a file that grows.
func (r *reading) peekFile(f *os.File) (fmp4.Info, error) {
	stat, err := f.Stat()
	if err != nil {
		return fmp4.Info{}, err
	}
	return r.peek(f, stat.Size())
}

// readWhole reads a complete segment, and tells the length of its file.
func readWhole(f *os.File, run spool.Run, target int64) (r *reading, length int64, err error) {
	stat, err := f.Stat()
	if err != nil {
		return nil, 0, err
	}
	r = &reading{run: run, target: target}
	for {
		info, err := r.peek(f, stat.Size())
		if errors.Is(err, io.EOF) {
			r.finish()
			return r, stat.Size(), nil
		}
		if err != nil {
			return nil, 0, err
		}
		r.add(info)
	}
}

// errNothing says that a file ends before its first fragment does, as after a
// power cut: there is no picture in it.
var errNothing = errors.New("it holds no whole fragment")

// readSegment learns from a segment's fragments what an hour playlist would
// say of it, and how long its file is.
func (d disk) readSegment(path string, msn uint64, records []runRecord) (e entry, length int64, err error) {
	record, ok := recordOf(records, msn)
	if !ok {
		return entry{}, 0, fmt.Errorf("no init section belongs to MSN %d", msn)
	}
	f, err := d.open(path)
	if err != nil {
		return entry{}, 0, err
	}
	defer f.Close()
	r, length, err := readWhole(f, record.Run, record.Constants.PartTarget)
	if err != nil {
		return entry{}, 0, err
	}
	switch {
	case !r.begun() && r.broken != nil:
		return entry{}, 0, r.broken
	case !r.begun():
		return entry{}, 0, errNothing
	case r.strange():
		return entry{}, 0, errors.New("it belongs to a run that is not known")
	}
	return entry{msn, Segment{Start: r.start, Duration: r.length(), Size: uint32(r.size)}, numbered(r.flaws, msn)}, length, nil
}

func recordOf(records []runRecord, msn uint64) (runRecord, bool) {
	for i := len(records) - 1; i >= 0; i-- {
		if records[i].FirstMSN <= msn {
			return records[i], !records[i].lost
		}
	}
	return runRecord{}, false
}
