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

// AddSound is the init section with one more track, whose number it returns.
func (i *Init) AddSound(a AAC) (*Init, uint32, error) {
	id := uint32(1)
	for _, t := range i.Tracks {
		id = max(id, t.ID+1)
	}
	var raw []byte
	err := each(i.Raw, 0, func(b box) error {
		body := b.body
		if b.kind.String() == "moov" {
			var err error
			if body, err = b.withTrack(a, id); err != nil {
				return err
			}
		}
		raw = appendBox(raw, b.kind.String(), body)
		return nil
	})
	if err != nil {
		return nil, 0, err
	}
	with, err := ParseInit(raw)
	return with, id, err
}

// withTrack is the body of moov with a sound track before its mvex.
func (b box) withTrack(a AAC, id uint32) (body []byte, err error) {
	err = b.children(0, func(c box) error {
		inner := c.body
		switch c.kind.String() {
		case "mvhd":
			inner = append([]byte(nil), inner...)
			binary.BigEndian.PutUint32(inner[len(inner)-4:], id+1) // next_track_ID
		case "mvex":
			body = append(body, soundTrak(a, id)...)
			trex := append(make([]byte, 4), u32(id, 1, 0, 0, 0)...)
			inner = appendBox(append([]byte(nil), inner...), "trex", trex)
		}
		body = appendBox(body, c.kind.String(), inner)
		return nil
	})
	return body, err
}

// soundTrak is a trak box, ISO/IEC 14496-12 8.3.
func soundTrak(a AAC, id uint32) []byte {
	head := u32(7, 0, 0, id, 0, 0, 0, 0, 0x00000001, 0x01000000, 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000, 0, 0)
	media := appendBox(nil, "mdhd", u32(0, 0, 0, uint32(a.Rate), 0, 0x55c40000)) // language und
	media = appendBox(media, "hdlr", append(u32(0, 0, 0x736f756e, 0, 0, 0), "sound\x00"...))
	reference := appendBox(nil, "dref", append(u32(0, 1), appendBox(nil, "url ", u32(1))...))
	entry := append(u32(0, 1, 0, 0, uint32(a.Channels)<<16|16, 0, uint32(a.Rate)<<16), appendBox(nil, "esds", a.descriptor())...)
	table := appendBox(nil, "stsd", append(u32(0, 1), appendBox(nil, "mp4a", entry)...))
	for _, empty := range []string{"stts", "stsc", "stco"} {
		table = appendBox(table, empty, u32(0, 0))
	}
	table = appendBox(table, "stsz", u32(0, 0, 0))
	info := appendBox(nil, "smhd", u32(0, 0))
	info = appendBox(info, "dinf", reference)
	info = appendBox(info, "stbl", table)
	media = appendBox(media, "minf", info)
	return appendBox(nil, "trak", appendBox(appendBox(nil, "tkhd", head), "mdia", media))
}

// descriptor is the body of an esds box, ISO/IEC 14496-1 7.2.6.5.
func (a AAC) descriptor() []byte {
	specific := append([]byte{5, byte(len(a.Config))}, a.Config...)
	decoder := append([]byte{4, byte(13 + len(specific)), 0x40, 0x15, 0, 0, 0}, append(u32(0, 0), specific...)...)
	stream := append([]byte{3, byte(3 + len(decoder) + 3), 0, 0, 0}, decoder...)
	return append(u32(0), append(stream, 6, 1, 2)...)
}

// AddSound puts frames of a sound track into a fragment that has none yet: the
// first at decodeTime, in samples, each AACFrame long. What precedes the moof
// is left out.
func (f *Fragment) AddSound(track uint32, decodeTime uint64, frames [][]byte) error {
	var moof, mdat box
	err := each(f.Raw, 0, func(b box) error {
		switch b.kind.String() {
		case "moof":
			moof = b
		case "mdat":
			mdat = b
		}
		return nil
	})
	if err == nil && (moof.head != 8 || mdat.head != 8) {
		err = errors.New("it has no moof and mdat of the usual form")
	}
	if err != nil {
		return fmt.Errorf("fmp4: add sound: %w", err)
	}
	m, err := parseMoof(moof)
	if err != nil {
		return err
	}
	var sizes, sound []byte
	for _, frame := range frames {
		sizes = append(sizes, u32(uint32(len(frame)))...)
		sound = append(sound, frame...)
	}
	header := appendBox(nil, "tfhd", u32(tfhdDefaultBaseMoof|tfhdDefaultDuration|tfhdDefaultFlags, track, AACFrame, 0x02000000))
	header = appendBox(header, "tfdt", binary.BigEndian.AppendUint64(u32(0x01000000), decodeTime))
	longer := 8 + len(header) + 8 + 12 + len(sizes)
	for _, t := range m.trafs {
		for _, r := range t.runs {
			if r.dataOffset == nil || !t.fromMoof {
				return fmt.Errorf("fmp4: add sound: %w", errors.New("its data offsets don't count from the moof"))
			}
			binary.BigEndian.PutUint32(r.dataOffset, binary.BigEndian.Uint32(r.dataOffset)+uint32(longer))
		}
	}
	offset := 8 + len(moof.body) + longer + 8 + len(mdat.body)
	traf := appendBox(header, "trun", append(u32(trunDataOffset|trunSize, uint32(len(frames)), uint32(offset)), sizes...))
	raw := appendBox(make([]byte, 0, len(f.Raw)+longer+len(sound)), "moof", append(append([]byte(nil), moof.body...), appendBox(nil, "traf", traf)...))
	f.Raw = appendBox(raw, "mdat", append(append([]byte(nil), mdat.body...), sound...))
	f.Tracks = append(f.Tracks, TrackFragment{ID: track, DecodeTime: decodeTime, Duration: uint64(len(frames)) * AACFrame, Samples: len(frames), Sync: true})
	return nil
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
