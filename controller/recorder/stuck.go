package recorder

import (
	"time"

	"lookback/controller/camera"
)

const (
	// maxBlocked is how long ffmpeg may take no picture.
	maxBlocked = 2 * time.Second
	// mostSwallowed is how many pictures in a row it may take of which nothing comes out.
	mostSwallowed = 3
)

// stuckJudge notices an ffmpeg that takes no pictures any more, or takes them and
// gives none.
type stuckJudge struct {
	blocked func(now time.Duration) time.Duration
	given   func() uint64 // pictures that it was given so far
	least   time.Duration // how long nothing may come out
	frame   time.Duration // of what comes out

	begun  bool          // it has delivered some
	came   time.Duration // when it last did, monotonic; at first when it was looked at first
	before uint64        // pictures that it was given until then
	looked time.Duration // monotonic
	from   time.Duration // before which nobody looked: this program stood still
}

func (j *stuckJudge) look(e evidence) string {
	if e.unit != nil || j.came == 0 {
		j.begun = j.begun || e.unit != nil
		j.came, j.before = e.at, j.given()
		return ""
	}
	if e.report != nil {
		return ""
	}
	if j.looked > 0 && e.at-j.looked > maxBlocked/2 {
		j.from = e.at
	}
	j.looked = e.at
	blocked, barren := maxBlocked, max(j.least, 3*j.frame)
	if !j.begun {
		blocked, barren = startGrace, max(startGrace, barren)
	}
	switch {
	case min(j.blocked(e.at), e.at-j.from) > blocked:
		return camera.FFmpegStuck
	case min(e.at-j.came, e.at-j.from) > barren && j.given() > j.before+mostSwallowed:
		return camera.InvalidData // none can be decoded
	}
	return ""
}
