package fmp4

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// AAC describes a sound track: what its init section has to say.
type AAC struct {
	Config   []byte // AudioSpecificConfig, ISO/IEC 14496-3 1.6.2.1
	Rate     int    // samples a second, which is the track's timescale too
	Channels int
}

// AACFrame is how many samples a frame of AAC-LC holds.
const AACFrame = 1024

// aacRates are the sample rates by their index in the configuration.
var aacRates = [...]int{96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350}

// ParseAAC reads a configuration of AAC-LC with one or two channels and frames
// of 1024 samples. Anything else is an error.
func ParseAAC(config []byte) (AAC, error) {
	if len(config) < 2 {
		return AAC{}, errShort
	}
	bits := binary.BigEndian.Uint16(config)
	object, rate, channels, short := bits>>11, int(bits>>7&15), int(bits>>3&15), bits>>2&1
	switch {
	case object != 2:
		return AAC{}, fmt.Errorf("AAC of object type %d, not 2 (LC)", object)
	case rate >= len(aacRates):
		return AAC{}, errors.New("its sample rate is none of the usual ones")
	case channels < 1 || channels > 2 || short == 1:
		return AAC{}, fmt.Errorf("%d channels, or frames of 960 samples", channels)
	}
	return AAC{append([]byte(nil), config...), aacRates[rate], channels}, nil
}

// Silence is a frame of nothing to hear, for one or two channels.
func (a AAC) Silence() []byte {
	if a.Channels == 1 {
		return []byte{0x00, 0xc8, 0x00, 0x80, 0x23, 0x80}
	}
	return []byte{0x21, 0x00, 0x49, 0x90, 0x02, 0x19, 0x00, 0x23, 0x80}
}

// soundTrak is a trak box, ISO/IEC 14496-12 8.3.
func soundTrak(a AAC, id uint32) []byte {
	return soundTrakOf("mp4a", appendBox(nil, "esds", a.descriptor()), uint32(a.Rate), a.Rate, a.Channels, id)
}

// soundTrakOf is the same with a sample entry of a kind.
func soundTrakOf(kind string, more []byte, timescale uint32, rate, channels int, id uint32) []byte {
	head := u32(7, 0, 0, id, 0, 0, 0, 0, 0x00000001, 0x01000000, 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000, 0, 0)
	entry := append(u32(0, 1, 0, 0, uint32(channels)<<16|16, 0, uint32(rate)<<16), more...)
	return trak(head, timescale, "soun", "sound", appendBox(nil, "smhd", u32(0, 0)), appendBox(nil, kind, entry))
}

// descriptor is the body of an esds box, ISO/IEC 14496-1 7.2.6.5.
func (a AAC) descriptor() []byte {
	return descriptorOf(0x40, append([]byte{5, byte(len(a.Config))}, a.Config...))
}

// descriptorOf is the same for an object type (ISO/IEC 14496-1 7.2.6.6).
func descriptorOf(object byte, specific []byte) []byte {
	decoder := append([]byte{4, byte(13 + len(specific)), object, 0x15, 0, 0, 0}, append(u32(0, 0), specific...)...)
	stream := append([]byte{3, byte(3 + len(decoder) + 3), 0, 0, 0}, decoder...)
	return append(u32(0), append(stream, 6, 1, 2)...)
}

// SoundInit is an init section of nothing but sound that ffmpeg is to decode, in ticks
// of 1 µs: "aac", with its AudioSpecificConfig, "opus", "mp3" or "ac3". What MP3 and AC-3
// are stands in each frame.
func SoundInit(codec string, config []byte, rate, channels int) []byte {
	kind, body := "mp4a", []byte(nil)
	switch codec {
	case "opus": // Encapsulation of Opus in ISO Base Media File Format, section 4.3.2
		kind, body = "Opus", appendBox(nil, "dOps", append([]byte{0, byte(channels), 0, 0}, append(u32(uint32(rate)), 0, 0, 0)...))
	case "ac3":
		kind = "ac-3"
	case "mp3":
		body = appendBox(nil, "esds", descriptorOf(0x6b, nil))
	default:
		body = appendBox(nil, "esds", AAC{Config: config}.descriptor())
	}
	return movie(soundTrakOf(kind, body, 1000000, rate, channels, SoundTrack), appendBox(nil, "trex", u32(0, SoundTrack, 1, 0, 0, 0)), SoundTrack+1)
}

func appendBox(dst []byte, kind string, body []byte) []byte {
	dst = binary.BigEndian.AppendUint32(dst, uint32(8+len(body)))
	return append(append(dst, kind...), body...)
}

// u32 are 32 bit numbers in a row.
func u32(values ...uint32) (b []byte) {
	for _, v := range values {
		b = binary.BigEndian.AppendUint32(b, v)
	}
	return b
}
