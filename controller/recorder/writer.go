package recorder

import (
	"errors"
	"fmt"
	"os"
	"time"

	"lookback/controller/fmp4"
	"lookback/controller/spool"
)

// segmentFile is what the writer needs of a file. Tests put a full disk here.
type segmentFile interface {
	Write([]byte) (int, error)
	Truncate(size int64) error
	Close() error
}

func openSegment(path string) (segmentFile, error) {
	return os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND|os.O_EXCL, 0o644)
}

// errKeyFrame ends a run: an encoded segment does not begin with a key frame.
var errKeyFrame = errors.New("the segment does not begin with a key frame")

// writer owns the folder of one run.
type writer struct {
	dir       string
	run       spool.Run
	frames    int // of each segment, 0: as the key frames come
	open      func(path string) (segmentFile, error)
	lock      *os.File
	file      segmentFile
	seq       int
	size      int64
	count     int                           // frames in the open segment
	length    uint64                        // of the open segment, ticks
	part      uint64                        // since the doorbell was rung, ticks
	end       uint64                        // output decode time of the end of the run, ticks
	key       uint64                        // since the last key frame, ticks
	constants spool.Constants               // of the promise that the open segment is made under
	soon      bool                          // the open segment is the first of its promise, and ends at the next key frame
	begins    bool                          // the next segment is to be so
	keys      *keyWatch                     // nil: nobody asks
	wanted    func() int64                  // the part target that the camera's rates ask for, µs; see keyWatch
	renew     func(k spool.Constants) error // has the next segment begin another promise
	buf       []byte
	tolerance int64 // by which a segment may be shorter than its nominal duration, µs
}

// newWriter makes the run's folder and its first segment.
func newWriter(cameraDir string, run spool.Run, init []byte, frames int, open func(string) (segmentFile, error)) (*writer, error) {
	w := &writer{run: run, frames: frames, open: open, constants: run.Constants}
	if run.FrameRate > 0 {
		w.tolerance = int64(500_000 / run.FrameRate)
	}
	if frames == 0 {
		// Slewing takes 2 % from a camera's 2 s between two key frames.
		w.tolerance = max(w.tolerance, run.Segment/20)
	}
	var err error
	if w.dir, w.lock, err = spool.Create(cameraDir, run, init); err != nil {
		return nil, err
	}
	if w.file, err = open(spool.SegmentPath(w.dir, 0)); err != nil {
		// The run never began: nobody is to wait for it.
		return nil, errors.Join(err, os.RemoveAll(w.dir), w.lock.Close())
	}
	return w, nil
}

// micros is a number of ticks in µs.
func (w *writer) micros(ticks uint64) int64 {
	return int64(ticks/uint64(w.run.Timescale)*1_000_000 + ticks%uint64(w.run.Timescale)*1_000_000/uint64(w.run.Timescale))
}

// picture is a fragment on its way to the disk, its times set already.
type picture struct {
	raw              []byte
	sync             bool         // begins with a key frame
	decode, duration uint64       // output, ticks
	part             int64        // the part target that it needs, µs; 0: any
	flaws            []fmp4.Event // that were over before it
}

// add appends a fragment, beginning a new segment
// first where one is due. On errKeyFrame nothing was written and the run is to end.
func (w *writer) add(p picture) error {
	if err := w.cut(p); err != nil {
		return err
	}
	at := time.UnixMicro(w.run.Epoch + w.micros(p.decode))
	w.buf = fmp4.AppendPRFT(w.buf[:0], w.run.TrackID, at, p.decode)
	for _, f := range p.flaws {
		w.buf = fmp4.AppendEvent(w.buf, f)
	}
	w.buf = append(w.buf, p.raw...)
	if n, err := w.file.Write(w.buf); err != nil {
		// What was written of it is taken away again; should that fail too,
		// readers see a file that ends before its last fragment does.
		if n > 0 {
			err = errors.Join(err, w.file.Truncate(w.size))
		}
		return err
	}
	w.size += int64(len(w.buf))
	w.count++
	w.length += p.duration
	if w.keys != nil {
		w.keys.add(w.micros(p.duration), p.sync)
	}
	if p.sync {
		w.key = 0
	}
	w.key += p.duration
	w.part += p.duration
	w.end = p.decode + p.duration
	if w.frames > 0 && w.count == w.frames {
		return w.onward(w.closer)
	}
	return nil
}

// cut begins a new segment when the fragment at hand does not belong to the open one.
func (w *writer) cut(p picture) error {
	if w.count == 0 {
		if !p.sync && (w.frames > 0 || w.seq == 0) {
			return errKeyFrame
		}
		return nil
	}
	if w.frames > 0 {
		if p.sync { // one that was wanted besides
			return w.next()
		}
		return nil
	}
	length, target := w.micros(w.length), w.constants.TargetDuration
	due := w.soon || length+w.tolerance >= w.run.Segment || length+w.micros(w.key) > target // the next one would come too late
	switch {
	case w.keys != nil && p.part > w.constants.PartTarget:
		return w.onward(func() (spool.Constants, bool) { return w.keys.slower(w.constants, w.run.Segment, p.part), true })
	case p.sync && due:
		return w.onward(w.closer)
	case length+w.micros(p.duration) <= target:
		return nil
	case p.sync:
		return w.next()
	}
	return w.onward(w.farther)
}

// onward begins the next segment, under another promise where one is called for.
func (w *writer) onward(another func() (spool.Constants, bool)) error {
	if k, ok := another(); ok {
		if err := w.renew(k); err != nil {
			return err
		}
		w.constants, w.begins = k, true
	}
	return w.next()
}

// closer is what key frames that have been close together for long allow.
func (w *writer) closer() (spool.Constants, bool) {
	if w.keys == nil {
		return spool.Constants{}, false
	}
	if w.wanted != nil {
		w.keys.part = w.wanted()
	}
	return w.keys.closer(w.constants, w.run.Segment)
}

// farther is what a key frame that has not come in time asks for.
func (w *writer) farther() (spool.Constants, bool) {
	if w.keys == nil {
		return spool.Constants{}, false
	}
	return w.keys.farther(w.constants, w.run.Segment)
}

// next closes the segment and opens the one after it.
func (w *writer) next() error {
	f, err := w.open(spool.SegmentPath(w.dir, w.seq+1))
	if err != nil {
		return err
	}
	err = w.file.Close()
	w.file, w.size, w.count, w.length = f, 0, 0, 0
	w.seq++
	w.soon, w.begins = w.begins, false
	return err
}

// worthRinging reports whether the fragment that was just added completes a part,
// so that whoever follows is to be woken. Frames of a constant rate are counted;
// where each may have another length, all are told.
func (w *writer) worthRinging(duration uint64) bool {
	full := spool.PartFull(w.micros(w.part), w.micros(duration), w.constants.PartTarget)
	if w.frames > 0 && !full && w.count > 0 {
		return false
	}
	w.part = 0
	return true
}

// close ends the run and says why.
func (w *writer) close(at time.Time, code, detail string) error {
	return errors.Join(
		w.file.Close(),
		spool.WriteEnd(w.dir, spool.End{At: at.UTC(), Code: code, Detail: detail}),
		w.lock.Close(),
	)
}

// discard takes back a run without a picture.
func (w *writer) discard() error {
	return errors.Join(w.file.Close(), os.RemoveAll(w.dir), w.lock.Close())
}

// endMicros is the program date time of the end of the run, µs.
func (w *writer) endMicros() int64 { return w.run.Epoch + w.micros(w.end) }

func (w *writer) String() string { return fmt.Sprintf("%s/%06d", w.run.ID, w.seq) }
