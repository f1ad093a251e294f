package recorder

import (
	"regexp"
	"strings"
)

// errorLevel is how ffmpeg marks lines that are no warnings.
var errorLevel = regexp.MustCompile(`\[(error|fatal|panic)\] `)

// keep takes a line of ffmpeg's stderr. Warnings, of which some cameras cause one
// a picture, are for the judge of its changes alone.
func (r *Recorder) keep(own *ring, change *changeJudge, line string) {
	if strings.Contains(line, "[warning] ") {
		change.line(line)
		return
	}
	line = r.redacted(errorLevel.ReplaceAllString(line, ""))
	own.add(line)
	r.stderr.add(line)
	r.Log.Debug("ffmpeg", "line", line)
}
