package lane

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// Version is that of what goes over the socket. Kinds of messages may be added
// without another one: who does not know a kind passes over it.
const Version = 1

// kind says what a message is.
type kind byte

const (
	kindRun     kind = 1 // JSON of a Run
	kindPicture kind = 2 // a Picture
	kindSound   kind = 3 // a Sound
)

// Each message begins with its kind, one byte, and the length of what follows, four
// bytes, in network byte order.
const messageHead = 5

// mostMessage is the longest message that is taken: no picture is longer (bytes).
const mostMessage = 33 << 20

// Run is what all frames of a run have in common.
type Run struct {
	Version   int    `json:"version"`
	ID        string `json:"run"`       // as spool.Run has it
	Promise   uint64 `json:"promise"`   // the number that its first segment is made under
	Epoch     int64  `json:"epoch_us"`  // program date time of decode time 0, microseconds since 1970-01-01 UTC
	Timescale uint32 `json:"timescale"` // of the pictures, ticks a second
	Init      []byte `json:"init"`      // the init section: ftyp and moov
}

// Picture is a coded picture with its place in the run.
type Picture struct {
	Decode   uint64 // decode time, ticks
	Duration uint32 // ticks
	Final    bool   // the duration is what the archive will have, and not what is expected
	Sync     bool   // it needs none before it
	Shift    int32  // presentation less decode time, ticks
	Arrival  int64  // when it was there in whole, microseconds since 1970-01-01 UTC
	Data     []byte // NAL units, each behind its length in four bytes
}

// Sound is an unbroken row of frames of AAC.
type Sound struct {
	Decode uint64 // decode time of the first, samples
	Frames [][]byte
}

// errBroken reports that what came is no message.
var errBroken = errors.New("the recorder's socket sends no frames")

// message puts a head before a body.
func message(k kind, size int) []byte {
	return binary.BigEndian.AppendUint32(append(make([]byte, 0, messageHead+size), byte(k)), uint32(size))
}

func (r Run) message() ([]byte, error) {
	r.Version = Version
	body, err := json.Marshal(r)
	return append(message(kindRun, len(body)), body...), err
}

const (
	pictureHead = 8 + 4 + 1 + 4 + 8
	flagFinal   = 1
	flagSync    = 2
)

func (p Picture) message() []byte {
	b := message(kindPicture, pictureHead+len(p.Data))
	b = binary.BigEndian.AppendUint64(b, p.Decode)
	b = binary.BigEndian.AppendUint32(b, p.Duration)
	flags := byte(0)
	if p.Final {
		flags |= flagFinal
	}
	if p.Sync {
		flags |= flagSync
	}
	b = append(b, flags)
	b = binary.BigEndian.AppendUint32(b, uint32(p.Shift))
	b = binary.BigEndian.AppendUint64(b, uint64(p.Arrival))
	return append(b, p.Data...)
}

func (s Sound) message() []byte {
	size := 8
	for _, f := range s.Frames {
		size += 4 + len(f)
	}
	b := binary.BigEndian.AppendUint64(message(kindSound, size), s.Decode)
	for _, f := range s.Frames {
		b = append(binary.BigEndian.AppendUint32(b, uint32(len(f))), f...)
	}
	return b
}

// read reads the next message of a known kind: a Run, a Picture or a Sound. Its errors
// are those of r, and what errors.Is takes for errBroken.
func read(r io.Reader) (any, error) {
	for {
		var head [messageHead]byte
		if _, err := io.ReadFull(r, head[:]); err != nil {
			return nil, err
		}
		size := binary.BigEndian.Uint32(head[1:])
		if size > mostMessage {
			return nil, fmt.Errorf("%w: a message of %d bytes", errBroken, size)
		}
		k := kind(head[0])
		if k < kindRun || k > kindSound {
			if _, err := io.CopyN(io.Discard, r, int64(size)); err != nil {
				return nil, err
			}
			continue
		}
		body := make([]byte, size)
		if _, err := io.ReadFull(r, body); err != nil {
			return nil, err
		}
		return parse(k, body)
	}
}

func parse(k kind, body []byte) (any, error) {
	switch k {
	case kindRun:
		var run Run
		if err := json.Unmarshal(body, &run); err != nil {
			return nil, fmt.Errorf("%w: %w", errBroken, err)
		}
		if run.Version != Version {
			return nil, fmt.Errorf("the recorder's socket is of version %d, and %d is known here", run.Version, Version)
		}
		if run.Timescale == 0 || len(run.Init) == 0 {
			return nil, fmt.Errorf("%w: a run without an init section", errBroken)
		}
		return run, nil
	case kindPicture:
		if len(body) <= pictureHead {
			return nil, fmt.Errorf("%w: a picture of %d bytes", errBroken, len(body))
		}
		return Picture{
			Decode:   binary.BigEndian.Uint64(body),
			Duration: binary.BigEndian.Uint32(body[8:]),
			Final:    body[12]&flagFinal != 0,
			Sync:     body[12]&flagSync != 0,
			Shift:    int32(binary.BigEndian.Uint32(body[13:])),
			Arrival:  int64(binary.BigEndian.Uint64(body[17:])),
			Data:     body[pictureHead:],
		}, nil
	default:
		return parseSound(body)
	}
}

func parseSound(body []byte) (s Sound, err error) {
	if len(body) < 8 {
		return s, fmt.Errorf("%w: sound of %d bytes", errBroken, len(body))
	}
	s.Decode, body = binary.BigEndian.Uint64(body), body[8:]
	for len(body) > 0 {
		if len(body) < 4 || uint64(binary.BigEndian.Uint32(body)) > uint64(len(body)-4) {
			return s, fmt.Errorf("%w: a frame of sound that is cut short", errBroken)
		}
		n := 4 + int(binary.BigEndian.Uint32(body))
		s.Frames, body = append(s.Frames, body[4:n]), body[n:]
	}
	return s, nil
}
