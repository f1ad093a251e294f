package camera

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// inVain says of each setting that does nothing for this camera why it does not, a
// sentence each: none is accepted and ignored. What an address alone tells, config has
// said before.
func (p Plan) inVain(f Facts, s Settings) (why []string) {
	sends := codecName(f.Codec)
	tell := func(vain bool, format string, args ...any) {
		if vain {
			why = append(why, fmt.Sprintf(format, args...))
		}
	}
	named := s.Encoder != "" && s.Encoder != "auto" && s.Encoder != "copy"
	tell(p.Copy && named, "ENCODER=%s does nothing: what is copied is not encoded.", s.Encoder)
	tell(s.CopyH265 && f.Codec != "hevc", "COPY=h265 does nothing: it sends %s.", sends)
	tell(s.CopyH265 && f.Codec == "hevc" && !p.Copy, "COPY=h265 does nothing, since it is encoded.")
	tell(!p.Copy && s.Quality != 0 && !encoderNamed(p.Encoder).byQuality, "QUALITY=%d does nothing more than have it encoded: %s goes by BITRATE alone.", s.Quality, p.Encoder)
	tell(s.Poll > 0 && f.Kind != Stills, "POLL=%v does nothing: it sends its pictures by itself.", s.Poll)
	tell(s.Audio == "on" && f.Kind == Stills, "AUDIO=on does nothing: single pictures have no sound.")
	tell(s.FPS > 0 && p.SourceRate.Num > 0 && !slower(f, s.Source) && f.Kind != Device && math.Abs(s.FPS/p.SourceRate.Float()-1) > 0.001,
		"FPS=%s does nothing: it sends %s fps. Fewer than nine tenths of that would have it encoded, and more are not made up.", strconv.FormatFloat(s.FPS, 'f', -1, 64), p.SourceRate.Human())
	if frame := p.FrameRate.Frames(1); frame > s.Segment {
		why = append(why, fmt.Sprintf("Segments are one picture long, %v, which is longer than SEGMENT=%v and PART=%v.", frame.Round(time.Millisecond), s.Segment, s.Part))
	} else if frame > s.Part+time.Millisecond {
		why = append(why, fmt.Sprintf("Parts are one picture long, %v, which is longer than PART=%v.", frame.Round(time.Millisecond), s.Part))
	}
	return why
}

// sentence begins with a capital and ends with a full stop, unless it begins
// with the name of a program.
func sentence(s string) string {
	first, _, _ := strings.Cut(s, " ")
	if !strings.ContainsAny(first, "0123456789_") {
		s = strings.ToUpper(s[:1]) + s[1:]
	}
	return s + "."
}
