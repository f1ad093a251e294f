package recorder

import (
	"time"

	"lookback/controller/camera"
)

// slowHours are how long the longest pictures of a copied camera lasted in each of the
// last hours, holes left out: the lowest rate that it has sent at. They are pure.
type slowHours []slowHour

type slowHour struct {
	Hour    int64 `json:"hour"`    // since 1970
	Picture int64 `json:"picture"` // µs
}

// slowKept is for how many hours a low rate counts: cameras that idle by night do each night.
const slowKept = 24

// note takes a rate by how long pictures last at it, in an hour; false where that is
// nothing new.
func (s *slowHours) note(hour int64, picture time.Duration) bool {
	us, kept := picture.Microseconds(), slowHours{}
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

// longest is how long pictures lasted at the lowest rate of the day up to an hour.
func (s slowHours) longest(hour int64) time.Duration {
	most := int64(0)
	for _, h := range s {
		if h.Hour > hour-slowKept && h.Hour <= hour {
			most = max(most, h.Picture)
		}
	}
	return micro(most)
}

// slowestPictures is how long pictures lasted at the lowest rate of the last day.
func (r *Recorder) slowestPictures() time.Duration {
	wall, _ := r.clock()
	return r.slowest.longest(wall.UnixNano() / int64(r.slowHour))
}

// noteSlow notes that pictures of a copied camera last so long; false where that is
// nothing new.
func (r *Recorder) noteSlow(picture time.Duration) bool {
	wall, _ := r.clock()
	if !r.slowest.note(wall.UnixNano()/int64(r.slowHour), picture) {
		return false
	}
	r.slowNews = true
	r.rememberRun()
	return true
}

// waits reports whether each picture of a camera that is read here waits for the next
// one: it may last so long that a wrong guess would date the next ones wrongly.
func (r *Recorder) waits(plan camera.Plan) bool {
	return max(r.slowestPictures(), plan.FrameRate.Frames(1)) >= waitingPicture
}

const fewPictures = "It sends few pictures at times. Each waits for the next one, which tells how long it is to be shown."
