package democam

import (
	"image"
	"time"
)

// scene is the picture of one size. It is not safe for concurrent use.
type scene struct {
	*canvas
	pixels image.Point
	glints []glint
	boat   boat
	date   line
	clock  *label
	blocks *blockCode // nil: not drawn
}

// newScene paints the landscape, which takes a fraction of a second; blocks:
// with the time for programs too.
func newScene(size image.Point, blocks bool) *scene {
	// Units are those of a picture of 1280x720, whatever the proportions.
	scale := min(float64(size.X)/1280, float64(size.Y)/720)
	w, h := float64(size.X), float64(size.Y)
	s := &scene{
		canvas: newCanvas(size, landscape(size)),
		pixels: size,
		glints: newGlints(size, scale),
		boat:   boat{scale: scale, width: w, line: 0.83 * h},
		date:   line{middle: image.Pt(size.X/2, int(0.205*h)), face: typeface(24 * scale)},
		clock:  newClock(image.Pt(size.X/2, int(0.315*h)), 112*scale),
	}
	if blocks {
		s.blocks = &blockCode{edge: BlockEdge(size.X)}
	}
	return s
}

// render brings the canvas to the present. What shows the time to a
// millisecond comes last, and its instant, a whole millisecond, is returned:
// little more is left to do then than to copy the tiles.
func (s *scene) render(now func() time.Time) time.Time {
	t := now()
	s.boat.erase(s.canvas)
	for i := range s.glints {
		s.glints[i].erase(s.canvas)
	}
	for i := range s.glints {
		s.glints[i].draw(s.canvas, t)
	}
	s.boat.draw(s.canvas, t)
	s.date.draw(s.canvas, dateText(t), dateInk)
	s.encode()

	t = now().Truncate(time.Millisecond)
	s.clock.draw(s.canvas, t.Format(clockLayout))
	if s.blocks != nil {
		s.blocks.draw(s.canvas, t)
	}
	s.encode()
	return t
}
