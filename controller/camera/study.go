package camera

import (
	"fmt"
	"time"

	"lookback/controller/spool"
)

// Study learns of a camera that is recorded already what [Probe] would have
// watched it for: its frame rate, and how far its key frames are apart. The
// first picture is there sooner by a connection and the way to a key frame.
type Study struct {
	facts    Facts
	promised *spool.Constants // that it has to fit; nil: it is to decide them
	packets  []packet
	taken    int // frames so far

	// Reordered reports whether frames are shown in another order than they come in.
	Reordered bool
}

// NewStudy begins with what a probe has left rough, and what the camera's
// playlists have promised already, nil for nothing.
func NewStudy(rough Facts, promised *spool.Constants) *Study {
	return &Study{facts: rough, promised: promised}
}

const (
	// soonFrames and soonSpan are how much of a camera tells its rate where
	// nothing depends on it for ever.
	soonFrames = 12
	soonSpan   = 500 * time.Millisecond
)

// Soon reports whether what was added is enough to begin with where the promises are
// made already: the rate fits them, and key frames are taken to do so, as before,
// until [Study.Add] has seen enough to tell. The facts are then provisional.
func (s *Study) Soon() (Facts, bool) {
	n := len(s.packets)
	if s.promised == nil || n < soonFrames || s.packets[n-1].dts-s.packets[0].dts < soonSpan.Seconds() || !steadyStamps(s.packets) {
		return Facts{}, false
	}
	f, err := s.Facts()
	if err != nil || !f.FrameRate.usual() {
		return Facts{}, false
	}
	f.Knowledge, f.KeyIntervalKnown = Provisional, s.promised.Independent
	f.KeyInterval = min(f.KeyInterval, micro(s.promised.TargetDuration))
	return f, true
}

// Rate are the facts once the frame rate is known, which is all that encoding
// takes: nobody has looked how far key frames are apart.
func (s *Study) Rate() (Facts, bool) {
	n := len(s.packets)
	if n < 3 {
		return Facts{}, false
	}
	span := s.packets[n-1].dts - s.packets[0].dts
	if (span < rateSpan.Seconds() || n < soonFrames || !steadyStamps(s.packets)) && span < longSpan.Seconds() {
		return Facts{}, false
	}
	f, err := s.Facts()
	f.KeyInterval, f.KeyIntervalKnown = 0, false
	return f, err == nil
}

const (
	// rateSpan is how much of a camera tells its rate, longSpan how much is looked at
	// where pictures are few or uneven.
	rateSpan = time.Second
	longSpan = 4 * time.Second
)

// Add takes a frame by its decode time, and by how much later it is shown; enough
// reports whether more would say no more. What comes in a burst, as from a server
// that was held up and dates by
// its own clock, says nothing of the rate: then it is looked at for longer.
func (s *Study) Add(decode, delay time.Duration, key bool) (enough bool) {
	if s.hole(decode.Seconds()) {
		s.packets = nil
	}
	s.packets = append(s.packets, packet{dts: decode.Seconds(), delay: delay.Seconds(), key: key})
	n := len(s.packets)
	if s.taken++; s.taken >= maxPackets {
		return true
	}
	if s.packets[n-1].dts-s.packets[0].dts < watchWhole.Seconds() || !sawEnough(s.packets, s.facts) {
		return false
	}
	if steadyStamps(s.packets) {
		return true
	}
	s.packets = append([]packet(nil), s.packets[n/2:]...)
	return false
}

// hole reports whether what comes next does not belong to what was added: pictures
// are missing, as where a server had kept some old ones, or a clock was set. It
// would make the time without a key frame look longer than it is.
func (s *Study) hole(next float64) bool {
	n := len(s.packets)
	if n < 8 {
		return false
	}
	usual := (s.packets[n-1].dts - s.packets[0].dts) / float64(n-1)
	return next-s.packets[n-1].dts > max(1, 5*usual)
}

// steadyStamps reports whether the rate is one that cameras have, and the same in
// both halves of what was seen.
func steadyStamps(packets []packet) bool {
	n := len(packets)
	if n < 8 {
		return true // too few to tell
	}
	first, second := stampRate(packets[:n/2]).Float(), stampRate(packets[n/2:]).Float()
	return max(first, second) <= fastest*(1+snapTolerance) && first < steadyShare*second && second < steadyShare*first
}

const (
	// fastest is the highest rate that a camera is believed to have, frames a second.
	fastest = 120.0
	// steadyShare is by how much the rates of both halves may differ.
	steadyShare = 1.4
)

// Facts are those of the probe with what was learnt. The error is a [Reason].
func (s *Study) Facts() (Facts, error) {
	f := s.facts
	f.Knowledge, f.BFrames = Known, f.BFrames || s.Reordered
	if len(s.packets) < 2 {
		return Facts{}, reasons[InvalidData]
	}
	if err := f.learn(s.packets); err != nil {
		return Facts{}, err
	}
	if f.FrameRate.Float() > fastest*(1+snapTolerance) {
		return Facts{}, reasons[InvalidData]
	}
	// Copying begins with a key frame, whatever the camera does.
	f.BeginsWithKey = false
	return f, nil
}

// MayStudy reports whether a camera of which only codec and size are known may
// be recorded at once and studied meanwhile. It will be copied, unless its frame
// rate or key frames break what its playlists have promised already. Its tracks
// are announced before the first packet, so that ffmpeg looks for no others.
func MayStudy(f Facts, s Settings) bool {
	f.Knowledge = Rough
	return f.Kind == RTSP && s.FPS == 0 && whyEncode(f, s) == ""
}

// trial is the plan for a camera that is being studied; it has no constants yet.
func trial(f Facts, s Settings) Plan {
	p := Plan{Copy: true, Knowledge: Rough, Width: f.Width, Height: f.Height}
	p.open(f, s.Source, assumedKeyInterval+shortLook)
	p.Output = append(copyFlags(f), copiedMuxer()...)
	p.Line = fmt.Sprintf("copying %s %dx%d", codecName(f.Codec), f.Width, f.Height)
	p.Reasons = copyReasons(Facts{Codec: f.Codec, BFrames: f.BFrames, KeyIntervalKnown: true}, p)
	return p
}
