package recorder

import (
	"time"

	"lookback/controller/camera"
)

// slowHours are how long the longest pictures of a copied camera lasted in each of the
// last hours, holes left out: the lowest rate that it has sent at. It is pure.
type slowHours []slowHour

type slowHour struct {
	Hour    int64 `json:"hour"`    // since 1970
	Picture int64 `json:"picture"` // µs
}

// slowKept is for how long a low rate counts: cameras that idle by night do each night.
const slowKept = 24

// note takes a rate by how long pictures last at it; false where that is nothing new.
func (s *slowHours) note(at time.Time, picture time.Duration) bool {
	hour, us := at.Unix()/3600, picture.Microseconds()
	kept := slowHours{}
	for _, h := range *s {
		switch {
		case h.Hour == hour && us <= h.Picture+h.Picture/50:
			return false
		case h.Hour > hour-slowKept && h.Hour < hour:
			kept = append(kept, h)
		}
	}
	*s = append(kept, slowHour{hour, us})
	return true
}

// longest is how long pictures lasted at the lowest rate of the last day.
func (s slowHours) longest(at time.Time) time.Duration {
	hour, most := at.Unix()/3600, int64(0)
	for _, h := range s {
		if h.Hour > hour-slowKept && h.Hour <= hour {
			most = max(most, h.Picture)
		}
	}
	return micro(most)
}

// noteSlow notes that pictures of a copied camera last so long; false where that is
// nothing new.
func (r *Recorder) noteSlow(picture time.Duration) bool {
	wall, _ := r.clock()
	return r.slowest.note(wall, picture)
}

// waits reports whether each picture of a camera that is read here waits for the next
// one: it may last so long that a wrong guess would date the next ones wrongly.
func (r *Recorder) waits(plan camera.Plan) bool {
	wall, _ := r.clock()
	return max(r.slowest.longest(wall), plan.FrameRate.Frames(1)) >= waitingPicture
}

const fewPictures = "It sends few pictures at times. Each waits for the next one, which tells how long it is to be shown."
