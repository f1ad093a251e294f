package httpcam

import "encoding/binary"

const (
	// exifMark begins the content of an APP1 segment that holds EXIF.
	exifMark = "Exif\x00\x00"
	// tagOrientation says how a picture is to be turned, from 1 to 8 (EXIF 2.3, 4.6.4).
	tagOrientation = 0x0112
	// leastTurned is the lowest orientation that exchanges width and height.
	leastTurned = 5
	typeShort   = 3
)

// orientation is that in the first directory of a TIFF file, 1 where none is told.
func orientation(tiff []byte) int {
	var order binary.ByteOrder
	switch {
	case len(tiff) < 8:
		return 1
	case string(tiff[:4]) == "II*\x00":
		order = binary.LittleEndian
	case string(tiff[:4]) == "MM\x00*":
		order = binary.BigEndian
	default:
		return 1
	}
	at := int64(order.Uint32(tiff[4:]))
	if at+2 > int64(len(tiff)) {
		return 1
	}
	entries := tiff[at+2:]
	for range order.Uint16(tiff[at:]) {
		if len(entries) < 12 {
			break
		}
		if order.Uint16(entries) == tagOrientation && order.Uint16(entries[2:]) == typeShort {
			if o := int(order.Uint16(entries[8:])); o >= 1 && o <= 8 {
				return o
			}
		}
		entries = entries[12:]
	}
	return 1
}
