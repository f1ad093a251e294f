package democam

import (
	"image"
	"strings"
	"time"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

const (
	clockLayout = "15:04:05.000"
	dateLayout  = "Monday, 2 January 2006   MST"
)

var (
	timeInk  = rgbInk(0xf6f3ea)
	milliInk = rgbInk(0xf0b98a)
	dateInk  = rgbInk(0x9fc4c4)
)

// label is one line of text on the canvas, each character in a cell of its
// own, so that only those that change are drawn.
type label struct {
	cells []cell
	inks  []ink // by character; the last holds for all that follow
	glyph map[rune]*image.Alpha
}

type cell struct {
	at    image.Point
	shown rune
}

// typeface is the font at a size in pixels.
func typeface(px float64) font.Face {
	parsed, err := opentype.Parse(goregular.TTF)
	if err != nil {
		panic(err) // the font is part of the program
	}
	face, err := opentype.NewFace(parsed, &opentype.FaceOptions{Size: px, DPI: 72})
	if err != nil {
		panic(err) // never returned by this version; the size is positive
	}
	return face
}

// glyphs renders the characters of set into masks of one size.
func glyphs(face font.Face, set string) map[rune]*image.Alpha {
	m := face.Metrics()
	masks := make(map[rune]*image.Alpha)
	for _, r := range set {
		advance, _ := face.GlyphAdvance(r)
		mask := image.NewAlpha(even(image.Rect(0, 0, advance.Ceil(), (m.Ascent + m.Descent).Ceil())))
		d := font.Drawer{Dst: mask, Src: image.Opaque, Face: face, Dot: fixed.Point26_6{Y: m.Ascent}}
		d.DrawString(string(r))
		masks[r] = mask
	}
	return masks
}

// newClock lays out a clock whose middle is at the point, with digits px high or so.
func newClock(middle image.Point, px float64) *label {
	face := typeface(px)
	defer face.Close()
	l := &label{glyph: glyphs(face, "0123456789:. "), inks: []ink{8: milliInk}}
	for i := range 8 {
		l.inks[i] = timeInk
	}
	width := 0
	for _, r := range clockLayout {
		l.cells = append(l.cells, cell{at: image.Pt(width, 0)})
		width += l.glyph[r].Rect.Dx()
	}
	origin := middle.Sub(image.Pt(width/2, l.glyph['0'].Rect.Dy()/2))
	for i := range l.cells {
		at := l.cells[i].at.Add(origin)
		l.cells[i].at = image.Pt(at.X&^1, at.Y&^1)
	}
	return l
}

func (l *label) draw(c *canvas, text string) {
	for i, r := range text {
		cell := &l.cells[i]
		if cell.shown == r {
			continue
		}
		mask := *l.glyph[r]
		mask.Rect = mask.Rect.Add(cell.at)
		c.restore(mask.Rect)
		c.blend(&mask, l.inks[min(i, len(l.inks)-1)], 1)
		cell.shown = r
	}
}

// line is a centred line of text that seldom changes.
type line struct {
	middle image.Point
	face   font.Face
	shown  string
	drawn  image.Rectangle
}

func (l *line) draw(c *canvas, text string, color ink) {
	if l.shown == text {
		return
	}
	c.restore(l.drawn)
	m := l.face.Metrics()
	width := font.MeasureString(l.face, text)
	r := even(image.Rect(0, 0, width.Ceil(), (m.Ascent + m.Descent).Ceil()).
		Add(l.middle.Sub(image.Pt(width.Ceil()/2, m.Ascent.Ceil()/2))))
	mask := image.NewAlpha(r)
	d := font.Drawer{Dst: mask, Src: image.Opaque, Face: l.face,
		Dot: fixed.Point26_6{X: fixed.I(r.Min.X), Y: fixed.I(r.Min.Y) + m.Ascent}}
	d.DrawString(text)
	c.blend(mask, color, 1)
	l.shown, l.drawn = text, r
}

// dateText is the line over the clock.
func dateText(t time.Time) string { return strings.ToUpper(t.Format(dateLayout)) }
