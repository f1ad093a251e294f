package democam

import (
	"bytes"
	"image"
	"image/jpeg"
	"math"
	"os"
	"testing"
	"time"
)

func TestLook(t *testing.T) {
	s := newScene(image.Pt(1280, 720))
	at := time.Now().UTC()
	s.render(func() time.Time { return at })
	data := s.appendJPEG(nil)
	img, err := jpeg.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	t.Log(len(data), img.Bounds(), psnr(img.(*image.YCbCr).Y, s.img.Y))
	got, ok := ReadBlocks(img)
	t.Log(got, ok, at)
	os.WriteFile("/tmp/democam.jpg", data, 0o644)
}

func psnr(a, b []byte) float64 {
	var sum float64
	for i := range a {
		sum += sq(float64(a[i]) - float64(b[i]))
	}
	return 10 * math.Log10(255*255*float64(len(a))/sum)
}

func BenchmarkFrame(b *testing.B) {
	s := newScene(image.Pt(1280, 720))
	at := time.Now()
	buf := make([]byte, 0, 1<<20)
	b.ReportAllocs()
	for b.Loop() {
		at = at.Add(time.Second / 30)
		s.render(func() time.Time { return at })
		buf = s.appendJPEG(buf[:0])
	}
}
