package fmp4

import (
	"fmt"
	"slices"
	"time"
)

// Fragment is a moof with its mdat and what came before it.
type Fragment struct {
	// Raw is every byte since the end of the previous fragment (or of the init
	// section): boxes such as prft, styp, emsg and sidx, then moof and mdat.
	Raw    []byte
	Tracks []TrackFragment
	// PRFT is the first prft box: at this time the track was at PRFTMediaTime
	// ticks. Zero without one.
	PRFT          time.Time
	PRFTMediaTime uint64
}

// Track is what the fragment holds of a track, false when nothing.
func (f *Fragment) Track(id uint32) (TrackFragment, bool) {
	return findTrack(f.Tracks, id)
}

func findTrack(tracks []TrackFragment, id uint32) (TrackFragment, bool) {
	i := slices.IndexFunc(tracks, func(t TrackFragment) bool { return t.ID == id })
	if i < 0 {
		return TrackFragment{}, false
	}
	return tracks[i], true
}

// window shows a part of the input, relative to where the fragment begins.
type window interface {
	// at returns the n bytes from pos on, which stay as they are while the
	// fragment is read. Its error when the input ends before is the one that
	// the caller is to see.
	at(pos, n int64) ([]byte, error)
}

// layout is what is learnt of a fragment without its media.
type layout struct {
	size      int64
	tracks    []TrackFragment
	prft      time.Time
	mediaTime uint64
	events    []Event
	trailer   bool // it is no fragment but the mfra at the end of a recording
}

// readLayout reads the fragment at byte off of the input, up to the header of
// its mdat.
func readLayout(w window, off, limit int64) (l layout, err error) {
	for {
		h, err := readHeader(w, off, l.size)
		if err != nil {
			return l, err
		}
		b := box{kind: h.kind, off: off + l.size, head: h.head}
		if string(h.kind[:]) == "mfra" && l.size == 0 {
			return layout{size: h.size, trailer: true}, nil
		}
		if h.size > limit-l.size {
			return l, b.errorf(fmt.Sprintf("the fragment is larger than %d bytes", limit))
		}
		switch string(h.kind[:]) {
		case "prft":
			err = l.readPRFT(w, b, h)
		case "emsg":
			err = l.readEvent(w, h)
		case "styp", "sidx", "free", "skip", "uuid":
		case "moof":
			return l, l.readMovie(w, b, h, limit)
		default:
			err = b.errorf("not a box that may be here")
		}
		if err != nil {
			return l, err
		}
		l.size += h.size
	}
}

func readHeader(w window, off, pos int64) (header, error) {
	b, err := w.at(pos, 8)
	if err != nil {
		return header{}, err
	}
	h, need, reason := decodeHeader(b)
	if need > 0 {
		if b, err = w.at(pos, int64(need)); err != nil {
			return header{}, err
		}
		h, _, reason = decodeHeader(b)
	}
	if reason != "" {
		return h, &FormatError{Offset: off + pos, Box: h.kind.String(), Reason: reason}
	}
	return h, nil
}

// readPRFT keeps the first one: the recorder's, which it puts before all else.
func (l *layout) readPRFT(w window, b box, h header) error {
	raw, err := w.at(l.size+h.head, min(h.size-h.head, PRFTSize))
	if err != nil || !l.prft.IsZero() {
		return err
	}
	b.body = raw
	l.prft, l.mediaTime, err = parsePRFT(b)
	return err
}

// readEvent keeps an event message.
func (l *layout) readEvent(w window, h header) error {
	raw, err := w.at(l.size+h.head, min(h.size-h.head, maxEvent))
	if err != nil {
		return err
	}
	if e, ok := parseEvent(raw); ok {
		l.events = append(l.events, e)
	}
	return nil
}

// readMovie reads the moof at l.size, and adds its size and that of its mdat.
func (l *layout) readMovie(w window, b box, h header, limit int64) error {
	if h.size > maxMoof {
		return b.errorf(fmt.Sprintf("larger than %d bytes", maxMoof))
	}
	raw, err := w.at(l.size, h.size)
	if err != nil {
		return err
	}
	b.body = raw[h.head:]
	m, err := parseMoof(b)
	if err != nil {
		return err
	}
	l.tracks = make([]TrackFragment, len(m.trafs))
	for i, t := range m.trafs {
		l.tracks[i] = t.TrackFragment
	}
	return l.readMedia(w, m, limit)
}

func (l *layout) readMedia(w window, m moof, limit int64) error {
	start := m.off - l.size
	l.size += m.head + int64(len(m.body))
	h, err := readHeader(w, start, l.size)
	if err != nil {
		return err
	}
	b := box{kind: h.kind, off: start + l.size}
	switch {
	case string(h.kind[:]) != "mdat":
		return b.errorf("mdat must follow moof")
	case h.size > limit-l.size:
		return b.errorf(fmt.Sprintf("the fragment is larger than %d bytes", limit))
	}
	l.size += h.size
	return m.checkMedia(h)
}
