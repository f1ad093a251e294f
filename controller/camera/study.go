package camera

import (
	"fmt"
	"time"
)

// Study learns of a camera that is recorded already what [Probe] would have
// watched it for, its frame rate and how far its key frames are apart: the
// first picture is there sooner by a connection and the way to a key frame.
type Study struct {
	facts   Facts
	packets []packet
}

// NewStudy begins with what a probe has left rough.
func NewStudy(rough Facts) *Study { return &Study{facts: rough} }

// Add takes a frame by its decode time; enough tells that more would say no more.
func (s *Study) Add(decode time.Duration, key bool) (enough bool) {
	s.packets = append(s.packets, packet{dts: decode.Seconds(), key: key})
	return sawEnough(s.packets, s.facts)
}

// Facts are those of the probe with what was learnt. The error is a [Reason].
func (s *Study) Facts() (Facts, error) {
	f := s.facts
	f.Rough = false
	if len(s.packets) < 2 {
		return Facts{}, reasons[InvalidData]
	}
	if err := f.learn(s.packets); err != nil {
		return Facts{}, err
	}
	// Copying begins with a key frame, whatever the camera does.
	f.BeginsWithKey = false
	return f, nil
}

// MayStudy tells whether a camera of which only codec and size are known may
// be recorded at once and studied meanwhile: it will be copied, unless its frame
// rate or key frames break what its playlists have promised already, and its
// tracks are announced before the first packet, so that ffmpeg looks for no others.
func MayStudy(f Facts, s Settings) bool {
	f.Rough = true
	return f.Kind == RTSP && s.FPS == 0 && whyEncode(f, s) == ""
}

// trial is the plan for a camera that is being studied; it has no constants yet.
func trial(f Facts, s Settings) Plan {
	p := Plan{Copy: true, Trial: true, Width: f.Width, Height: f.Height}
	p.Input = append(inputFlags(f, s.Source), analyzeFlag(f, assumedKeyInterval+shortLook))
	p.Output = append(copyFlags(f), muxerFlags()...)
	p.Line = fmt.Sprintf("copying %s %dx%d", codecName(f.Codec), f.Width, f.Height)
	p.Reasons = copyReasons(Facts{Codec: f.Codec, BFrames: f.BFrames, KeyIntervalKnown: true}, p)
	return p
}
