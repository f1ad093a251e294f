package fmp4

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"strings"
)

// Where the boxes of a sample entry begin in its body.
const (
	visualEntry = 78
	audioEntry  = 28
)

var errShort = errors.New("too short")

// parseDescription reads the first entry of an stsd box.
func (t *Track) parseDescription(b box) error {
	if t.Codec != "" {
		return b.errorf("it occurs twice")
	}
	return b.children(8, func(c box) error {
		if t.Codec != "" {
			return nil
		}
		kind := c.kind.String()
		if strings.Trim(kind, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-+ ") != "" ||
			strings.TrimSpace(kind) == "" {
			return c.errorf("its type is not printable") // it will be in playlists
		}
		t.Codec = strings.TrimSpace(kind)
		switch kind {
		case "avc1", "avc3":
			return t.parseEntry(c, visualEntry, "avcC", avcCodec)
		case "hvc1", "hev1":
			return t.parseEntry(c, visualEntry, "hvcC", hevcCodec)
		case "mp4a":
			return t.parseEntry(c, audioEntry, "esds", mp4aCodec)
		}
		t.setSize(c)
		return nil
	})
}

// parseEntry refines the codec by the configuration box in the sample entry.
func (t *Track) parseEntry(entry box, skip int, config string, codec func([]byte) (string, error)) error {
	t.setSize(entry)
	found := false
	err := entry.children(skip, func(b box) error {
		if found || b.kind.String() != config {
			return nil
		}
		found = true
		suffix, err := codec(b.body)
		if err != nil {
			return b.errorf(err.Error())
		}
		t.Codec += suffix
		return nil
	})
	if err == nil && !found {
		err = entry.errorf(config + " is missing")
	}
	return err
}

func (t *Track) setSize(entry box) {
	if len(entry.body) >= visualEntry {
		t.Width = int(binary.BigEndian.Uint16(entry.body[24:]))
		t.Height = int(binary.BigEndian.Uint16(entry.body[26:]))
	}
}

// avcCodec is ".PPCCLL": profile, constraints and level as in the AVC
// configuration, RFC 6381 section 3.3.
func avcCodec(avcC []byte) (string, error) {
	if len(avcC) < 7 {
		return "", errShort
	}
	return fmt.Sprintf(".%02x%02x%02x", avcC[1], avcC[2], avcC[3]), nil
}

// hevcCodec follows ISO/IEC 14496-15 Annex E.3: profile space and profile,
// compatibility flags in reverse bit order, tier and level, constraint bytes
// without trailing zeros.
func hevcCodec(hvcC []byte) (string, error) {
	if len(hvcC) < 23 {
		return "", errShort
	}
	space := []string{"", "A", "B", "C"}[hvcC[1]>>6]
	tier := "L"
	if hvcC[1]&0x20 != 0 {
		tier = "H"
	}
	compatible := bits.Reverse32(binary.BigEndian.Uint32(hvcC[2:]))
	s := fmt.Sprintf(".%s%d.%X.%s%d", space, hvcC[1]&0x1f, compatible, tier, hvcC[12])
	constraints := strings.TrimRight(string(hvcC[6:12]), "\x00")
	for i := range len(constraints) {
		s += fmt.Sprintf(".%X", constraints[i])
	}
	return s, nil
}

// mp4aCodec is ".40.N" with the audio object type N of MPEG-4 audio, or the
// object type indication of another codec, RFC 6381 section 3.3.
func mp4aCodec(esds []byte) (string, error) {
	if len(esds) < 4 {
		return "", errShort
	}
	tag, d, err := descriptor(esds[4:])
	if err != nil || tag != 3 || len(d) < 3 { // ES_Descriptor
		return "", errors.New("no elementary stream descriptor")
	}
	skip := 3
	if d[2]&0x80 != 0 { // depends on another stream
		skip += 2
	}
	if d[2]&0x40 != 0 && len(d) > skip { // has a URL
		skip += 1 + int(d[skip])
	}
	if d[2]&0x20 != 0 { // has a clock reference
		skip += 2
	}
	tag, d, err = descriptor(d[min(skip, len(d)):])
	if err != nil || tag != 4 || len(d) < 13 { // DecoderConfigDescriptor
		return "", errors.New("no decoder configuration descriptor")
	}
	if d[0] != 0x40 {
		return fmt.Sprintf(".%02x", d[0]), nil
	}
	tag, d, err = descriptor(d[13:])
	if err != nil || tag != 5 || len(d) < 2 { // DecoderSpecificInfo: AudioSpecificConfig
		return "", errors.New("no audio configuration")
	}
	object := int(d[0] >> 3)
	if object == 31 {
		object = 32 + int(binary.BigEndian.Uint16(d)>>5&0x3f)
	}
	return fmt.Sprintf(".40.%d", object), nil
}

// descriptor splits off the first descriptor of b: tag, length in one to four
// bytes of seven bits, content (ISO/IEC 14496-1 8.3.3).
func descriptor(b []byte) (tag byte, content []byte, err error) {
	if len(b) < 2 {
		return 0, nil, errShort
	}
	size := 0
	for i := 1; i < len(b) && i <= 4; i++ {
		size = size<<7 | int(b[i]&0x7f)
		if b[i]&0x80 != 0 {
			continue
		}
		if size > len(b)-i-1 {
			return 0, nil, errShort
		}
		return b[0], b[i+1 : i+1+size], nil
	}
	return 0, nil, errShort
}
