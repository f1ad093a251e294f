package democam

import (
	"image"
	"math"
)

// horizon is where the lake ends, as a share of the height.
const horizon = 0.70

// sunX is where the sun has set: to the right of the middle, in heights.
const sunX = 0.36

// rgb is a colour with components from 0 to 1, gamma-coded as sRGB.
type rgb struct{ r, g, b float64 }

func hexRGB(hex uint32) rgb {
	return rgb{float64(hex>>16&255) / 255, float64(hex>>8&255) / 255, float64(hex&255) / 255}
}

func (c rgb) mix(d rgb, t float64) rgb {
	return rgb{c.r + (d.r-c.r)*t, c.g + (d.g-c.g)*t, c.b + (d.b-c.b)*t}
}

func (c rgb) add(d rgb, t float64) rgb { return rgb{c.r + d.r*t, c.g + d.g*t, c.b + d.b*t} }

// skyStops are the colours of the sky from the zenith to the horizon.
var skyStops = []struct {
	y float64
	c rgb
}{
	{0.00, hexRGB(0x04121c)}, {0.18, hexRGB(0x07222f)}, {0.34, hexRGB(0x0c3b47)},
	{0.46, hexRGB(0x1c6068)}, {0.54, hexRGB(0x4c8784)}, {0.60, hexRGB(0x9b9a82)}, {0.65, hexRGB(0xd9a577)}, {0.70, hexRGB(0xeda970)},
}

var (
	sunGlow = hexRGB(0xff9a54)
	ridges  = [3]ridge{ // far to near
		{base: 0.642, height: 0.085, scale: 1.7, seed: 11, top: hexRGB(0x3c6a70), foot: hexRGB(0x8f8f80)},
		{base: 0.668, height: 0.062, scale: 2.6, seed: 47, top: hexRGB(0x1d4750), foot: hexRGB(0x3f6264)},
		{base: 0.690, height: 0.036, scale: 4.3, seed: 83, top: hexRGB(0x0b2a33), foot: hexRGB(0x11333b)},
	}
	depth = hexRGB(0x03131c) // of the water, where it reflects least
)

// ridge is one line of hills; lengths in heights of the picture.
type ridge struct {
	base, height, scale float64
	seed                uint32
	top, foot           rgb
}

func (r ridge) line(x float64) float64 {
	return r.base - r.height*(fractal(x*r.scale, r.seed)-0.35)
}

// painter keeps what depends on x alone, at every half pixel: noise is most of
// what a landscape costs.
type painter struct {
	px     float64      // size of a pixel in heights of the picture
	left   float64      // x of the first column
	lines  [][3]float64 // where the ridges are
	drifts []float64    // how the ripples bend
}

func newPainter(w, h float64) *painter {
	p := &painter{px: 1 / h, left: -w/2/h - 0.1}
	for x := p.left; x < -p.left+mcu*p.px; x += p.px / 2 {
		var lines [3]float64
		for i, r := range ridges {
			lines[i] = r.line(x)
		}
		p.lines = append(p.lines, lines)
		p.drifts = append(p.drifts, 3*fractal(x*2.5, 5))
	}
	return p
}

func (p *painter) column(x float64) int { return int((x - p.left) * 2 / p.px) }

// landscape paints what does not move: sky, stars, hills and their reflection.
// Noise of one step hides the bands that eight bits make of a slow gradient.
func landscape(size image.Point) *image.YCbCr {
	img := image.NewYCbCr(padded(size), image.YCbCrSubsampleRatio420)
	w, h := float64(size.X), float64(size.Y)
	p := newPainter(w, h)
	chroma := make([][2]float64, len(img.Cb))
	for y := range img.Rect.Dy() {
		for x := range img.Rect.Dx() {
			c := p.view((float64(x)+0.5-w/2)/h, (float64(y)+0.5)/h)
			luma := 255 * (0.299*c.r + 0.587*c.g + 0.114*c.b)
			grain := hash(uint32(x), uint32(y)) - hash(uint32(y), uint32(x)+7919)
			img.Y[y*img.YStride+x] = level(luma + grain/2)
			at := &chroma[y/2*img.CStride+x/2]
			at[0] += (255*c.b - luma) / 1.772 / 4
			at[1] += (255*c.r - luma) / 1.402 / 4
		}
	}
	for i, c := range chroma {
		img.Cb[i], img.Cr[i] = level(128+c[0]), level(128+c[1])
	}
	return img
}

func level(v float64) uint8 { return uint8(min(max(v+0.5, 0), 255)) }

// view is the colour at a point; x from the middle, y from the top, both in
// heights of the picture.
func (p *painter) view(x, y float64) rgb {
	if y < horizon {
		return p.land(x, y)
	}
	// Ripples grow towards the viewer and stretch the mirror image sideways.
	near := (y - horizon) / (1 - horizon)
	wave := fractal(y*y*150+p.drifts[p.column(x)], 71) - 0.5
	mirror := p.land(x+0.02*near*wave, horizon-(y-horizon)*1.25-0.05*near*wave)
	c := mirror.mix(depth, 0.32+0.42*near)
	shore := bell((y - horizon) / 0.004)
	return c.mix(rgb{0.55, 0.50, 0.44}, 0.45*shore)
}

// land is what stands above the water.
func (p *painter) land(x, y float64) rgb {
	c := sky(x, y)
	lines := &p.lines[p.column(x)]
	for i, r := range ridges {
		line := lines[i]
		cover := min(max((y-line)/p.px+0.5, 0), 1)
		if cover == 0 {
			continue
		}
		haze := min(max((y-line)/(horizon-line+p.px), 0), 1)
		hill := r.top.mix(r.foot, haze*haze)
		hill = hill.add(sunGlow, 0.10*bell(sq(x-sunX)/0.05)*haze)
		c = c.mix(hill, cover)
	}
	return c
}

// sky is the gradient, the glow where the sun went down, and the stars.
func sky(x, y float64) rgb {
	y = max(y, 0)
	c := skyStops[len(skyStops)-1].c
	for i, s := range skyStops[1:] {
		if y < s.y {
			from := skyStops[i]
			t := (y - from.y) / (s.y - from.y)
			c = from.c.mix(s.c, t*t*(3-2*t)*0.5+t*0.5)
			break
		}
	}
	c = c.add(sunGlow, 0.40*bell(sq(x-sunX)/0.09+sq(y-0.66)/0.011))
	c = c.add(sunGlow, 0.11*bell(sq(x-sunX)/0.50+sq(y-0.66)/0.040))
	return c.add(rgb{0.92, 0.97, 1}, star(x, y))
}

// star is the light of the star in the cell of the sky around (x, y).
func star(x, y float64) float64 {
	const cell, lowest = 0.045, 0.5
	if y > lowest {
		return 0
	}
	cx, cy := math.Floor(x/cell), math.Floor(y/cell)
	a, b := uint32(int32(cx)+4096), uint32(cy)
	if hash(a, b) > 0.42 {
		return 0
	}
	dx := x/cell - cx - 0.2 - 0.6*hash(b+17, a)
	dy := y/cell - cy - 0.2 - 0.6*hash(a+31, b+5)
	bright := hash(a+3, b+77)
	fade := 1 - y/lowest
	return (0.12 + 0.75*bright*bright*bright) * fade * bell((dx*dx+dy*dy)/0.0011)
}

// hash is a number from 0 to 1 that looks random but belongs to (x, y).
func hash(x, y uint32) float64 {
	n := x*0x9e3779b1 ^ y*0x85ebca77
	n = (n ^ n>>15) * 0x2c1b3c6d
	n = (n ^ n>>12) * 0x297a2d39
	return float64(n^n>>15) / math.MaxUint32
}

// fractal is five octaves of smooth noise, from 0 to 1.
func fractal(x float64, seed uint32) float64 {
	sum, weight := 0.0, 0.5
	for octave := range uint32(5) {
		at := math.Floor(x)
		t := x - at
		a, b := hash(uint32(int32(at)), seed+octave), hash(uint32(int32(at)+1), seed+octave)
		sum += weight * (a + (b-a)*t*t*(3-2*t))
		x, weight = x*2.03+1.7, weight/2
	}
	return sum / 0.96875
}

func sq(x float64) float64 { return x * x }

// bell falls from 1 as x grows from 0, and is 0 where nobody would see it.
func bell(x float64) float64 {
	if x > 9 {
		return 0
	}
	return math.Exp(-x)
}
