// Package camera knows what a camera is and how ffmpeg is to treat it:
// [Probe] finds out, [MakePlan] decides. Only probing touches the world.
package camera

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// Facts are what probing has found out.
type Facts struct {
	Kind             Kind          `json:"Kind"`
	Format           string        `json:"Format"`          // ffmpeg's demuxer: mpjpeg, mpegts, rtsp
	Codec            string        `json:"Codec"`           // ffmpeg's name: mjpeg, h264
	Sent             string        `json:"Sent,omitempty"`  // what it sends where JPEGs are made of that: png, webp
	Profile          string        `json:"Profile"`         // ffmpeg's name: Baseline, High
	PixelFormat      string        `json:"PixelFormat"`     // ffmpeg's name: yuvj420p
	Width            int           `json:"Width"`           // pixels, as it is to be shown
	Height           int           `json:"Height"`          // pixels, likewise
	Rotation         int           `json:"Rotation"`        // degrees by which its metadata have it turned for that
	Matrix           string        `json:"Matrix"`          // of its colours, ffmpeg's name: bt709; "" when it does not say
	FrameRate        Rate          `json:"FrameRate"`       // measured
	Bunch            time.Duration `json:"Bunch,omitempty"` // of JPEGs over HTTP, see [Bunches.Span]
	KeyInterval      time.Duration `json:"KeyInterval"`
	KeyIntervalKnown bool          `json:"KeyIntervalKnown"` // false: KeyInterval is assumed, no two key frames were seen
	BFrames          bool          `json:"BFrames"`
	NoKeyFrames      bool          `json:"NoKeyFrames,omitempty"` // it refreshes its picture bit by bit
	BeginsWithKey    bool          `json:"BeginsWithKey"`         // whoever connects is sent a key frame first
	Sound            Sound         `json:"Sound"`
	Knowledge        Knowledge     `json:"-"` // what is kept on disk is Known
	livePace         bool          // while it is watched: until its pace is known
}

// Knowledge is how well a camera is known. It decides what its facts are good for:
//
//	             of rate and key frames        what may be done                       ends as
//	Known        all that can be               recorded, remembered on disk           -
//	Rough        nothing, only codec and size  recorded on trial: what comes is held  Known or Provisional by a [Study],
//	                                           back until enough was seen to plan     else by a probe that finds out all
//	Provisional  the rate; key frames are      recorded, not remembered               Known, when two were seen
//	             taken to be as promised
//
// How much a probe must find out is said by the same scale: at least Rough, or Known.
type Knowledge uint8

// The degrees of knowing.
const (
	Known Knowledge = iota
	Rough
	Provisional
)

// Sound is what probing has found out of the first sound track.
type Sound struct {
	Codec    string `json:"Codec"`   // ffmpeg's name: aac, pcm_alaw; over RTSP that of the SDP where it tells more: g726-32; "" when there is none
	Profile  string `json:"Profile"` // ffmpeg's name: LC, HE-AAC
	Rate     int    `json:"Rate"`    // samples a second
	Channels int    `json:"Channels"`
}

// whole reports whether every frame is a picture of its own, and says all about itself.
func (f Facts) whole() bool { return f.Codec == "mjpeg" || f.Codec == "rawvideo" }

// timed reports whether the stream has time stamps of its own worth reading: JPEG
// over HTTP has none, and ffmpeg invents them.
func (f Facts) timed() bool {
	return !slices.Contains([]string{"mpjpeg", "mjpeg", "jpeg_pipe", "image2"}, f.Format)
}

// Rate is a number of frames a second as a fraction.
type Rate struct {
	Num int `json:"Num"`
	Den int `json:"Den"`
}

// Float is the rate in frames a second, 0 for the zero Rate.
func (r Rate) Float() float64 {
	if r.Den == 0 {
		return 0
	}
	return float64(r.Num) / float64(r.Den)
}

// Frames is how long n frames take, 0 for the zero Rate.
func (r Rate) Frames(n int) time.Duration {
	if r.Num == 0 {
		return 0
	}
	return time.Duration(math.Round(float64(n) * float64(r.Den) * 1e9 / float64(r.Num)))
}

// String is the rate as ffmpeg takes it: 30 or 30000/1001.
func (r Rate) String() string {
	if r.Den == 1 {
		return fmt.Sprint(r.Num)
	}
	return fmt.Sprintf("%d/%d", r.Num, r.Den)
}

// Human is the rate for people: 30 or 29.97.
func (r Rate) Human() string { return fmt.Sprintf("%.4g", r.Float()) }

// usualRates are the rates that cameras are built for, frames a second.
var usualRates = []Rate{
	{1, 2}, {1, 1}, {2, 1}, {3, 1}, {4, 1}, {5, 1}, {6, 1}, {15, 2}, {8, 1}, {9, 1}, {10, 1}, {12, 1}, {25, 2}, {15, 1}, {20, 1},
	{24000, 1001}, {24, 1}, {25, 1}, {30000, 1001}, {30, 1}, {50, 1}, {60000, 1001}, {60, 1}, {100, 1}, {120, 1},
}

// snapTolerance is how far (as a share) a measured rate may lie from a usual
// one to be taken for it.
const snapTolerance = 0.03

// Snap takes a number of frames a second, which time stamps told, for the nearest usual
// rate within 3 %, else for a fraction of a thousandth. Where two usual rates lie close
// together (30 and 29.97) the whole number wins unless the number is exact to 0.01 %.
func Snap(fps float64) Rate {
	return snap(fps, func(r Rate) bool { return r.Den != 1001 || math.Abs(fps/r.Float()-1) <= 0.0001 })
}

// SnapArrived is [Snap] for a number of frames a second by when they came. That can't
// tell 30 from 29.97, so the whole number always wins.
func SnapArrived(fps float64) Rate {
	return snap(fps, func(r Rate) bool { return r.Den != 1001 })
}

// snap takes a number of frames a second for the nearest of those usual rates within
// 3 %, else for a fraction of a thousandth.
func snap(fps float64, eligible func(Rate) bool) Rate {
	best, distance := Rate{}, math.Inf(1)
	for _, r := range usualRates {
		if d := math.Abs(fps/r.Float() - 1); d < distance && eligible(r) {
			best, distance = r, d
		}
	}
	if distance <= snapTolerance {
		return best
	}
	return Rate{max(1, int(math.Round(fps*1000))), 1000}.reduced()
}

// snapUp takes a number of frames a second for the next usual rate that is not
// below it by more than 3 %, leaving out the fractional ones.
func snapUp(fps float64) Rate {
	for _, r := range usualRates {
		if r.Den != 1001 && r.Float() >= fps*(1-snapTolerance) {
			return r
		}
	}
	return Snap(fps)
}

func (r Rate) usual() bool { return slices.Contains(usualRates, r) }

// exactRate is a rate that somebody has set: as it is, but 29.97 means 30000/1001.
func exactRate(fps float64) Rate {
	if r := (Rate{int(math.Round(fps*1.001)) * 1000, 1001}); math.Abs(fps/r.Float()-1) < 0.0001 && fps != math.Round(fps) {
		return r.reduced()
	}
	return Rate{max(1, int(math.Round(fps*1000))), 1000}.reduced()
}

func (r Rate) reduced() Rate {
	a, b := r.Num, r.Den
	for b != 0 {
		a, b = b, a%b
	}
	return Rate{r.Num / a, r.Den / a}
}
