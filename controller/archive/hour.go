package archive

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/google/renameio/v2"
)

// hourName is the playlist of one UTC hour, beside its segments. It is plain
// HLS (RFC 8216), so that the archive plays in any player without us, and a
// quick way to load the index; a comment line before each URI holds the size.
const hourName = "index.m3u8"

// entry is a segment as an hour playlist lists it.
type entry struct {
	msn uint64
	Segment
}

// hourDir is the folder, below the camera's, of segments that start at the
// given time (microseconds since 1970-01-01 UTC).
func hourDir(start int64) string { return filepath.Dir(SegmentURI(0, start)) }

// hourHeader begins an hour playlist. kind is EVENT while entries may follow, then VOD.
func (c *Camera) hourHeader(first entry, kind string) []byte {
	var b bytes.Buffer
	run := c.runs[first.Run]
	sequence := run.Sequence
	if first.Flags&Discontinuity != 0 {
		sequence--
	}
	fmt.Fprintf(&b, "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:%d\n#EXT-X-PLAYLIST-TYPE:%s\n#EXT-X-MEDIA-SEQUENCE:%d\n#EXT-X-DISCONTINUITY-SEQUENCE:%d\n",
		c.targetSeconds(), kind, first.msn, sequence)
	if c.state.constants().Independent {
		b.WriteString("#EXT-X-INDEPENDENT-SEGMENTS\n")
	}
	return b.Bytes()
}

func (c *Camera) targetSeconds() int64 {
	return max(1, c.state.constants().TargetDuration/1_000_000)
}

// appendEntry appends an entry's lines. prev is the entry before it in the same
// playlist, nil for the first.
func (c *Camera) appendEntry(b []byte, e entry, prev *entry) []byte {
	if e.Flags&Discontinuity != 0 {
		b = append(b, "#EXT-X-DISCONTINUITY\n"...)
	}
	if prev == nil || prev.Run != e.Run {
		b = append(b, "#EXT-X-MAP:URI=\"../../"...)
		b = append(b, InitURI(c.runs[e.Run].FirstMSN)...)
		b = append(b, "\"\n"...)
	}
	b = append(b, "#EXT-X-PROGRAM-DATE-TIME:"...)
	b = time.UnixMicro(e.Start).UTC().AppendFormat(b, "2006-01-02T15:04:05.000000Z")
	b = append(b, "\n#EXTINF:"...)
	b = strconv.AppendUint(b, uint64(e.Duration/1_000_000), 10)
	b = append(b, fmt.Sprintf(".%06d,\n", e.Duration%1_000_000)...)
	if e.Flags&Gap != 0 {
		b = append(b, "#EXT-X-GAP\n"...)
	}
	b = append(b, "#BYTES:"...)
	b = strconv.AppendUint(b, uint64(e.Size), 10)
	return append(b, fmt.Sprintf("\n%09d.m4s\n", e.msn)...)
}

// parseHour reads an hour playlist. valid is the length of the part that is
// well-formed: a torn end, as a crash leaves it, is not an error.
func parseHour(data []byte) (entries []entry, valid int) {
	var e entry
	for pos := 0; pos < len(data); {
		n := bytes.IndexByte(data[pos:], '\n')
		if n < 0 {
			break
		}
		line := string(data[pos : pos+n])
		pos += n + 1
		value, ok := "", true
		switch {
		case cut(line, "#EXT-X-PROGRAM-DATE-TIME:", &value):
			t, err := time.Parse(time.RFC3339Nano, value)
			ok, e.Start = err == nil, t.UnixMicro()
		case cut(line, "#EXTINF:", &value):
			seconds, err := strconv.ParseFloat(strings.TrimSuffix(value, ","), 64)
			ok, e.Duration = err == nil && seconds >= 0 && seconds < 4000, uint32(seconds*1e6+0.5)
		case cut(line, "#BYTES:", &value):
			size, err := strconv.ParseUint(value, 10, 32)
			ok, e.Size = err == nil, uint32(size)
		case line == "#EXT-X-GAP":
			e.Flags |= Gap
		case strings.HasPrefix(line, "#") || line == "":
			valid = max(valid, pos*btoi(e == entry{}))
		default:
			e.msn, ok = parseMSN(line)
			if ok && e.Start != 0 {
				entries = append(entries, e)
				valid = pos
			}
			e = entry{}
		}
		if !ok {
			break
		}
	}
	return entries, valid
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

func cut(line, prefix string, value *string) bool {
	rest, ok := strings.CutPrefix(line, prefix)
	*value = rest
	return ok
}

// parseMSN reads the MSN in a segment's file name.
func parseMSN(name string) (uint64, bool) {
	digits, ok := strings.CutSuffix(name, ".m4s")
	if !ok || len(digits) < 9 {
		return 0, false
	}
	msn, err := strconv.ParseUint(digits, 10, 64)
	return msn, err == nil
}

// readHour reads the playlist of one hour; without one there are no entries.
func (c *Camera) readHour(dir string) ([]entry, error) {
	data, err := os.ReadFile(filepath.Join(c.root, dir, hourName))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	entries, _ := parseHour(data)
	for i := range entries {
		c.settle(&entries[i])
	}
	return entries, nil
}

// settle gives an entry what its MSN says: its run, and whether it begins it.
func (c *Camera) settle(e *entry) {
	i := sort.Search(len(c.runs), func(i int) bool { return c.runs[i].FirstMSN > e.msn }) - 1
	if i < 0 {
		return
	}
	e.Run = uint32(i)
	if c.runs[i].FirstMSN == e.msn && c.runs[i].Sequence > 0 {
		e.Flags |= Discontinuity
	}
}

// writeHour replaces the playlist of one hour by one that lists just these
// entries, or removes it when there are none.
func (c *Camera) writeHour(dir string, entries []entry, closed bool) error {
	path := filepath.Join(c.root, dir, hourName)
	if len(entries) == 0 {
		return removeIfThere(path)
	}
	kind := "EVENT"
	if closed {
		kind = "VOD"
	}
	b := c.hourHeader(entries[0], kind)
	var prev *entry
	for i := range entries {
		b = c.appendEntry(b, entries[i], prev)
		prev = &entries[i]
	}
	if closed {
		b = append(b, "#EXT-X-ENDLIST\n"...)
	}
	return renameio.WriteFile(path, b, 0o644, renameio.WithTempDir(filepath.Dir(path)))
}
