package democam

import (
	"image"
	"image/color"
	"math"
)

// ink is a colour as JFIF has it: full-range BT.601.
type ink struct{ y, cb, cr uint8 }

func rgbInk(hex uint32) ink {
	y, cb, cr := color.RGBToYCbCr(uint8(hex>>16), uint8(hex>>8), uint8(hex))
	return ink{y, cb, cr}
}

// paint blends a colour into a 4:2:0 picture through a mask whose rectangle is
// even. Chroma takes the mean of its four mask values.
func paint(dst *image.YCbCr, mask *image.Alpha, c ink, opacity float64) {
	r := mask.Rect.Intersect(dst.Rect)
	o := int(opacity*256 + 0.5)
	for y := r.Min.Y; y < r.Max.Y; y += 2 {
		m0, m1 := mask.Pix[mask.PixOffset(r.Min.X, y):], mask.Pix[mask.PixOffset(r.Min.X, y+1):]
		at, ct := dst.YOffset(r.Min.X, y), dst.COffset(r.Min.X, y)
		top, low := dst.Y[at:at+r.Dx()], dst.Y[at+dst.YStride:at+dst.YStride+r.Dx()]
		for x := 0; x < r.Dx(); x += 2 {
			a, b, d, e := int(m0[x]), int(m0[x+1]), int(m1[x]), int(m1[x+1])
			sum := a + b + d + e
			if sum == 0 {
				continue
			}
			top[x], top[x+1] = mix(top[x], c.y, a*o), mix(top[x+1], c.y, b*o)
			low[x], low[x+1] = mix(low[x], c.y, d*o), mix(low[x+1], c.y, e*o)
			i := ct + x/2
			dst.Cb[i], dst.Cr[i] = mix(dst.Cb[i], c.cb, sum*o/4), mix(dst.Cr[i], c.cr, sum*o/4)
		}
	}
}

// mix goes from a to b; weight runs from 0 to 255 * 256.
func mix(a, b uint8, weight int) uint8 {
	return uint8(int(a) + ((int(b)-int(a))*weight+128*255)/(255*256))
}

type vec struct{ x, y float64 }

// affine maps (x, y) to (a x + b y + c, d x + e y + f).
type affine struct{ a, b, c, d, e, f float64 }

func (m affine) apply(p vec) vec { return vec{m.a*p.x + m.b*p.y + m.c, m.d*p.x + m.e*p.y + m.f} }

// place scales, then turns by angle (radians), then moves to at.
func place(at vec, scale vec, angle float64) affine {
	sin, cos := math.Sincos(angle)
	return affine{cos * scale.x, -sin * scale.y, at.x, sin * scale.x, cos * scale.y, at.y}
}

// bow appends a quadratic curve from the path's end over control to end.
func bow(path []vec, control, end vec) []vec {
	const steps = 10
	from := path[len(path)-1]
	for i := 1; i <= steps; i++ {
		t := float64(i) / steps
		u := 1 - t
		path = append(path, vec{
			u*u*from.x + 2*u*t*control.x + t*t*end.x,
			u*u*from.y + 2*u*t*control.y + t*t*end.y,
		})
	}
	return path
}

func floor(x float64) int { return int(math.Floor(x)) }
