package rtsp

import (
	"bytes"

	"github.com/bluenviron/mediacommon/v2/pkg/bits"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h265"
)

const (
	maxSets    = 32   // of a kind
	maxSetSize = 4096 // bytes
)

// with are the parameters after a camera has sent units: p itself if that
// changes nothing. A set takes the place of the one with its number.
func (p *Parameters) with(c codec, units [][]byte) *Parameters {
	n := &Parameters{}
	if p != nil {
		*n = *p
	}
	changed := false
	for _, u := range units {
		if len(u) <= c.header || len(u) > maxSetSize {
			continue
		}
		list := n.list(c, u)
		if list == nil {
			continue
		}
		var c1 bool
		*list, c1 = replaced(*list, bytes.Clone(u), func(u []byte) uint32 { return number(c, u) })
		changed = changed || c1
	}
	if !changed && p != nil {
		return p
	}
	return n
}

// list is where a set belongs.
func (p *Parameters) list(c codec, unit []byte) *[][]byte {
	t := unit[0] & 0x1f
	if c.header == 2 {
		t = unit[0] >> 1 & 0x3f
	}
	switch {
	case c.header == 2 && t == 32:
		return &p.VPS
	case c.header == 2 && t == 33, c.header == 1 && t == 7:
		return &p.SPS
	case c.header == 2 && t == 34, c.header == 1 && t == 8:
		return &p.PPS
	}
	return nil
}

// replaced is a list with a set in it; the old list stays as it is.
func replaced(list [][]byte, set []byte, number func([]byte) uint32) ([][]byte, bool) {
	for n, old := range list {
		if number(old) != number(set) {
			continue
		}
		if bytes.Equal(old, set) {
			return list, false
		}
		list = append([][]byte(nil), list...)
		list[n] = set
		return list, true
	}
	if len(list) == maxSets {
		return list, false
	}
	return append(list[:len(list):len(list)], set), true
}

// number is a parameter set's own, by which others refer to it. Of H.265's VPS
// and SPS cameras have one each, and the number of the latter lies deep.
func number(c codec, unit []byte) uint32 {
	t, at := unit[0]&0x1f, 0
	switch {
	case c.header == 2 && unit[0]>>1&0x3f == 34:
		at = 2
	case c.header == 1 && t == 7:
		at = 4
	case c.header == 1 && t == 8:
		at = 1
	default:
		return 0
	}
	if len(unit) <= at {
		return 0
	}
	pos := 0
	n, _ := bits.ReadGolombUnsigned(unit[at:min(len(unit), at+8)], &pos)
	return n
}

// whole: all that decoding needs is there.
func (p *Parameters) whole(c codec) bool {
	return p != nil && len(p.SPS) > 0 && len(p.PPS) > 0 && (c.header == 1 || len(p.VPS) > 0)
}

// facts are what a sequence parameter set tells.
type facts struct {
	width, height int
	ordered       bool   // pictures are shown in the order in which they come
	refused       string // why time stamps for decoding can't be had
}

// facts reads the last sequence parameter set.
func (p *Parameters) facts(c codec) facts {
	set := p.SPS[len(p.SPS)-1]
	if c.header == 2 {
		return factsH265(set)
	}
	return factsH264(set)
}

func factsH264(set []byte) facts {
	var s h264.SPS
	if err := s.Unmarshal(set); err != nil {
		return facts{refused: "its parameter set can't be read"}
	}
	f := facts{width: s.Width(), height: s.Height()}
	switch {
	case !s.FrameMbsOnlyFlag:
		f.refused = "its picture is interlaced"
	case s.PicOrderCntType == 1:
		f.refused = "its pictures are numbered in a rare way (pic_order_cnt_type 1)"
	}
	none := s.VUI != nil && s.VUI.BitstreamRestriction != nil && s.VUI.BitstreamRestriction.MaxNumReorderFrames == 0
	f.ordered = s.PicOrderCntType == 2 || s.ProfileIdc == 66 || none
	return f
}

func factsH265(set []byte) facts {
	var s h265.SPS
	if err := s.Unmarshal(set); err != nil {
		return facts{refused: "its parameter set can't be read"}
	}
	f := facts{width: s.Width(), height: s.Height(), ordered: true}
	for _, n := range s.MaxNumReorderPics {
		f.ordered = f.ordered && n == 0
	}
	return f
}
