package recorder

import (
	"strings"
	"time"

	"lookback/controller/camera"
	"lookback/controller/fmp4"
)

// listener is what a session knows of its camera's sound.
type listener struct {
	aac     *fmp4.AAC // nil before the configuration has come
	clock   soundClock
	waiting []packet    // until there is a run
	track   *soundTrack // of the run; nil when it has none
	trackID uint32
	stamped time.Duration // ffmpeg's clock at input decode time 0, by the last key frame
	late    bool          // it came after the run had begun without it
}

// packets are on their way from the pipe to the session.
type packets chan packet

// push never waits: sound is not to hold up anything.
func (c packets) push(p packet) {
	select {
	case c <- p:
	default:
	}
}

func (s *session) now() time.Duration {
	_, mono := s.clock()
	return mono
}

// whyAnew is why one ffmpeg begins another run.
func (s *session) whyAnew() string {
	if s.sound.late {
		return camera.StreamChanged
	}
	return camera.TimestampJump
}

// checkPicture notices a copied camera that sends something else than it did
// when it was probed, before it was away.
func (s *session) checkPicture() {
	same := s.track.Width == s.plan.Width && s.track.Height == s.plan.Height &&
		strings.HasPrefix(s.track.Codec, codecTags[s.facts.Codec])
	if s.plan.Copy && !same && !s.fresh {
		s.finish(camera.StreamChanged)
	}
}

// codecTags are how the tracks of copied codecs begin.
var codecTags = map[string]string{"h264": "avc1", "hevc": "hvc1"}

// hear takes a packet of sound.
func (s *session) hear(p packet) {
	l := &s.sound
	if p.config {
		aac, err := fmp4.ParseAAC(p.data)
		if err != nil {
			s.Log.Warn("the sound can't be used; recording goes on without it", "error", err)
			return
		}
		if l.aac == nil && s.writer != nil {
			l.late = true
			s.timeline.requestRun()
		}
		l.aac = &aac
		l.clock.timed = s.plan.Sound != nil && s.plan.Sound.Timed
		return
	}
	if l.aac == nil {
		return
	}
	if l.track == nil {
		if l.waiting = append(l.waiting, p); len(l.waiting) > maxSound {
			l.waiting = l.waiting[1:]
		}
		return
	}
	s.placeSound(p)
}

func (s *session) placeSound(p packet) {
	l := &s.sound
	frame := time.Duration(fmp4.AACFrame) * time.Second / time.Duration(l.aac.Rate)
	if at, ok := l.clock.place(p, s.timeline.origin, frame); ok {
		l.track.push(at, p.data)
	}
}

// soundReady tells whether a run may begin: its sound is there, none is
// wanted, or it has kept everyone waiting for long enough.
func (s *session) soundReady(now time.Duration) bool {
	return s.plan.Sound == nil || s.sound.aac != nil || now-s.first > soundWait
}

// beginSound gives a new run its sound track, and returns its init section.
func (s *session) beginSound() *fmp4.Init {
	l := &s.sound
	l.track, l.late = nil, false
	if l.aac == nil {
		if s.plan.Sound != nil {
			s.Log.Warn("no sound has come; recording goes on without it")
		}
		return s.init
	}
	with, id, err := s.init.AddSound(*l.aac)
	if err != nil {
		s.Log.Warn("the sound can't be put beside the picture; recording goes on without it", "error", err)
		return s.init
	}
	l.track, l.trackID = &soundTrack{aac: *l.aac}, id
	return with
}

// addSound puts what belongs to a fragment's time into it.
func (s *session) addSound(a arrival, t timed) {
	l := &s.sound
	if l.track == nil {
		return
	}
	if a.sync && !a.fragment.PRFT.IsZero() {
		l.stamped = time.Duration(a.fragment.PRFT.UnixNano()) - s.timeline.time(a.decode)
	}
	l.clock.picture(l.stamped+s.timeline.time(a.decode), s.timeline.time(t.decode))
	for _, p := range l.waiting {
		s.placeSound(p)
	}
	l.waiting = nil
	first, frames := l.track.upTo(s.timeline.time(t.decode + t.duration))
	if len(frames) == 0 {
		return
	}
	if err := a.fragment.AddSound(l.trackID, first, frames); err != nil {
		s.Log.Debug("sound left out", "error", err)
	}
}
