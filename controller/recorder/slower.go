package recorder

import (
	"time"

	"lookback/controller/camera"
)

const (
	// muchSlower is how much longer than a part a picture lasts of a camera that sends
	// far fewer: two in a row are no lost packets. Of shorter ones it takes someSlower.
	muchSlower = 2
	someSlower = 8
	// slowestPicture is how long a picture may last at most.
	slowestPicture = 5 * time.Second
)

// slower notices a copied camera that sends fewer pictures than its parts are
// promised for, as one that idles at 1 fps while nothing moves. It is pure.
type slower struct {
	long, tooLong int // pictures in a row that are longer than a part, and much longer
}

// add takes how long the next picture lasts, and a part. part is what parts have to
// be for such pictures; longer: that is so.
func (s *slower) add(picture, now time.Duration) (part time.Duration, longer bool) {
	if picture <= now || picture > slowestPicture {
		*s = slower{}
		return 0, false
	}
	s.long++
	if s.tooLong++; picture <= muchSlower*now {
		s.tooLong = 0
	}
	return camera.PartFor(picture), s.tooLong >= 2 || s.long >= someSlower
}

func micro(us int64) time.Duration { return time.Duration(us) * time.Microsecond }
