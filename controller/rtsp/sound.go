package rtsp

import (
	"encoding/hex"
	"strconv"
	"time"

	"github.com/bluenviron/gortsplib/v5/pkg/format/rtpfragmented"
	"github.com/bluenviron/gortsplib/v5/pkg/format/rtpmpeg4audio"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"
	"github.com/pion/rtp"
)

// sound makes units of the packets of the sound.
type sound struct {
	SoundTrack
	*stream
	sequence
	clock  unwrapped
	frames func(*rtp.Packet) ([][]byte, error) // of a packet; nil: it is passed on
	lasts  func(frame []byte) int64            // ticks of the clock
}

func newSound(s *stream, t chosenTrack) *sound {
	o := &sound{stream: s, SoundTrack: SoundTrack{
		Codec: t.codec, Raw: true, ClockRate: t.clock, Rate: t.clock, Channels: t.channels,
		PayloadType: t.payloadType, RTPMap: t.rtpmap, Format: t.format,
	}}
	var c *mpeg4audio.AudioSpecificConfig
	switch t.codec {
	case "mpeg4-generic":
		c = o.generic(t)
	case "mp4a-latm":
		c = o.latm(t)
	case "opus":
		o.opus()
	case "ac3":
		o.ac3()
	case "mpa":
		o.mpeg()
	}
	if c != nil {
		o.aac(c)
	}
	return o
}

// aac: frames of AAC come out.
func (o *sound) aac(c *mpeg4audio.AudioSpecificConfig) {
	config, err := c.Marshal()
	if err != nil {
		o.frames = nil
		return
	}
	o.Codec, o.Raw, o.Config, o.Rate = "aac", false, config, c.SampleRate
	if n := int(c.ChannelConfig); n > 0 {
		o.Channels = n
	}
	if o.Channels == 7 {
		o.Channels = 8
	}
	samples := int64(mpeg4audio.SamplesPerAccessUnit)
	if c.FrameLengthFlag {
		samples = 960
	}
	ticks := samples * int64(o.ClockRate) / int64(max(c.SampleRate, 1))
	o.lasts = func([]byte) int64 { return ticks }
}

// generic reads RFC 3640. Cameras leave out what goes without saying.
func (o *sound) generic(t chosenTrack) *mpeg4audio.AudioSpecificConfig {
	c := &mpeg4audio.AudioSpecificConfig{}
	if b, err := hex.DecodeString(t.values["config"]); err != nil || c.Unmarshal(b) != nil {
		*c = mpeg4audio.AudioSpecificConfig{Type: mpeg4audio.ObjectTypeAACLC, SampleRate: t.clock, ChannelConfig: uint8(min(t.channels, 7))}
	}
	length := func(name string, otherwise int) int {
		if n, err := strconv.Atoi(t.values[name]); err == nil && n >= 0 && n <= 32 {
			return n
		}
		return otherwise
	}
	d := &rtpmpeg4audio.Decoder{SizeLength: length("sizelength", 13), IndexLength: length("indexlength", 3), IndexDeltaLength: length("indexdeltalength", 3)}
	if d.SizeLength == 0 || d.Init() != nil {
		return nil
	}
	o.frames = d.Decode
	return c
}

// latm reads RFC 6416 with its configuration in the SDP; nil for all else.
func (o *sound) latm(t chosenTrack) *mpeg4audio.AudioSpecificConfig {
	m := &mpeg4audio.StreamMuxConfig{}
	b, err := hex.DecodeString(t.values["config"])
	if err != nil || t.values["cpresent"] != "0" || m.Unmarshal(b) != nil || len(m.Programs) != 1 || len(m.Programs[0].Layers) != 1 {
		return nil
	}
	d := &rtpfragmented.Decoder{}
	if d.Init() != nil {
		return nil
	}
	o.frames = func(p *rtp.Packet) ([][]byte, error) {
		whole, err := d.Decode(p)
		if err != nil {
			return nil, err
		}
		e := mpeg4audio.AudioMuxElement{StreamMuxConfig: m}
		if err := e.Unmarshal(whole); err != nil {
			return nil, err
		}
		var frames [][]byte
		for _, f := range e.Payloads {
			frames = append(frames, f[0][0])
		}
		return frames, nil
	}
	return m.Programs[0].Layers[0].AudioSpecificConfig
}

// packet takes one. What can't be read is left out: sound never costs the picture.
func (o *sound) packet(p *rtp.Packet, arrival time.Time) error {
	if _, repeated := o.sequence.gap(p.SequenceNumber); repeated || len(p.Payload) == 0 {
		return nil
	}
	at := o.clock.next(p.Timestamp)
	frames := [][]byte{p.Payload}
	if o.frames != nil {
		frames, _ = o.frames(p)
	}
	for _, f := range frames {
		lasts := int64(0)
		if o.frames != nil {
			lasts = o.lasts(f)
		}
		if o.stream.begun {
			o.Unit(Unit{Track: Sound, PTS: at, DTS: at, Duration: lasts, Sync: true, Arrival: arrival, Data: f})
		}
		at += lasts
	}
	return nil
}
