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
	Input, Output []Flag // Input: a sound device beside the camera
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
