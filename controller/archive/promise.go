package archive

import (
	"sort"

	"lookback/controller/spool"
)

// Promise is what playlists hold to from a segment on. Another one has other
// playlists, which its number names; a segment belongs to one of them.
type Promise struct {
	FirstMSN uint64 `json:"first_msn"` // of the first segment that is made under it
	spool.Promised
	// Window is what playlists of the whole window say under this number: the
	// longest target duration of the segments that were there when it began, and
	// independence where all had it. PartTarget is its own.
	Window spool.Constants `json:"window"`
}

// widen makes constants hold for what is made under others too. The part target
// stays: there are parts of one promise only in a playlist.
func widen(k, other spool.Constants) spool.Constants {
	k.TargetDuration = max(k.TargetDuration, other.TargetDuration)
	k.Independent = k.Independent && other.Independent
	return k
}

// farthest is how much higher than the last a number may be. One that is
// farther away is damage, and would use up all that are left.
const farthest = 1 << 20

// Follow enters what a recorder promised with the segment that gets an MSN. oldest is
// the MSN of the oldest segment that is left. Numbers never go back, and stand
// for one set of constants, whatever was promised. changed: there is something new.
func Follow(all []Promise, oldest, msn uint64, promised spool.Promised) (now []Promise, changed bool) {
	n := len(all)
	if n == 0 {
		return []Promise{{msn, promised, promised.Constants}}, true
	}
	last := all[n-1]
	if promised.Constants == (spool.Constants{}) {
		promised.Constants = last.Constants
	}
	switch {
	case promised.Number > last.Number && promised.Number-last.Number <= farthest:
	case promised.Constants != last.Constants:
		promised.Number = last.Number + 1
	case promised.Requested == nil || last.Requested != nil && *promised.Requested == *last.Requested:
		return all, false
	default:
		last.Requested = promised.Requested
		return append(all[:n-1:n-1], last), true
	}
	window := promised.Constants
	if oldest < msn {
		window = widen(window, widest(all, oldest, msn))
	}
	if last.FirstMSN >= msn { // nothing was made under it
		n--
	}
	return append(all[:n:n], Promise{msn, promised, window}), true
}

// promiseAt is the position of the promise that an MSN is made under. What is
// older than all that is known counts as the oldest's. -1: none is known.
func promiseAt(all []Promise, msn uint64) int {
	i := sort.Search(len(all), func(i int) bool { return all[i].FirstMSN > msn }) - 1
	return min(max(i, 0), len(all)-1)
}

// promiseOf is the promise that an MSN is made under; zero when none is known.
func promiseOf(all []Promise, msn uint64) Promise {
	if len(all) == 0 {
		return Promise{}
	}
	return all[promiseAt(all, msn)]
}

// Promise is the newest of the snapshot; zero before the camera's first run.
func (s *Snapshot) Promise() Promise {
	if len(s.Promises) == 0 {
		return Promise{}
	}
	return s.Promises[len(s.Promises)-1]
}

// Widest is what holds for all segments at positions from first up to end: the
// longest target duration and part target, and independence where all have it.
func (s *Snapshot) Widest(first, end int) spool.Constants {
	if first >= end || len(s.Promises) == 0 {
		return s.Promise().Constants
	}
	return widest(s.Promises, s.First+uint64(first), s.First+uint64(end))
}

// widest is what holds for all MSNs with from <= MSN < to, at least one.
func widest(all []Promise, from, to uint64) spool.Constants {
	i := promiseAt(all, from)
	if i < 0 {
		return spool.Constants{}
	}
	k := all[i].Constants
	for _, p := range all[i+1:] {
		if p.FirstMSN < to {
			k = widen(k, p.Constants)
			k.PartTarget = max(k.PartTarget, p.Constants.PartTarget)
		}
	}
	return k
}

// Served is the position in Promises of the one whose playlists viewers are sent
// to: the newest with a complete segment, since players give up on a playlist
// that has parts alone. Where nothing was recorded before it, it is served at once.
func (s *Snapshot) Served() int {
	i := len(s.Promises) - 1
	for ; i > 0; i-- {
		if first := s.Promises[i].FirstMSN; first < s.Next() || first <= s.First {
			break
		}
	}
	return max(i, 0)
}

// Numbered is the position in Promises of the one with a number.
func (s *Snapshot) Numbered(number uint64) (i int, ok bool) {
	i = sort.Search(len(s.Promises), func(i int) bool { return s.Promises[i].Number >= number })
	return i, i < len(s.Promises) && s.Promises[i].Number == number
}

// Under is the snapshot as playlists of the promise at a position in Promises
// show it: nothing that is made under later ones, and Over where there is
// something. It shares all with s. One that players follow since before another
// identity goes on under the former one, since nothing in a playlist may change.
func (s *Snapshot) Under(i int) *Snapshot {
	named := s
	if s.Former != "" && i < len(s.Promises) && s.Promises[i].Number < s.Least {
		former := *s
		former.Identity = s.Former
		named = &former
	}
	if i+1 >= len(s.Promises) {
		return named
	}
	u := *named
	u.Promises = s.Promises[: i+1 : i+1]
	end := s.Promises[i+1].FirstMSN
	u.Over = end < s.Next()
	if end = max(end, s.First); end < s.Next() {
		u.Segments = s.Segments[: end-s.First : end-s.First]
	}
	if s.Open != nil && s.Open.MSN >= end {
		u.Open = nil
	}
	n := sort.Search(len(s.Recent), func(i int) bool { return s.Recent[i].MSN >= end })
	u.Recent = s.Recent[:n:n]
	return &u
}

// Unfinished is the snapshot as playlists show it that do not end yet, although
// nothing is added to them.
func (s *Snapshot) Unfinished() *Snapshot {
	u := *s
	u.Over = false
	return &u
}

// OverSince is when the first segment after the promise at a position was
// complete, program date time in microseconds; 0 when it is not in the window.
func (s *Snapshot) OverSince(i int) int64 {
	if first := s.Promises[i+1].FirstMSN; first >= s.First && first < s.Next() {
		return s.Segments[first-s.First].End()
	}
	return 0
}
