package recorder

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"time"

	"lookback/controller/camera"
	"lookback/controller/fmp4"
)

// What a tag of H.264 holds (Adobe's Video File Format Specification 10.1, E.4.3.1).
const (
	codecAVC  = 7
	avcHeader = 0 // an AVC configuration record
	avcUnits  = 1
	avcEnd    = 2
)

// Types of NAL units of H.264 (table 7-1).
const (
	nalIDR       = 5
	nalSPS       = 7
	nalPPS       = 8
	nalDelimiter = 9
)

// flvPictures is H.264 of a constant frame rate in FLV: an encoded camera.
type flvPictures struct {
	tags   *tags
	clock  func() time.Duration
	frames frameClock
	scale  uint32  // ticks a second
	step   uint64  // ticks of a frame
	format *format // nil before a configuration has come
}

func newFLVPictures(r io.Reader, rate camera.Rate, clock func() time.Duration) *flvPictures {
	s := &flvPictures{tags: newTags(r, tagPicture, maxPictureTag), clock: clock, frames: frameClock{rate: rate}}
	s.scale, s.step = timebase(rate)
	return s
}

func (s *flvPictures) next() (unit, error) {
	for {
		body, stamp, err := s.tags.next()
		if err != nil {
			return unit{}, err
		}
		if len(body) < 5 || body[0]&0xf != codecAVC || body[1] > avcEnd {
			return unit{}, fmt.Errorf("%w: a picture of another codec", errFLV)
		}
		shift := int64(int32(binary.BigEndian.Uint32(body[1:]))<<8) >> 8 // ms, 24 bits with a sign
		switch data := body[5:]; {
		case len(data) == 0, body[1] == avcEnd:
		case body[1] == avcHeader:
			if err := s.configure(fmp4.AVC(data)); err != nil {
				return unit{}, err
			}
		default:
			u, err := s.unit(data, stamp, shift)
			if err != nil || u.format != nil {
				return u, err
			}
		}
	}
}

// configure begins another format, unless the picture is as it was.
func (s *flvPictures) configure(picture fmp4.Picture, err error) error {
	if err != nil {
		return fmt.Errorf("%w: %w", errFLV, err)
	}
	if s.format == nil || !bytes.Equal(s.format.picture.Config, picture.Config) {
		s.format = &format{timescale: s.scale, picture: picture}
	}
	return nil
}

// unit is what a tag holds; one without a format where that has not come yet.
func (s *flvPictures) unit(data []byte, stamp, shift int64) (unit, error) {
	if !nalUnits(data, nil) {
		var sps, pps []byte
		if data, sps, pps = splitAnnexB(data); data == nil {
			return unit{}, fmt.Errorf("%w: a picture is neither lengths nor start codes", errFLV)
		}
		if sps != nil && pps != nil {
			if err := s.configure(fmp4.AVCOf(sps, pps)); err != nil {
				return unit{}, err
			}
		}
	}
	if s.format == nil || len(data) == 0 {
		return unit{}, nil
	}
	sync := false
	nalUnits(data, func(nal []byte) { sync = sync || nal[0]&0x1f == nalIDR })
	tick := s.frames.tick(stamp)
	return unit{format: s.format, dts: tick * int64(s.step), pts: (tick + s.frames.count(shift)) * int64(s.step), duration: s.step,
		sync: sync, arrival: s.clock(), data: data}, nil
}

// frameClock turns the milliseconds of FLV into frames of a constant rate.
type frameClock struct {
	rate  camera.Rate
	begun bool
	first int64 // the stamp from which frames are counted, ms
	from  int64 // the number of the frame there
	last  int64 // of the frame before
}

// tick is the number of the frame with a stamp, beginning with 0. Behind a step
// other than 1 it counts anew from there, so that no rounding is carried on.
func (c *frameClock) tick(stamp int64) int64 {
	if !c.begun {
		c.begun, c.first = true, stamp
		return 0
	}
	n := c.from + c.count(stamp-c.first)
	if n != c.last+1 {
		c.first, c.from = stamp, n
	}
	c.last = n
	return n
}

// count is how many frames last for so many ms, rounded.
func (c *frameClock) count(ms int64) int64 {
	return int64(math.Round(float64(ms) * float64(c.rate.Num) / float64(c.rate.Den) / 1000))
}

// splitAnnexB gives the NAL units behind start codes (H.264 annex B) lengths
// instead. Parameter sets belong into the configuration, and delimiters nowhere:
// they are left out. data is nil where there is no start code at the beginning.
func splitAnnexB(stream []byte) (data, sps, pps []byte) {
	rest := bytes.TrimLeft(stream, "\x00")
	if len(rest) == len(stream) || len(stream)-len(rest) < 2 || len(rest) == 0 || rest[0] != 1 {
		return nil, nil, nil
	}
	data = make([]byte, 0, len(stream)+8)
	for rest = rest[1:]; len(rest) > 0; {
		nal, next := rest, []byte(nil)
		if end := bytes.Index(rest, []byte{0, 0, 1}); end >= 0 {
			nal, next = rest[:end], rest[end+3:]
		}
		rest = next
		if nal = bytes.TrimRight(nal, "\x00"); len(nal) == 0 { // zeros behind a NAL unit belong to the next start code
			continue
		}
		switch nal[0] & 0x1f {
		case nalSPS:
			sps = nal
		case nalPPS:
			pps = nal
		case nalDelimiter:
		default:
			data = append(binary.BigEndian.AppendUint32(data, uint32(len(nal))), nal...)
		}
	}
	return data, sps, pps
}
