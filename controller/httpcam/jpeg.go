package httpcam

import (
	"bytes"
	"encoding/binary"
)

// JPEG's markers, the second byte of each (ITU-T T.81, table B.1).
const (
	markerSOI  = 0xD8
	markerEOI  = 0xD9
	markerSOS  = 0xDA
	markerDHT  = 0xC4
	markerJPG  = 0xC8
	markerDAC  = 0xCC
	markerTEM  = 0x01
	markerExif = 0xE1 // APP1
	markerAdob = 0xEE // APP14
)

// verdict is what a walker has found.
type verdict int

const (
	more   verdict = iota // the picture goes on
	whole                 // it ends at at
	broken                // it is none; what follows may begin at at
	huge                  // it is larger than what is taken, and may go on
)

// walker follows a picture from its first byte. step is given all of the
// picture that has come, the same bytes and more each time. Its int is where
// the picture ends, or where to search for the next one.
type walker interface {
	step(b []byte) (verdict, int)
	shape() Shape
}

// jpegWalk goes from marker to marker. Segments are skipped by their length, so
// a thumbnail inside of one ends nothing.
type jpegWalk struct {
	pos      int // what has been looked at
	segment  int // where the last segment began
	padding  int // bytes of it before the next segment
	entropy  bool
	oneScan  bool // this scan has all components: only the end can follow
	adobe    int  // APP14's colour transform, -1: none
	turned   bool // a quarter, by its EXIF
	sampling []byte
	found    Shape
}

func (w *jpegWalk) begin() {
	*w = jpegWalk{pos: 2, segment: 2, adobe: -1, sampling: w.sampling[:0], found: Shape{Format: JPEG}}
}

func (w *jpegWalk) step(b []byte) (verdict, int) {
	for {
		walk := w.header
		if w.entropy {
			walk = w.scan
		}
		if v, at, done := walk(b); done {
			return v, at
		}
	}
}

// header takes one segment; done when there is no going on.
func (w *jpegWalk) header(b []byte) (v verdict, at int, done bool) {
	for w.padding < maxPadding && w.padded(b) {
		w.pos++
		w.padding++
	}
	if w.pos < len(b) && b[w.pos] != 0xFF {
		return broken, w.segment, true
	}
	if w.pos+2 > len(b) {
		return more, 0, true
	}
	switch m := b[w.pos+1]; {
	case m == markerTEM && w.padding < maxPadding:
		w.pos, w.padding = w.pos+2, w.padding+2
		return 0, 0, false
	case m == markerSOI:
		return broken, w.pos, true
	case m < 0xC0, m >= 0xD0 && m <= markerEOI:
		return broken, w.pos, true
	}
	return w.take(b)
}

// maxPadding is how many bytes may stand between two segments.
const maxPadding = 64

// padded reports whether pos is a byte that means nothing: 0xFF before a marker may
// be repeated (T.81, B.1.1.2), and some makes pad their tables with 0.
func (w *jpegWalk) padded(b []byte) bool {
	return w.pos < len(b) && b[w.pos] == 0 || w.pos+1 < len(b) && b[w.pos] == 0xFF && b[w.pos+1] == 0xFF
}

// take reads the segment at pos, which has a length.
func (w *jpegWalk) take(b []byte) (v verdict, at int, done bool) {
	marker := b[w.pos+1]
	if w.pos+4 > len(b) {
		return more, 0, true
	}
	end := w.pos + 2 + int(binary.BigEndian.Uint16(b[w.pos+2:]))
	if end < w.pos+4 {
		return broken, w.pos, true
	}
	if end > len(b) {
		w.segment = w.pos
		return more, 0, true
	}
	content := b[w.pos+4 : end]
	w.segment, w.pos, w.padding = w.pos, end, 0
	ok := true
	switch {
	case marker == markerSOS:
		ok = w.found.Width > 0 && len(content) > 0
		w.oneScan = ok && int(content[0]) >= w.found.Components && !w.found.Progressive
		w.entropy = true
	case marker >= 0xC0 && marker <= 0xCF && marker != markerDHT && marker != markerJPG && marker != markerDAC:
		ok = w.frame(marker, content)
	case marker == markerExif && bytes.HasPrefix(content, []byte(exifMark)):
		w.turned = orientation(content[len(exifMark):]) >= leastTurned
	case marker == markerAdob && len(content) >= 12 && bytes.HasPrefix(content, []byte("Adobe")):
		w.adobe = int(content[11])
	}
	switch {
	case !ok:
		return broken, w.segment, true
	case w.found.tooLarge():
		return huge, w.pos, true
	}
	return 0, 0, false
}

// frame reads a frame header: depth, height, width, and each component's sampling.
func (w *jpegWalk) frame(marker byte, content []byte) bool {
	if len(content) < 6 {
		return false
	}
	components := int(content[5])
	w.found.Depth, w.found.Components, w.found.Progressive = int(content[0]), components, marker&3 == 2
	w.found.Height, w.found.Width = int(binary.BigEndian.Uint16(content[1:])), int(binary.BigEndian.Uint16(content[3:]))
	if len(content) < 6+3*components || components == 0 || w.found.Width == 0 || w.found.Height == 0 {
		return false
	}
	w.sampling = w.sampling[:0]
	for i := range components {
		w.sampling = append(w.sampling, content[7+3*i])
	}
	return true
}

// scan goes through coded data, in which 0xFF is followed by 0 or a restart
// marker unless something else begins.
func (w *jpegWalk) scan(b []byte) (v verdict, at int, done bool) {
	for {
		i := bytes.IndexByte(b[w.pos:], 0xFF)
		if i < 0 {
			w.pos = len(b)
			return more, 0, true
		}
		if w.pos += i; w.pos+2 > len(b) {
			return more, 0, true
		}
		switch m := b[w.pos+1]; {
		case m == markerEOI:
			return whole, w.pos + 2, true
		case m == 0xFF:
			w.pos++
		case m == markerSOI && w.pos+3 > len(b):
			return more, 0, true
		case m == markerSOI && b[w.pos+2] == 0xFF:
			return broken, w.pos, true // the next one begins
		case !w.oneScan && betweenScans(m):
			w.entropy, w.segment, w.padding = false, w.pos, 0
			return 0, 0, false
		default:
			w.pos += 2
		}
	}
}

// betweenScans tells the markers that may come between two scans. Others in
// coded data are a flaw that decoders get over.
func betweenScans(m byte) bool {
	return m == markerDHT || m == markerDAC || m >= markerSOS && m <= 0xDF || m >= 0xE0 && m <= 0xEF || m == 0xFE
}

func (w *jpegWalk) shape() Shape {
	s := w.found
	s.PixelFormat = w.pixelFormat()
	if w.turned {
		s.Width, s.Height = s.Height, s.Width
	}
	return s
}

// chromaFormats are ffmpeg's names by how many columns and rows of brightness
// there are to one of colour.
var chromaFormats = map[[2]byte]string{
	{1, 1}: "yuvj444p", {2, 1}: "yuvj422p", {2, 2}: "yuvj420p", {1, 2}: "yuvj440p", {4, 1}: "yuvj411p",
}

// pixelFormat is what ffmpeg's decoder makes of the components' sampling.
func (w *jpegWalk) pixelFormat() string {
	s := w.sampling
	switch {
	case w.found.Depth != 8:
		return ""
	case len(s) == 1:
		return "gray"
	case len(s) != 3 || w.adobe == 0 || s[1] != s[2] || s[1]>>4 == 0 || s[1]&15 == 0:
		return ""
	}
	columns, rows := s[0]>>4, s[0]&15
	if columns%(s[1]>>4) != 0 || rows%(s[1]&15) != 0 {
		return ""
	}
	return chromaFormats[[2]byte{columns / (s[1] >> 4), rows / (s[1] & 15)}]
}
