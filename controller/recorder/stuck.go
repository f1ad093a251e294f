package recorder

import (
	"time"

	"lookback/controller/camera"
)

// maxBlocked is how long ffmpeg may take no picture.
const maxBlocked = 2 * time.Second

// stuckJudge notices an ffmpeg that takes no pictures any more.
type stuckJudge struct {
	blocked func(now time.Duration) time.Duration
	begun   bool          // it has delivered some
	looked  time.Duration // monotonic
	from    time.Duration // before which nobody looked: this program stood still
}

func (j *stuckJudge) look(e evidence) string {
	if e.unit != nil {
		j.begun = true
		return ""
	}
	if e.report != nil {
		return ""
	}
	if j.looked > 0 && e.at-j.looked > maxBlocked/2 {
		j.from = e.at
	}
	j.looked = e.at
	limit := maxBlocked
	if !j.begun {
		limit = startGrace
	}
	if min(j.blocked(e.at), e.at-j.from) > limit {
		return camera.FFmpegStuck
	}
	return ""
}
