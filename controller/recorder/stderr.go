package recorder

import (
	"regexp"
	"strings"
	"time"

	"lookback/controller/camera"
)

// keep takes a line of ffmpeg's stderr. Warnings, of which some cameras cause
// one a picture, are only counted when they tell of another size.
func (s *session) keep(own *ring, line string) {
	if strings.Contains(line, "[warning] ") {
		if strings.Contains(line, resizeWarning) {
			s.resized.Add(1)
		}
		return
	}
	line = s.Redact(errorLevel.ReplaceAllString(line, ""))
	own.add(line)
	s.stderr.add(line)
	s.Log.Debug("ffmpeg", "line", line)
}

const (
	// resizeWarning is what ffmpeg says of each picture that has not the size
	// or the colours of the first.
	resizeWarning = "Changing video frame properties on the fly"
	// resizedAfter is how many such pictures are no accident.
	resizedAfter = 3
	// resizeSpacing is the least time between two plans made for another size;
	// until then pictures are scaled to the planned one.
	resizeSpacing = time.Minute
)

// errorLevel is how ffmpeg marks other lines.
var errorLevel = regexp.MustCompile(`\[(error|fatal|panic)\] `)

// checkSize answers a camera that sends another size with a new plan.
func (s *session) checkSize() {
	_, now := s.clock()
	if s.resized.Load() < resizedAfter || s.lastSize != 0 && now-s.lastSize < resizeSpacing {
		return
	}
	s.lastSize = now
	s.finish(camera.StreamChanged)
}
