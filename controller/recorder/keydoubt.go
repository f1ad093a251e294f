package recorder

import (
	"time"

	"lookback/controller/camera"
)

const (
	// firstDoubt and longestDoubt are for how long the key frames of a camera are
	// not relied upon after one has come too late.
	firstDoubt, longestDoubt = 10 * time.Minute, 24 * time.Hour
)

// keyDoubt is the mistrust in a camera one of whose key frames came later than its
// playlists allow, though probing saw them close together. It is encoded meanwhile.
// A lost packet is forgiven soon; a camera that does it again and again, as those do
// that save key frames while nothing moves, is tried less and less often.
type keyDoubt struct {
	first time.Duration // firstDoubt, but for tests
	spell time.Duration // of the last doubt
	until time.Duration // its end, monotonic; 0: there was none
}

func (d *keyDoubt) begin(now time.Duration) {
	d.spell = min(longestDoubt, max(d.first, 2*d.spell))
	d.until = now + d.spell
}

func (d *keyDoubt) holds(now time.Duration) bool { return now < d.until }

// doubtJudge has a camera copied again when the doubt that kept it from that is over.
type doubtJudge struct {
	doubt     *keyDoubt
	knowledge func() camera.Knowledge
	recording func() bool
}

func (j *doubtJudge) look(e evidence) string {
	if j.knowledge() == camera.Doubted && !j.doubt.holds(e.at) && j.recording() {
		return camera.CopyAgain
	}
	return ""
}
