package httpcam

import "time"

// Format of a picture.
type Format string

// The formats that are read.
const (
	JPEG Format = "jpeg"
	PNG  Format = "png"
	WebP Format = "webp"
)

// Picture is one whole picture as the camera sent it.
type Picture struct {
	Data    []byte    // from the first marker to the last; the receiver's to keep
	Arrival time.Time // when its last byte was read, with a monotonic clock
	Shape
	Answer   int  // which answer it came in, from 1: stills come in one each, a stream's all in the same
	Broken   int  // pictures that were begun and never ended, or are nonsense, since the one before
	Missed   int  // stills that were asked for in vain since the one before
	Repeated bool // the camera says that nothing has changed (304): Data is that of the one before
}

// Shape is what the head of a picture tells.
type Shape struct {
	Format      Format
	Width       int    // pixels, as it is to be shown: EXIF may have it turned
	Height      int    // pixels, likewise
	Components  int    // 1 grey, 3 colour, 4 with black or transparency
	Depth       int    // bits of a component
	Progressive bool   // JPEG in several scans
	PixelFormat string // ffmpeg's name of what a JPEG decodes to, such as yuvj420p; "" where it is another one
}

const (
	// maxBuffer is what a picture that is coming may take, bytes.
	maxBuffer = 12 << 20
	// readSize is how much is read at once, bytes.
	readSize = 128 << 10
	// maxPicture is the largest picture that is taken, bytes.
	maxPicture = maxBuffer - readSize
	// maxBarren is how much may come without one whole picture, bytes.
	maxBarren = 64 << 20
)
