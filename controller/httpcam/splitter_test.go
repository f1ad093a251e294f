package httpcam

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/jpeg"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// pieces feeds what was said in pieces of n bytes.
func pieces(t testing.TB, said []byte, n int) []Picture {
	t.Helper()
	var got []Picture
	s := splitter{emit: func(p Picture) error { got = append(got, p); return nil }}
	for len(said) > 0 {
		k := min(n, len(said))
		if err := s.feed(said[:k], time.Time{}); err != nil {
			t.Fatal(err)
		}
		said = said[k:]
	}
	s.end(time.Time{})
	return got
}

// thumbnailed is a JPEG with another inside of its EXIF, and one in a comment
// behind its tables.
func thumbnailed() []byte {
	segment := func(marker byte, content []byte) []byte {
		return append(binary.BigEndian.AppendUint16([]byte{0xFF, marker}, uint16(len(content)+2)), content...)
	}
	b := append([]byte{0xFF, 0xD8}, segment(0xE1, append([]byte("Exif\x00\x00"), pictures[5]...))...)
	return append(append(b, segment(0xFE, pictures[6])...), pictures[7][2:]...)
}

// progressive has two scans, with a table and restarts between them, and nothing
// that can be seen.
const progressive = "\xFF\xD8\xFF\xC2\x00\x11\x08\x00\x30\x00\x40\x03\x01\x21\x00\x02\x11\x00\x03\x11\x00" +
	"\xFF\xDA\x00\x0C\x03\x01\x00\x02\x00\x03\x00\x00\x00\x00abc\xFF\x00\xFF\xD0def\xFF\xFF\xD1ghi" +
	"\xFF\xC4\x00\x05\x00\x01\x02\xFF\xDA\x00\x08\x01\x01\x00\x01\x3F\x00xyz\xFF\xD9"

func TestPicturesWithin(t *testing.T) {
	for name, c := range map[string]struct {
		picture []byte
		shape   Shape
	}{
		"thumbnails":          {thumbnailed(), Shape{JPEG, 64, 48, 3, 8, false, "yuvj420p"}},
		"progressive":         {[]byte(progressive), Shape{JPEG, 64, 48, 3, 8, true, "yuvj422p"}},
		"fill bytes, padding": {append([]byte("\xFF\xD8\xFF\xFE\x00\x04ab\x00\x00\x00\xFF\xFF"), pictures[0][2:]...), Shape{JPEG, 64, 48, 3, 8, false, "yuvj420p"}},
		"nonsense in its data": {bytes.Replace(pictures[0], pictures[0][len(pictures[0])-40:len(pictures[0])-30], []byte("\xFF\x02\xFF\xE0\xFF\xC4\xFF\xD8x\xFF\xFF"), 1),
			Shape{JPEG, 64, 48, 3, 8, false, "yuvj420p"}},
		"PNG":  {drawnPNG(2), Shape{PNG, 40, 30, 4, 8, false, ""}},
		"WebP": {[]byte(webp), Shape{WebP, 1, 1, 3, 8, false, ""}},
		"grey": {encoded(image.NewGray(image.Rect(0, 0, 17, 3))), Shape{JPEG, 17, 3, 1, 8, false, "gray"}},
	} {
		said := bytes.Join([][]byte{[]byte("--x\r\n\r\n"), c.picture, []byte("\r\n--x\r\n"), pictures[1]}, nil)
		for _, n := range []int{1, 2, 3, 5, 7, 64, 1 << 20} {
			got := pieces(t, said, n)
			if len(got) != 2 || !bytes.Equal(got[0].Data, c.picture) || !bytes.Equal(got[1].Data, pictures[1]) {
				t.Errorf("%s in pieces of %d: %d pictures", name, n, len(got))
				continue
			}
			if got[0].Shape != c.shape || got[0].Broken != 0 {
				t.Errorf("%s: %+v", name, got[0])
			}
		}
	}
}

func encoded(m image.Image) []byte {
	var b bytes.Buffer
	jpeg.Encode(&b, m, nil)
	return b.Bytes()
}

// TestShapesAsFFmpeg: sizes and pixel formats are those that ffmpeg tells.
func TestShapesAsFFmpeg(t *testing.T) {
	for _, format := range []string{"yuvj420p", "yuvj422p", "yuvj444p"} {
		out, err := exec.Command("ffmpeg", "-loglevel", "error", "-f", "lavfi", "-i", "testsrc2=size=322x182:rate=5", "-frames:v", "3",
			"-c:v", "mjpeg", "-pix_fmt", format, "-strict", "-1", "-f", "mjpeg", "pipe:1").Output()
		if err != nil {
			t.Fatal(err)
		}
		got := pieces(t, out, 1000)
		if len(got) != 3 || got[0].Width != 322 || got[0].Height != 182 {
			t.Fatalf("%s: %d pictures", format, len(got))
		}
		probed, err := probe(got[0].Data)
		if err != nil || probed != got[0].PixelFormat {
			t.Errorf("%s: %q, ffprobe says %q (%v)", format, got[0].PixelFormat, probed, err)
		}
	}
}

func probe(picture []byte) (string, error) {
	cmd := exec.Command("ffprobe", "-loglevel", "error", "-f", "jpeg_pipe", "-show_entries", "stream=pix_fmt", "-of", "csv=p=0", "-i", "pipe:0")
	cmd.Stdin = bytes.NewReader(picture)
	out, err := cmd.Output()
	return strings.TrimSpace(string(out)), err
}

// TestSwallowed: a length that is wrong hides the pictures behind it from nobody.
func TestSwallowed(t *testing.T) {
	said := append([]byte("\xFF\xD8\xFF\xE0\x20\x00"), bytes.Join(pictures, []byte("\r\n--x\r\n"))...)
	for _, n := range []int{1, 100, 1 << 20} {
		if got := pieces(t, said, n); len(got) != len(pictures) || got[0].Broken != 1 {
			t.Errorf("in pieces of %d: %d pictures", n, len(got))
		}
	}
}

// FuzzSplitter: however it is cut into pieces, the same pictures come out, and
// they are what they claim to be.
func FuzzSplitter(f *testing.F) {
	for _, said := range streams {
		if len(said) < 20000 {
			f.Add([]byte(said), 7)
		}
	}
	for _, b := range bombs {
		f.Add([]byte(b.said+strings.Repeat(b.forEver, 50)), 64)
	}
	f.Add(thumbnailed(), 100)
	f.Add([]byte(progressive), 3)
	f.Add(append(drawnPNG(1), webp...), 5)
	f.Fuzz(func(t *testing.T, said []byte, n int) {
		all := pieces(t, said, 1<<20)
		some := pieces(t, said, max(1, n))
		if len(all) != len(some) {
			t.Fatalf("%d pictures in one piece, %d in pieces of %d", len(all), len(some), n)
		}
		for i, p := range all {
			if !bytes.Equal(p.Data, some[i].Data) || p.Shape != some[i].Shape || p.Broken != some[i].Broken {
				t.Fatalf("picture %d differs", i)
			}
			if p.Width <= 0 || p.Height <= 0 || p.tooLarge() || len(p.Data) > maxPicture {
				t.Fatalf("picture %d: %+v", i, p.Shape)
			}
			if p.Format == JPEG && (!bytes.HasPrefix(p.Data, []byte(signatureJPEG)) || !bytes.HasSuffix(p.Data, eoi)) {
				t.Fatalf("picture %d is no JPEG", i)
			}
		}
	})
}

// BenchmarkSplitter splits a second of 1080p at 30 fps, pictures of 650 kB. 10 ms are 1 %
// of a core.
func BenchmarkSplitter(b *testing.B) {
	picture := encodedAt(1920, 1080, 40)
	var second bytes.Buffer
	for range 30 {
		second.WriteString(sized(string(picture), 0))
	}
	n := 0
	s := splitter{emit: func(Picture) error { n++; return nil }}
	b.SetBytes(int64(second.Len()))
	b.ReportAllocs()
	for b.Loop() {
		s.feed(second.Bytes(), time.Time{})
	}
	if n%30 != 0 {
		b.Fatalf("%d pictures", n)
	}
}
