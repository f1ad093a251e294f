package rtsp

import (
	"fmt"
	"testing"
)

// bitWriter writes Exp-Golomb numbers (ISO 14496-10 section 9.1).
type bitWriter []bool

func (w *bitWriter) bits(s string) {
	for _, c := range s {
		*w = append(*w, c == '1')
	}
}

func (w *bitWriter) golomb(n uint) {
	s := fmt.Sprintf("%b", n+1)
	w.bits(fmt.Sprintf("%0*b", 2*len(s)-1, n+1))
}

func (w bitWriter) bytes() []byte {
	b := make([]byte, (len(w)+7)/8)
	for n, on := range w {
		if on {
			b[n/8] |= 0x80 >> (n % 8)
		}
	}
	return b
}

// sequenceSet is a sequence parameter set of H.264 for 320x192.
func sequenceSet(profile byte, order uint, frames string) []byte {
	var w bitWriter
	w.golomb(0) // its number
	w.golomb(0) // log2_max_frame_num_minus4
	w.golomb(order)
	switch order {
	case 0:
		w.golomb(0)
	case 1:
		w.bits("0")
		w.golomb(0)
		w.golomb(0)
		w.golomb(0)
	}
	w.golomb(1) // max_num_ref_frames
	w.bits("0")
	w.golomb(19)
	w.golomb(11)
	w.bits(frames) // frame_mbs_only_flag
	if frames == "0" {
		w.bits("0")
	}
	w.bits("1" + "0" + "0" + "1") // direct_8x8, cropping, VUI, stop bit
	return append([]byte{0x67, profile, 0, 30}, w.bytes()...)
}

// TestFacts: what mediacommon can't date is refused, and it is known of which
// cameras pictures come in the order in which they are shown.
func TestFacts(t *testing.T) {
	for name, c := range map[string]struct {
		set              []byte
		refused, ordered bool
	}{
		"Baseline":             {sequenceSet(66, 0, "1"), false, true},
		"Main":                 {sequenceSet(77, 0, "1"), false, false},
		"pic_order_cnt_type 2": {sequenceSet(77, 2, "1"), false, true},
		"pic_order_cnt_type 1": {sequenceSet(77, 1, "1"), true, false},
		"interlaced":           {sequenceSet(77, 0, "0"), true, false},
		"cut short":            {sequenceSet(77, 0, "1")[:6], true, false},
	} {
		f := (&Parameters{SPS: [][]byte{c.set}}).facts(codecs["h264"])
		if f.refused != "" != c.refused || !c.refused && (f.ordered != c.ordered || f.width != 320) {
			t.Errorf("%s: %+v", name, f)
		}
	}
}

// TestParametersReplace: a set takes the place of the one with its number; the
// Parameters before stay as they were.
func TestParametersReplace(t *testing.T) {
	c := codecs["h264"]
	first := (*Parameters)(nil).with(c, [][]byte{sequenceSet(66, 0, "1"), {0x68, 0x80, 1}, {0x68, 0x40, 2}})
	if len(first.SPS) != 1 || len(first.PPS) != 2 || !first.whole(c) {
		t.Fatalf("%x", first)
	}
	if same := first.with(c, [][]byte{{0x68, 0x80, 1}}); same != first {
		t.Error("the same sets are other Parameters")
	}
	second := first.with(c, [][]byte{{0x68, 0x80, 9}})
	if second == first || fmt.Sprintf("%x %x", first.PPS, second.PPS) != "[688001 684002] [688009 684002]" {
		t.Errorf("%x, %x", first.PPS, second.PPS)
	}
	var many [][]byte
	for n := range 100 {
		var w bitWriter
		w.golomb(uint(n))
		many = append(many, append([]byte{0x68}, append(w.bytes(), 0xff)...))
	}
	if n := len(first.with(c, many).PPS); n > maxSets {
		t.Errorf("%d sets are kept", n)
	}
	if p := first.with(c, [][]byte{append([]byte{0x68, 0x80}, make([]byte, maxSetSize)...)}); p != first {
		t.Error("a set of any size is kept")
	}
}

// TestUnwrapped: time stamps go on behind the wrap, and back.
func TestUnwrapped(t *testing.T) {
	var u unwrapped
	var got []int64
	for _, s := range []uint32{4294967000, 100, 4294966900, 3600} {
		got = append(got, u.next(s))
	}
	if want := []int64{4294967000, 4294967396, 4294966900, 4294970896}; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%d; want %d", got, want)
	}
}

// TestSequence: gaps are counted across the wrap, repeated packets known, and a
// camera that counts anew costs one.
func TestSequence(t *testing.T) {
	var s sequence
	var got []string
	for _, n := range []uint16{65533, 65534, 1, 1, 2, 1000, 5, 6} {
		missing, repeated := s.gap(n)
		got = append(got, fmt.Sprint(missing, repeated))
	}
	if want := "[0 false 0 false 2 false 0 true 0 false 997 false 1 false 0 false]"; fmt.Sprint(got) != want {
		t.Errorf("%s", got)
	}
}
