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
func AVCOf(sps []byte, pps ...[]byte) (Picture, error) {
	var s h264.SPS
	if len(sps) < 4 || len(pps) < 1 || len(pps) > 255 || len(pps[0]) < 1 {
		return Picture{}, errShort
	}
	if err := s.Unmarshal(sps); err != nil {
		return Picture{}, err
	}
	config := []byte{1, sps[1], sps[2], sps[3], 0xff, 0xe1}
	config = append(appendSized(config, sps), byte(len(pps)))
	for _, set := range pps {
		config = appendSized(config, set)
	}
	if !slices.Contains([]byte{66, 77, 88}, sps[1]) {
		config = append(config, 0xfc|byte(s.ChromaFormatIdc), 0xf8|byte(s.BitDepthLumaMinus8), 0xf8|byte(s.BitDepthChromaMinus8), 0)
	}
	v := Picture{Entry: "avc1", Config: config, Width: s.Width(), Height: s.Height()}
	if u := s.VUI; u != nil && u.AspectRatioInfoPresentFlag {
		v.shape(u.AspectRatioIdc, u.SarWidth, u.SarHeight)
	}
	return v, nil
}

// HEVCOf describes H.265 by its parameter sets (ISO/IEC 14496-15 8.3.3.1).
func HEVCOf(vps, sps []byte, pps ...[]byte) (Picture, error) {
	var s h265.SPS
	if len(sps) < 2 || len(pps) < 1 || len(pps) > 255 {
		return Picture{}, errShort
	}
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
	for _, sets := range [][][]byte{{vps}, {sps}, pps} {
		if len(sets[0]) < 2 {
			return Picture{}, errShort
		}
		config = append(config, 0x80|sets[0][0]>>1&0x3f, 0, byte(len(sets)))
		for _, set := range sets {
			config = appendSized(config, set)
		}
	}
	v := Picture{Entry: "hvc1", Config: config, Width: s.Width(), Height: s.Height()}
	if u := s.VUI; u != nil && u.AspectRatioInfoPresentFlag {
		v.shape(u.AspectRatioIdc, u.SarWidth, u.SarHeight)
	}
	return v, nil
}

// shapes are the pixels' widths and heights by aspect_ratio_idc (H.264 table E-1).
var shapes = [...][2]uint16{{}, {1, 1}, {12, 11}, {10, 11}, {16, 11}, {40, 33}, {24, 11}, {20, 11}, {32, 11}, {80, 33}, {18, 11}, {15, 11}, {64, 33}, {160, 99}, {4, 3}, {3, 2}, {2, 1}}

// shape notes the pixels' width by height where they are not square.
func (v *Picture) shape(idc uint8, width, height uint16) {
	if int(idc) < len(shapes) {
		width, height = shapes[idc][0], shapes[idc][1]
	}
	if width != height && width > 0 && height > 0 {
		v.Extra = appendBox(v.Extra, "pasp", u32(uint32(width), uint32(height)))
	}
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
