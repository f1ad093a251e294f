package recorder

import (
	"time"

	"lookback/controller/camera"
)

const (
	// lostLeast is how much longer than parts pictures in a row last together of a
	// camera that sends fewer: they would be cut by so much. Of less it takes someSlower,
	// or evenSlower of one length, which holes don't have.
	lostLeast  = 500 * time.Millisecond
	someSlower = 8
	evenSlower = 3
	// slowestPicture is how long a picture may last at most: one in five seconds, late.
	slowestPicture = 6 * time.Second
)

// slower notices a copied camera that sends fewer pictures than its parts are
// promised for, as one that idles at 1 fps or less while nothing moves. One that
// lasts that long may also be a hole, where pictures were lost. It is held back
// until the next tells which it is. It is pure.
type slower struct {
	long    int           // pictures in a row that are longer than a part
	longest time.Duration // of them
	least   time.Duration // the shortest of them
	lost    time.Duration // what they are longer, together
	held    []unit        // at most one
}

// add takes the next picture, where parts last so long now. on are those that are
// to go on. part is what parts have to be for them, 0 where they fit or are holes.
func (s *slower) add(u unit, now time.Duration) (on []unit, part time.Duration) {
	on = append(s.release(), u)
	picture := u.format.time(int64(u.duration))
	if picture <= now || picture > slowestPicture {
		*s = slower{}
		return on, 0
	}
	if s.long == 0 {
		s.least = picture
	}
	s.long, s.longest, s.least, s.lost = s.long+1, max(s.longest, picture), min(s.least, picture), s.lost+picture-now
	switch {
	case s.long >= someSlower, s.long >= 2 && s.lost >= lostLeast, s.long >= evenSlower && s.longest < s.least*6/5:
		return on, camera.PartFor(s.longest)
	case s.long == 1 && s.lost >= lostLeast/2:
		s.held = on
		return nil, 0
	}
	return on, 0
}

// release is what is held back.
func (s *slower) release() (held []unit) {
	held, s.held = s.held, nil
	return held
}

func micro(us int64) time.Duration { return time.Duration(us) * time.Microsecond }
