package recorder

import (
	"bytes"
	"encoding/binary"
	"time"

	"lookback/controller/camera"
	"lookback/controller/fmp4"
)

// parameterSpacing is the least time between two plans made for other parameter
// sets: a camera that alternates between two is not to begin run after run.
const parameterSpacing = 10 * time.Second

// checkParameters notices a copied camera that goes on, in mid-stream, with
// another picture or another encoder: its sequence parameter set is no longer
// the one of the run's first key frame, by which the init section was made.
func (s *session) checkParameters(a arrival) {
	if !s.plan.Copy || !a.sync {
		return
	}
	set := sequenceParameters(a.fragment.Raw, s.facts.Codec)
	switch {
	case set == nil:
		return
	case s.parameters == nil:
		s.parameters = bytes.Clone(set)
		return
	case bytes.Equal(set, s.parameters), s.lastSize != 0 && a.arrival-s.lastSize < parameterSpacing:
		return
	}
	s.lastSize = a.arrival
	s.finish(camera.StreamChanged)
}

// Types of the NAL units that are a sequence parameter set (H.264 table 7-1,
// H.265 table 7-1).
const (
	spsH264 = 7
	spsH265 = 33
)

// sequenceParameters is the first such set in a fragment of one frame; nil when
// it has none, as where sets are only sent before the stream.
func sequenceParameters(raw []byte, codec string) []byte {
	data := fmp4.Media(raw)
	for len(data) > 4 { // NAL units with a length of four bytes before each
		size := int(binary.BigEndian.Uint32(data))
		if size < 1 || size > len(data)-4 {
			return nil
		}
		unit := data[4 : 4+size]
		switch {
		case codec == "h264" && unit[0]&0x1f == spsH264, codec == "hevc" && unit[0]>>1&0x3f == spsH265:
			return unit
		}
		data = data[4+size:]
	}
	return nil
}
