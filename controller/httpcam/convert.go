package httpcam

import (
	"bytes"
	"fmt"
	"image"
	"image/draw"
	"image/jpeg"
	"image/png"

	webpformat "golang.org/x/image/webp"
)

const (
	// maxDecoded is what a picture that is no JPEG may take when it is decoded, bytes:
	// six megapixels of four bytes.
	maxDecoded = 24 << 20
	// convertedQuality is that of the JPEGs made of others: no loss that shows.
	convertedQuality = 95
)

// ToJPEG makes a JPEG of a PNG or WebP, which has no transparent places then. A JPEG
// stays as it is, byte for byte. The error is that of a picture that can't be
// decoded, or is too large for that; the picture is as before then.
func (p *Picture) ToJPEG() error {
	if p.Format == JPEG {
		return nil
	}
	if size := p.decoded(); size > maxDecoded {
		return fmt.Errorf("%s of %dx%d pixels: %d MB are accepted", p.Format, p.Width, p.Height, maxDecoded>>20)
	}
	decode := png.Decode
	if p.Format == WebP {
		decode = webpformat.Decode
	}
	img, err := decode(bytes.NewReader(p.Data))
	if err != nil {
		return fmt.Errorf("%s: %w", p.Format, err)
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, plain(img), &jpeg.Options{Quality: convertedQuality}); err != nil {
		return fmt.Errorf("%s: %w", p.Format, err)
	}
	shape := Shape{Format: JPEG, Width: p.Width, Height: p.Height, Components: 3, Depth: 8, PixelFormat: "yuvj420p"}
	if _, grey := img.(*image.Gray); grey {
		shape.Components, shape.PixelFormat = 1, "gray"
	}
	p.Data, p.Shape = b.Bytes(), shape
	return nil
}

// decoded is what the picture takes when it is decoded, bytes: the decoders make
// pixels of four bytes of most, and of eight where a component has 16 bits.
func (p *Picture) decoded() int { return p.Width * p.Height * 4 * max(1, p.Depth/8) }

// plain is a picture of a kind that the encoder takes without asking for each pixel.
// Transparency is left out.
func plain(img image.Image) image.Image {
	switch m := img.(type) {
	case *image.NRGBA:
		return &image.RGBA{Pix: m.Pix, Stride: m.Stride, Rect: m.Rect}
	case *image.NYCbCrA:
		return fullRange(&m.YCbCr)
	case *image.YCbCr:
		return fullRange(m)
	case *image.Paletted:
		all := image.NewRGBA(m.Rect)
		draw.Draw(all, m.Rect, m, m.Rect.Min, draw.Src)
		return all
	}
	return img
}

// fullRange stretches what is in limited range, as VP8's pictures are (RFC 6386, 9.2:
// ITU-R BT.601), to what a JPEG has. It changes them in place.
func fullRange(m *image.YCbCr) *image.YCbCr {
	stretch := func(b []byte, from, middle, steps int) {
		for i, v := range b {
			b[i] = byte(max(0, min(255, middle+((int(v)-from)*255+steps/2)/steps)))
		}
	}
	stretch(m.Y, 16, 0, 219)
	stretch(m.Cb, 128, 128, 224)
	stretch(m.Cr, 128, 128, 224)
	return m
}
