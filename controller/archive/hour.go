package archive

import (
	"path/filepath"
	"strconv"
	"time"

	"lookback/controller/spool"
)

// hourName is the playlist of one UTC hour, beside its segments. It is plain
// HLS (RFC 8216), so that the archive plays in any player without us, and a
// quick way to load the index; a comment line before each URI holds the size.
const hourName = "index.m3u8"

// dateForm is how dates are written: RFC 3339 with microseconds.
const dateForm = "2006-01-02T15:04:05.000000Z"

// hourLength is an hour in microseconds.
const hourLength = int64(time.Hour / time.Microsecond)

// entry is a segment as an hour playlist lists it.
type entry struct {
	msn uint64
	Segment
	flaws []Flaw
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

// excerpt is what hour playlists are written from: the part of the index that
// never changes.
type excerpt struct {
	first    uint64 // MSN of segs[0]
	segs     []Segment
	runs     []Run
	flaws    []Flaw // of segs
	promises []Promise
}

// entry is that of a segment in segs.
func (v excerpt) entry(msn uint64) entry {
	return entry{msn, v.segs[msn-v.first], flawsOf(v.flaws, msn)}
}

// hour are the entries of one hour with from <= MSN < to.
func (v excerpt) hour(hour int64, from, to uint64) []entry {
	var all []entry
	for msn := max(from, v.first); msn < min(to, v.first+uint64(len(v.segs))); msn++ {
		if s := v.segs[msn-v.first]; hourOf(s.Start) == hour {
			all = append(all, v.entry(msn))
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
func (v excerpt) appendHeader(b []byte, first entry, k spool.Constants, kind hourKind) []byte {
	run := v.runs[first.Run]
	sequence := run.Sequence
	if first.Flags&Discontinuity != 0 {
		sequence--
	}
	b = append(b, "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:"...)
	b = strconv.AppendInt(b, max(1, k.TargetDuration/1_000_000), 10)
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
	if k.Independent {
		b = append(b, "#EXT-X-INDEPENDENT-SEGMENTS\n"...)
	}
	return b
}

// appendEntry appends an entry's lines. prev is the entry before it in the same
// playlist, nil for the first.
func (v excerpt) appendEntry(b []byte, e entry, prev *entry) []byte {
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
	b = time.UnixMicro(e.Start).UTC().AppendFormat(b, dateForm)
	b = append(b, '\n')
	for _, f := range e.flaws {
		b = appendFlaw(b, f)
	}
	b = append(b, "#EXTINF:"...)
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

// widest is what holds for all entries, of which there is at least one.
func (v excerpt) widest(entries []entry) spool.Constants {
	return widest(v.promises, entries[0].msn, entries[len(entries)-1].msn+1)
}

// render is a whole hour playlist of at least one entry, which promises k.
func (v excerpt) render(entries []entry, k spool.Constants, kind hourKind) []byte {
	b := v.appendHeader(make([]byte, 0, 400+110*len(entries)), entries[0], k, kind)
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
