package playlist

import (
	"math"

	"lookback/controller/archive"
)

// Picture is a segment's first key frame: what stands for it as a still.
type Picture struct {
	MSN uint64
	At  int64 // program date time, microseconds; to the part that holds it
}

// NewestPicture is the newest key frame, false when there is none.
func NewestPicture(s *archive.Snapshot) (Picture, bool) {
	if p, ok := openPicture(s); ok {
		return p, true
	}
	return pictureBefore(s, len(s.Segments), math.MaxInt64)
}

// PictureOf is the still of a segment, complete or growing; false when it has
// none, or not yet.
func PictureOf(s *archive.Snapshot, msn uint64) (Picture, bool) {
	if msn >= s.First && msn < s.Next() {
		return pictureIn(s, int(msn-s.First))
	}
	if p, ok := openPicture(s); ok && p.MSN == msn {
		return p, true
	}
	return Picture{}, false
}

// beside is how far from what was recorded an instant may be and still have a
// picture, in microseconds: between two runs of a moment, and at the live edge,
// which each camera has elsewhere.
const beside = 1_000_000

// PictureAt is the key frame nearest to t, of those that segments begin with or
// have first. One that begins a segment may be missing (RFC 8216bis lets it).
// False when nothing was recorded then, nor within a second of it.
func PictureAt(s *archive.Snapshot, t int64) (Picture, bool) {
	i, ok := find(s, t)
	if !ok {
		if edge := s.Edge(); t-edge <= beside && t >= edge {
			return NewestPicture(s)
		}
		return Picture{}, false
	}
	before, hasBefore := recordedBefore(s, i, t)
	after, hasAfter := pictureAfter(s, i, t)
	switch {
	case hasBefore && (!hasAfter || t-before.At <= after.At-t):
		return before, true
	case hasAfter && (hasBefore || after.At-t <= beside):
		return after, true
	}
	return Picture{}, false
}

// recordedBefore is the newest picture up to t, where the i-th segment ends
// after t; false when what was recorded before t ended more than a second ago.
func recordedBefore(s *archive.Snapshot, i int, t int64) (Picture, bool) {
	if i == len(s.Segments) && s.Open.Start <= t {
		if p, ok := openPicture(s); ok && p.At <= t {
			return p, true
		}
		return pictureBefore(s, i, t)
	}
	if i < len(s.Segments) && s.Segments[i].Start <= t {
		if s.Segments[i].Flags&archive.Gap != 0 {
			return Picture{}, false
		}
		return pictureBefore(s, i+1, t)
	}
	if i == 0 {
		return Picture{}, false
	}
	if last := s.Segments[i-1]; t-last.Start-int64(last.Duration) > beside || last.Flags&archive.Gap != 0 {
		return Picture{}, false
	}
	return pictureBefore(s, i, t)
}

// pictureAfter is the first key frame after t, in the i-th segment, which ends
// after t, or the one that follows.
func pictureAfter(s *archive.Snapshot, i int, t int64) (Picture, bool) {
	for ; i < len(s.Segments) && s.Segments[i].Start <= t+2*beside+int64(s.Segments[i].Duration); i++ {
		if p, ok := pictureIn(s, i); ok && p.At > t {
			return p, true
		}
	}
	if p, ok := openPicture(s); i == len(s.Segments) && ok && p.At > t {
		return p, true
	}
	return Picture{}, false
}

// pictureBefore looks back from a position, exclusive, for a picture of t or before.
func pictureBefore(s *archive.Snapshot, end int, t int64) (Picture, bool) {
	for i := end - 1; i >= 0; i-- {
		if p, ok := pictureIn(s, i); ok && p.At <= t {
			return p, true
		}
	}
	return Picture{}, false
}

// pictureIn is the i-th segment's first key frame. Where its parts are not known
// it is believed to begin with one.
func pictureIn(s *archive.Snapshot, i int) (Picture, bool) {
	seg, msn := s.Segments[i], s.First+uint64(i)
	if seg.Flags&archive.Gap != 0 {
		return Picture{}, false
	}
	parts := s.PartsOf(msn)
	if len(parts) == 0 {
		return Picture{msn, seg.Start}, true
	}
	at, ok := keyPart(parts)
	return Picture{msn, seg.Start + at}, ok
}

func openPicture(s *archive.Snapshot) (Picture, bool) {
	if s.Open == nil {
		return Picture{}, false
	}
	at, ok := keyPart(s.Open.Parts)
	return Picture{s.Open.MSN, s.Open.Start + at}, ok
}

// keyPart is when the first part with a key frame begins, microseconds into
// the segment.
func keyPart(parts []archive.Part) (at int64, ok bool) {
	for _, p := range parts {
		if p.Independent && !p.Gap {
			return at, true
		}
		at += int64(p.Duration)
	}
	return 0, false
}
