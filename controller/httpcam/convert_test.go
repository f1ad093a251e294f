package httpcam

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os/exec"
	"strings"
	"testing"
)

// painted is a picture of one colour, all in one.
func painted(m interface {
	image.Image
	Set(x, y int, c color.Color)
}, c color.Color) image.Image {
	for y := range m.Bounds().Dy() {
		for x := range m.Bounds().Dx() {
			m.Set(x, y, c)
		}
	}
	return m
}

func asPNG(t *testing.T, m image.Image) []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestToJPEG: a PNG or WebP of any kind becomes a JPEG of the same colour and size.
func TestToJPEG(t *testing.T) {
	r, orange := image.Rect(0, 0, 50, 30), color.NRGBA{230, 120, 20, 255}
	webps := func(args ...string) []byte {
		out, err := exec.Command("ffmpeg", append(append([]string{"-loglevel", "error", "-f", "lavfi", "-i", "color=c=0xE67814:size=50x30", "-frames:v", "1"}, args...), "-f", "webp", "pipe:1")...).Output()
		if err != nil {
			t.Fatalf("this ffmpeg makes no WebP, which takes libwebp: %v", err)
		}
		return out
	}
	for name, data := range map[string][]byte{
		"PNG":                   asPNG(t, painted(image.NewRGBA(r), orange)),
		"PNG with transparency": asPNG(t, painted(image.NewNRGBA(r), color.NRGBA{230, 120, 20, 3})),
		"PNG of 16 bits":        asPNG(t, painted(image.NewNRGBA64(r), orange)),
		"PNG with a palette":    asPNG(t, painted(image.NewPaletted(r, color.Palette{color.Black, orange}), orange)),
		"PNG, grey":             asPNG(t, painted(image.NewGray(r), orange)),
		"WebP":                  webps("-c:v", "libwebp"),
		"WebP without loss":     webps("-c:v", "libwebp", "-lossless", "1"),
	} {
		got := pieces(t, data, 1000)
		if len(got) != 1 || got[0].Format == JPEG {
			t.Fatalf("%s: %d pictures", name, len(got))
		}
		p := got[0]
		if err := p.ToJPEG(); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		img, err := jpeg.Decode(bytes.NewReader(p.Data))
		if err != nil || img.Bounds() != r || p.Format != JPEG {
			t.Errorf("%s: %v, %+v", name, err, p.Shape)
			continue
		}
		want := color.Color(orange)
		if strings.Contains(name, "grey") {
			want = color.GrayModel.Convert(orange)
		}
		if !near(img.At(25, 15), want) {
			t.Errorf("%s: %v, want %v", name, img.At(25, 15), want)
		}
		again := pieces(t, p.Data, 1000)
		if len(again) != 1 || again[0].Shape != p.Shape {
			t.Errorf("%s: it says %+v, and is %+v", name, p.Shape, again)
		}
	}
}

func near(a, b color.Color) bool {
	ar, ag, ab, _ := a.RGBA()
	br, bg, bb, _ := b.RGBA()
	off := func(x, y uint32) bool { return max(x, y)-min(x, y) > 8<<8 }
	return !off(ar, br) && !off(ag, bg) && !off(ab, bb)
}

// TestNoJPEG: what can't be decoded, or would take too much, stays as it is.
func TestNoJPEG(t *testing.T) {
	whole := asPNG(t, image.NewGray(image.Rect(0, 0, 50, 30)))
	torn := bytes.Replace(whole, []byte("IDAT"), []byte("IDAX"), 1)
	for want, p := range map[string]Picture{
		"png of 4000x3000 pixels: 24 MB are accepted":  {Data: whole, Shape: Shape{Format: PNG, Width: 4000, Height: 3000, Depth: 8}},
		"png of 2500x1500 pixels: 24 MB are accepted":  {Data: whole, Shape: Shape{Format: PNG, Width: 2500, Height: 1500, Depth: 16}},
		"webp of 9000x3000 pixels: 24 MB are accepted": {Data: whole, Shape: Shape{Format: WebP, Width: 9000, Height: 3000}},
		"png: png: invalid format":                     {Data: torn, Shape: Shape{Format: PNG, Width: 50, Height: 30, Depth: 8}},
		"webp: riff":                                   {Data: whole, Shape: Shape{Format: WebP, Width: 50, Height: 30}},
	} {
		before := p
		err := p.ToJPEG()
		if err == nil || !strings.HasPrefix(err.Error(), want) || p.Shape != before.Shape || !bytes.Equal(p.Data, before.Data) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	jpg := Picture{Data: pictures[0], Shape: Shape{Format: JPEG}}
	if err := jpg.ToJPEG(); err != nil || &jpg.Data[0] != &pictures[0][0] {
		t.Error("a JPEG is made anew")
	}
}
