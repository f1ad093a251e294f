package rtsp

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"

	"github.com/pion/rtp"
)

// TestMPEGFrames: lengths and rates by the headers of ISO 11172-3 and ISO 13818-3.
func TestMPEGFrames(t *testing.T) {
	for name, c := range map[string]struct {
		head []byte
		want mpegHeader
	}{
		"layer III, 44.1 kHz, 128 kbit/s, padded": {[]byte{0xff, 0xfb, 0x92, 0x44}, mpegHeader{418, 1152, 44100}},
		"layer II, 48 kHz, 192 kbit/s":            {[]byte{0xff, 0xfd, 0xa4, 0x04}, mpegHeader{576, 1152, 48000}},
		"layer I, 32 kHz, 64 kbit/s, padded":      {[]byte{0xff, 0xff, 0x2a, 0x04}, mpegHeader{100, 384, 32000}},
		"layer III, 16 kHz, 32 kbit/s":            {[]byte{0xff, 0xf3, 0x48, 0xc4}, mpegHeader{144, 576, 16000}},
		"layer III, 8 kHz, 8 kbit/s":              {[]byte{0xff, 0xe3, 0x18, 0xc4}, mpegHeader{72, 576, 8000}},
		"a bit rate of its own":                   {[]byte{0xff, 0xfb, 0x02, 0x44}, mpegHeader{}},
		"no such rate":                            {[]byte{0xff, 0xfb, 0x9e, 0x44}, mpegHeader{}},
		"none":                                    {[]byte("RIFF"), mpegHeader{}},
		"too short":                               {[]byte{0xff, 0xfb, 0x92}, mpegHeader{}},
	} {
		got, ok := mpegFrame(c.head)
		if ok != (c.want.length > 0) || ok && got != c.want {
			t.Errorf("%s: %+v, %v", name, got, ok)
		}
	}
}

// TestMPEGPackets: frames that lie in a row, and frames that are spread over packets.
func TestMPEGPackets(t *testing.T) {
	frame := func(n byte) []byte { return append([]byte{0xff, 0xf3, 0x48, 0xc4}, bytes.Repeat([]byte{n}, 140)...) }
	packet := func(offset int, data ...[]byte) *rtp.Packet {
		return &rtp.Packet{Payload: append(binary.BigEndian.AppendUint32(nil, uint32(offset)), slices.Concat(data...)...)}
	}
	d := &mpegDecoder{}
	for i, c := range []struct {
		packet *rtp.Packet
		want   [][]byte
	}{
		{packet(0, frame(1), frame(2), frame(3)), [][]byte{frame(1), frame(2), frame(3)}},
		{packet(0, frame(4)[:100]), nil},
		{packet(100, frame(4)[100:]), [][]byte{frame(4)}},
		{packet(100, frame(5)[100:]), nil}, // its beginning is lost
		{packet(0, frame(6)[:100]), nil},
		{packet(0, frame(7)), [][]byte{frame(7)}}, // and the end of this one
		{packet(0, frame(8), []byte("garbage")), [][]byte{frame(8)}},
		{packet(0), nil},
		{&rtp.Packet{Payload: []byte{0}}, nil},
	} {
		if got, _ := d.decode(c.packet); !slices.EqualFunc(got, c.want, bytes.Equal) {
			t.Errorf("packet %d: %d frames, want %d", i, len(got), len(c.want))
		}
	}
}
