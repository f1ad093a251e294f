package fmp4

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
)

// Kind is what a track carries.
type Kind uint8

// The kinds of tracks.
const (
	Other Kind = iota
	Video
	Audio
)

// Track is one track of an init section.
type Track struct {
	ID        uint32
	Kind      Kind
	Timescale uint32 // ticks per second, never 0
	Codec     string // RFC 6381: avc1.PPCCLL, hvc1.…, hev1.…, mp4a.40.N, otherwise the sample entry's type
	Width     int    // pixels as coded, 0 unless Kind is Video
	Height    int
}

// Init is an init section.
type Init struct {
	Raw    []byte // ftyp to moov
	Tracks []Track
}

// Video is the first video track, false when there is none.
func (i *Init) Video() (Track, bool) {
	n := slices.IndexFunc(i.Tracks, func(t Track) bool { return t.Kind == Video })
	if n < 0 {
		return Track{}, false
	}
	return i.Tracks[n], true
}

// Codecs are the codecs of all tracks, each once, comma separated as in the
// CODECS attribute of a playlist.
func (i *Init) Codecs() string {
	var all []string
	for _, t := range i.Tracks {
		if !slices.Contains(all, t.Codec) {
			all = append(all, t.Codec)
		}
	}
	return strings.Join(all, ",")
}

// ParseInit reads an init section: ftyp, perhaps free, skip, uuid and the like,
// and moov as the last box. It keeps raw. io.ErrUnexpectedEOF when raw ends too
// early, a *[FormatError] for all else.
func ParseInit(raw []byte) (*Init, error) {
	n, err := initSize(bytesWindow(raw), math.MaxInt64)
	switch {
	case err != nil:
		return nil, err
	case n > int64(len(raw)):
		return nil, io.ErrUnexpectedEOF
	case n < int64(len(raw)):
		return nil, &FormatError{Offset: n, Reason: "nothing may follow the moov of an init section"}
	}
	init := &Init{Raw: raw}
	err = each(raw, 0, func(b box) error {
		if string(b.kind[:]) == "moov" {
			return init.parseMoov(b)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return init, nil
}

// bytesWindow is a [window] on bytes in memory.
type bytesWindow []byte

func (w bytesWindow) at(pos, n int64) ([]byte, error) {
	if n > int64(len(w))-pos {
		return nil, io.ErrUnexpectedEOF
	}
	return w[pos : pos+n], nil
}

// initSize is the length of the init section at the beginning of w.
func initSize(w window, limit int64) (int64, error) {
	for size := int64(0); ; {
		h, err := readHeader(w, 0, size)
		if err != nil {
			return 0, err
		}
		b := box{kind: h.kind, off: size}
		kind := string(h.kind[:])
		switch {
		case (kind == "ftyp") != (size == 0):
			return 0, b.errorf("an init section begins with one ftyp")
		case !slices.Contains([]string{"ftyp", "styp", "free", "skip", "uuid", "pdin", "moov"}, kind):
			return 0, b.errorf("not a box that may be in an init section")
		}
		if h.size > limit-size {
			return 0, b.errorf(fmt.Sprintf("the init section is larger than %d bytes", limit))
		}
		size += h.size
		if kind == "moov" {
			return size, nil
		}
	}
}

func (i *Init) parseMoov(b box) error {
	fragmented := false
	err := b.children(0, func(c box) error {
		switch string(c.kind[:]) {
		case "mvex":
			fragmented = true
		case "trak":
			t, err := parseTrak(c)
			if err != nil {
				return err
			}
			if slices.ContainsFunc(i.Tracks, func(o Track) bool { return o.ID == t.ID }) {
				return c.errorf(fmt.Sprintf("track %d occurs twice", t.ID))
			}
			i.Tracks = append(i.Tracks, t)
		}
		return nil
	})
	switch {
	case err != nil:
		return err
	case len(i.Tracks) == 0:
		return b.errorf("no track in it")
	case !fragmented:
		return b.errorf("no mvex in it: the file is not fragmented")
	}
	return nil
}

func parseTrak(b box) (t Track, err error) {
	var walk func(box) error
	walk = func(c box) (err error) {
		switch string(c.kind[:]) {
		case "mdia", "minf", "stbl":
			err = c.children(0, walk)
		case "tkhd":
			t.ID, err = fieldAfterTimes(c)
		case "mdhd":
			t.Timescale, err = fieldAfterTimes(c)
		case "hdlr":
			t.Kind, err = parseKind(c)
		case "stsd":
			err = t.parseDescription(c)
		}
		return err
	}
	switch err = b.children(0, walk); {
	case err != nil:
	case t.ID == 0:
		err = b.errorf("its track has no number")
	case t.Timescale == 0:
		err = b.errorf("its track has no timescale")
	case t.Codec == "":
		err = b.errorf("its track has no sample description")
	case t.Kind != Video:
		t.Width, t.Height = 0, 0
	}
	return t, err
}

// fieldAfterTimes is what follows creation and modification time: the track
// number in tkhd, the timescale in mdhd.
func fieldAfterTimes(b box) (uint32, error) {
	version, _, rest, err := b.full(12)
	if err != nil {
		return 0, err
	}
	at := 8
	if version == 1 {
		at = 16
	}
	if version > 1 || len(rest) < at+4 {
		return 0, b.errorf("unknown version or too short")
	}
	return binary.BigEndian.Uint32(rest[at:]), nil
}

func parseKind(b box) (Kind, error) {
	_, _, rest, err := b.full(8)
	if err != nil {
		return Other, err
	}
	switch string(rest[4:8]) {
	case "vide":
		return Video, nil
	case "soun":
		return Audio, nil
	}
	return Other, nil
}
