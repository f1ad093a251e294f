package camera

import (
	"cmp"
	"time"
)

// Arrivals learn the frame rate of a camera that sends pictures without time
// stamps, by when they come.
type Arrivals struct {
	packets []packet
	bunches Bunches
}

// Add takes when a picture came; enough reports whether more would say no more.
func (a *Arrivals) Add(at time.Time) (enough bool) {
	a.packets = append(a.packets, packet{arrival: at, key: true})
	a.bunches.Add(at.Sub(a.packets[0].arrival))
	return sawEnough(a.packets, Facts{Format: "mpjpeg"})
}

// Pictures are the facts of a camera that sends JPEGs of a size, in pixels, and
// with a pixel format, over HTTP: in a row, or one for each request. The error is
// a [Reason].
func (a *Arrivals) Pictures(s Source, stills bool, width, height int, pixels string) (Facts, error) {
	f := Facts{Kind: HTTP, Format: "mpjpeg", Codec: "mjpeg", PixelFormat: pixels, Width: width, Height: height, KeyIntervalKnown: true}
	switch {
	case width*height > MaxPixels:
		return Facts{}, reasons[PictureTooLarge]
	case stills:
		return f.stills(cmp.Or(s.Poll, defaultPoll)), nil
	case s.FPS > 0:
		f.FrameRate, f.Bunch = exactRate(s.FPS), a.bunches.Span()
		return f, nil
	}
	f.Bunch = a.bunches.Span()
	if f.FrameRate, _ = arrivalRate(a.packets); f.FrameRate.Num <= 0 {
		return Facts{}, reasons[InvalidData]
	}
	return f, nil
}
