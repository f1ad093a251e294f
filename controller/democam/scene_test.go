package democam

import (
	"bytes"
	"fmt"
	"image"
	"math"
	"os/exec"
	"strconv"
	"testing"
	"time"
)

func clockAt(t time.Time) func() time.Time { return func() time.Time { return t } }

var dusk = time.UnixMilli(1795386037853).UTC()

func TestDecodedFrameIsTheScene(t *testing.T) {
	for _, size := range []image.Point{{1280, 720}, {640, 360}, {320, 240}, {854, 480}} {
		t.Run(fmt.Sprintf("%dx%d", size.X, size.Y), func(t *testing.T) {
			s := newScene(size, true)
			for i := range 2 {
				at := s.render(clockAt(dusk.Add(time.Duration(i) * 6789 * time.Millisecond)))
				data := s.appendJPEG(nil)
				if len(data) != s.size() {
					t.Errorf("%d bytes, foretold %d", len(data), s.size())
				}
				img := decode(t, data)
				if img.Rect.Size() != size {
					t.Fatalf("decoded as %v", img.Rect)
				}
				for i, n := range []float64{noise(img.Y, s.img.Y), noise(img.Cb, s.img.Cb), noise(img.Cr, s.img.Cr)} {
					if psnr := 10 * math.Log10(255*255/n); psnr < 38 {
						t.Errorf("plane %d: %.1f dB", i, psnr)
					}
				}
				if got, ok := ReadBlocks(img); !ok || !got.Equal(at) {
					t.Errorf("blocks say %v %v, want %v", got, ok, at)
				}
			}
		})
	}
}

// Tiles that are kept must be those that a camera switched on now would code.
func TestKeptTilesAreTrue(t *testing.T) {
	size := image.Pt(640, 360)
	old := newScene(size, true)
	at := time.Date(2026, 11, 22, 23, 59, 20, 0, time.UTC)
	for range 60 { // across midnight and the edge of the picture
		at = at.Add(777 * time.Millisecond)
		old.render(clockAt(at))
	}
	fresh := newScene(size, true)
	fresh.render(clockAt(at))
	if !bytes.Equal(old.appendJPEG(nil), fresh.appendJPEG(nil)) {
		t.Error("the picture depends on what was shown before")
	}
}

func TestFrameShowsTheLatestInstant(t *testing.T) {
	s := newScene(image.Pt(320, 180), true)
	calls := 0
	at := s.render(func() time.Time {
		calls++
		return dusk.Add(time.Duration(calls) * time.Second)
	})
	if want := dusk.Add(time.Duration(calls) * time.Second); !at.Equal(want) {
		t.Errorf("rendered for %v, the clock was last asked at %v", at, want)
	}
	if got, ok := ReadBlocks(s.img.SubImage(image.Rect(0, 0, 320, 180))); !ok || !got.Equal(at) {
		t.Errorf("blocks say %v %v, want %v", got, ok, at)
	}
}

func TestBlockEdge(t *testing.T) {
	for width, want := range map[int]int{320: 6, 640: 12, 854: 16, 1280: 24, 1920: 36, 3840: 72} {
		if got := BlockEdge(width); got != want || timeBits*got > width {
			t.Errorf("BlockEdge(%d) = %d, want %d", width, got, want)
		}
	}
}

func TestReadBlocksRefuses(t *testing.T) {
	black := image.NewGray(image.Rect(0, 0, 1280, 720)) // the check of zero is 0xA5
	if _, ok := ReadBlocks(black); ok {
		t.Error("a black picture passes")
	}
	for _, r := range []image.Rectangle{{}, image.Rect(0, 0, 40, 30), image.Rect(0, 0, 1280, 40)} {
		if _, ok := ReadBlocks(image.NewGray(r)); ok {
			t.Errorf("%v passes", r)
		}
	}
	s := newScene(image.Pt(320, 180), true)
	s.render(clockAt(dusk))
	s.fill(image.Rect(47*6, 0, 48*6, 6), blockInk[1-dusk.UnixMilli()&1])
	if _, ok := ReadBlocks(s.img.SubImage(image.Rect(0, 0, 320, 180))); ok {
		t.Error("one wrong bit passes")
	}
}

func TestBlocksSurviveH264(t *testing.T) {
	for _, size := range []image.Point{{1280, 720}, {640, 360}, {320, 240}} {
		t.Run(fmt.Sprintf("%dx%d", size.X, size.Y), func(t *testing.T) {
			s := newScene(size, true)
			var frames bytes.Buffer
			var want []time.Time
			for i := range 20 {
				want = append(want, s.render(clockAt(dusk.Add(time.Duration(i)*time.Second/30))))
				frames.Write(s.appendJPEG(nil))
			}
			coded := ffmpeg(t, &frames, "-f", "mjpeg", "-framerate", "30", "-i", "pipe:", "-vf", "scale=out_range=tv,format=yuv420p",
				"-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-crf", "30", "-f", "matroska", "pipe:")
			raw := ffmpeg(t, bytes.NewReader(coded), "-i", "pipe:", "-f", "rawvideo", "-pix_fmt", "gray", "pipe:")
			if len(raw) != len(want)*size.X*size.Y {
				t.Fatalf("%d bytes of video back, want %d frames", len(raw), len(want))
			}
			for i, at := range want {
				img := &image.Gray{Pix: raw[i*size.X*size.Y:], Stride: size.X, Rect: image.Rectangle{Max: size}}
				if got, ok := ReadBlocks(img); !ok || !got.Equal(at) {
					t.Errorf("frame %d: blocks say %v %v, want %v", i, got, ok, at)
				}
			}
		})
	}
}

func ffmpeg(t *testing.T, in interface{ Read([]byte) (int, error) }, args ...string) []byte {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "ffmpeg", append([]string{"-v", "error", "-nostdin"}, args...)...)
	var stderr bytes.Buffer
	cmd.Stdin, cmd.Stderr = in, &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("ffmpeg: %v\n%s", err, stderr.String())
	}
	return out
}

// A frame as the camera makes it, at its real rate of motion.
func BenchmarkFrame(b *testing.B) {
	for _, height := range []int{360, 720, 1080} {
		b.Run(strconv.Itoa(height)+"p", func(b *testing.B) {
			s := newScene(image.Pt(height*16/9, height), true)
			at := dusk
			b.ReportAllocs()
			for b.Loop() {
				at = at.Add(time.Second / 30)
				f := newFrame(s, s.render(clockAt(at)), faults{}, 1, nil)
				b.SetBytes(int64(len(f.part)))
			}
		})
	}
}

func BenchmarkLandscape(b *testing.B) {
	for b.Loop() {
		landscape(image.Pt(1280, 720))
	}
}
