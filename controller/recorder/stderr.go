package recorder

import (
	"regexp"
	"slices"
	"strings"
)

// errorLevel is how ffmpeg marks lines that are no warnings.
var errorLevel = regexp.MustCompile(`\[(error|fatal|panic)\] `)

// ofNoPicture is what ffmpeg's decoder says where there was no picture for a tick, see
// [noPicture], and ofNone what ffmpeg says for that and for each that is broken.
const ofNoPicture = "No JPEG data found in image"

var ofNone = []string{"Error while decoding stream", "Error submitting packet to decoder"}

// ofPictures counts the pictures that ffmpeg could not decode. true: the line says
// no more than that.
func ofPictures(change *changeJudge, line string) bool {
	switch {
	case !change.plan.Piped:
		return false
	case strings.Contains(line, ofNoPicture):
		change.undecoded.Add(-1)
		return true
	case slices.ContainsFunc(ofNone, func(s string) bool { return strings.Contains(line, s) }):
		change.undecoded.Add(1)
		return true
	}
	return false
}

// keep takes a line of ffmpeg's stderr. Warnings, of which some cameras cause one
// a picture, are for the judge of its changes alone.
func (r *Recorder) keep(own *ring, change *changeJudge, line string) {
	if strings.Contains(line, "[warning] ") {
		change.line(line)
		return
	}
	if ofPictures(change, line) {
		return
	}
	line = r.redacted(errorLevel.ReplaceAllString(line, ""))
	own.add(line)
	r.stderr.add(line)
	r.Log.Debug("ffmpeg", "line", line)
}
