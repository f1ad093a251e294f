package democam

import (
	"encoding/binary"
	"image"
	"math/bits"
)

// mcu is the edge of a minimum coded unit in luma samples: 4:2:0 has four luma
// blocks, one Cb and one Cr block in it.
const mcu = 16

// zigzag maps a position in coding order to one in a block's natural order.
var zigzag = [64]uint8{
	0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5,
	12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28,
	35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51,
	58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
}

// Quantisers of ITU-T T.81, K.1, natural order, for quality 50.
var (
	lumaQuant = [64]byte{
		16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55,
		14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62,
		18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92,
		49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
	}
	chromaQuant = [64]byte{
		17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99,
		24, 26, 56, 99, 99, 99, 99, 99, 47, 66, 99, 99, 99, 99, 99, 99,
		99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
		99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
	}
)

// component is how one kind of block (luma or chroma) is coded.
type component struct {
	quant  [64]byte    // natural order
	factor [64]float32 // what a transformed sample is multiplied with, coding order
	dc, ac *huffTable
}

// newComponent scales a quantiser to a quality from 50 to 100, as libjpeg does.
func newComponent(base [64]byte, quality int, dc, ac *huffTable) component {
	c := component{dc: dc, ac: ac}
	for i, q := range base {
		c.quant[i] = byte(min(max((int(q)*(200-2*quality)+50)/100, 1), 255))
	}
	for i, at := range zigzag {
		c.factor[i] = float32(1 / (8 * aanScale[at/8] * aanScale[at%8] * float64(c.quant[at])))
	}
	return c
}

// encoder codes runs of MCUs of a 4:2:0 picture as restart intervals.
type encoder struct {
	luma, chroma component
	w            bitWriter
	block        [64]float32
	coded        [64]int32 // coding order
}

func newEncoder(quality int) *encoder {
	return &encoder{
		luma:   newComponent(lumaQuant, quality, dcLuma, acLuma),
		chroma: newComponent(chromaQuant, quality, dcChroma, acChroma),
	}
}

// interval appends to dst the n MCUs of img that begin at MCU (mx, my), byte
// aligned and without a marker. img begins at (0, 0) and is 4:2:0.
func (e *encoder) interval(dst []byte, img *image.YCbCr, mx, my, n int) []byte {
	e.w = bitWriter{out: dst}
	var y, cb, cr int32 // DC predictions begin anew in every restart interval
	for x := mx; x < mx+n; x++ {
		at := my*mcu*img.YStride + x*mcu
		for _, off := range [4]int{0, 8, 8 * img.YStride, 8*img.YStride + 8} {
			y = e.encode(&e.luma, img.Y[at+off:], img.YStride, y)
		}
		at = my*mcu/2*img.CStride + x*mcu/2
		cb = e.encode(&e.chroma, img.Cb[at:], img.CStride, cb)
		cr = e.encode(&e.chroma, img.Cr[at:], img.CStride, cr)
	}
	e.w.align()
	return e.w.out
}

// encode codes the 8x8 block at the beginning of samples and returns its DC.
func (e *encoder) encode(c *component, samples []byte, stride int, predicted int32) int32 {
	for row := range 8 {
		s, b := samples[row*stride:row*stride+8:row*stride+8], e.block[row*8:row*8+8:row*8+8]
		for i := range b {
			b[i] = float32(int32(s[i]) - 128)
		}
	}
	fdct(&e.block)
	last := 0
	for i, at := range zigzag {
		// Rounds to nearest: the sum is positive, so that the conversion truncates downward.
		v := int32(e.block[at&63]*c.factor[i]+16384.5) - 16384
		e.coded[i] = v
		if v != 0 {
			last = i
		}
	}
	e.write(c, last, e.coded[0]-predicted)
	return e.coded[0]
}

// write codes the DC difference and the AC coefficients up to last.
func (e *encoder) write(c *component, last int, dc int32) {
	size, extra := magnitude(dc)
	e.w.code(c.dc, byte(size), extra, size)
	run := byte(0)
	for _, v := range e.coded[1 : last+1] {
		if v == 0 {
			run++
			continue
		}
		for ; run > 15; run -= 16 {
			e.w.code(c.ac, 0xf0, 0, 0)
		}
		size, extra := magnitude(v)
		e.w.code(c.ac, run<<4|byte(size), extra, size)
		run = 0
	}
	if last < 63 {
		e.w.code(c.ac, 0, 0, 0)
	}
}

// magnitude is the size category of v and the bits that tell it apart therein.
func magnitude(v int32) (size uint, extra uint32) {
	if v < 0 {
		size = uint(bits.Len32(uint32(-v)))
		return size, uint32(v-1) & (1<<size - 1)
	}
	return uint(bits.Len32(uint32(v))), uint32(v)
}

// header is everything before the first restart interval of a JFIF file with a
// restart marker after every n MCUs.
func (e *encoder) header(size image.Point, n int) []byte {
	h := []byte{0xff, 0xd8}
	segment := func(marker byte, data ...byte) {
		h = append(h, 0xff, marker)
		h = binary.BigEndian.AppendUint16(h, uint16(len(data)+2))
		h = append(h, data...)
	}
	segment(0xe0, 'J', 'F', 'I', 'F', 0, 1, 1, 0, 0, 1, 0, 1, 0, 0)
	for i, c := range []component{e.luma, e.chroma} {
		q := []byte{byte(i)}
		for _, at := range zigzag {
			q = append(q, c.quant[at])
		}
		segment(0xdb, q...)
	}
	segment(0xc0, 8, byte(size.Y>>8), byte(size.Y), byte(size.X>>8), byte(size.X), 3,
		1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1)
	for _, s := range []huffSpec{dcLumaSpec, acLumaSpec, dcChromaSpec, acChromaSpec} {
		segment(0xc4, append(append([]byte{s.class}, s.counts[:]...), s.values...)...)
	}
	segment(0xdd, byte(n>>8), byte(n))
	segment(0xda, 3, 1, 0x00, 2, 0x11, 3, 0x11, 0, 63, 0)
	return h
}
