package httpcam

import "encoding/binary"

const (
	signatureJPEG = "\xFF\xD8\xFF"
	signaturePNG  = "\x89PNG\r\n\x1a\n"
	signatureRIFF = "RIFF"
)

// pngWalk goes from chunk to chunk (PNG, section 5.3): length, type, data, checksum.
type pngWalk struct {
	pos   int
	found Shape
}

func newPNGWalk() walker { return &pngWalk{pos: len(signaturePNG), found: Shape{Format: PNG}} }

func (w *pngWalk) shape() Shape { return w.found }

func (w *pngWalk) step(b []byte) (verdict, int) {
	for w.pos+8 <= len(b) {
		length, kind := int(binary.BigEndian.Uint32(b[w.pos:])), string(b[w.pos+4:w.pos+8])
		if length > maxPicture {
			return huge, w.pos
		}
		end := w.pos + 12 + length
		if end > len(b) {
			return more, 0
		}
		if (kind == "IHDR") != (w.found.Width == 0) || kind == "IHDR" && !w.header(b[w.pos+8:end-4]) {
			return broken, w.pos
		}
		switch w.pos = end; {
		case w.found.tooLarge():
			return huge, end
		case kind == "IEND":
			return whole, end
		}
	}
	return more, 0
}

// pngComponents are those of each colour type.
var pngComponents = map[byte]int{0: 1, 2: 3, 3: 3, 4: 2, 6: 4}

func (w *pngWalk) header(ihdr []byte) bool {
	if len(ihdr) < 13 {
		return false
	}
	w.found.Width, w.found.Height = int(binary.BigEndian.Uint32(ihdr)), int(binary.BigEndian.Uint32(ihdr[4:]))
	w.found.Depth, w.found.Components = int(ihdr[8]), pngComponents[ihdr[9]]
	return w.found.Width > 0 && w.found.Height > 0 && w.found.Components > 0
}

// webpWalk reads a RIFF file's length and the head of its first chunk
// (RFC 9649, section 2).
type webpWalk struct{ found Shape }

func newWebPWalk() walker { return &webpWalk{Shape{Format: WebP, Components: 3, Depth: 8}} }

func (w *webpWalk) shape() Shape { return w.found }

// webpHead is how much holds the size in all three kinds, bytes.
const webpHead = 30

func (w *webpWalk) step(b []byte) (verdict, int) {
	if len(b) < riffHead {
		return more, 0
	}
	length := int(binary.LittleEndian.Uint32(b[4:])) + 8
	switch {
	case length > maxPicture:
		return huge, riffHead
	case length < webpHead:
		return broken, riffHead
	case len(b) < webpHead:
		return more, 0
	}
	switch w.size(b); {
	case w.found.Width <= 0 || w.found.Height <= 0:
		return broken, riffHead
	case w.found.tooLarge():
		return huge, webpHead
	case len(b) < length:
		return more, 0
	}
	return whole, length
}

func (w *webpWalk) size(b []byte) {
	const fourteen = 1<<14 - 1
	switch string(b[12:16]) {
	case "VP8 ":
		w.found.Width, w.found.Height = int(binary.LittleEndian.Uint16(b[26:]))&fourteen, int(binary.LittleEndian.Uint16(b[28:]))&fourteen
	case "VP8L":
		bits := int(binary.LittleEndian.Uint32(b[21:]))
		w.found.Width, w.found.Height = bits&fourteen+1, bits>>14&fourteen+1
	case "VP8X":
		w.found.Width, w.found.Height = 1+int(binary.LittleEndian.Uint32(b[23:])>>8), 1+int(binary.LittleEndian.Uint32(b[26:])>>8)
		if b[20]&0x10 != 0 {
			w.found.Components = 4
		}
	}
}
