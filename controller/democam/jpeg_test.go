package democam

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"math"
	"math/rand/v2"
	"testing"
)

func TestTransformIsTheDCT(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var in, out [64]float32
	for i := range in {
		in[i] = float32(random.IntN(256) - 128)
	}
	out = in
	fdct(&out)
	for v := range 8 {
		for u := range 8 {
			want := 0.0
			for i, s := range in {
				x, y := float64(i%8), float64(i/8)
				want += float64(s) * math.Cos((2*x+1)*float64(u)*math.Pi/16) * math.Cos((2*y+1)*float64(v)*math.Pi/16) / 4
			}
			if u == 0 {
				want /= math.Sqrt2
			}
			if v == 0 {
				want /= math.Sqrt2
			}
			got := float64(out[v*8+u]) / (8 * aanScale[u] * aanScale[v])
			if math.Abs(got-want) > 0.01 {
				t.Errorf("coefficient %d,%d is %.3f, want %.3f", u, v, got, want)
			}
		}
	}
}

// The worst that can be coded is noise of full range: every run length and
// size category, stuffed bytes, every kind of block.
func TestDecoderAgreesOnNoiseAndEdges(t *testing.T) {
	for _, size := range []image.Point{{16, 16}, {48, 32}, {80, 16}, {98, 50}, {1366, 34}} {
		for contrast := 1; contrast <= 256; contrast *= 4 {
			t.Run(fmt.Sprintf("%dx%d/%d", size.X, size.Y, contrast), func(t *testing.T) {
				random := rand.New(rand.NewPCG(uint64(size.X), uint64(contrast)))
				img := image.NewYCbCr(padded(size), image.YCbCrSubsampleRatio420)
				for _, plane := range [][]byte{img.Y, img.Cb, img.Cr} {
					for i := range plane {
						plane[i] = byte(128 - contrast/2 + random.IntN(contrast))
					}
				}
				c := newCanvas(size, img)
				c.encode()
				got := decode(t, c.appendJPEG(nil))
				if got.Rect.Size() != size {
					t.Fatalf("decoded as %v", got.Rect)
				}
				// A coefficient is off by half a quantiser at most, which is what
				// the mean square of a block is made of.
				for i, p := range []float64{noise(got.Y, img.Y), noise(got.Cb, img.Cb), noise(got.Cr, img.Cr)} {
					q := [][64]byte{c.enc.luma.quant, c.enc.chroma.quant, c.enc.chroma.quant}[i]
					bound := 1.0
					for _, step := range q {
						bound += sq(float64(step)/2) / 64
					}
					if p > bound {
						t.Errorf("plane %d: mean square error %.2f, at most %.2f", i, p, bound)
					}
				}
			})
		}
	}
}

func decode(t *testing.T, data []byte) *image.YCbCr {
	t.Helper()
	img, err := jpeg.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return img.(*image.YCbCr)
}

// noise is the mean square difference. Both planes have the padded size: the
// decoder keeps it too.
func noise(a, b []byte) (mean float64) {
	for i := range b {
		mean += sq(float64(a[i])-float64(b[i])) / float64(len(b))
	}
	return mean
}
