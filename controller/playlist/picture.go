package playlist

import "lookback/controller/archive"

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
	return pictureBefore(s, len(s.Segments))
}

// PictureAt is the first key frame of the segment that plays at t, or of the
// next one before when it has none (RFC 8216bis lets a segment begin without).
// False when nothing was recorded then.
func PictureAt(s *archive.Snapshot, t int64) (Picture, bool) {
	i, ok := find(s, t)
	switch {
	case !ok:
		return Picture{}, false
	case i == len(s.Segments):
		if s.Open.Start > t {
			return Picture{}, false
		}
		if p, ok := openPicture(s); ok {
			return p, true
		}
	case s.Segments[i].Start > t || s.Segments[i].Flags&archive.Gap != 0:
		return Picture{}, false
	}
	return pictureBefore(s, min(i+1, len(s.Segments)))
}

// pictureBefore looks back from a position, exclusive. Of segments whose parts
// are not known it believes that they begin with a key frame.
func pictureBefore(s *archive.Snapshot, end int) (Picture, bool) {
	for i := end - 1; i >= 0; i-- {
		seg, msn := s.Segments[i], s.First+uint64(i)
		if seg.Flags&archive.Gap != 0 {
			continue
		}
		parts := s.PartsOf(msn)
		if len(parts) == 0 {
			return Picture{msn, seg.Start}, true
		}
		if at, ok := keyPart(parts); ok {
			return Picture{msn, seg.Start + at}, true
		}
	}
	return Picture{}, false
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
