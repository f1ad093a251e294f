package archive

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/dustin/go-humanize"

	"lookback/controller/spool"
)

// Reserve keeps part of a disk free that several cameras share: what is oldest
// over all of them goes first. It holds no state of its own: every member asks
// it what of its own has to go, which follows from what all have.
type Reserve struct {
	dir   string
	bytes int64
	free  func(path string) (int64, error) // DiskFree but in tests
	most  func(path string) (int64, error) // diskMost but in tests

	impossible atomic.Pointer[ReserveError] // nil while the disk could have so much free
	told       atomic.Bool                  // the log has it

	mu      sync.Mutex
	members map[string]member     // by camera
	held    map[string]*heldSpool // of cameras whose archive was unreadable when it was tried last
}

// member is what has its share in a reserve: a camera's archive, or the spool of
// one whose archive is unreadable.
type member interface {
	Bytes() int64      // on disk
	hourly() int64     // bytes an hour that come to it, 0 while unknown
	onTheWay() int64   // bytes that are about to be deleted anyway
	spares() []Segment // what it could give up, oldest first
}

// NewReserve is for the cameras of a media directory: so many bytes of its file
// system stay free, 0 for none.
func NewReserve(mediaDir string, bytes int64) *Reserve {
	return &Reserve{dir: mediaDir, bytes: bytes, free: DiskFree, most: diskMost, members: map[string]member{}, held: map[string]*heldSpool{}}
}

// join makes m the one member for a camera.
func (r *Reserve) join(camera string, m member) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.members[camera] = m
}

// joinLoaded makes an archive that could be loaded the member for its camera.
func (r *Reserve) joinLoaded(c *Archive) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.members[c.Camera] = c
	delete(r.held, c.Camera)
}

// leave undoes join, unless another is the member by now.
func (r *Reserve) leave(camera string, m member) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.members[camera] == m {
		delete(r.members, camera)
	}
}

func (r *Reserve) all() []member {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Collect(maps.Values(r.members))
}

// usualReserve is the most that is kept free where DISK_RESERVE asks for more than the
// disk is.
const usualReserve = 2e9

// ReserveError says that DISK_RESERVE asks for more than the disk could ever have free.
// All history would be deleted for it, and it would still not be met.
type ReserveError struct{ Wanted, Disk, Kept int64 } // bytes

func (e *ReserveError) Error() string {
	accepted := fmt.Sprintf("less than the disk of MEDIA_DIR holds, %s", humanize.Bytes(uint64(e.Disk)))
	return fmt.Sprintf("DISK_RESERVE=%q: accepted is %s", humanize.Bytes(uint64(e.Wanted)), accepted)
}

// Meanwhile says what holds instead.
func (e *ReserveError) Meanwhile() string {
	return fmt.Sprintf("Nothing is deleted for it. Until it is lower %s are kept free.", humanize.Bytes(uint64(e.Kept)))
}

// kept is how many bytes are to stay free: those of the setting, or a tenth of a disk that
// could not have so much free with nothing on it.
func (r *Reserve) kept() int64 {
	if r.bytes <= 0 {
		return 0
	}
	most, err := r.most(r.dir)
	if err != nil || most <= 0 || r.bytes < most { // as for disks that don't say how large they are
		r.impossible.Store(nil)
		return r.bytes
	}
	e := &ReserveError{r.bytes, most, min(most/10, usualReserve)}
	r.impossible.Store(e)
	return e.Kept
}

// Impossible is why DISK_RESERVE can't be in force, nil while it can.
func (r *Reserve) Impossible() *ReserveError { return r.impossible.Load() }

// urgent reports whether so little is free that deleting can't wait.
func (r *Reserve) urgent() bool {
	free, err := r.free(r.dir)
	return err == nil && free < r.kept()/8
}

// shed is how many of its oldest segments a member has to give up to make up for
// what is missing to the reserve, less what is about to be deleted anyway. short are the
// bytes that are missing even when all have given up what they can.
func (r *Reserve) shed(m member) (segments int, short int64, err error) {
	kept := r.kept()
	if kept <= 0 {
		return 0, 0, nil
	}
	free, err := r.free(r.dir)
	if err != nil {
		return 0, 0, err
	}
	missing := kept - free
	if missing <= 0 {
		return 0, 0, nil
	}
	var holdings []holding
	for _, other := range r.all() {
		missing -= other.onTheWay()
		holdings = append(holdings, holding{other.spares(), other == m})
	}
	segments, short = walk(holdings, missing)
	return segments, short, nil
}

// holding is what a member could give up.
type holding struct {
	rest []Segment // oldest first
	own  bool
}

// walk gives up the oldest segment of all until enough bytes came together, and
// returns how many of them were the own member's, and what is missing still.
func walk(holdings []holding, missing int64) (own int, short int64) {
	for missing > 0 {
		var oldest *holding
		for i := range holdings {
			h := &holdings[i]
			if len(h.rest) > 0 && (oldest == nil || h.rest[0].Start < oldest.rest[0].Start) {
				oldest = h
			}
		}
		if oldest == nil {
			return own, missing
		}
		missing -= int64(oldest.rest[0].Size)
		oldest.rest = oldest.rest[1:]
		if oldest.own {
			own++
		}
	}
	return own, 0
}

func (c *Archive) hourly() int64   { return c.rate.Load() }
func (c *Archive) onTheWay() int64 { return c.leaving.Load() }

func (c *Archive) spares() []Segment {
	s := c.Snapshot()
	return s.Segments[:sparable(s)]
}

// sparable is how many segments of a window may be given up: all but the
// newest, within which players stand. Nobody is live at a camera that has ended.
func sparable(s *Snapshot) int {
	if s.Ended {
		return len(s.Segments)
	}
	left := spared(s.Promise().Window)
	i := len(s.Segments)
	for ; i > 0 && left > 0; i-- {
		left -= s.Segments[i-1].media()
	}
	return i
}

// spared is how much media, microseconds, stays whatever the disk says: what
// players at the live edge of the longest playlist hold on to.
func spared(k spool.Constants) int64 { return max(12*k.TargetDuration, 30_000_000) }
