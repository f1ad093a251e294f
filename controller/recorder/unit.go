package recorder

import (
	"time"

	"lookback/controller/camera"
	"lookback/controller/fmp4"
)

// A track is what an access unit belongs to.
type track uint8

const (
	ofPicture track = iota
	ofSound
)

// unit is an access unit, one coded picture or frame of sound: all that travels
// from a source to the spool.
type unit struct {
	track    track
	format   *format       // by which it is coded; another one has another pointer
	pts, dts int64         // when it is shown and decoded, ticks of its format
	duration uint64        // ticks; 0: unknown, see durations; of sound always
	sync     bool          // it needs none before it
	refresh  bool          // it is no key frame, though what is refreshed bit by bit begins anew with it
	arrival  time.Duration // when it was there in whole, monotonic
	// late reports whether the source hands a picture out when the next one comes: then
	// its arrival is that of its end, and not that of its beginning.
	late bool
	// unended reports whether its end was told by the next one's beginning alone. Its arrival
	// is that of its last packet all the same.
	unended bool
	// clock is when it was sent on the monotonic clock, 0 where nobody tells it.
	clock time.Duration
	data  []byte // NAL units, each behind its length in four bytes; or a frame of AAC
}

// format is how the units of a track are coded.
type format struct {
	timescale uint32 // ticks a second
	picture   fmp4.Picture
	set       []byte // the picture's sequence parameter set; nil: only its key frames tell
	sound     fmp4.AAC
}

func (f *format) time(ticks int64) time.Duration {
	return time.Duration(float64(ticks) / float64(f.timescale) * float64(time.Second))
}

// time is when it is decoded, by the source.
func (u unit) time() time.Duration { return u.format.time(u.dts) }

// ends reports whether it came with the next one, whose stamp is that of its end.
func (u unit) ends() bool { return u.late && u.duration > 0 }

// stamped is the stamp that had come with it, ticks.
func (u unit) stamped() int64 {
	if u.ends() {
		return u.dts + int64(u.duration)
	}
	return u.dts
}

// held is with how many pictures before it may have come at once, since each waits for
// the next one.
func (u unit) held() int {
	if u.ends() {
		return 1 + heldPictures
	}
	return 1
}

func (u unit) stamp() stamp { return stamp{u.duration, u.arrival, u.sync, u.late} }

// source hands out the units of one track as they come. Its error at a clean end
// is io.EOF.
type source interface {
	next() (unit, error)
}

// leastTimescale is fine enough to tell of a time within a picture.
const leastTimescale = 10_000

// timebase counts the frames of a constant rate without rounding: the ticks of a
// second, and those of a frame.
func timebase(r camera.Rate) (timescale uint32, frame uint64) {
	scale := 1
	for r.Num*scale < leastTimescale {
		scale *= 2
	}
	return uint32(r.Num * scale), uint64(r.Den * scale)
}

// nalUnits calls each with all NAL units of a picture; false where the lengths
// don't fill it exactly.
func nalUnits(data []byte, each func(nal []byte)) bool {
	for len(data) > 0 {
		if len(data) < 4 {
			return false
		}
		size := int(uint32(data[0])<<24 | uint32(data[1])<<16 | uint32(data[2])<<8 | uint32(data[3]))
		if size < 1 || size > len(data)-4 {
			return false
		}
		if each != nil {
			each(data[4 : 4+size])
		}
		data = data[4+size:]
	}
	return true
}
