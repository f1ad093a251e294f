package playlist

import (
	"strconv"
	"time"
)

// appendSeconds writes microseconds as decimal seconds, exact and without
// trailing zeros but with at least one decimal: 2000000 is 2.0.
func appendSeconds(b []byte, us int64) []byte {
	b = strconv.AppendInt(b, us/1e6, 10)
	frac := us % 1e6
	b = append(b, '.')
	for unit := int64(1e5); unit > 0; unit /= 10 {
		b = append(b, byte('0'+frac/unit))
		if frac %= unit; frac == 0 {
			break
		}
	}
	return b
}

// appendPadded writes n with at least width digits.
func appendPadded(b []byte, n uint64, width int) []byte {
	for limit := uint64(10); width > 1; width-- {
		if n < limit {
			for ; width > 1; width-- {
				b = append(b, '0')
			}
			break
		}
		limit *= 10
	}
	return strconv.AppendUint(b, n, 10)
}

// appendTime writes a program date time with all its microseconds: rounded to
// milliseconds it would not be the last one plus its EXTINF any more.
func appendTime(b []byte, us int64) []byte {
	return time.UnixMicro(us).UTC().AppendFormat(b, "2006-01-02T15:04:05.000000Z")
}

// media begins the URI of something that never changes: with the archive's identity,
// as the folder in which all of it is.
func (w *writer) media() {
	if id := w.s.Identity; id != "" {
		w.b = append(append(w.b, id...), '/')
	}
}

// appendSegmentURI writes what archive.SegmentURI returns.
func appendSegmentURI(b []byte, msn uint64, start int64) []byte {
	b = time.UnixMicro(start).UTC().AppendFormat(b, "2006-01-02/15/")
	return append(appendPadded(b, msn, 9), ".m4s"...)
}

// appendPartURI writes parts/4211.3.m4s, the part n of the segment msn.
func appendPartURI(b []byte, msn uint64, n int) []byte {
	b = strconv.AppendUint(append(b, "parts/"...), msn, 10)
	b = strconv.AppendInt(append(b, '.'), int64(n), 10)
	return append(b, ".m4s"...)
}

// appendInitURI writes what archive.InitURI returns.
func appendInitURI(b []byte, firstMSN uint64) []byte {
	b = appendPadded(append(b, "init/"...), firstMSN, 9)
	return append(b, ".mp4"...)
}
