package democam

import (
	"image"
	"image/draw"

	"golang.org/x/image/vector"
)

// quality of the JPEG, as libjpeg counts it: text stays crisp, a frame at 720p
// is some tens of kilobytes.
const quality = 88

// canvas is a picture that knows its JPEG. What is drawn on it is lost when
// restore brings back the background; both mark the tiles they touch, and
// encode codes the marked tiles only. Coordinates are luma samples.
type canvas struct {
	img, background *image.YCbCr // 4:2:0, padded to whole MCUs
	enc             *encoder
	header          []byte
	run             int         // MCUs in a tile, a restart interval
	grid            image.Point // tiles across and down
	tiles           [][]byte    // entropy-coded, row by row
	stale           []bool
	rast            vector.Rasterizer
	mask            image.Alpha
}

func newCanvas(size image.Point, background *image.YCbCr) *canvas {
	across, down := (size.X+mcu-1)/mcu, (size.Y+mcu-1)/mcu
	run := tileRun(across)
	c := &canvas{
		img:        image.NewYCbCr(background.Rect, background.SubsampleRatio),
		background: background,
		enc:        newEncoder(quality),
		run:        run,
		grid:       image.Pt(across/run, down),
		tiles:      make([][]byte, across/run*down),
		stale:      make([]bool, across/run*down),
	}
	c.header = c.enc.header(size, run)
	c.restore(background.Rect)
	return c
}

// tileRun is how many MCUs a tile has: small tiles are encoded less often in
// vain, but each costs some five bytes. It divides a row of MCUs, so that no
// tile goes around the edge.
func tileRun(across int) int {
	for n := 4; n > 1; n-- {
		if across%n == 0 {
			return n
		}
	}
	return 1
}

// padded is the smallest rectangle of whole MCUs that holds a picture.
func padded(size image.Point) image.Rectangle {
	return image.Rect(0, 0, (size.X+mcu-1)/mcu*mcu, (size.Y+mcu-1)/mcu*mcu)
}

// even grows a rectangle to whole chroma samples.
func even(r image.Rectangle) image.Rectangle {
	return image.Rect(r.Min.X&^1, r.Min.Y&^1, (r.Max.X+1)&^1, (r.Max.Y+1)&^1)
}

// touch marks the tiles that r overlaps.
func (c *canvas) touch(r image.Rectangle) {
	r = r.Intersect(c.img.Rect)
	if r.Empty() {
		return
	}
	width := c.run * mcu
	for y := r.Min.Y / mcu; y <= (r.Max.Y-1)/mcu; y++ {
		for x := r.Min.X / width; x <= (r.Max.X-1)/width; x++ {
			c.stale[y*c.grid.X+x] = true
		}
	}
}

// restore brings back the background in r.
func (c *canvas) restore(r image.Rectangle) {
	r = even(r).Intersect(c.img.Rect)
	if r.Empty() {
		return
	}
	for y := r.Min.Y; y < r.Max.Y; y++ {
		at := c.img.YOffset(r.Min.X, y)
		copy(c.img.Y[at:at+r.Dx()], c.background.Y[at:])
	}
	for y := r.Min.Y; y < r.Max.Y; y += 2 {
		at := c.img.COffset(r.Min.X, y)
		copy(c.img.Cb[at:at+r.Dx()/2], c.background.Cb[at:])
		copy(c.img.Cr[at:at+r.Dx()/2], c.background.Cr[at:])
	}
	c.touch(r)
}

// fill paints r, whose edges may lie between chroma samples.
func (c *canvas) fill(r image.Rectangle, color ink) {
	c.shape(even(r))
	for y := r.Min.Y; y < r.Max.Y; y++ {
		row := c.mask.Pix[c.mask.PixOffset(r.Min.X, y):][:r.Dx()]
		for x := range row {
			row[x] = 0xff
		}
	}
	c.blend(&c.mask, color, 1)
}

// polygon paints a closed outline, anti-aliased, and returns where.
func (c *canvas) polygon(outline []vec, m affine, color ink, opacity float64) image.Rectangle {
	r := c.outline(outline, m)
	c.blend(&c.mask, color, opacity)
	return r
}

// outline makes the mask that of a closed outline.
func (c *canvas) outline(outline []vec, m affine) image.Rectangle {
	lo, hi := m.apply(outline[0]), m.apply(outline[0])
	for _, p := range outline[1:] {
		p = m.apply(p)
		lo, hi = vec{min(lo.x, p.x), min(lo.y, p.y)}, vec{max(hi.x, p.x), max(hi.y, p.y)}
	}
	r := even(image.Rect(floor(lo.x), floor(lo.y), floor(hi.x)+1, floor(hi.y)+1))
	c.rast.Reset(r.Dx(), r.Dy())
	c.rast.DrawOp = draw.Src
	for i, p := range outline {
		p = m.apply(p)
		x, y := float32(p.x-float64(r.Min.X)), float32(p.y-float64(r.Min.Y))
		if i == 0 {
			c.rast.MoveTo(x, y)
		} else {
			c.rast.LineTo(x, y)
		}
	}
	c.rast.ClosePath()
	c.shape(r)
	c.rast.Draw(&c.mask, r, image.Opaque, image.Point{})
	return r
}

// shape makes the mask cover r, transparent.
func (c *canvas) shape(r image.Rectangle) {
	n := r.Dx() * r.Dy()
	if cap(c.mask.Pix) < n {
		c.mask.Pix = make([]byte, n)
	}
	c.mask = image.Alpha{Pix: c.mask.Pix[:n], Stride: r.Dx(), Rect: r}
	clear(c.mask.Pix)
}

// blend paints colour through a mask whose rectangle is even.
func (c *canvas) blend(mask *image.Alpha, color ink, opacity float64) {
	paint(c.img, mask, color, opacity)
	c.touch(mask.Rect)
}

// encode codes what has changed.
func (c *canvas) encode() {
	for i, stale := range c.stale {
		if stale {
			c.tiles[i] = c.enc.interval(c.tiles[i][:0], c.img, i%c.grid.X*c.run, i/c.grid.X, c.run)
			c.stale[i] = false
		}
	}
}

// size is the length of the JPEG in bytes.
func (c *canvas) size() int {
	n := len(c.header) + 2*len(c.tiles)
	for _, t := range c.tiles {
		n += len(t)
	}
	return n
}

// appendJPEG appends the JPEG, as of the last encode.
func (c *canvas) appendJPEG(dst []byte) []byte {
	dst = append(dst, c.header...)
	for i, t := range c.tiles {
		if i > 0 {
			dst = append(dst, 0xff, 0xd0+byte((i-1)%8))
		}
		dst = append(dst, t...)
	}
	return append(dst, 0xff, 0xd9)
}
