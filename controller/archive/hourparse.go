package archive

import (
	"bytes"
	"sort"
	"strings"
	"time"

	"lookback/controller/spool"
)

// hourList is what an hour playlist says.
type hourList struct {
	entries []entry         // Run is not set
	maps    []uint64        // for each entry, the first MSN of its run by EXT-X-MAP
	valid   int             // length of the well-formed beginning
	head    spool.Constants // what its header says, no PartTarget
	ended   bool            // ENDLIST is there
	typed   bool            // a playlist type is there
}

// noMap stands for an entry before any EXT-X-MAP.
const noMap = ^uint64(0)

// fits reports whether the header promises no more than the entries keep.
func (l *hourList) fits(all []Promise) bool {
	n := len(l.entries)
	if n == 0 || len(all) == 0 {
		return true
	}
	k := widest(all, l.entries[0].msn, l.entries[n-1].msn+1)
	return l.head.TargetDuration >= k.TargetDuration && (k.Independent || !l.head.Independent)
}

// parseHour reads an hour playlist into l, whose slices it uses again. A torn
// end, as a crash leaves it, is not an error: what is behind valid is ignored.
func parseHour(data []byte, l *hourList) {
	*l = hourList{entries: l.entries[:0], maps: l.maps[:0]}
	var e entry
	var seen hourTags
	mapped := noMap
	for pos := 0; pos < len(data); {
		n := bytes.IndexByte(data[pos:], '\n')
		if n < 0 {
			return
		}
		line := data[pos : pos+n]
		pos += n + 1
		if len(line) > 0 && line[0] != '#' {
			msn, ok := parseMSN(line)
			if !ok || seen&(tagDate|tagLength) != tagDate|tagLength {
				return
			}
			e.msn, e.flaws = msn, numbered(e.flaws, msn)
			l.entries, l.maps = append(l.entries, e), append(l.maps, mapped)
			e, seen = entry{}, 0
		} else if tag, ok := e.parseTag(line, l, &mapped); ok {
			seen |= tag
		} else {
			return
		}
		if seen == 0 {
			l.valid = pos
		}
	}
}

// hourTags are the tags that belong to the next entry.
type hourTags uint8

const (
	tagDate hourTags = 1 << iota
	tagLength
	tagOther
)

// parseTag reads a line that begins with #, or an empty one.
func (e *entry) parseTag(line []byte, l *hourList, mapped *uint64) (tag hourTags, ok bool) {
	name, value, _ := bytes.Cut(line, []byte{':'})
	switch string(name) {
	case "#EXT-X-PROGRAM-DATE-TIME":
		e.Start, ok = parseDate(value)
		return tagDate, ok
	case "#EXTINF":
		e.Duration, ok = parseLength(value)
		return tagLength, ok
	case "#BYTES":
		size, ok := parseDigits(value)
		e.Size = uint32(size)
		return tagOther, ok && size <= 1<<32-1
	case "#EXT-X-GAP":
		e.Flags |= Gap
		return tagOther, true
	case "#EXT-X-DATERANGE":
		f, found, ok := parseFlaw(value)
		if found {
			e.flaws = append(e.flaws, f)
		}
		return tagOther, ok
	case "#EXT-X-DISCONTINUITY":
		return tagOther, true
	case "#EXT-X-MAP":
		path, found := bytes.CutPrefix(value, []byte(`URI="../../init/`))
		path, foundEnd := bytes.CutSuffix(path, []byte(`.mp4"`))
		*mapped, ok = parseDigits(path)
		return tagOther, ok && found && foundEnd
	case "#EXT-X-ENDLIST":
		l.ended = true
	case "#EXT-X-TARGETDURATION":
		seconds, _ := parseDigits(value)
		l.head.TargetDuration = int64(seconds) * 1_000_000
	case "#EXT-X-INDEPENDENT-SEGMENTS":
		l.head.Independent = true
	case "#EXT-X-PLAYLIST-TYPE":
		l.typed = true
	}
	return 0, true
}

// parseDate reads 2026-11-22T10:00:00.000000Z, microseconds since 1970, not before.
func parseDate(b []byte) (us int64, ok bool) {
	const form = "0000-00-00T00:00:00.000000Z"
	if len(b) != len(form) {
		return 0, false
	}
	var field [7]int
	n := 0
	for i := range len(form) {
		switch {
		case form[i] != '0':
			if b[i] != form[i] {
				return 0, false
			}
			n++
		case b[i] < '0' || b[i] > '9':
			return 0, false
		default:
			field[n] = field[n]*10 + int(b[i]-'0')
		}
	}
	t := time.Date(field[0], time.Month(field[1]), field[2], field[3], field[4], field[5], 0, time.UTC)
	ok = field[0] >= 1970 && t.Month() == time.Month(field[1]) && t.Day() == field[2] && t.Hour() == field[3] && t.Minute() == field[4] && t.Second() == field[5]
	return t.Unix()*1_000_000 + int64(field[6]), ok
}

// parseLength reads 2.000000, (of EXTINF), microseconds.
func parseLength(b []byte) (us uint32, ok bool) {
	b, _ = bytes.CutSuffix(b, []byte{','})
	whole, part, _ := bytes.Cut(b, []byte{'.'})
	seconds, ok := parseDigits(whole)
	if !ok || seconds >= 4000 || len(part) > 6 {
		return 0, false
	}
	scale := uint64(1_000_000)
	micros := uint64(0)
	for _, d := range part {
		if d < '0' || d > '9' {
			return 0, false
		}
		scale /= 10
		micros += uint64(d-'0') * scale
	}
	return uint32(seconds*1_000_000 + micros), true
}

// parseDigits reads up to 18 digits.
func parseDigits[T ~string | ~[]byte](b T) (n uint64, ok bool) {
	if len(b) == 0 || len(b) > 18 {
		return 0, false
	}
	for i := range len(b) {
		if b[i] < '0' || b[i] > '9' {
			return 0, false
		}
		n = n*10 + uint64(b[i]-'0')
	}
	return n, true
}

// parseMSN reads the MSN in a segment's file name.
func parseMSN[T ~string | ~[]byte](name T) (uint64, bool) {
	n := len(name) - len(".m4s")
	if n < 9 || n > 9 && name[0] == '0' || string(name[n:]) != ".m4s" {
		return 0, false
	}
	return parseDigits(name[:n])
}

// isLeftover reports whether a name is that of what an interrupted replacement of
// another file leaves behind.
func isLeftover(name, of string) bool {
	rest, ok := strings.CutPrefix(name, "."+of)
	_, digits := parseDigits(rest)
	return ok && (digits || rest == "" || len(rest) == 19)
}

// runOf is the position of the run that an MSN belongs to, -1 for none.
func runOf(runs []Run, msn uint64) int {
	return sort.Search(len(runs), func(i int) bool { return runs[i].FirstMSN > msn }) - 1
}

// settle gives an entry what its MSN says: its run, and whether it begins it.
func settle(runs []Run, e *entry) (ok bool) {
	i := runOf(runs, e.msn)
	if i < 0 {
		return false
	}
	e.Run = uint32(i)
	e.Flags &^= Discontinuity
	if runs[i].FirstMSN == e.msn && runs[i].Sequence > 0 {
		e.Flags |= Discontinuity
	}
	return true
}
