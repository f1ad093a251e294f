package democam

import (
	"image"
	"math"
	"time"
)

// boat sails across the lake for ever. Its outlines are in units of 1/720 of
// the picture's height (of the boat's scale), the origin amidships at the
// waterline, y downward.
type boat struct {
	scale float64 // pixels a unit
	width float64 // of the picture, pixels
	line  float64 // waterline, pixels
	drawn []image.Rectangle
}

const (
	boatSpeed  = 30.0 // units a second
	boatMargin = 90.0 // units that the boat goes beyond either edge
)

// part of the boat, painted in this order.
type part struct {
	outline []vec
	color   ink
}

var boatParts = []part{
	{[]vec{{-2, -8}, {-1, -122}, {1, -122}, {2, -8}}, rgbInk(0x2a2320)},                                            // mast
	{bow(bow([]vec{{-4, -116}}, vec{-40, -70}, vec{-52, -20}), vec{-28, -14}, vec{-4, -18}), rgbInk(0xf3dcc0)},     // main sail
	{bow(bow([]vec{{4, -110}}, vec{22, -62}, vec{50, -18}), vec{24, -15}, vec{5, -20}), rgbInk(0xe0a67c)},          // jib
	{bow(bow([]vec{{-54, -11}, {58, -13}}, vec{44, 4}, vec{26, 5}), vec{-30, 8}, vec{-54, -11}), rgbInk(0x101a20)}, // hull
	{bow([]vec{{-53, -10}, {57, -12}, {55, -8.5}}, vec{0, -5}, vec{-51, -6.5}), rgbInk(0xc8643c)},                  // gunwale
}

// erase takes the boat off the canvas.
func (b *boat) erase(c *canvas) {
	for _, r := range b.drawn {
		c.restore(r)
	}
	b.drawn = b.drawn[:0]
}

// draw puts the boat where it is at t.
func (b *boat) draw(c *canvas, t time.Time) {
	span := b.width + 2*boatMargin*b.scale
	ms := float64(t.UnixMilli() % 86_400_000)
	// A whole number of laps a day, so that midnight is no jump.
	laps := math.Max(1, math.Round(86400*boatSpeed*b.scale/span))
	x := math.Mod(ms*laps/86_400_000, 1)*span - boatMargin*b.scale
	s := ms / 1000
	rock := 0.030*math.Sin(2*math.Pi*s/6) + 0.012*math.Sin(2*math.Pi*s/3.6)
	at := vec{x, b.line + 1.6*b.scale*math.Sin(2*math.Pi*s/4.5)}

	mirror := place(vec{x, 2*b.line - at.y + 4*b.scale}, vec{b.scale, -0.62 * b.scale}, -rock)
	for _, p := range boatParts {
		b.drawn = append(b.drawn, c.polygon(p.outline, mirror, p.color, 0.20))
	}
	upright := place(at, vec{b.scale, b.scale}, rock)
	for _, p := range boatParts {
		b.drawn = append(b.drawn, c.polygon(p.outline, upright, p.color, 1))
	}
}
