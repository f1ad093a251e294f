package camera

import (
	"fmt"
	"slices"
	"strings"
)

// SoundPlan is how a camera's sound is treated. It comes as AAC in FLV on a
// descriptor of its own. In one output with the picture, ffmpeg would hold back
// each picture until the sound of that instant has come (130 to 220 ms). If there
// is none it would be for ever.
type SoundPlan struct {
	Copy          bool
	Timed         bool   // its time stamps and the picture's are of one clock
	Own           bool   // an ffmpeg of its own encodes it, which has it from its stdin
	Input, Output []Flag // Input: a sound device beside the camera, or what comes on stdin
}

// mostChannels is how many channels are kept.
const mostChannels = 2

// copied reports whether browsers play it as it is.
func (s Sound) copied() bool {
	return s.Codec == "aac" && s.Profile == "LC" && s.Channels <= mostChannels
}

// addSound plans the sound, if any is wanted and there.
func (p *Plan) addSound(f Facts, s Settings) {
	device, name, beside := strings.Cut(s.Audio, ":")
	switch {
	case s.Audio == "" || s.Audio == "off" || s.Audio == "on" && f.Kind == Stills:
		return
	case beside:
		p.Sound = &SoundPlan{Input: []Flag{
			{[]string{"-f", device, "-thread_queue_size", "64"}, "as set"},
			{[]string{"-i", name}, "the microphone"},
		}}
		p.Sound.Output = append(soundFlags("1:a:0", Sound{Channels: 1}), flvFlags()...)
		p.Line += ", sound of " + device
		return
	case f.Sound.Codec == "":
		p.Reasons = append(p.Reasons, "The camera sends no sound.")
		return
	case f.Kind == RTSP && s.Foreign == "" && f.Sound.leftOut(s.Mute):
		p.Reasons = append(p.Reasons, "Its sound is left out: nobody here can read "+codecName(f.Sound.Codec)+".")
		return
	}
	p.Sound = &SoundPlan{Copy: f.Sound.copied(), Timed: p.Copy}
	if p.Sound.Copy {
		p.Sound.Output = append(soundOutput("0:a:0"), Flag{[]string{"-c:a", "copy"}, "browsers play AAC"})
		p.Line += ", with its AAC sound"
	} else {
		p.Sound.Output = soundFlags("0:a:0", f.Sound)
		p.Line += fmt.Sprintf(", its %s sound as AAC", codecName(f.Sound.Codec))
	}
	p.Sound.Output = append(p.Sound.Output, flvFlags()...)
	if p.Sound.Timed {
		last := len(p.Output) - 1
		p.Output = slices.Insert(p.Output, last, Flag{[]string{"-write_prft", "pts"}, "each fragment tells its time on the clock that the sound has too"})
	}
}

// sampleRow is sound that is a row of samples, which can be handed to ffmpeg as it comes.
type sampleRow struct {
	input []string // how ffmpeg is to read it
	bits  int      // of a channel, for each tick of RTP's clock
	told  bool     // ffmpeg has to be told rate and channels
}

// sampleRows are those kinds, by the names in [Sound]. G.726 has its samples from the
// lowest bit on, with the prefix aal2- from the highest (RFC 3551, section 4.5.4).
var sampleRows = map[string]sampleRow{
	"pcm_alaw":     {[]string{"-f", "alaw"}, 8, true},
	"pcm_mulaw":    {[]string{"-f", "mulaw"}, 8, true},
	"pcm_u8":       {[]string{"-f", "u8"}, 8, true},
	"pcm_s16be":    {[]string{"-f", "s16be"}, 16, true},
	"pcm_s24be":    {[]string{"-f", "s24be"}, 24, true},
	"adpcm_g722":   {[]string{"-f", "g722"}, 8, false},
	"g726-16":      {[]string{"-f", "g726le", "-code_size", "2"}, 2, false},
	"g726-24":      {[]string{"-f", "g726le", "-code_size", "3"}, 3, false},
	"g726-32":      {[]string{"-f", "g726le", "-code_size", "4"}, 4, false},
	"g726-40":      {[]string{"-f", "g726le", "-code_size", "5"}, 5, false},
	"aal2-g726-16": {[]string{"-f", "g726", "-code_size", "2"}, 2, false},
	"aal2-g726-24": {[]string{"-f", "g726", "-code_size", "3"}, 3, false},
	"aal2-g726-32": {[]string{"-f", "g726", "-code_size", "4"}, 4, false},
	"aal2-g726-40": {[]string{"-f", "g726", "-code_size", "5"}, 5, false},
}

// framedSounds are the kinds whose frames are handed to ffmpeg in fragmented MP4.
var framedSounds = []string{"aac", "opus", "mp3", "ac3"}

// SampleBytes is how many bytes a second a row of samples has, 0 where the sound is none.
func (s Sound) SampleBytes() int {
	if s.Rate <= 0 || s.Channels <= 0 || s.Channels > 8 {
		return 0
	}
	return s.Rate * s.Channels * sampleRows[s.Codec].bits / 8
}

// ownInput is how an ffmpeg of its own is to read sound that comes on stdin; nil where
// that can't be had.
func (s Sound) ownInput() []Flag {
	row := sampleRows[s.Codec]
	switch {
	case slices.Contains(framedSounds, s.Codec):
		return []Flag{
			{[]string{"-f", "mov"}, "each fragment is a frame of the camera's"},
			{[]string{"-analyzeduration", "0"}, "what it is stands at its beginning"},
		}
	case s.SampleBytes() == 0 || !row.told && s.Channels != 1:
		return nil
	}
	args := slices.Clone(row.input)
	if row.told {
		args = append(args, "-ar", fmt.Sprint(s.Rate), "-ac", fmt.Sprint(s.Channels))
	}
	return []Flag{
		{args, "the camera's samples as they come"},
		{[]string{"-analyzeduration", "0", "-probesize", "32"}, "nothing is to be found out"},
	}
}

// foreignSounds are the kinds that ffmpeg reads from a camera over RTSP, and nobody here.
var foreignSounds = []string{"speex", "vorbis", "amr_nb", "amr_wb", "ilbc", "g723_1", "qcelp", "gsm"}

// leftOut reports whether nobody can read sound that comes over RTSP; mute is a codec
// that ffmpeg could not.
func (s Sound) leftOut(mute string) bool {
	return s.Codec != "" && !s.copied() && s.ownInput() == nil && (s.Codec == mute || !slices.Contains(foreignSounds, s.Codec))
}

// ownSound is for a camera that is read here: its AAC is taken as it comes, other
// sound is encoded by an ffmpeg of its own. What becomes of that is no harm to the
// picture.
func (p *Plan) ownSound(f Facts) {
	switch {
	case p.Sound == nil:
	case p.Sound.Copy:
		p.Sound = &SoundPlan{Copy: true, Timed: p.Copy}
	default:
		p.Sound = &SoundPlan{Timed: p.Copy, Own: true,
			Input: slices.Concat(commonFlags, f.Sound.ownInput(),
				[]Flag{{[]string{"-i", "pipe:0"}, "the sound, which is read without ffmpeg"}}),
			Output: append(soundFlags("0:a:0", f.Sound), flvFlags()...)}
	}
}

// SoundArgs is the argument list of the ffmpeg that encodes the sound alone.
func (p Plan) SoundArgs() (args []string) {
	for _, f := range slices.Concat(p.Sound.Input, p.Sound.Output) {
		args = append(args, f.Args...)
	}
	return args
}

func soundOutput(stream string) []Flag {
	return []Flag{{[]string{"-map", stream + "?", "-vn", "-sn", "-dn"}, "the sound alone, if there still is any"}}
}

// soundFlags encode.
func soundFlags(stream string, s Sound) []Flag {
	channels := min(max(s.Channels, 1), mostChannels)
	return append(soundOutput(stream),
		Flag{[]string{"-af", "aresample=async=1000"}, "missing samples become silence, and a clock that runs wrong is followed, up to 1000 samples a second"},
		Flag{[]string{"-c:a", "aac", "-ac", fmt.Sprint(channels), "-ar", "48000", "-b:a", fmt.Sprintf("%dk", 64*channels)},
			"AAC, which every browser plays; 48 kHz, at which a packet takes 21 ms"})
}

func flvFlags() []Flag {
	return []Flag{
		{[]string{"-f", "flv", "-flvflags", "no_duration_filesize+no_metadata"}, "the simplest container that tells time and format"},
		{[]string{"-flush_packets", "1", "pipe:4"}, "each packet leaves at once, on a descriptor of its own"},
	}
}
