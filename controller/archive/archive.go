// Package archive takes what a recorder leaves in the spool into a camera's
// archive on disk, keeps the index of it, and publishes each change as a
// [Snapshot].
//
// Invariants, which [Check] verifies:
//
//  1. A file under a camera's date folders is complete and never changes.
//  2. A segment is listed in an hour playlist only after its file is on disk; it
//     is deleted only after no playlist that is served names it, plus [Grace].
//  3. MSN and discontinuity sequence never go back.
//  4. A killed process loses at most what was not yet a whole fragment.
//  5. An MSN lost inside the window is a GAP, never a silent hole.
package archive

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"lookback/controller/spool"
)

// Options of a camera's archive.
type Options struct {
	MediaDir string
	Camera   string
	// Title is kept in state.json with the window, so that they are known when the
	// camera is no longer named (see Past). "": state.json keeps what it holds.
	Title string
	// Ended: the camera is no longer named. What is in its spool is taken in, then
	// its window shrinks by the time that passes, see Archive.Gone.
	Ended       bool
	Window      time.Duration // how far back one can look; 0 and Ended: as state.json says, or two hours
	WindowBytes int64         // at most so many bytes, 0 for no limit
	DiskReserve int64         // bytes to keep free on the file system, when there is no Reserve
	Reserve     *Reserve      // shared by all cameras of MediaDir; nil: this camera has one of its own
	// Witness is a folder outside of the media that no copy and no backup takes along:
	// a file in it proves that the archive is still the one that it was. "": the
	// archive is not served, and keeps its identity, if it has one, unproven.
	Witness string
	Log     *slog.Logger

	number  func() uint64               // see promiseNow; tests only
	fault   func(op, path string) error // see disk; tests only
	misread func(op, path string) error // see disk; tests only
}

// Archive is one camera's. Follow owns everything but what is atomic;
// what takes long runs beside it as a job, which owns the catalog meanwhile.
type Archive struct {
	Options
	disk disk
	root string // <MEDIA_DIR>/<camera>

	witness    *witness
	former     string    // see Snapshot.Former
	formerEnds time.Time // when it is forgotten; zero: not yet known
	state      state
	saved      uint64            // the reservation that state.json holds
	stale      bool              // state.json lacks something that can't wait for the next reservation
	first      uint64            // MSN of segs[0]
	skipTo     uint64            // the next run's segments get no MSN below it
	segs       []Segment         // all that is on disk; append-only, shared with snapshots
	runs       []Run             // append-only, shared with snapshots
	promises   []Promise         // by MSN; append-only, shared with snapshots
	flaws      []Flaw            // of segs, by MSN; append-only, shared with snapshots
	runID      string            // of the spool run that the newest of runs came from
	assigned   map[string]uint64 // MSN of segment 0 of spool runs that were begun before Load
	recent     []Parts           // of the newest segments; replaced as a whole
	retained   retention
	current    *intake // the spool run being taken over, nil between runs
	catalog    *catalog
	moment     time.Duration // for how long a recorder that lived is taken to live
	cursor     uint64        // where the next census looks
	trouble    troubles
	short      int // looks in a row at which the reserve could not be had
	left       leftOut
	ended      time.Time     // up to when the time since the camera ended is counted, see age
	endedSaved int64         // the count that state.json holds
	badHours   unusableHours // hours that were left out
	remade     []int64       // hours that were put aside since the last listing
	blind      bool          // what is left out may have MSNs that nobody knows

	stateFile  sync.Mutex // guards state.json and stateOrder
	stateOrder uint64     // of what state.json holds

	snapshot atomic.Pointer[Snapshot]
	open     atomic.Pointer[openFile]
	bytes    atomic.Int64          // of the segments on disk
	leaving  atomic.Int64          // of those that left the window and are to be deleted
	beat     atomic.Int64          // Unix milliseconds of the last round of Follow
	rate     atomic.Int64          // bytes an hour over the recent past, 0 while unknown
	gone     atomic.Bool           // see Gone
	asked    atomic.Pointer[Terms] // what Adjust wants, nil when that is in force
	agreed   atomic.Pointer[Terms] // what Follow goes by
	finished bool                  // of an ended camera nothing more will come
	wake     chan struct{}
}

// openFile is where the open segment grows.
type openFile struct {
	msn  uint64
	path string
}

// Load opens a camera's archive: hour playlists and directory listings, never
// the media but for what a crash left unlisted. What can be mended is mended,
// what can't be read is left out. The errors are the context's, which is looked
// at between files, and *UnreadableError. A file operation that hangs holds it up.
func Load(ctx context.Context, o Options) (*Archive, error) {
	c := &Archive{Options: o, disk: disk{o.fault, o.misread, o.MediaDir}, root: filepath.Join(o.MediaDir, o.Camera), wake: make(chan struct{}, 1)}
	c.witness = newWitness(c.disk, o.Witness, o.Camera)
	c.catalog = newCatalog(c.disk, c.root)
	c.catalog.leaveOut, c.catalog.moved = c.leaveOut, c.left.moved
	err := c.makeFolders()
	if err == nil {
		err = c.load(ctx)
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, c.unreadable(err)
	}
	if c.Reserve == nil {
		c.Reserve = NewReserve(o.MediaDir, o.DiskReserve)
	}
	c.publish()
	c.measure()
	terms := c.terms()
	c.agreed.Store(&terms)
	c.Reserve.joinLoaded(c)
	return c, nil
}

// Snapshot is the newest published state.
func (c *Archive) Snapshot() *Snapshot { return c.snapshot.Load() }

// Bytes is what the camera's segments take on disk.
func (c *Archive) Bytes() int64 { return c.bytes.Load() }

// Beat is when Follow last went round; a stale one means that it hangs.
func (c *Archive) Beat() time.Time { return time.UnixMilli(c.beat.Load()) }

// Promise is what the camera's playlists promise at present, nil before its first run.
func (c *Archive) Promise() *spool.Promised {
	s := c.Snapshot()
	if len(s.Promises) == 0 {
		return nil
	}
	p := s.Promise().Promised
	return &p
}

// Wake makes Follow look at the spool now.
func (c *Archive) Wake() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// OpenMedia opens a segment's file wherever it lies, in the spool or in the
// archive; fs.ErrNotExist when it is gone.
func (c *Archive) OpenMedia(msn uint64) (*os.File, error) {
	s := c.Snapshot()
	if o := c.open.Load(); o != nil && o.msn == msn {
		f, err := c.openServed(o.path)
		if !errors.Is(err, fs.ErrNotExist) {
			return f, err
		}
		s = c.Snapshot() // it has been renamed meanwhile
	}
	switch {
	case msn >= s.First && msn < s.Next():
		return c.openServed(filepath.Join(c.root, SegmentURI(msn, s.Segments[msn-s.First].Start)))
	case s.Open != nil && s.Open.MSN == msn:
		return c.openServed(filepath.Join(c.root, SegmentURI(msn, s.Open.Start)))
	}
	return nil, fs.ErrNotExist
}

// OpenInit opens the init section of the run that begins with an MSN;
// fs.ErrNotExist when it is gone.
func (c *Archive) OpenInit(firstMSN uint64) (*os.File, error) {
	return c.openServed(filepath.Join(c.root, InitURI(firstMSN)))
}

// openServed is OpenServed by the path.
func (c *Archive) openServed(path string) (*os.File, error) {
	name, err := filepath.Rel(c.MediaDir, path)
	if err != nil {
		return nil, err
	}
	return OpenServed(c.MediaDir, name)
}

// publish makes the present state the newest snapshot.
func (c *Archive) publish() {
	s := &Snapshot{
		Camera:     c.Camera,
		Identity:   c.state.Identity,
		Former:     c.former,
		Least:      c.state.Least,
		First:      c.retained.from,
		Segments:   c.segs[c.retained.from-c.first : len(c.segs) : len(c.segs)],
		Runs:       c.runs[:len(c.runs):len(c.runs)],
		Recent:     c.recent,
		Flaws:      flawsFrom(c.flaws, c.retained.from),
		Ended:      c.finished,
		superseded: make(chan struct{}),
	}
	s.Promises = c.promises[:len(c.promises):len(c.promises)]
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
		s.Nominal = s.Promise().Constants.TargetDuration
	}
	c.open.Store(open)
	if old := c.snapshot.Swap(s); old != nil {
		close(old.superseded)
	}
}
