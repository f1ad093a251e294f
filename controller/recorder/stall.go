package recorder

import (
	"sync/atomic"
	"time"

	"lookback/controller/camera"
)

const (
	// minStall and startGrace are how long no picture may come, later and at first.
	minStall   = 5 * time.Second
	startGrace = 15 * time.Second
	// keyGrace is startGrace where nobody knows when the first key frame comes.
	keyGrace = 40 * time.Second
)

// stallJudge notices an ffmpeg from which nothing comes any more.
type stallJudge struct {
	last    *atomic.Int64 // arrival of the newest picture, monotonic ns: set by its reader
	least   time.Duration // how long none may come
	rate    func() camera.Rate
	patient bool // nobody knows when the first key frame comes
	begun   bool // a picture has come
	looked  time.Duration
}

func (j *stallJudge) look(e evidence) string {
	if e.unit != nil {
		j.begun = true
		return ""
	}
	if e.report != nil {
		return ""
	}
	if j.looked > 0 && e.at-j.looked > j.least/2 { // it was this program that stood still
		j.last.Store(int64(e.at))
	}
	j.looked = e.at
	limit := max(j.least, 3*j.rate().Frames(1))
	if !j.begun {
		limit = max(limit, startGrace)
		if j.patient {
			limit = keyGrace
		}
	}
	if e.at-time.Duration(j.last.Load()) > limit {
		return camera.Stalled
	}
	return ""
}
