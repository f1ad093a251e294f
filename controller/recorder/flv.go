package recorder

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"

	"lookback/controller/fmp4"
)

// errFLV says that what ffmpeg writes is not what we have asked it for.
var errFLV = errors.New("ffmpeg's output is not FLV with H.264 or AAC")

// Types of FLV's tags (Adobe's Video File Format Specification 10.1, E.4.1).
const (
	tagSound   = 8
	tagPicture = 9
	tagScript  = 18
)

const (
	// maxSoundTag is far more than an AAC frame needs, bytes.
	maxSoundTag = 1 << 16
	// maxPictureTag is what a tag's length of three bytes can say.
	maxPictureTag = 1<<24 - 1
)

// tags reads FLV from a pipe, no further than what has arrived.
type tags struct {
	r     *bufio.Reader
	kind  byte // the one that is wanted
	most  int  // bytes of one
	begun bool
	last  int64 // time stamp as it is written
	stamp int64 // the same without its wraps, ms
}

func newTags(r io.Reader, kind byte, most int) *tags {
	return &tags{r: bufio.NewReaderSize(r, 64<<10), kind: kind, most: most}
}

// next is the body of the next wanted tag, with its time stamp in ms.
func (t *tags) next() (body []byte, stamp int64, err error) {
	head := make([]byte, 13) // FLV's, with the size of the tag before the first
	if !t.begun {
		if _, err := io.ReadFull(t.r, head); err != nil {
			return nil, 0, err
		}
		if string(head[:3]) != "FLV" {
			return nil, 0, errFLV
		}
		t.begun = true
	}
	for {
		if _, err := io.ReadFull(t.r, head[:11]); err != nil {
			return nil, 0, err
		}
		body, err := t.body(head)
		if err != nil || head[0]&0x1f == t.kind {
			return body, t.stamp, err
		}
	}
}

// body reads what follows the head of a tag.
func (t *tags) body(head []byte) ([]byte, error) {
	kind, size := head[0]&0x1f, int(binary.BigEndian.Uint32(head[:4])&0xffffff)
	if kind != tagSound && kind != tagPicture && kind != tagScript {
		return nil, fmt.Errorf("%w: a tag of type %d", errFLV, kind)
	}
	if size > t.most {
		return nil, fmt.Errorf("%w: a tag of %d bytes", errFLV, size)
	}
	// 31 bits of milliseconds begin again after 24 days.
	now := int64(head[7]&0x7f)<<24 | int64(binary.BigEndian.Uint32(head[3:7])&0xffffff)
	t.stamp += int64(int32(uint32(now-t.last)<<1)) >> 1
	t.last = now
	data := make([]byte, size+4)
	_, err := io.ReadFull(t.r, data)
	return data[:size:size], err
}

// flvSound is AAC in FLV.
type flvSound struct {
	tags   *tags
	clock  func() time.Duration
	format *format // nil before the configuration has come
}

func newFLVSound(r io.Reader, clock func() time.Duration) *flvSound {
	return &flvSound{tags: newTags(r, tagSound, maxSoundTag), clock: clock}
}

func (s *flvSound) next() (unit, error) {
	for {
		body, stamp, err := s.tags.next()
		if err != nil {
			return unit{}, err
		}
		if len(body) < 2 || body[0]>>4 != 10 {
			return unit{}, errFLV
		}
		data := body[2:]
		switch {
		case len(data) == 0:
		case body[1] == 0:
			aac, err := fmp4.ParseAAC(data)
			if err != nil {
				return unit{}, fmt.Errorf("%w: %w", errFLV, err)
			}
			s.format = &format{timescale: 1000, sound: aac}
		case s.format != nil:
			return unit{track: ofSound, format: s.format, pts: stamp, dts: stamp, sync: true, arrival: s.clock(), data: data}, nil
		}
	}
}
