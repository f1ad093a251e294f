package fmp4

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h265"
)

// Picture describes a video track: what its init section has to say.
type Picture struct {
	Entry         string // type of its sample entry: avc1, hvc1
	Config        []byte // body of its avcC or hvcC box
	Width, Height int    // pixels
	Extra         []byte // boxes beside the configuration, such as pasp and colr
}

// AVC describes H.264 by its configuration record (ISO/IEC 14496-15 5.3.3.1).
// NAL units with lengths of other than four bytes are an error.
func AVC(config []byte) (Picture, error) {
	if len(config) < 8 || config[0] != 1 || config[5]&0x1f == 0 {
		return Picture{}, errors.New("no configuration of H.264")
	}
	if config[4]&3 != 3 {
		return Picture{}, fmt.Errorf("NAL units with lengths of %d bytes, not 4", config[4]&3+1)
	}
	size := int(binary.BigEndian.Uint16(config[6:]))
	if size > len(config)-8 {
		return Picture{}, errShort
	}
	var sps h264.SPS
	if err := sps.Unmarshal(config[8 : 8+size]); err != nil {
		return Picture{}, err
	}
	return Picture{Entry: "avc1", Config: slices.Clone(config), Width: sps.Width(), Height: sps.Height()}, nil
}

// AVCOf describes H.264 by its parameter sets.
func AVCOf(sps, pps []byte) (Picture, error) {
	var s h264.SPS
	if len(sps) < 4 || len(pps) < 1 {
		return Picture{}, errShort
	}
	if err := s.Unmarshal(sps); err != nil {
		return Picture{}, err
	}
	config := []byte{1, sps[1], sps[2], sps[3], 0xff, 0xe1}
	config = append(appendSized(config, sps), 1)
	config = appendSized(config, pps)
	if !slices.Contains([]byte{66, 77, 88}, sps[1]) {
		config = append(config, 0xfc|byte(s.ChromaFormatIdc), 0xf8|byte(s.BitDepthLumaMinus8), 0xf8|byte(s.BitDepthChromaMinus8), 0)
	}
	return Picture{Entry: "avc1", Config: config, Width: s.Width(), Height: s.Height()}, nil
}

// HEVCOf describes H.265 by its parameter sets (ISO/IEC 14496-15 8.3.3.1).
func HEVCOf(vps, sps, pps []byte) (Picture, error) {
	var s h265.SPS
	if err := s.Unmarshal(sps); err != nil {
		return Picture{}, err
	}
	plain := h264.EmulationPreventionRemove(sps[2:])
	if len(plain) < 13 {
		return Picture{}, errShort
	}
	// Behind a byte of others are the twelve of the profile, tier and level.
	config := append([]byte{1}, plain[1:13]...)
	config = append(config, 0xf0, 0, 0xfc, 0xfc|byte(s.ChromaFormatIdc), 0xf8|byte(s.BitDepthLumaMinus8), 0xf8|byte(s.BitDepthChromaMinus8), 0, 0,
		(s.MaxSubLayersMinus1+1)<<3|bit(s.TemporalIDNestingFlag)<<2|3, 3)
	for _, set := range [][]byte{vps, sps, pps} {
		if len(set) < 2 {
			return Picture{}, errShort
		}
		config = appendSized(append(config, 0x80|set[0]>>1&0x3f, 0, 1), set)
	}
	return Picture{Entry: "hvc1", Config: config, Width: s.Width(), Height: s.Height()}, nil
}

func bit(b bool) byte {
	if b {
		return 1
	}
	return 0
}

// appendSized appends a parameter set behind its length in two bytes.
func appendSized(dst, set []byte) []byte {
	return append(binary.BigEndian.AppendUint16(dst, uint16(len(set))), set...)
}

// Describe is what an init section says of its first video track. Of codecs
// other than H.264 and H.265 it is an error.
func (i *Init) Describe() (v Picture, err error) {
	track, ok := i.Video()
	if !ok {
		return v, errors.New("fmp4: no video track")
	}
	var walk func(box) error
	id := uint32(0)
	walk = func(b box) (err error) {
		switch string(b.kind[:]) {
		case "moov", "trak", "mdia", "minf", "stbl":
			err = b.children(0, walk)
		case "stsd":
			err = b.children(8, walk)
		case "tkhd":
			id, err = fieldAfterTimes(b)
		case "avc1", "avc3", "hvc1", "hev1":
			if id == track.ID && v.Entry == "" {
				v.Entry, v.Width, v.Height = b.kind.String(), track.Width, track.Height
				err = b.children(visualEntry, v.take)
			}
		}
		return err
	}
	if err = each(i.Raw, 0, walk); err == nil && len(v.Config) == 0 {
		err = errors.New("fmp4: the codec is neither H.264 nor H.265")
	}
	return v, err
}

// take notes a box of a sample entry.
func (v *Picture) take(b box) error {
	switch kind := b.kind.String(); kind {
	case "avcC", "hvcC":
		v.Config = slices.Clone(b.body)
	case "pasp", "colr":
		v.Extra = appendBox(v.Extra, kind, b.body)
	}
	return nil
}
