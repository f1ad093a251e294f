package democam

import (
	"image"
	"math"
	"time"
)

// The block code: timeBits blocks of unix time in milliseconds, most
// significant bit first, white = 1, black = 0, beginning at (0, 0); under
// them checkBits blocks, the XOR of the six time bytes with checkSeed.
const (
	timeBits  = 48
	checkBits = 8
	checkSeed = 0xa5
)

// BlockEdge is the edge of a block in pixels in a picture of that width.
func BlockEdge(width int) int { return int(math.Round(24 * float64(width) / 1280)) }

// ReadBlocks reads the instant coded in a picture that begins at its bounds'
// minimum; ok is false when the check does not hold. The picture may have been
// scaled, if in its proportions.
func ReadBlocks(img image.Image) (t time.Time, ok bool) {
	b := img.Bounds()
	edge := BlockEdge(b.Dx())
	if edge < 2 || b.Dy() < 2*edge || b.Dx() < timeBits*edge {
		return time.Time{}, false
	}
	var ms uint64
	for i := range timeBits {
		ms = ms<<1 | readBlock(img, b.Min.Add(image.Pt(i*edge, 0)), edge)
	}
	var check uint64
	for i := range checkBits {
		check = check<<1 | readBlock(img, b.Min.Add(image.Pt(i*edge, edge)), edge)
	}
	return time.UnixMilli(int64(ms)), uint8(check) == checksum(ms)
}

// readBlock is 1 when the middle half of the block is brighter than 127 on average.
func readBlock(img image.Image, at image.Point, edge int) uint64 {
	var sum, n uint64
	for y := edge / 4; y < max(edge-edge/4, edge/4+1); y++ {
		for x := edge / 4; x < max(edge-edge/4, edge/4+1); x++ {
			r, g, b, _ := img.At(at.X+x, at.Y+y).RGBA()
			sum += (299*uint64(r) + 587*uint64(g) + 114*uint64(b)) / 1000 >> 8
			n++
		}
	}
	if sum >= 128*n {
		return 1
	}
	return 0
}

func checksum(ms uint64) uint8 {
	sum := uint8(checkSeed)
	for shift := 0; shift < timeBits; shift += 8 {
		sum ^= uint8(ms >> shift)
	}
	return sum
}

// blockCode draws the blocks that differ from those already drawn.
type blockCode struct {
	edge  int
	drawn bool
	last  uint64 // time bits << 8 | check bits
}

var blockInk = [2]ink{rgbInk(0x000000), rgbInk(0xffffff)}

func (k *blockCode) draw(c *canvas, t time.Time) {
	ms := uint64(t.UnixMilli()) & (1<<timeBits - 1)
	code := ms<<checkBits | uint64(checksum(ms))
	for i := range timeBits + checkBits {
		shift := timeBits + checkBits - 1 - i
		bit := code >> shift & 1
		if k.drawn && bit == k.last>>shift&1 {
			continue
		}
		at := image.Pt(i%timeBits, i/timeBits).Mul(k.edge)
		c.fill(image.Rectangle{at, at.Add(image.Pt(k.edge, k.edge))}, blockInk[bit])
	}
	k.last, k.drawn = code, true
}
