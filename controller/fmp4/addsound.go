package fmp4

import (
	"encoding/binary"
	"errors"
	"fmt"
)

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

