package playlist

import (
	"errors"
	"sort"

	"lookback/controller/archive"
)

// ErrEmpty reports whether a slice would hold no media.
var ErrEmpty = errors.New("no media in that time")

// Slice lists the segments that overlap [from, to), microseconds since
// 1970-01-01 UTC; from in a gap means the next picture after it. Once complete
// segments reach to, or now says that nothing can come any more, it ends with
// ENDLIST. With to = 0 it goes on live and slides, listing at most SliceSpan.
// Until to is reached it grows like a live playlist and does not slide, as
// MEDIA-SEQUENCE may not go back at its end. It has no EXT-X-PLAYLIST-TYPE,
// because the window's trim may shorten it. blocks may be nil. ErrEmpty when
// there is nothing from from on, or nothing before to.
func Slice(s *archive.Snapshot, from, to, now int64, blocks *Blocks) (List, error) {
	l := newList(s, s.Promise().Window, blocks)
	var ok bool
	if l.first, ok = find(s, from); !ok {
		return l, ErrEmpty
	}
	if to == 0 {
		l.first = max(l.first, l.blocks.back(s, l.end, SliceSpan.Microseconds()))
		return l, nil
	}
	reached := false
	l.end, reached = until(s, l.first, to)
	// Or the camera went away before to and a segment takes no longer than that.
	l.ended = l.ended || reached || s.Open == nil && now >= to+3*s.Promise().Constants.TargetDuration
	if l.ended && l.end == l.first {
		return l, ErrEmpty
	}
	return l, nil
}

// stretch is the segments of one run, inside which time only goes forward.
type stretch struct{ lo, hi int } // positions, hi exclusive

// stretches are the runs that have complete segments, oldest first.
func stretches(s *archive.Snapshot) []stretch {
	var all []stretch
	for i, r := range s.Runs {
		lo, hi := position(s, r.FirstMSN), len(s.Segments)
		if i+1 < len(s.Runs) {
			hi = position(s, s.Runs[i+1].FirstMSN)
		}
		if lo < hi {
			all = append(all, stretch{lo, hi})
		}
	}
	return all
}

func position(s *archive.Snapshot, msn uint64) int {
	if msn <= s.First {
		return 0
	}
	return int(min(msn-s.First, uint64(len(s.Segments))))
}

// find is the position of the segment that plays at t or, when none does, of
// the next in time; len(s.Segments) is the open one. After a clock step t may
// have happened twice: the newer run wins.
func find(s *archive.Snapshot, t int64) (int, bool) {
	best, bestStart, found := 0, int64(0), false
	consider := func(i int, start int64) {
		if !found || start <= bestStart {
			best, bestStart, found = i, start, true
		}
	}
	for _, r := range stretches(s) {
		segs := s.Segments[r.lo:r.hi]
		if i := sort.Search(len(segs), func(i int) bool { return segs[i].End() > t }); i < len(segs) {
			consider(r.lo+i, max(t, segs[i].Start))
		}
	}
	if s.Open != nil && len(s.Open.Parts) > 0 && s.Edge() > t {
		consider(len(s.Segments), max(t, s.Open.Start))
	}
	return best, found
}

// until is the position after the last segment that begins before to, counted
// from first on in playing order, and whether complete segments reach to.
func until(s *archive.Snapshot, first int, to int64) (int, bool) {
	for _, r := range stretches(s) {
		if r.hi <= first {
			continue
		}
		lo := max(r.lo, first)
		segs := s.Segments[lo:r.hi]
		if i := sort.Search(len(segs), func(i int) bool { return segs[i].Start >= to }); i < len(segs) {
			return lo + i, true
		}
		if segs[len(segs)-1].End() >= to {
			return r.hi, true
		}
	}
	end := len(s.Segments)
	// The next run began after to: nothing that is still to come belongs here.
	return end, s.Open != nil && s.Open.Start >= to
}
