package democam

import "math"

// aanScale is what the transform below leaves to the quantiser, per row and
// per column: 1, then cos(k pi/16) * sqrt(2).
var aanScale = func() (s [8]float64) {
	s[0] = 1
	for k := 1; k < 8; k++ {
		s[k] = math.Cos(float64(k)*math.Pi/16) * math.Sqrt2
	}
	return s
}()

// fdct is the forward DCT of Arai, Agui and Nakajima, in place. Coefficient
// (u, v) comes out 8 * aanScale[u] * aanScale[v] times too large; the
// quantiser's divisors take that back, so it costs nothing.
func fdct(b *[64]float32) {
	for i := 0; i < 64; i += 8 {
		fdct8((*[64]float32)(b), i, 1)
	}
	for i := range 8 {
		fdct8((*[64]float32)(b), i, 8)
	}
}

// fdct8 transforms eight values that begin at b[at], step apart.
func fdct8(b *[64]float32, at, step int) {
	_ = b[(at+7*step)&63]
	x0, x1, x2, x3 := b[at&63], b[(at+step)&63], b[(at+2*step)&63], b[(at+3*step)&63]
	x4, x5, x6, x7 := b[(at+4*step)&63], b[(at+5*step)&63], b[(at+6*step)&63], b[(at+7*step)&63]

	s07, d07 := x0+x7, x0-x7
	s16, d16 := x1+x6, x1-x6
	s25, d25 := x2+x5, x2-x5
	s34, d34 := x3+x4, x3-x4

	// Even part.
	e0, e3 := s07+s34, s07-s34
	e1, e2 := s16+s25, s16-s25
	z1 := (e2 + e3) * 0.707106781
	b[at&63] = e0 + e1
	b[(at+4*step)&63] = e0 - e1
	b[(at+2*step)&63] = e3 + z1
	b[(at+6*step)&63] = e3 - z1

	// Odd part.
	o0, o1, o2 := d34+d25, d25+d16, d16+d07
	z5 := (o0 - o2) * 0.382683433
	z2 := 0.541196100*o0 + z5
	z4 := 1.306562965*o2 + z5
	z3 := o1 * 0.707106781
	z11, z13 := d07+z3, d07-z3
	b[(at+5*step)&63] = z13 + z2
	b[(at+3*step)&63] = z13 - z2
	b[(at+step)&63] = z11 + z4
	b[(at+7*step)&63] = z11 - z4
}
