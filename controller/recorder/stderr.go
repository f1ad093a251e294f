package recorder

import (
	"regexp"
	"slices"
	"strings"
)

// errorLevel is how ffmpeg marks lines that are no warnings.
var errorLevel = regexp.MustCompile(`\[(error|fatal|panic)\] `)

// ofNoPicture is what ffmpeg says where there was no picture for a tick, see
// [noPicture]. Of a broken one it says more.
var ofNoPicture = []string{"No JPEG data found in image", "Error while decoding stream", "Error submitting packet to decoder"}

// keep takes a line of ffmpeg's stderr. Warnings, of which some cameras cause one
// a picture, are for the judge of its changes alone.
func (r *Recorder) keep(own *ring, change *changeJudge, line string) {
	if strings.Contains(line, "[warning] ") {
		change.hear(line)
		return
	}
	if change.plan.Piped && slices.ContainsFunc(ofNoPicture, func(s string) bool { return strings.Contains(line, s) }) {
		return
	}
	line = r.Redact(errorLevel.ReplaceAllString(line, ""))
	own.add(line)
	r.stderr.add(line)
	r.Log.Debug("ffmpeg", "line", line)
}
