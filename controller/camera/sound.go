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
func (p *Plan) addSound(f Facts, source Source) {
	device, name, beside := strings.Cut(source.Audio, ":")
	switch {
	case source.Audio == "" || source.Audio == "off" || source.Audio == "on" && f.Kind == Stills:
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

// rawFormats are ffmpeg's names of sound that is a row of samples, by codec: that
// can be handed to it as it comes.
var rawFormats = map[string]string{"pcm_alaw": "alaw", "pcm_mulaw": "mulaw", "pcm_s16be": "s16be"}

// rawFormat is how ffmpeg is to read such sound, "" where it is none.
func rawFormat(s Sound) string {
	if s.Rate <= 0 || s.Channels <= 0 || s.Channels > 8 {
		return ""
	}
	return rawFormats[s.Codec]
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
			Input: append(slices.Clone(commonFlags),
				Flag{[]string{"-f", rawFormat(f.Sound), "-ar", fmt.Sprint(f.Sound.Rate), "-ac", fmt.Sprint(f.Sound.Channels)}, "the camera's samples as they come"},
				Flag{[]string{"-analyzeduration", "0", "-probesize", "32"}, "nothing is to be found out"},
				Flag{[]string{"-i", "pipe:0"}, "the sound, which is read without ffmpeg"}),
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
