package recorder

import (
	"log/slog"
	"math"
	"time"

	"lookback/controller/camera"
)

const (
	// surgeAt is by how many pictures more than are recorded have come when those that follow
	// are held back. About as many were left out by then, less one.
	surgeAt = 3
	// surgeSlack is how much faster than planned a camera may be for ever, as a share, unless
	// it idles.
	surgeSlack = 1.1
	// longestHiccup is for how long nothing may have come of what comes faster later.
	longestHiccup = minStall
	// longGap is how many pictures make such a gap.
	longGap = 2.5
	// surgeSpan and surgePictures are how much of what is held back tells a rate, and
	// longestSurge is for how long it is held back at most.
	surgeSpan, surgePictures = 800 * time.Millisecond, 8
	longestSurge             = 1600 * time.Millisecond
	// surgeMargin is what the rate is taken to be higher than that tells, as a share: one that
	// is too high repeats frames, one that is too low loses some.
	surgeMargin = 1.01
	// surgeSpacing is for how long nothing is held back behind what was none.
	surgeSpacing = time.Minute
)

// surge notices that a camera sends more pictures than are recorded, before more than some
// are left out, as when something moves. Then they are held back until their rate is known,
// by which they are recorded. It is pure.
type surge struct {
	rate  float64 // at which they are recorded, pictures a second; 0: nobody looks
	idles bool    // it is known to send fewer most of the time

	level    float64         // by how many more than that have come
	last     time.Duration   // the newest, monotonic
	caught   time.Duration   // until when what a long gap has held up may come, monotonic
	arrivals []time.Duration // of what is held back
	told     bool            // that it was a surge: what follows waits for another ffmpeg
	rests    time.Duration   // until when nobody looks, monotonic
}

// holds reports whether pictures are held back.
func (s *surge) holds() bool { return len(s.arrivals) > 0 }

// came takes the arrival of a picture.
func (s *surge) came(at time.Duration) {
	gap := at - s.last
	first := s.last == 0
	s.last = at
	if s.holds() {
		s.arrivals = append(s.arrivals, at)
		return
	}
	if s.rate <= 0 || first || at < s.rests || gap < leastPictureGap {
		return // what comes at once was held up
	}
	drain := s.rate
	if !s.idles {
		drain *= surgeSlack
	}
	missing := min(gap, longestHiccup)
	switch {
	case !s.idles && missing.Seconds()*s.rate > longGap: // they may still come
		s.level, s.caught = min(s.level, 0)-missing.Seconds()*s.rate, at+2*missing
	case at > s.caught:
		s.level = max(0, s.level-gap.Seconds()*drain)
	default:
		s.level -= gap.Seconds() * drain
	}
	if s.level++; s.level >= surgeAt {
		s.arrivals = append(s.arrivals, at)
	}
}

// leastPictureGap is how far pictures are apart at least that come one by one.
const leastPictureGap = time.Second / 240

// look decides once enough is held back: at what rate pictures come, 0 where it was no surge
// or where it is told already.
func (s *surge) look(now time.Duration) (rate float64) {
	n := len(s.arrivals)
	if n == 0 || s.told {
		return 0
	}
	span := s.arrivals[n-1] - s.arrivals[0]
	if (span < surgeSpan || n < surgePictures) && now-s.arrivals[0] < longestSurge {
		return 0
	}
	if n >= surgePictures/2 {
		rate = evenRate(s.arrivals) * surgeMargin
		half := (s.arrivals[n/2] - s.arrivals[0]).Seconds() * rate
		if rate > s.rate*tooFast && math.Abs(half-float64(n/2)) <= max(2, float64(n)/8) && now-s.arrivals[n-1] < surgeSpan/2 {
			s.told = true
			return min(camera.HighestRate, rate)
		}
	}
	s.arrivals, s.level, s.rests = nil, 0, now+surgeSpacing
	return 0
}

// evenRate is at which rate pictures come whose arrivals lie around a line (least squares).
func evenRate(arrivals []time.Duration) float64 {
	n := float64(len(arrivals))
	up, down := 0.0, 0.0
	for i, at := range arrivals {
		off := float64(i) - (n-1)/2
		up, down = up+off*(at-arrivals[0]).Seconds(), down+off*off
	}
	return down / max(up, 1e-3)
}

// surgeJudge has another plan made for a surge.
type surgeJudge struct {
	surged  func(now time.Duration) float64
	planned camera.Rate
	changes *rateChanges // outlives this ffmpeg
	log     *slog.Logger
}

func (j *surgeJudge) look(e evidence) string {
	rate := j.surged(e.at)
	if rate == 0 {
		return ""
	}
	j.log.Warn("the camera's frame rate has changed", "planned", j.planned.Human(), "now", rate)
	j.changes.note(e.at, false)
	j.changes.now, j.changes.soon = rate, true
	return camera.RateChanged
}
