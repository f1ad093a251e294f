// Package archive takes what a recorder leaves in the spool into a camera's
// archive on disk, keeps the index of it, and publishes each change as a
// [Snapshot].
//
// Invariants, which `controller check` verifies:
//
//  1. A file under a camera's date folders is complete and never changes.
//  2. A segment is listed in an hour playlist only after its file is on disk; it
//     is deleted only after no playlist that is served names it, plus [Grace].
//  3. MSN and discontinuity sequence never go back.
//  4. A killed process loses at most what was not yet a whole fragment.
//  5. An MSN lost inside the window is a GAP, never a silent hole.
package archive

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"lookback/controller/spool"
)

// Grace is how long a segment stays on disk after the last playlist that named
// it. RFC 8216bis 6.2.2 asks for the length of the longest playlist that did,
// which would double the disk; a minute is enough for a request under way.
const Grace = time.Minute

// Options of a camera's archive.
type Options struct {
	MediaDir    string
	Camera      string
	Window      time.Duration // how far back one can look
	WindowBytes int64         // at most so many bytes, 0 for no limit
	DiskReserve int64         // bytes to keep free on the file system
	Log         *slog.Logger
}

// Camera is one camera's archive. Follow owns everything but what is atomic.
type Camera struct {
	Options
	root string // <MEDIA_DIR>/<camera>

	state   state
	first   uint64    // MSN of segs[0]
	skipTo  uint64    // the next run's segments get no MSN below it
	segs    []Segment // all that is on disk; append-only, shared with snapshots
	runs    []Run     // append-only, shared with snapshots
	runID   string    // of the spool run that the newest of runs came from
	recent  []Parts   // of the newest segments; replaced as a whole
	kept    retention
	current *intake // the spool run being taken over, nil between runs
	unlist  []entry // archived, not yet in an hour playlist
	hour    string  // folder of the hour playlist that is being appended to
	hourEnd *entry  // its last entry
	trouble trouble

	snapshot atomic.Pointer[Snapshot]
	open     atomic.Pointer[openFile]
	bytes    atomic.Int64
	beat     atomic.Int64 // Unix milliseconds of the last round of Follow
	wake     chan struct{}
}

// openFile is where the open segment grows.
type openFile struct {
	msn  uint64
	path string
}

// Load opens a camera's archive: hour playlists and directory listings, never
// the media but for what a crash left unlisted.
func Load(o Options) (*Camera, error) {
	c := &Camera{Options: o, root: filepath.Join(o.MediaDir, o.Camera), wake: make(chan struct{}, 1)}
	for _, dir := range []string{filepath.Join(c.root, "init"), spool.CameraDir(o.MediaDir, o.Camera)} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return nil, fmt.Errorf("MEDIA_DIR=%q: can't make the folder of camera %q: %w; it has to be a folder that user %d may write", o.MediaDir, o.Camera, err, os.Getuid())
		}
	}
	if err := c.load(); err != nil {
		return nil, fmt.Errorf("loading the archive of camera %q: %w", o.Camera, err)
	}
	c.publish()
	return c, nil
}

// Snapshot is the newest published state.
func (c *Camera) Snapshot() *Snapshot { return c.snapshot.Load() }

// Bytes is what the camera's segments take on disk.
func (c *Camera) Bytes() int64 { return c.bytes.Load() }

// Beat is when Follow last went round; a stale one means that it hangs.
func (c *Camera) Beat() time.Time { return time.UnixMilli(c.beat.Load()) }

// Constants are what the camera's playlists promise, nil before its first run.
// It reads the disk, so that a recorder in another process sees the same.
func (c *Camera) Constants() *spool.Constants {
	s, err := readState(c.root)
	if err != nil {
		return nil
	}
	return s.Constants
}

// Wake makes Follow look at the spool now.
func (c *Camera) Wake() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// OpenMedia opens a segment's file wherever it lies, in the spool or in the
// archive; fs.ErrNotExist when it is gone.
func (c *Camera) OpenMedia(msn uint64) (*os.File, error) {
	s := c.Snapshot()
	if o := c.open.Load(); o != nil && o.msn == msn {
		f, err := os.Open(o.path)
		if !errors.Is(err, fs.ErrNotExist) {
			return f, err
		}
		s = c.Snapshot() // it has been renamed meanwhile
	}
	switch {
	case msn >= s.First && msn < s.Next():
		return os.Open(filepath.Join(c.root, SegmentURI(msn, s.Segments[msn-s.First].Start)))
	case s.Open != nil && s.Open.MSN == msn:
		return os.Open(filepath.Join(c.root, SegmentURI(msn, s.Open.Start)))
	}
	return nil, fs.ErrNotExist
}

// next is the MSN after the newest archived segment.
func (c *Camera) next() uint64 { return c.first + uint64(len(c.segs)) }

// publish makes the present state the newest snapshot.
func (c *Camera) publish() {
	s := &Snapshot{
		Camera:     c.Camera,
		First:      c.first + uint64(c.kept.from),
		Segments:   c.segs[c.kept.from:len(c.segs):len(c.segs)],
		Runs:       c.runs[:len(c.runs):len(c.runs)],
		Recent:     c.recent,
		superseded: make(chan struct{}),
	}
	s.Constants = c.state.constants()
	var open *openFile
	if in := c.current; in != nil {
		s.Nominal = in.run.Segment
		if in.open != nil {
			o := *in.open
			o.Parts = o.Parts[:len(o.Parts):len(o.Parts)]
			s.Open = &o
			open = &openFile{o.MSN, spool.SegmentPath(in.dir, in.seq)}
		}
	} else if old := c.snapshot.Load(); old != nil {
		s.Nominal = old.Nominal
	}
	if s.Nominal == 0 {
		s.Nominal = s.Constants.TargetDuration
	}
	c.open.Store(open)
	if old := c.snapshot.Swap(s); old != nil {
		close(old.superseded)
	}
}
