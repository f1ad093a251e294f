package rtsp

import (
	"encoding/binary"
	"errors"

	"github.com/bluenviron/gortsplib/v5/pkg/format/rtpac3"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/ac3"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/opus"
	"github.com/pion/rtp"
)

// opusRate is the rate at which Opus counts (RFC 7587, section 4.1), in Hz.
const opusRate = 48000

// opus reads RFC 7587: a packet is a frame.
func (o *sound) opus() {
	o.Raw, o.Rate = false, opusRate
	o.frames = func(p *rtp.Packet) ([][]byte, error) { return [][]byte{p.Payload}, nil }
	o.lasts = func(frame []byte) int64 { return opus.PacketDuration2(frame) * int64(o.ClockRate) / opusRate }
}

// ac3Samples are those of a frame of AC-3 (ETSI TS 102 366, section 4.1).
const ac3Samples = 1536

// ac3 reads RFC 4184.
func (o *sound) ac3() {
	d := &rtpac3.Decoder{}
	if d.Init() != nil {
		return
	}
	o.Raw, o.frames = false, d.Decode
	o.lasts = func(frame []byte) int64 {
		var s ac3.SyncInfo
		if s.Unmarshal(frame) != nil {
			return 0
		}
		return int64(ac3Samples * o.ClockRate / s.SampleRate())
	}
}

// mpeg reads MPEG-1 and MPEG-2 audio (RFC 2250, section 3.5).
func (o *sound) mpeg() {
	d := &mpegDecoder{}
	o.Codec, o.Raw, o.frames = "mp3", false, d.decode
	o.lasts = func(frame []byte) int64 {
		f, ok := mpegFrame(frame)
		if !ok {
			return 0
		}
		return int64(f.samples) * int64(o.ClockRate) / int64(f.rate)
	}
}

// mpegDecoder puts frames together that are spread over packets.
type mpegDecoder struct{ begun []byte }

var errNoFrame = errors.New("no frame of MPEG audio is there")

func (d *mpegDecoder) decode(p *rtp.Packet) (frames [][]byte, err error) {
	if len(p.Payload) < 4 {
		return nil, errNoFrame
	}
	offset, rest := int(binary.BigEndian.Uint16(p.Payload[2:])), p.Payload[4:]
	switch {
	case offset > 0 && offset == len(d.begun):
		rest = append(d.begun, rest...)
	case offset > 0: // what comes before it is lost
		rest = nil
	}
	d.begun = nil
	for len(rest) > 0 {
		f, ok := mpegFrame(rest)
		if !ok {
			return frames, errNoFrame
		}
		if f.length > len(rest) {
			d.begun = append([]byte(nil), rest...)
			return frames, nil
		}
		frames, rest = append(frames, rest[:f.length]), rest[f.length:]
	}
	return frames, nil
}

// mpegHeader is what a frame of MPEG audio says of itself.
type mpegHeader struct {
	length        int // bytes
	samples, rate int
}

// Bit rates of ISO 11172-3 section 2.4.2.3 and ISO 13818-3 section 2.4.2.3, kbit/s by
// their index: of layers I, II and III, and of the lower sample rates.
var (
	mpeg1Rates = [3][16]int{
		{0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448},
		{0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384},
		{0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320},
	}
	mpeg2Rates = [3][16]int{
		{0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256},
		{0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160},
		{0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160},
	}
	mpegSampleRates = [4]int{44100, 48000, 32000, 0}
)

// mpegFrame reads a header; false where there is none that tells its length.
func mpegFrame(b []byte) (f mpegHeader, ok bool) {
	if len(b) < 4 || b[0] != 0xff || b[1]&0xe0 != 0xe0 {
		return f, false
	}
	version, layer := b[1]>>3&3, 3-int(b[1]>>1&3) // version 3 is MPEG-1, 2 MPEG-2, 0 its lowest rates
	rate := mpegSampleRates[b[2]>>2&3]
	if version == 1 || layer == 3 || rate == 0 {
		return f, false
	}
	lower, table := version != 3, &mpeg1Rates
	if lower {
		table, rate = &mpeg2Rates, rate/2
	}
	if version == 0 {
		rate /= 2
	}
	bits, padding := table[layer][b[2]>>4]*1000, int(b[2]>>1&1)
	f.rate, f.samples = rate, 1152
	switch {
	case layer == 0:
		f.samples = 384
		f.length = (12*bits/rate + padding) * 4
	case layer == 2 && lower:
		f.samples = 576
		f.length = 72*bits/rate + padding
	default:
		f.length = 144*bits/rate + padding
	}
	return f, bits > 0
}
