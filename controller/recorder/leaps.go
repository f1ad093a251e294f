package recorder

import (
	"math"
	"time"
)

const (
	// leastLeap is how far stamps leap at least that end a run, and leastBack how far back.
	leastLeap, leastBack = 2 * time.Second, time.Second
	// leapsKept is for how long a leap counts: the clock of a camera is set once, and
	// what leaps again is not to be trusted.
	leapsKept = time.Minute
	// smallLeap is how far they leap at least to be corrected. Ahead that can be told only
	// where a picture would be earlier than all before.
	smallLeap = 200 * time.Millisecond
	// floorRises is by which part of the time that passes the earliest pictures are forgotten:
	// what a slow network had held up may come without those that were left out.
	floorRises = 200
	// standing is how many stamps in a row stand that have leapt back: muxers of ffmpeg's
	// raise them by a tick each, until they are as high again.
	standing = 3
)

// leap reports whether a picture's stamp has leapt, by how far it is from the one before
// in ticks, and notes that.
func (s *stamps) leap(u unit, step int64, gap time.Duration) bool {
	usual := s.pace.usual()
	passed := u.format.time(step)
	large := passed < -leastBack || passed > leastLeap && passed > gap+leastLeap && (usual <= 0 || step > 10*usual)
	if !large && passed >= -smallLeap && !s.early(u, step, gap, usual) {
		return false
	}
	s.leapt = s.leapt || large
	s.noteLeap(u.arrival)
	return true
}

func (s *stamps) noteLeap(at time.Duration) {
	s.bad, s.shifted = at, true
	s.leaps = append(s.leaps, at)
	for at-s.leaps[0] > leapsKept {
		s.leaps = s.leaps[1:]
	}
}

// early reports whether a picture's stamp has leapt ahead a little.
func (s *stamps) early(u unit, step int64, gap time.Duration, usual int64) bool {
	scale := s.factor()
	passed := time.Duration(scale * float64(u.format.time(step)))
	if passed <= gap+smallLeap || usual <= 0 || step <= 2*usual {
		return false
	}
	late := sample{arrival: u.arrival, stamp: u.format.time(s.at + step)}.lateBy(scale)
	_, span, pictures := s.pace.settledSince(scale)
	return late < s.floor-smallLeap && span >= time.Second/2 && pictures >= 12
}

// stood is what a leap back is made up for by, ticks, where it shows by stamps that stand.
func (s *stamps) stood(u unit, step int64) int64 {
	if step > s.pace.least || s.method == byArrival {
		s.stands = 0
		return 0
	}
	usual := s.pace.usual()
	switch s.stands++; {
	case s.stands < standing || usual <= s.pace.least:
		return 0
	case s.stands == standing:
		s.noteLeap(u.arrival)
		return standing * usual
	}
	return usual
}

// lower notes how late the earliest pictures are.
func (s *stamps) lower(now time.Duration) {
	n := len(s.pace.samples)
	late := s.pace.samples[n-1].lateBy(s.factor())
	if n == 1 {
		s.floor = late
		return
	}
	s.floor = min(late, s.floor+(now-s.pace.samples[n-2].arrival)/floorRises)
}

// between is how far a picture is from the one before whose stamp has leapt, ticks.
func (s *stamps) between(gap time.Duration) int64 {
	step := int64(math.Round(gap.Seconds() * s.ticks / s.factor()))
	if usual := s.pace.usual(); usual > 0 && step < 2*usual {
		return usual
	}
	return step
}
