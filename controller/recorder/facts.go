package recorder

import (
	"slices"

	"lookback/controller/camera"
)

// maxDoubts is how many attempts in a row may fail without telling whether the
// camera is still what it was, before it is probed anew.
const maxDoubts = 5

// away are the reasons that say nothing against what is known of a camera: it
// was not reached, or did not let us in.
var away = []string{camera.DNS, camera.ConnectionRefused, camera.Unreachable, camera.Unauthorized, camera.Forbidden, camera.NotFound,
	camera.HTTPError, camera.TLS, camera.NoDevice, camera.DeviceBusy, camera.NoFile, camera.FFmpegMissing}

// doubtful are the reasons that may have to do with it.
var doubtful = []string{camera.Timeout, camera.StreamEnded, camera.Killed, camera.FFmpegCrashed}

// review forgets the facts when an ffmpeg's end speaks against them. Probing
// takes seconds, which a camera that was only away is spared.
func (r *Recorder) review(end outcome) {
	code := end.reason.Code
	switch {
	case end.reprobe:
		r.facts, r.doubts = nil, 0
	case end.delivered:
		r.doubts = 0
	case slices.Contains(away, code):
	case slices.Contains(doubtful, code) && r.doubts+1 < maxDoubts:
		r.doubts++
	default:
		r.facts, r.doubts = nil, 0
	}
}
