package archive

import (
	"bytes"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"time"

	"lookback/controller/spool"
)

// hourName is the playlist of one UTC hour, beside its segments. It is plain
// HLS (RFC 8216), so that the archive plays in any player without us, and a
// quick way to load the index; a comment line before each URI holds the size.
const hourName = "index.m3u8"

// hourLength is an hour in microseconds.
const hourLength = int64(time.Hour / time.Microsecond)

// entry is a segment as an hour playlist lists it.
type entry struct {
	msn uint64
	Segment
}

// hourDir is the folder, below the camera's, of segments that start at the
// given time (microseconds since 1970-01-01 UTC).
func hourDir(start int64) string { return filepath.Dir(SegmentURI(0, start)) }

// hourOf is the number of the hour since 1970 of a time, microseconds.
func hourOf(start int64) int64 {
	h := start / hourLength
	if start%hourLength < 0 {
		h--
	}
	return h
}

// dirHour is the number of the hour that a folder 2026-11-22/10 stands for.
func dirHour(dir string) (int64, bool) {
	t, err := time.Parse("2006-01-02/15", filepath.ToSlash(dir))
	return t.Unix() / 3600, err == nil
}

// view is what hour playlists are written from: an excerpt of the index that
// never changes.
type view struct {
	first     uint64 // MSN of segs[0]
	segs      []Segment
	runs      []Run
	constants spool.Constants
}

// hour are the entries of one hour with from <= MSN < to.
func (v view) hour(hour int64, from, to uint64) []entry {
	var all []entry
	for msn := max(from, v.first); msn < min(to, v.first+uint64(len(v.segs))); msn++ {
		if s := v.segs[msn-v.first]; hourOf(s.Start) == hour {
			all = append(all, entry{msn, s})
		}
	}
	return all
}

// hourKind is what an hour playlist promises.
type hourKind struct {
	closed  bool // no entry follows: ENDLIST
	trimmed bool // entries leave at its beginning: then it may have no type (RFC 8216 4.3.3.5)
}

// appendHeader begins an hour playlist.
func (v view) appendHeader(b []byte, first entry, kind hourKind) []byte {
	run := v.runs[first.Run]
	sequence := run.Sequence
	if first.Flags&Discontinuity != 0 {
		sequence--
	}
	b = append(b, "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:"...)
	b = strconv.AppendInt(b, max(1, v.constants.TargetDuration/1_000_000), 10)
	switch {
	case kind.trimmed:
	case kind.closed:
		b = append(b, "\n#EXT-X-PLAYLIST-TYPE:VOD"...)
	default:
		b = append(b, "\n#EXT-X-PLAYLIST-TYPE:EVENT"...)
	}
	b = append(b, "\n#EXT-X-MEDIA-SEQUENCE:"...)
	b = strconv.AppendUint(b, first.msn, 10)
	b = append(b, "\n#EXT-X-DISCONTINUITY-SEQUENCE:"...)
	b = strconv.AppendUint(b, sequence, 10)
	b = append(b, '\n')
	if v.constants.Independent {
		b = append(b, "#EXT-X-INDEPENDENT-SEGMENTS\n"...)
	}
	return b
}

// appendEntry appends an entry's lines. prev is the entry before it in the same
// playlist, nil for the first.
func (v view) appendEntry(b []byte, e entry, prev *entry) []byte {
	otherRun := prev != nil && prev.Run != e.Run // without the tag when a clock that was set back came through this hour again
	if e.Flags&Discontinuity != 0 || otherRun {
		b = append(b, "#EXT-X-DISCONTINUITY\n"...)
	}
	if prev == nil || otherRun {
		b = append(b, "#EXT-X-MAP:URI=\"../../"...)
		b = append(b, InitURI(v.runs[e.Run].FirstMSN)...)
		b = append(b, "\"\n"...)
	}
	b = append(b, "#EXT-X-PROGRAM-DATE-TIME:"...)
	b = time.UnixMicro(e.Start).UTC().AppendFormat(b, "2006-01-02T15:04:05.000000Z")
	b = append(b, "\n#EXTINF:"...)
	b = strconv.AppendUint(b, uint64(e.Duration/1_000_000), 10)
	b = append(b, '.')
	b = appendDigits(b, uint64(e.Duration%1_000_000), 6)
	b = append(b, ",\n"...)
	if e.Flags&Gap != 0 {
		b = append(b, "#EXT-X-GAP\n"...)
	}
	b = append(b, "#BYTES:"...)
	b = strconv.AppendUint(b, uint64(e.Size), 10)
	b = append(b, '\n')
	b = appendDigits(b, e.msn, 9)
	return append(b, ".m4s\n"...)
}

// appendDigits appends n with leading zeros.
func appendDigits(b []byte, n uint64, width int) []byte {
	digits := strconv.FormatUint(n, 10)
	for range width - len(digits) {
		b = append(b, '0')
	}
	return append(b, digits...)
}

// render is a whole hour playlist of at least one entry.
func (v view) render(entries []entry, kind hourKind) []byte {
	b := v.appendHeader(make([]byte, 0, 400+110*len(entries)), entries[0], kind)
	var prev *entry
	for i := range entries {
		b = v.appendEntry(b, entries[i], prev)
		prev = &entries[i]
	}
	if kind.closed {
		b = append(b, "#EXT-X-ENDLIST\n"...)
	}
	return b
}

// hourList is what an hour playlist says.
type hourList struct {
	entries []entry  // Run is not set
	maps    []uint64 // for each entry, the first MSN of its run by EXT-X-MAP
	valid   int      // length of the well-formed beginning
	ended   bool     // ENDLIST is there
	typed   bool     // a playlist type is there
}

// noMap stands for an entry before any EXT-X-MAP.
const noMap = ^uint64(0)

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
			e.msn = msn
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
	case "#EXT-X-DISCONTINUITY":
		return tagOther, true
	case "#EXT-X-MAP":
		path, found := bytes.CutPrefix(value, []byte(`URI="../../init/`))
		path, foundEnd := bytes.CutSuffix(path, []byte(`.mp4"`))
		*mapped, ok = parseDigits(path)
		return tagOther, ok && found && foundEnd
	case "#EXT-X-ENDLIST":
		l.ended = true
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

// isLeftover tells names of what an interrupted replacement leaves behind.
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
