package web

import (
	"slices"
	"sync"

	"lookback/controller/archive"
)

const (
	// partsKept is how many parts stay in memory: the newest, and those that slower
	// viewers are still fetching.
	partsKept = 4
	// largest is the size of a part (bytes) up to which it is kept.
	largest = 1 << 20
)

// edge holds the parts at the live edge, each read from its file once however
// many viewers there are.
type edge struct {
	mu    sync.Mutex
	parts []*edgePart // oldest first
}

type edgePart struct {
	msn  uint64
	n    int
	read func() ([]byte, error) // the file once, and then its bytes
}

// bytes are those of a part, which nobody may change; none of one that is
// neither the newest nor kept. What can't be read is not kept.
func (e *edge) bytes(s *archive.Snapshot, msn uint64, n int, read func() ([]byte, error)) (data []byte, ok bool, err error) {
	p := e.entry(msn, n, newest(s, msn, n) && s.PartsOf(msn)[n].Size <= largest, read)
	if p == nil {
		return nil, false, nil
	}
	data, err = p.read()
	if err != nil {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.parts = slices.DeleteFunc(e.parts, func(other *edgePart) bool { return other == p })
	}
	return data, true, err
}

// entry is the one that is kept of a part, made when it is wanted; nil: none.
func (e *edge) entry(msn uint64, n int, wanted bool, read func() ([]byte, error)) *edgePart {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, p := range e.parts {
		if p.msn == msn && p.n == n {
			return p
		}
	}
	if !wanted {
		return nil
	}
	p := &edgePart{msn, n, sync.OnceValues(read)}
	if len(e.parts) == partsKept {
		e.parts = slices.Delete(e.parts, 0, 1)
	}
	e.parts = append(e.parts, p)
	return p
}

// newest reports whether a part is the last that the snapshot has.
func newest(s *archive.Snapshot, msn uint64, n int) bool {
	lastMSN, last := newestPart(s)
	return msn == lastMSN && n == last
}

// newestPart is the last part that the snapshot has; n is -1 when its parts are
// not known.
func newestPart(s *archive.Snapshot) (msn uint64, n int) {
	msn = s.Next()
	if len(s.PartsOf(msn)) == 0 {
		msn--
	}
	return msn, len(s.PartsOf(msn)) - 1
}
