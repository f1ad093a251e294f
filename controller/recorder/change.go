package recorder

import (
	"bytes"
	"strings"
	"sync/atomic"
	"time"

	"lookback/controller/camera"
)

const (
	// parameterSpacing is the least time between two plans made for other parameter
	// sets: a camera that alternates between two is not to begin run after run.
	parameterSpacing = 10 * time.Second
	// resizedAfter is how many pictures of another size are no accident, and
	// resizeSpacing the least time between two plans made for one; until then
	// pictures are scaled to the planned one.
	resizedAfter  = 3
	resizeSpacing = time.Minute
	// resizeWarning is what ffmpeg says of each picture that has not the size
	// or the colours of the first.
	resizeWarning = "Changing video frame properties on the fly"
)

// changeJudge notices that the camera sends another picture than the plan is for.
//
//   - One that is encoded: ffmpeg warns of each picture of another size.
//   - One that is copied and was away: its first picture has not the size or the
//     codec that it had when it was probed.
//   - One that is copied and goes on: its sequence parameter set is no longer that
//     of the first key frame, by which the init section was made.
type changeJudge struct {
	plan  camera.Plan
	codec string         // of the camera, ffmpeg's name
	fresh bool           // it was probed just now, for this ffmpeg
	last  *time.Duration // when a change last made us start anew, monotonic; outlives this ffmpeg

	resized     atomic.Int64 // pictures that had another size than the first, by ffmpeg
	seenResized func() int64 // the same, by who reads the camera; nil: that is ffmpeg
	undecoded   atomic.Int64 // pictures that ffmpeg could not decode; those that are none don't count
	seen        bool         // the first picture was looked at
	set         []byte       // sequence parameter set of the first key frame that had one
}

// line takes a line of ffmpeg's stderr.
func (j *changeJudge) line(line string) {
	if strings.Contains(line, resizeWarning) {
		j.resized.Add(1)
	}
}

func (j *changeJudge) look(e evidence) string {
	spacing := resizeSpacing
	resized := j.resized.Load
	if j.seenResized != nil { // ffmpeg warns of other colours, too, which it converts
		resized = j.seenResized
	}
	changed := resized() >= resizedAfter
	if e.unit != nil && j.plan.Copy {
		if !j.seen && !j.expected(e.unit.format) {
			return camera.StreamChanged
		}
		j.seen = true
		if e.unit.sync && j.another(e.unit) {
			changed, spacing = true, parameterSpacing
		}
	}
	if !changed || *j.last != 0 && e.at-*j.last < spacing {
		return ""
	}
	*j.last = e.at
	return camera.StreamChanged
}

// entries are the sample entries of copied codecs.
var entries = map[string]string{"h264": "avc1", "hevc": "hvc1"}

// expected reports whether a picture is as it was probed.
func (j *changeJudge) expected(f *format) bool {
	return j.fresh || j.plan.Knowledge == camera.Rough ||
		f.picture.Width == j.plan.Width && f.picture.Height == j.plan.Height && f.picture.Entry == entries[j.codec]
}

// another reports whether a key frame has another sequence parameter set than the first.
func (j *changeJudge) another(u *unit) bool {
	set := u.format.set
	if set == nil {
		set = sequenceParameters(u.data, j.codec)
	}
	if j.set == nil {
		j.set = bytes.Clone(set)
	}
	return set != nil && !bytes.Equal(set, j.set)
}

// spsH265 is the type of the NAL unit that is a sequence parameter set (H.265
// table 7-1).
const spsH265 = 33

// sequenceParameters is the first such set in a picture; nil when it has none, as
// where sets are only sent before the stream.
func sequenceParameters(data []byte, codec string) (set []byte) {
	nalUnits(data, func(nal []byte) {
		found := codec == "h264" && nal[0]&0x1f == nalSPS || codec == "hevc" && nal[0]>>1&0x3f == spsH265
		if found && set == nil {
			set = nal
		}
	})
	return set
}
