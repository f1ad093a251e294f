package httpcam

import (
	"encoding/binary"
	"testing"
)

// exif is the content of a TIFF file whose one entry is the orientation.
func exif(order binary.AppendByteOrder, mark string, orientation uint16) []byte {
	b := order.AppendUint32([]byte(mark), 8)
	b = order.AppendUint16(b, 2)
	for _, entry := range [][2]uint16{{0x0100, 640}, {tagOrientation, orientation}} {
		b = order.AppendUint16(order.AppendUint16(b, entry[0]), typeShort)
		b = order.AppendUint16(order.AppendUint16(order.AppendUint32(b, 1), entry[1]), 0)
	}
	return order.AppendUint32(b, 0)
}

// TestOrientation: width and height are those of the picture as it is shown, and
// nothing is read beyond what is there.
func TestOrientation(t *testing.T) {
	for o := range uint16(10) {
		for _, tiff := range [][]byte{exif(binary.LittleEndian, "II*\x00", o), exif(binary.BigEndian, "MM\x00*", o)} {
			want := int(o)
			if o < 1 || o > 8 {
				want = 1
			}
			if got := orientation(tiff); got != want {
				t.Errorf("%d: %d", o, got)
			}
			for n := range tiff {
				if got := orientation(tiff[:n]); got != 1 && got != want {
					t.Errorf("%d, cut off after %d bytes: %d", o, n, got)
				}
			}
			content := append([]byte(exifMark), tiff...)
			segment := append(binary.BigEndian.AppendUint16([]byte{0xFF, 0xE1}, uint16(len(content)+2)), content...)
			turned := append(append([]byte{0xFF, 0xD8}, segment...), pictures[0][2:]...)
			said := append(append([]byte("--x\r\n\r\n"), turned...), "\r\n--x\r\n"...)
			got := pieces(t, said, 100)
			if len(got) != 1 {
				t.Fatalf("orientation %d: %d pictures", o, len(got))
			}
			shape := got[0].Shape
			if width := map[bool]int{true: 48, false: 64}[want >= 5]; shape.Width != width || shape.Height != 64+48-width {
				t.Errorf("orientation %d: %+v", o, shape)
			}
		}
	}
}
