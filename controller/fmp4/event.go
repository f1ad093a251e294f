package fmp4

import (
	"bytes"
	"encoding/binary"
)

// Event is an event message box (ISO/IEC 23009-1 5.10.3.3, version 1): something
// that is said of a stretch of time. Players pass over schemes they don't know.
type Event struct {
	Scheme, Value string
	Timescale     uint32 // ticks a second
	Time          uint64 // presentation time at which it begins, ticks
	Duration      uint32 // ticks
	ID            uint32 // tells it from others of its scheme and value
}

// maxEvent is how much of an event message box is looked at, bytes.
const maxEvent = 512

// AppendEvent appends an event message box without message data to dst.
func AppendEvent(dst []byte, e Event) []byte {
	size := 8 + 4 + len(e.Scheme) + 1 + len(e.Value) + 1 + 4 + 8 + 4 + 4
	dst = binary.BigEndian.AppendUint32(dst, uint32(size))
	dst = append(dst, "emsg\x01\x00\x00\x00"...)
	dst = binary.BigEndian.AppendUint32(dst, e.Timescale)
	dst = binary.BigEndian.AppendUint64(dst, e.Time)
	dst = binary.BigEndian.AppendUint32(dst, e.Duration)
	dst = binary.BigEndian.AppendUint32(dst, e.ID)
	dst = append(append(dst, e.Scheme...), 0)
	return append(append(dst, e.Value...), 0)
}

// parseEvent reads an event message box; false for one of another version or
// that is none. Nobody's media is refused because of it.
func parseEvent(body []byte) (e Event, ok bool) {
	version, _, rest, err := box{body: body}.full(20)
	if err != nil || version != 1 {
		return e, false
	}
	e.Timescale = binary.BigEndian.Uint32(rest)
	e.Time = binary.BigEndian.Uint64(rest[4:])
	e.Duration = binary.BigEndian.Uint32(rest[12:])
	e.ID = binary.BigEndian.Uint32(rest[16:])
	scheme, rest, ok1 := bytes.Cut(rest[20:], []byte{0})
	value, _, ok2 := bytes.Cut(rest, []byte{0})
	e.Scheme, e.Value = string(scheme), string(value)
	return e, ok1 && ok2 && e.Timescale > 0
}
