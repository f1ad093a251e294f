package httpcam

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"time"

	"lookback/controller/camera"
)

// splitter finds the pictures in what an answer sends, whatever lies between
// them: boundaries, headers of parts, text, other media, nothing. Lengths that
// somebody promises are not asked for. Its work is linear in what is fed.
type splitter struct {
	emit func(Picture) error

	buf     []byte   // what is not done with: the picture that is coming, or the last bytes of what lies between
	picture walker   // nil between pictures
	jpeg    jpegWalk // what picture is of a JPEG: beginnings without an end cost no memory
	whole   int      // pictures that were handed over
	broken  int      // since then
	total   int64    // bytes fed
	barren  int64    // bytes since the last whole picture
	begun   bool     // a picture has ever begun
	endless int      // pictures without an end in a row, as some makes send all of theirs
	huge    int      // pictures in a row that were too large
	size    Shape    // of the last of them
	junk    int64    // bytes that belong to no picture
}

const (
	// smallBuffer is what the buffer begins with, bytes.
	smallBuffer = 128 << 10
	// endlessForSure is how many pictures in a row have no end marker before the
	// camera is taken to write none. Then the next part ends them.
	endlessForSure = 3
	// riffHead tells what kind of a RIFF file it is, bytes.
	riffHead = 12
)

var eoi = []byte{0xFF, markerEOI}

// begin is called before the first byte of each answer.
func (s *splitter) begin() {
	s.buf, s.picture = s.buf[:0], nil
	s.whole, s.total, s.barren, s.begun, s.huge, s.junk = 0, 0, 0, false, 0, 0
}

// feed takes what has come, and hands over the pictures that end in it, dated
// now. The error is emit's.
func (s *splitter) feed(p []byte, now time.Time) error {
	for chunk := range slices.Chunk(p, readSize) {
		if err := s.feedChunk(chunk, now); err != nil {
			return err
		}
	}
	return nil
}

func (s *splitter) feedChunk(p []byte, now time.Time) error {
	s.total += int64(len(p))
	s.barren += int64(len(p))
	s.grow(len(p))
	s.buf = append(s.buf, p...)
	done, err := s.split(now, 0)
	s.drop(done)
	return err
}

func (s *splitter) drop(n int) {
	if n > 0 {
		s.buf = s.buf[:copy(s.buf, s.buf[n:])]
	}
}

// grow doubles the buffer, so that little is thrown away on the way to its limit.
func (s *splitter) grow(n int) {
	for size := max(cap(s.buf), smallBuffer); len(s.buf)+n > cap(s.buf); size *= 2 {
		if size >= len(s.buf)+n {
			s.buf = append(make([]byte, 0, min(size, maxBuffer)), s.buf...)
		}
	}
}

// split goes through the buffer from at and returns how much of it is done with.
func (s *splitter) split(now time.Time, at int) (int, error) {
	for {
		if s.picture == nil {
			n := s.search(s.buf[at:])
			at, s.junk = at+n, s.junk+int64(n)
			if s.picture == nil {
				return at, nil
			}
			s.begun = true
		}
		b := s.buf[at:]
		b = b[:min(len(b), maxPicture+1)] // however much came at once, it is judged at the same byte
		v, end := s.picture.step(b)
		if v == more && len(b) > maxPicture {
			v, end = huge, len(b)
		}
		if v == more {
			return at, nil
		}
		if err := s.conclude(v, b[:end], now); err != nil {
			return at + end, err
		}
		at += end
	}
}

// search looks for the beginning of a picture; it returns how far what it has
// seen is of no use.
func (s *splitter) search(b []byte) int {
	for i, c := range b {
		if c != signatureJPEG[0] && c != signaturePNG[0] && c != signatureRIFF[0] {
			continue
		}
		rest := b[i:]
		switch {
		case begins(rest, signatureJPEG):
			s.jpeg.begin()
			s.picture = &s.jpeg
		case begins(rest, signaturePNG):
			s.picture = newPNGWalk()
		case begins(rest, signatureRIFF) && len(rest) >= riffHead && string(rest[8:riffHead]) == "WEBP":
			s.picture = newWebPWalk()
		case couldBegin(rest):
			return i
		default:
			continue
		}
		return i
	}
	return len(b)
}

func begins(b []byte, signature string) bool {
	return len(b) >= len(signature) && string(b[:len(signature)]) == signature
}

// couldBegin reports whether more bytes may make the beginning of a picture of these.
func couldBegin(b []byte) bool {
	return slices.ContainsFunc([]string{signatureJPEG, signaturePNG, signatureRIFF}, func(s string) bool {
		return len(b) < len(s) && s[:len(b)] == string(b)
	}) || len(b) < riffHead && begins(b, signatureRIFF)
}

func (s Shape) tooLarge() bool { return s.Height > 0 && s.Width > camera.MaxPixels/s.Height }

// conclude ends the picture b with v.
func (s *splitter) conclude(v verdict, b []byte, now time.Time) error {
	w := s.picture
	s.picture = nil
	shape := w.shape()
	tooLarge := v == huge || len(b) > maxPicture
	unended := v == broken && coded(w) && !tooLarge
	if unended {
		s.endless++
	}
	if tooLarge {
		s.huge, s.size = s.huge+1, shape
	}
	if tooLarge || v == broken && !(unended && s.endless > endlessForSure) {
		s.broken++
		return nil
	}
	var end []byte
	if unended {
		b, end = beforeBoundary(b), eoi
	} else {
		s.endless = 0
	}
	s.whole++
	p := Picture{Data: slices.Concat(b, end), Arrival: now, Shape: shape, Broken: s.broken}
	s.broken, s.barren, s.huge = 0, 0, 0
	return s.emit(p)
}

func coded(w walker) bool {
	j, ok := w.(*jpegWalk)
	return ok && j.entropy
}

// longestPartHead is how much may stand between two pictures, bytes.
const longestPartHead = 1024

// beforeBoundary is the picture without the head of the part behind it.
func beforeBoundary(b []byte) []byte {
	tail := b[max(0, len(b)-longestPartHead):]
	if i := bytes.LastIndex(tail, []byte("\n--")); i >= 0 {
		return bytes.TrimSuffix(b[:len(b)-len(tail)+i], []byte("\r"))
	}
	return b
}

// end is called when nothing more comes: a picture that is not whole is broken,
// or, of a camera that writes no ends, whole. What a wrong length has swallowed
// is looked through again.
func (s *splitter) end(now time.Time) error {
	for s.picture != nil {
		n := len(s.buf)
		if j, ok := s.picture.(*jpegWalk); ok && !j.entropy {
			n = min(n, j.segment)
		}
		if err := s.conclude(broken, s.buf[:n], now); err != nil {
			return err
		}
		done, err := s.split(now, n)
		s.drop(done)
		if err != nil {
			return err
		}
	}
	return nil
}

// unfinished reports whether a picture has begun and not ended.
func (s *splitter) unfinished() bool { return s.picture != nil }

// writesNoEnds reports whether a picture without an end marker is whole.
func (s *splitter) writesNoEnds() bool { return s.endless >= endlessForSure }

// ErrPixels is in the error of pictures that nobody is to decode, whoever reads them.
var ErrPixels = errors.New("pixels")

// hugeError is what was too large about a picture.
func (s *splitter) hugeError() error {
	if s.size.tooLarge() {
		return fmt.Errorf("%dx%d %w: %w", s.size.Width, s.size.Height, ErrPixels, camera.ReasonFor(camera.PictureTooLarge))
	}
	return fmt.Errorf("more than %d kB: %w", maxPicture>>10, camera.ReasonFor(camera.PictureTooLarge))
}
