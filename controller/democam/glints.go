package democam

import (
	"image"
	"math"
	"time"
)

// glint is light on a wave: a flat lens that comes and goes.
type glint struct {
	at     vec // middle, pixels
	size   vec // half width and half height, pixels
	period float64
	phase  float64 // of a period
	drawn  image.Rectangle
}

// lens is the outline of a glint of half width 1 and half height 1.
var lens = bow(bow([]vec{{-1, 0}}, vec{0, -2}, vec{1, 0}), vec{0, 2}, vec{-1, 0})

var glintInk = rgbInk(0xffc890)

// newGlints lays the path of light under the place where the sun went down.
func newGlints(size image.Point, scale float64) []glint {
	w, h := float64(size.X), float64(size.Y)
	glints := make([]glint, 56)
	for i := range glints {
		n := uint32(i)
		near := (float64(i) + 0.5) / float64(len(glints))
		y := horizon + 0.012 + (1-horizon-0.03)*near
		spread := 0.035 + 0.10*near
		glints[i] = glint{
			at:     vec{w/2 + (sunX+spread*(hash(n, 1)+hash(n, 2)-1))*h, y * h},
			size:   vec{(5 + 24*near*(0.4+hash(n, 3))) * scale, (0.7 + 1.5*near) * scale},
			period: 86400 / math.Round(86400/(2.2+2.4*hash(n, 4))), // midnight is no jump
			phase:  hash(n, 5),
		}
	}
	return glints
}

func (g *glint) erase(c *canvas) {
	c.restore(g.drawn)
	g.drawn = image.Rectangle{}
}

func (g *glint) draw(c *canvas, t time.Time) {
	s := float64(t.UnixMilli()%86_400_000) / 1000
	light := math.Sin(2 * math.Pi * (s/g.period + g.phase))
	if light <= 0 {
		return
	}
	m := place(g.at, vec{g.size.x * (0.4 + 0.6*light), g.size.y}, 0)
	g.drawn = c.polygon(lens, m, glintInk, 0.75*light)
}
