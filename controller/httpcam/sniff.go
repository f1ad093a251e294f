package httpcam

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"strings"

	"lookback/controller/camera"
)

// NotPictures is the error for an address that gives something else. ffmpeg may
// read it; its reason is not-a-stream.
type NotPictures struct {
	ContentType string // as the camera says, without parameters
	Looks       string // what its first bytes look like: html, hls, dash, mpegts, flv, mp4, matroska, ogg, mpeg, h264, avi, asf, sound, gif, tls; "" unknown
	First       []byte // at most 512
	Read        int64  // bytes of the body that were read to tell
}

// Error repeats nothing of what came but its kind.
func (e *NotPictures) Error() string {
	looks := e.Looks
	if looks == "" {
		looks = "nothing known"
	}
	return fmt.Sprintf("not pictures: content type %.60q, looks like %s, after %d bytes", e.ContentType, looks, e.Read)
}

// Unwrap gives the reason.
func (e *NotPictures) Unwrap() error { return camera.ReasonFor(camera.NotAStream) }

const (
	// largestBox is the largest box of an MP4 before its pictures that is read, and
	// largestTag the largest first tag of an FLV, bytes.
	largestBox = 128 << 20
	largestTag = 4 << 20
)

// TooLarge is what its first bytes announce before any picture that is larger than what
// is read, as a sentence's beginning; "" where they announce no such thing.
func (e *NotPictures) TooLarge() string {
	b := e.First
	if begins(b, "FLV\x01") && len(b) >= 17 { // a header of 9 bytes, and 4 before each tag
		if size := int64(b[14])<<16 | int64(b[15])<<8 | int64(b[16]); size > largestTag {
			return fmt.Sprintf("a first tag of %d MB", size>>20)
		}
	}
	for e.Looks == "mp4" && len(b) >= 8 { // ISO 14496-12, 4.2
		size, head, kind := int64(binary.BigEndian.Uint32(b)), int64(8), string(b[4:8])
		if size == 1 && len(b) >= 16 {
			size, head = int64(binary.BigEndian.Uint64(b[8:])&math.MaxInt64), 16
		}
		if kind == "mdat" || size < head {
			return ""
		}
		if size > largestBox {
			return fmt.Sprintf("a box %q of %d MB before the first picture", kind, size>>20)
		}
		b = b[min(size, int64(len(b))):]
	}
	return ""
}

const (
	// firstBytes are kept to tell what it is, and to show.
	firstBytes = 512
	// maxJunk may come before the first picture begins, bytes; maxPromisedJunk
	// where the camera says that pictures come.
	maxJunk, maxPromisedJunk = 64 << 10, 1 << 20
)

// sniffer tells early that an answer is not made of pictures.
type sniffer struct {
	mediaType string
	first     []byte
	tail      []byte // the last few bytes, at most tailBytes
}

const tailBytes = 16

func (s *sniffer) add(p []byte) {
	s.first = append(s.first, p[:min(len(p), firstBytes-len(s.first))]...)
	s.tail = append(s.tail, p[max(0, len(p)-tailBytes):]...)
	s.tail = s.tail[max(0, len(s.tail)-tailBytes):]
}

func (s *sniffer) multipart() bool { return strings.HasPrefix(s.mediaType, "multipart/") }
func (s *sniffer) image() bool     { return strings.HasPrefix(s.mediaType, "image/") }

// closed reports whether the last boundary of all came (RFC 2046, 5.1.1).
func (s *sniffer) closed() bool {
	return s.multipart() && bytes.HasSuffix(bytes.TrimRight(s.tail, "\r\n \t"), []byte("--"))
}

// judge is called while no picture has been found: nil when one may still come.
func (s *sniffer) judge(junk, read int64) error {
	limit := int64(maxJunk)
	if s.multipart() || s.image() {
		limit = maxPromisedJunk
	}
	if s.multipart() && junk > limit { // nobody else would find one
		return fmt.Errorf("pictures are promised, and %d kB came without one: %w", junk>>10, camera.ReasonFor(camera.NoUsablePicture))
	}
	if looks := looksLike(s.first); looks != "" && !s.multipart() || junk > limit {
		return s.verdict(read)
	}
	return nil
}

func (s *sniffer) verdict(read int64) error {
	return &NotPictures{ContentType: s.mediaType, Looks: looksLike(s.first), First: s.first, Read: read}
}

// looksLike tells a format that is not ours by its first bytes.
func looksLike(b []byte) string {
	text := bytes.ToLower(bytes.TrimLeft(bytes.TrimPrefix(b, []byte("\xEF\xBB\xBF")), " \t\r\n"))
	has := func(b []byte, signatures ...string) bool {
		for _, s := range signatures {
			if begins(b, s) {
				return true
			}
		}
		return false
	}
	switch {
	case has(text, "#extm3u"):
		return "hls"
	case has(text, "<mpd"), has(text, "<?xml") && bytes.Contains(text, []byte("<mpd")):
		return "dash"
	case has(text, "<!doctype", "<html", "<head", "<body", "<script", "<?xml", "<!--"):
		return "html"
	case len(b) > 188 && b[0] == 0x47 && b[188] == 0x47, len(b) > 196 && b[4] == 0x47 && b[196] == 0x47:
		return "mpegts"
	case has(b, "FLV\x01"):
		return "flv"
	case len(b) >= 8 && has(b[4:], "ftyp", "styp", "moov", "moof", "sidx", "free", "mdat", "prft"):
		return "mp4"
	case has(b, "\x1A\x45\xDF\xA3"):
		return "matroska"
	case has(b, "OggS"):
		return "ogg"
	case has(b, "\x00\x00\x01\xBA", "\x00\x00\x01\xB3"):
		return "mpeg"
	case has(b, "\x00\x00\x00\x01", "\x00\x00\x01"):
		return "h264"
	case has(b, "RIFF") && len(b) >= 12 && has(b[8:], "AVI "):
		return "avi"
	case has(b, "\x30\x26\xB2\x75"):
		return "asf"
	case has(b, "ID3", "\xFF\xF1", "\xFF\xF9", "\xFF\xFB") || len(b) >= 12 && has(b, "RIFF") && has(b[8:], "WAVE"):
		return "sound"
	case has(b, "GIF8"):
		return "gif"
	case has(b, "\x15\x03"):
		return "tls"
	}
	return ""
}
