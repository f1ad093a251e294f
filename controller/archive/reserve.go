package archive

import (
	"sync"

	"lookback/controller/spool"
)

// Reserve keeps part of a disk free that several cameras share: what is oldest
// over all of them goes first. It holds no state of its own: every camera asks
// it what of its own has to go, which follows from the snapshots of all.
type Reserve struct {
	dir   string
	bytes int64
	free  func(path string) (int64, error) // DiskFree but in tests

	mu      sync.Mutex
	cameras []*Camera
}

// NewReserve is for the cameras of a media directory: so many bytes of its file
// system stay free, 0 for none.
func NewReserve(mediaDir string, bytes int64) *Reserve {
	return &Reserve{dir: mediaDir, bytes: bytes, free: DiskFree}
}

func (r *Reserve) join(c *Camera) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.cameras = append(r.cameras, c)
}

func (r *Reserve) all() []*Camera {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.cameras[:len(r.cameras):len(r.cameras)]
}

// urgent tells that so little is free that deleting can't wait.
func (r *Reserve) urgent() bool {
	free, err := r.free(r.dir)
	return err == nil && free < r.bytes/8
}

// shed is the MSN below which a camera's window has to go to make up for what
// is missing to the reserve, less what is about to be deleted anyway.
func (r *Reserve) shed(c *Camera) (uint64, error) {
	if r.bytes <= 0 {
		return 0, nil
	}
	free, err := r.free(r.dir)
	if err != nil {
		return 0, err
	}
	missing := r.bytes - free
	if missing <= 0 {
		return 0, nil
	}
	var holdings []holding
	for _, other := range r.all() {
		missing -= other.leaving.Load()
		s := other.Snapshot()
		holdings = append(holdings, holding{s, s.Segments[:sparable(s)], other == c})
	}
	return walk(holdings, missing), nil
}

// holding is what a camera could give up.
type holding struct {
	snap *Snapshot
	rest []Segment // oldest first
	own  bool
}

// walk gives up the oldest segment of all until enough bytes came together, and
// returns the MSN up to which the own camera had to give.
func walk(holdings []holding, missing int64) (to uint64) {
	for missing > 0 {
		var oldest *holding
		for i := range holdings {
			h := &holdings[i]
			if len(h.rest) > 0 && (oldest == nil || h.rest[0].Start < oldest.rest[0].Start) {
				oldest = h
			}
		}
		if oldest == nil {
			return to
		}
		missing -= int64(oldest.rest[0].Size)
		oldest.rest = oldest.rest[1:]
		if oldest.own {
			to = oldest.snap.First + uint64(sparable(oldest.snap)-len(oldest.rest))
		}
	}
	return to
}

// sparable is how many segments of a window may be given up: all but the
// newest, within which players stand.
func sparable(s *Snapshot) int {
	left := spared(s.Promise().Constants)
	i := len(s.Segments)
	for ; i > 0 && left > 0; i-- {
		left -= s.Segments[i-1].media()
	}
	return i
}

// spared is how much media, microseconds, stays whatever the disk says: what
// players at the live edge hold on to.
func spared(k spool.Constants) int64 { return max(12*k.TargetDuration, 30_000_000) }
