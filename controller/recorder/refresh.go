package recorder

import (
	"time"

	"lookback/controller/camera"
)

// refreshesAlone is how many refreshes without a key frame show that a camera sends
// none.
const refreshesAlone = 2

// refreshJudge notices a copied camera that sends no key frames: it refreshes its
// picture bit by bit (intra refresh), or begins groups with pictures that are none.
// ffmpeg calls them key frames, but no browser begins with them.
type refreshJudge struct {
	copied    bool
	found     func()        // notes it
	key       time.Duration // when the last key frame came, monotonic
	begun     bool          // one has
	refreshes int           // since then
}

func (j *refreshJudge) look(e evidence) string {
	switch u := e.unit; {
	case u == nil || !j.copied:
		return ""
	case u.sync:
		j.key, j.begun, j.refreshes = e.at, true, 0
	case u.refresh:
		j.refreshes++
	}
	if j.refreshes < refreshesAlone || j.begun && e.at-j.key < longestGap {
		return ""
	}
	j.refreshes = 0
	j.found()
	return camera.PlanChanged
}

// keyTypes are the NAL units with which decoding may begin, by sample entry: IDR of
// H.264 (table 7-1); BLA, IDR and CRA of H.265 (table 7-1).
var keyTypes = map[string]func(nal []byte) bool{
	"avc1": func(nal []byte) bool { return nal[0]&0x1f == nalIDR },
	"hvc1": func(nal []byte) bool { return nal[0]>>1&0x3f >= 16 && nal[0]>>1&0x3f <= 23 },
}

// beginsWithKey reports whether decoding may begin with a picture. Of other codecs
// nobody looks.
func beginsWithKey(entry string, data []byte) (found bool) {
	is := keyTypes[entry]
	if is == nil {
		return true
	}
	return !nalUnits(data, func(nal []byte) { found = found || is(nal) }) || found
}

// noKeyFrames has the camera encoded from now on. One that is not known yet is probed
// first.
func (r *Recorder) noKeyFrames() {
	r.keyless = true
	if r.facts.Knowledge != camera.Rough {
		facts := *r.facts
		facts.NoKeyFrames, facts.Knowledge = true, camera.Known
		r.facts = &facts
	}
}
