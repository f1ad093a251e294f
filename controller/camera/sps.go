package camera

import "slices"

// plainProfiles have 8 bits and 4:2:0 (Baseline, Main, Extended), highProfile may.
var plainProfiles = []byte{66, 77, 88}

const highProfile = 100

// parseSPS reads the size of the picture from a sequence parameter set (ITU-T
// H.264 7.3.2.1.1) of the kinds that cameras send, with 8 bits and 4:2:0; false
// for all others.
func parseSPS(unit []byte) (width, height int, ok bool) {
	if len(unit) < 4 || unit[0]&0x1f != 7 {
		return 0, 0, false
	}
	profile := unit[1]
	r := &bitReader{data: withoutEscapes(unit[4:])}
	r.golomb() // its number
	switch {
	case profile == highProfile:
		// 4:2:0, twice 8 bits, no lossless mode, no scaling lists
		if r.golomb() != 1 || r.golomb() != 0 || r.golomb() != 0 || r.bit() != 0 || r.bit() != 0 {
			return 0, 0, false
		}
	case !slices.Contains(plainProfiles, profile):
		return 0, 0, false
	}
	r.golomb()          // log2_max_frame_num_minus4
	switch r.golomb() { // pic_order_cnt_type
	case 0:
		r.golomb() // log2_max_pic_order_cnt_lsb_minus4
	case 1:
		return 0, 0, false
	}
	r.golomb() // max_num_ref_frames
	r.bit()    // gaps_in_frame_num_value_allowed_flag
	width, height = 16*(r.golomb()+1), 16*(r.golomb()+1)
	unitY := 2
	if r.bit() == 0 { // fields: each map unit is two macroblocks high
		height, unitY = 2*height, 4
		r.bit() // mb_adaptive_frame_field_flag
	}
	r.bit() // direct_8x8_inference_flag
	if r.bit() == 1 {
		width -= 2 * (r.golomb() + r.golomb())
		height -= unitY * (r.golomb() + r.golomb())
	}
	return width, height, !r.short && width > 0 && height > 0 && width*height <= maxPixels
}

// withoutEscapes takes out the bytes that keep start codes from occurring.
func withoutEscapes(b []byte) []byte {
	out := make([]byte, 0, len(b))
	zeros := 0
	for _, v := range b {
		if zeros >= 2 && v == 3 {
			zeros = 0
			continue
		}
		if out = append(out, v); v == 0 {
			zeros++
		} else {
			zeros = 0
		}
	}
	return out
}

// bitReader reads bits from the highest on; short once there were too few.
type bitReader struct {
	data  []byte
	at    int
	short bool
}

func (r *bitReader) bit() int {
	if r.at >= 8*len(r.data) {
		r.short = true
		return 0
	}
	v := r.data[r.at/8] >> (7 - r.at%8) & 1
	r.at++
	return int(v)
}

// golomb reads an Exp-Golomb number (9.1), at most 16 bits of it.
func (r *bitReader) golomb() int {
	zeros := 0
	for r.bit() == 0 {
		if zeros++; zeros > 16 || r.short {
			r.short = true
			return 0
		}
	}
	v := 1
	for range zeros {
		v = v<<1 | r.bit()
	}
	return v - 1
}
