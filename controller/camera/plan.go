package camera

import (
	"fmt"
	"math"
	"strings"
	"time"

	"lookback/controller/spool"
)

// Settings are what people choose for a camera, and what its archive has
// already promised.
type Settings struct {
	Segment   time.Duration    // nominal duration of a media segment
	Part      time.Duration    // wanted duration of a part
	Encoder   string           // "auto" or "libx264", which are the same so far
	Constants *spool.Constants // fixed by the camera's first run; nil before
}

// Flag is one or more arguments of ffmpeg with the reason for them.
type Flag struct {
	Args []string
	Why  string
}

// Plan is how a camera is treated.
type Plan struct {
	Copy          bool          // the camera's own H.264 is kept
	Input, Output []Flag        // before and after the address
	SourceRate    Rate          // what the camera delivers
	FrameRate     Rate          // what ffmpeg delivers
	Segment       time.Duration // a new segment begins at the first key frame at or after it
	SegmentFrames int           // frames of each segment, exactly; 0 when copied
	Width, Height int           // pixels, of the output
	Constants     spool.Constants
	Line          string // the plan in a sentence
}

// Args is ffmpeg's whole argument list.
func (p Plan) Args(url string) []string {
	var args []string
	for _, f := range p.Input {
		args = append(args, f.Args...)
	}
	args = append(args, "-i", url)
	for _, f := range p.Output {
		args = append(args, f.Args...)
	}
	return args
}

// MakePlan decides how a camera is treated. It is pure: the same facts and
// settings give the same plan.
//
// H.264 is copied unless that breaks a promise that the archive has already
// given: a part target that the camera's frames can't fill as RFC 8216bis
// 4.4.4.9 wants, or independent segments with key frames farther apart than
// the target duration. It is encoded then, which keeps every picture; the
// promises can't be taken back (players give up on a playlist that does).
func MakePlan(f Facts, s Settings) Plan {
	if f.Kind == MPEGTS && copyKeepsPromises(f, s.Constants) {
		return copied(f, s)
	}
	return encoded(f, s)
}

// partMargin is what the part target of a copied camera is longer than its
// frames, for jitter and slewing: 1/1.15 of it is above the 85 % that a part
// must have at least.
const partMargin = 1.15

// minFill is the share of the part target that a part must reach (RFC 8216bis
// 4.4.4.9).
const minFill = 0.85

func copyKeepsPromises(f Facts, c *spool.Constants) bool {
	if c == nil {
		return true
	}
	if fill(f.FrameRate, micro(c.PartTarget)) < minFill || f.FrameRate.Frames(1) > micro(c.PartTarget) {
		return false
	}
	return !c.Independent || f.KeyIntervalKnown && f.KeyInterval <= micro(c.TargetDuration)
}

// fill is the share of the part target that whole frames can reach.
func fill(r Rate, target time.Duration) float64 {
	n := math.Floor(target.Seconds()*r.Float() + 1e-6)
	return n / r.Float() / target.Seconds()
}

func micro(us int64) time.Duration { return time.Duration(us) * time.Microsecond }

// framesToReach is the smallest whole number of frames that lasts d.
func framesToReach(r Rate, d time.Duration) int {
	return max(1, int(math.Ceil(d.Seconds()*r.Float()-1e-6)))
}

// ceilTo rounds up to a multiple of unit, and forgives 1 µs of rounding.
func ceilTo(d, unit time.Duration) time.Duration {
	return (d - time.Microsecond + unit - 1) / unit * unit
}

func copied(f Facts, s Settings) Plan {
	p := Plan{Copy: true, SourceRate: f.FrameRate, FrameRate: f.FrameRate, Segment: s.Segment, Width: f.Width, Height: f.Height}
	part := f.FrameRate.Frames(framesToReach(f.FrameRate, s.Part))
	part = ceilTo(time.Duration(float64(part)*partMargin), time.Millisecond)
	p.Constants = spool.Constants{
		PartTarget:     part.Microseconds(),
		TargetDuration: ceilTo(max(s.Segment+f.KeyInterval, part), time.Second).Microseconds(),
		// Where no two key frames were seen nobody knows how far apart they are.
		Independent: f.KeyIntervalKnown,
	}
	if s.Constants != nil {
		p.Constants = *s.Constants
		p.Segment = min(p.Segment, micro(p.Constants.TargetDuration))
	}
	p.Input = append(inputFlags(f), analyzeFlag(f))
	p.Output = append([]Flag{
		{[]string{"-map", "0:v:0", "-an", "-sn", "-dn"}, "the picture alone"},
		{[]string{"-c", "copy"}, "browsers play the camera's own H.264; encoding it anew would cost quality and a core"},
	}, muxerFlags()...)
	p.Line = fmt.Sprintf("copying H.264 %dx%d at %s fps; %s", f.Width, f.Height, f.FrameRate.Human(), keyFrameLine(f, p))
	return p
}

func keyFrameLine(f Facts, p Plan) string {
	if !f.KeyIntervalKnown {
		return fmt.Sprintf("key frames more than %s apart", watchCopied)
	}
	line := fmt.Sprintf("key frame every %s", f.KeyInterval.Round(10*time.Millisecond))
	if f.KeyInterval > p.Segment {
		longest := min(f.KeyInterval, micro(p.Constants.TargetDuration))
		line += fmt.Sprintf(", so segments are %s", longest.Round(10*time.Millisecond))
	}
	return line
}

func encoded(f Facts, s Settings) Plan {
	p := Plan{SourceRate: f.FrameRate, FrameRate: f.FrameRate, Segment: s.Segment,
		Width: f.Width + f.Width%2, Height: f.Height + f.Height%2}
	if s.Constants != nil {
		p.FrameRate = rateThatFits(f.FrameRate, micro(s.Constants.PartTarget))
		p.Segment = min(p.Segment, micro(s.Constants.TargetDuration))
	}
	p.SegmentFrames = max(1, int(math.Round(p.Segment.Seconds()*p.FrameRate.Float())))
	part := ceilTo(p.FrameRate.Frames(framesToReach(p.FrameRate, s.Part)), time.Millisecond)
	exact := p.FrameRate.Frames(p.SegmentFrames)
	p.Constants = spool.Constants{
		PartTarget: part.Microseconds(),
		// EXTINF rounded to the nearest second must not exceed it (RFC 8216bis 4.4.3.1).
		TargetDuration: max(ceilTo(s.Segment, time.Second), exact.Round(time.Second), ceilTo(part, time.Second)).Microseconds(),
		Independent:    true,
	}
	if s.Constants != nil {
		p.Constants = *s.Constants
	}
	p.Input = encodedInput(f)
	p.Output = append(encoderFlags(p), muxerFlags()...)
	p.Line = fmt.Sprintf("encoding %s %dx%d at %s fps with libx264 (%s)", codecName(f.Codec), p.Width, p.Height, p.FrameRate.Human(), preset)
	return p
}

func codecName(codec string) string {
	if codec == "h264" {
		return "H.264"
	}
	return strings.ToUpper(codec)
}

// rateThatFits is the lowest rate, not below the camera's, at which whole
// frames fill a part target that was fixed for another rate.
func rateThatFits(source Rate, target time.Duration) Rate {
	candidates := []Rate{}
	for k := range 12 {
		candidates = append(candidates, Rate{source.Num * (k + 1), source.Den}.reduced())
	}
	candidates = append(candidates, usualRates...)
	best := Rate{}
	for _, r := range candidates {
		if r.Float() < source.Float()-1e-9 || r.Frames(1) > target || fill(r, target) < minFill {
			continue
		}
		if best.Den == 0 || r.Float() < best.Float() {
			best = r
		}
	}
	if best.Den == 0 {
		// Frames of the very part target always fill it.
		return Rate{int(time.Second / time.Microsecond), int(target.Microseconds())}.reduced()
	}
	return best
}
