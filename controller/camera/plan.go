package camera

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"lookback/controller/child"
	"lookback/controller/spool"
)

// Request is what people set for a camera, as far as its recorder has to know:
// one value from the settings to the plan. The keys are those of recorder.json,
// which recorders of other versions read.
type Request struct {
	Source         `json:"Source"`
	PictureOptions `json:"Wishes"` // the key that recorders of earlier versions know
	Segment        time.Duration   `json:"Segment"`       // nominal duration of a media segment
	Part           time.Duration   `json:"Part"`          // wanted duration of a part
	Encoder        string          `json:"Encoder"`       // auto, copy (never encode) or an encoder's name, see EncoderNames
	PictureChecks  bool            `json:"PictureChecks"` // a key frame is looked at now and then
}

// Settings are what is asked for a camera, and what its playlists promise.
type Settings struct {
	Request
	Chosen     string           // the encoder that Encoders has chosen, "" is libx264
	Note       string           // why it was chosen, for people
	Constants  *spool.Constants // what the playlists promise; nil: the plan decides it
	Another    bool             // it is to be another promise than that of before
	Overloaded bool             // the machine has not kept up: the rate is the highest that it may be
	// Slowest is how long pictures of a copied camera lasted at the lowest rate that it
	// sent at in the last day: new promises have room for them. 0: nobody knows.
	Slowest time.Duration
	// Foreign is why ffmpeg has to read a camera that might be read here; "" while
	// nothing is known against it.
	Foreign string
	// Mute is sound, by its codec, that ffmpeg has tried to read over RTSP, in vain.
	Mute string
}

// PictureOptions are what people want of the picture. The zero value wants nothing.
type PictureOptions struct {
	CopyH265 bool  `json:"CopyH265"` // H.265 is copied, though not every browser plays it
	Quality  int   `json:"Quality"`  // 1 (best) to 51 as libx264 counts, 0: 23
	Bitrate  int64 `json:"Bitrate"`  // ceiling, bit/s, 0: by the size of the picture
	Width    int   `json:"Width"`    // pixels of the picture, 0: as Height needs
	Height   int   `json:"Height"`   // likewise; both 0: the camera's
	Rotate   int   `json:"Rotate"`   // 0, 90, 180 or 270 degrees clockwise
}

// Flag is one or more arguments of ffmpeg with the reason for them.
type Flag struct {
	Args []string
	Why  string
}

// Plan is how a camera is treated.
type Plan struct {
	Copy          bool      // the camera's own H.264 or H.265 is kept
	Direct        bool      // it is read here, and ffmpeg has nothing to do: Input and Output are empty
	Stamped       bool      // its pictures are dated by its own time stamps, in which not everybody can be trusted
	Knowledge     Knowledge // of the camera when it was made: while it is Rough, rates and constants are missing
	Piped         bool      // its pictures are read here, and ffmpeg has them from its stdin, one for each frame
	Units         bool      // likewise its access units, as they come
	Encoder       string    // that encodes otherwise
	Input, Output []Flag    // before and after the address
	Listed        []Flag    // with the address on its stdin; nil: the address is an argument
	Sound         *SoundPlan
	SourceRate    Rate          // what the camera delivers
	FrameRate     Rate          // what ffmpeg delivers
	Segment       time.Duration // a new segment begins at the first key frame at or after it
	SegmentFrames int           // frames of each segment, exactly; 0 when copied
	SoonFrames    int           // frames before a key frame that is wanted besides, to end the first segment; 0: none is
	Width, Height int           // pixels, of the output
	Matrix        string        // of the colours that are encoded, ffmpeg's name; "" is BT.601
	MatrixAssumed bool          // the camera does not say it
	Memory        int64         // bytes that ffmpeg may have
	Constants     spool.Constants
	Line          string   // the plan in a sentence
	Reasons       []string // for what it says, a sentence each
}

// Args is ffmpeg's whole argument list for the camera at an address.
func (p Plan) Args(address string) []string {
	var args []string
	for _, f := range p.flags(address) {
		args = append(args, f.Args...)
	}
	return args
}

// flags are all arguments in order.
func (p Plan) flags(address string) []Flag {
	from := Flag{[]string{"-i", Source{URL: address}.input()}, "the camera"}
	switch {
	case p.Piped || p.Units:
		from = Flag{[]string{"-i", onStdin}, "the camera's pictures, which are read without ffmpeg: its address is in no process list"}
	case p.Listed != nil:
		from = Flag{[]string{"-i", onStdin}, "the list that has the camera's address"}
	}
	all := append(slices.Clone(p.Input), from)
	beside := p.Sound != nil && !p.Sound.Own
	if beside {
		all = append(all, p.Sound.Input...)
	}
	all = append(all, p.Output...)
	if beside {
		all = append(all, p.Sound.Output...)
	}
	return all
}

// Encodes reports whether MakePlan would encode, so that an encoder has to be
// chosen. The error is a [Reason]: the settings rule it out.
func Encodes(f Facts, s Settings) (bool, error) {
	why := whyEncode(f, s)
	if why != "" && s.Encoder == "copy" {
		return true, fmt.Errorf("%s: %w", why, reasons[CannotCopy])
	}
	return why != "", nil
}

// MakePlan decides how a camera is treated. It is pure: the same facts and
// settings give the same plan.
//
// What browsers play is copied unless somebody wants another picture, or its
// frames can't fill the promised part target as RFC 8216bis 4.4.4.9 wants (see
// [Renewable]). Key frames farther apart than promised make another promise of
// the plan's constants. What is encoded keeps the promise. Its rate is the camera's
// if those frames fill the parts, else the next above, which keeps every picture.
// Where that costs more than a third again, up to one picture in four is left out.
func MakePlan(f Facts, s Settings) Plan {
	var p Plan
	if f.Knowledge == Rough {
		p = trial(f, s)
	} else if why := whyEncode(f, s); why == "" {
		p = copied(f, s)
	} else {
		p = encoded(f, s, why)
	}
	p.Memory = child.Memory(max(f.Width*f.Height, p.Width*p.Height))
	p.addSound(f, s)
	p.chooseReader(f, s)
	p.Stamped = p.Copy && !slices.Contains([]Kind{HLS, File, Test}, f.Kind)
	if f.Knowledge != Rough {
		p.Reasons = append(p.Reasons, p.inVain(f, s)...)
	}
	return p
}

// whyEncode is the reason for encoding, "" when the stream can be copied.
func whyEncode(f Facts, s Settings) string {
	name := f.sends()
	switch {
	case f.Codec == "hevc" && !s.CopyH265:
		return "not every browser plays H.265"
	case f.Codec != "h264" && f.Codec != "hevc":
		return "HLS players don't play " + name
	case f.Codec == "h264" && !slices.Contains([]string{"yuv420p", "yuvj420p"}, f.PixelFormat):
		return "browsers play H.264 only with 8 bits and 4:2:0, not " + f.PixelFormat
	case f.NoKeyFrames:
		return "it sends no key frames, only intra refresh, with which no browser begins"
	case f.Rotation != 0:
		return fmt.Sprintf("its metadata have the picture turned by %d degrees, which players of HLS don't do", f.Rotation)
	case s.Rotate != 0:
		return "the picture is to be turned"
	case s.Width != 0 || s.Height != 0:
		return "the picture is to have another size"
	case s.Quality != 0 || s.Bitrate != 0:
		return "quality or bit rate are set"
	case slower(f, s.Source):
		return "a lower frame rate is set"
	}
	return promiseBroken(f, s.Constants)
}

// Renewable reports whether nothing keeps a camera from being copied but the parts that
// its playlists have promised: under another promise it could be.
func Renewable(f Facts, s Settings) bool {
	free := s
	free.Constants = nil
	return whyEncode(f, s) != "" && whyEncode(f, free) == ""
}

// slower reports whether somebody wants fewer frames than the camera sends.
func slower(f Facts, source Source) bool {
	return source.FPS > 0 && source.FPS < f.FrameRate.Float()*0.9
}

// partMargin is what the part target of a copied camera is longer than its
// frames, for jitter and slewing: 1/1.15 of it is above the 85 % that a part
// must have at least.
const partMargin = 1.15

// minFill is the share of the part target that a part must reach (RFC 8216bis
// 4.4.4.9).
const minFill = 0.85

// promiseBroken says which promise copying would break, "" for none.
func promiseBroken(f Facts, c *spool.Constants) string {
	switch {
	case c == nil, f.Knowledge == Rough:
	case fill(f.FrameRate, micro(c.PartTarget)) < minFill || f.FrameRate.Frames(1) > micro(c.PartTarget):
		return fmt.Sprintf("frames at %s fps don't fit the parts of %v that its playlists have promised", f.FrameRate.Human(), micro(c.PartTarget))
	}
	return ""
}

// PartFor is the part target of a copied camera whose pictures fill so much of it.
func PartFor(pictures time.Duration) time.Duration {
	return ceilTo(time.Duration(float64(pictures)*partMargin), time.Millisecond)
}

// partCovering is the part target of a copied camera at a rate whose pictures last up to
// slowest at times, 0 for no longer than now. Whole pictures fill it at both rates, where
// that can be had (RFC 8216bis 4.4.4.9).
func partCovering(r Rate, wanted, slowest time.Duration) time.Duration {
	least := framesToReach(r, wanted)
	if float64(slowest) <= 1.02*float64(r.Frames(1)) {
		return PartFor(r.Frames(least))
	}
	least = max(least, framesToReach(r, slowest))
	for n := least; n <= 3*least; n++ {
		part := PartFor(r.Frames(n))
		if pictures := part / slowest; float64(pictures*slowest) >= minFill*float64(part) {
			return part
		}
	}
	return PartFor(r.Frames(least))
}

// TargetFor is the target duration of a copied camera whose key frames are so far
// apart: a segment may end so much after its nominal duration.
func TargetFor(segment, part, interval time.Duration) time.Duration {
	return ceilTo(max(segment+interval, part), time.Second)
}

// atLeastPromised are promised constants, or the wider ones that key frames need which have
// moved too far apart for them.
func atLeastPromised(promised, needed spool.Constants, f Facts) spool.Constants {
	if promised.Independent && (!f.KeyIntervalKnown || f.KeyInterval > micro(promised.TargetDuration)) {
		promised.TargetDuration = max(promised.TargetDuration, needed.TargetDuration)
		promised.Independent = needed.Independent
	}
	return promised
}

// FewerAtTimes says of an encoded camera that it saves pictures.
const FewerAtTimes = "It sends fewer pictures at times: the last one is repeated."

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
	part := partCovering(f.FrameRate, s.Part, s.Slowest)
	p.Constants = spool.Constants{
		PartTarget:     part.Microseconds(),
		TargetDuration: TargetFor(s.Segment, part, f.KeyInterval).Microseconds(),
		// Where no two key frames were seen nobody knows how far apart they are.
		Independent: f.KeyIntervalKnown,
	}
	if s.Constants != nil {
		p.Constants = atLeastPromised(*s.Constants, p.Constants, f)
		p.Segment = min(p.Segment, micro(p.Constants.TargetDuration))
	}
	p.open(f, s.Source, look(f))
	if f.Format == "mpegts" && f.Kind != File && (s.Audio != "on" || f.Sound.Codec == "" || f.Sound.copied()) {
		p.Input = append(p.Input, leaps)
	}
	p.Output = append(copyFlags(f), copiedMuxer()...)
	p.Line = fmt.Sprintf("copying %s %dx%d at %s fps", codecName(f.Codec), f.Width, f.Height, f.FrameRate.Human())
	if f.Knowledge != Provisional {
		p.Line += "; " + keyFrameLine(f, p)
	}
	p.Reasons = copyReasons(f, p)
	if p.Constants.PartTarget > 2*partCovering(f.FrameRate, s.Part, 0).Microseconds() {
		p.Reasons = append(p.Reasons, fmt.Sprintf("It sends fewer pictures at times: its playlists have promised parts of %v.", micro(p.Constants.PartTarget)))
	}
	return p
}

// copyReasons say why it may be copied, and what that brings with it.
func copyReasons(f Facts, p Plan) []string {
	why := []string{"Browsers play its H.264 as it is: nothing is lost, and no processor is needed."}
	if f.Codec == "hevc" {
		why = []string{"Copying H.265 is set: Safari plays it, other browsers only where the graphics card does."}
	}
	if f.BFrames {
		why = append(why, "It has B-frames, which wait for later frames: without them the picture would be less far behind.")
	}
	switch {
	case f.Knowledge == Provisional:
		return why
	case f.keysAtTimes():
		why = append(why, "At times it sends so few pictures that a segment may begin without a key frame.")
	case !f.KeyIntervalKnown:
		why = append(why, "No two key frames were seen close together: joining may take long, and segments may begin without one. A key frame every 1 or 2 s, set in the camera, is best.")
	case f.KeyInterval > 4*time.Second:
		why = append(why, "Its key frames are far apart, and only at one of them can a segment begin. A key frame every 1 or 2 s, set in the camera, is best.")
	}
	if p.Constants.TargetDuration < f.KeyInterval.Microseconds() {
		why = append(why, "Segments are cut without a key frame, since its playlists have promised shorter ones.")
	}
	return why
}

func keyFrameLine(f Facts, p Plan) string {
	if f.keysAtTimes() {
		return fmt.Sprintf("key frame every %s while it sends as many pictures as usual", f.KeyInterval.Round(10*time.Millisecond))
	}
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

// keysAtTimes reports whether key frames were close together until few pictures came:
// how far apart they are then, nobody knows.
func (f Facts) keysAtTimes() bool {
	return !f.KeyIntervalKnown && f.KeyInterval > 0 && f.KeyInterval <= watchCopied
}

func encoded(f Facts, s Settings, why string) Plan {
	p := Plan{SourceRate: f.FrameRate, FrameRate: f.FrameRate, Segment: s.Segment, Encoder: encoderNamed(s.Chosen).name}
	p.Width, p.Height = pictureSize(f, s)
	p.Matrix, p.MatrixAssumed = f.colours()
	if slower(f, s.Source) {
		p.FrameRate = exactRate(s.FPS)
	}
	here := WhyFFmpeg(f, s) == ""
	p.Piped, p.Units = here && (f.Kind == HTTP || f.Kind == Stills), here && f.Kind == RTSP
	idles := p.Piped && f.Kind == HTTP && s.FPS == 0 && !s.Overloaded && p.SourceRate.Float() < idling
	if idles {
		p.FrameRate = often(p.SourceRate)
	}
	wanted := p.FrameRate
	if s.Constants != nil {
		p.FrameRate = rateThatFits(p.FrameRate, micro(s.Constants.PartTarget))
		p.Segment = min(p.Segment, micro(s.Constants.TargetDuration))
	}
	p.SegmentFrames = max(1, int(math.Round(p.Segment.Seconds()*p.FrameRate.Float())))
	if soon := max(1, int(soonest.Seconds()*p.FrameRate.Float())); s.Another && soon < p.SegmentFrames {
		p.SoonFrames = soon
	}
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
	p.Input = slices.Clone(encoderNamed(p.Encoder).open)
	switch {
	case p.Piped:
		p.Input = append(p.Input, pipedInput()...)
	case p.Units:
		p.Input = append(p.Input, unitsInput()...)
	default:
		p.open(f, s.Source, look(f))
		p.Input = append(p.Input, decodedFlags...)
	}
	p.Output = append(encoderFlags(p, s), encodedMuxer()...)
	how := p.Encoder
	if p.Encoder == software {
		how += " (" + preset + ")"
	}
	shown := p.FrameRate
	if idles {
		shown = p.SourceRate
	}
	p.Line = fmt.Sprintf("encoding %s %dx%d at %s fps with %s", f.sends(), p.Width, p.Height, shown.Human(), how)
	p.Reasons = []string{sentence(why)}
	if s.Note != "" {
		p.Reasons = append(p.Reasons, sentence(s.Note))
	}
	if p.FrameRate.Float() < wanted.Float()-1e-9 {
		p.Reasons = append(p.Reasons, fmt.Sprintf("Some frames are left out: the playlists have promised parts of %v, which %s fps would not fill.", micro(p.Constants.PartTarget), wanted.Human()))
	}
	if f.FrameRate == mostPictures && !f.timed() {
		p.Reasons = append(p.Reasons, fmt.Sprintf("It sends %d pictures a second or more: what is more is left out.", mostPictures.Num))
	}
	if idles {
		p.Reasons = append(p.Reasons, fmt.Sprintf("Frames are repeated, %s a second, so that a picture is shown as soon as it comes.", p.FrameRate.Human()))
	} else if p.FrameRate.Float() > p.SourceRate.Float()+1e-9 {
		p.Reasons = append(p.Reasons, fmt.Sprintf("Frames are repeated: the playlists have promised parts of %v, which %s fps would not fill.", micro(p.Constants.PartTarget), p.SourceRate.Human()))
	}
	return p
}

// soonest is how long the first segment of another promise lasts at most where its
// pictures are encoded: players go on to the new playlists when it is complete.
const soonest = time.Second

// pictureSize is the size of what is encoded: even, since H.264 keeps colour at
// half the resolution.
func pictureSize(f Facts, s Settings) (width, height int) {
	width, height = f.Width, f.Height
	if s.Rotate%180 != 0 {
		width, height = height, width
	}
	switch {
	case s.Width > 0 && s.Height > 0:
		width, height = s.Width, s.Height
	case s.Height > 0:
		width, height = int(math.Round(float64(width)*float64(s.Height)/float64(height))), s.Height
	}
	return width + width%2, height + height%2
}

var codecNames = map[string]string{"webp": "WebP", "h264": "H.264", "hevc": "H.265", "mpeg4": "MPEG-4", "rawvideo": "raw video", "mpeg2video": "MPEG-2",
	"pcm_alaw": "G.711", "pcm_mulaw": "G.711", "adpcm_g726": "G.726", "adpcm_g722": "G.722", "opus": "Opus", "mp3": "MP3", "aac": "AAC",
	"ac3": "AC-3", "speex": "Speex", "vorbis": "Vorbis", "pcm_u8": "L8", "pcm_s16be": "L16", "pcm_s24be": "L24"}

// sends names what the camera sends.
func (f Facts) sends() string { return codecName(cmp.Or(f.Sent, f.Codec)) }

func codecName(codec string) string {
	if strings.Contains(codec, "g726-") {
		codec = "adpcm_g726"
	}
	return cmp.Or(codecNames[codec], strings.ToUpper(codec))
}

const (
	// mostRepeated is how many more frames than the camera sends are made
	// rather than leaving some out.
	mostRepeated = 4.0 / 3
	// leastShare is the share of the camera's frames that is kept otherwise.
	leastShare = 0.75
)

// rateThatFits is a rate at which whole frames fill a part target that was
// fixed for another rate: the camera's own, or the lowest above it. Where that
// would cost more than a third again (30 fps in parts for 24 would need 50),
// it is the highest below that keeps at least three in four frames.
func rateThatFits(source Rate, target time.Duration) Rate {
	fits := func(r Rate) bool { return r.Frames(1) <= target && fill(r, target) >= minFill }
	candidates := slices.Clone(usualRates)
	for k := range 12 {
		candidates = append(candidates, Rate{source.Num * (k + 1), source.Den}.reduced())
	}
	above, below := Rate{}, Rate{}
	for _, r := range candidates {
		switch {
		case !fits(r):
		case r.Float() >= source.Float()-1e-9:
			if above.Den == 0 || r.Float() < above.Float() {
				above = r
			}
		case r.Float() >= leastShare*source.Float() && r.Float() > below.Float():
			below = r
		}
	}
	switch {
	case above.Den != 0 && (below.Den == 0 || above.Float() <= mostRepeated*source.Float()):
		return above
	case below.Den != 0:
		return below
	}
	// Frames of the very part target always fill it.
	return Rate{int(time.Second / time.Microsecond), int(target.Microseconds())}.reduced()
}
