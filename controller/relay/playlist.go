package relay

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"lookback/controller/camera"
)

const (
	playlistMark  = "#EXTM3U"
	byteOrderMark = "\xEF\xBB\xBF"
	// maxLine is the longest line of a playlist, and maxPlaylist the longest
	// playlist, bytes: a week of segments of 2 s has 18 MB.
	maxLine     = 16 << 10
	maxPlaylist = 24 << 20
)

func isPlaylist(begin []byte) bool {
	return bytes.HasPrefix(bytes.TrimPrefix(begin, []byte(byteOrderMark)), []byte(playlistMark))
}

var errPlaylist = fmt.Errorf("a playlist with a line of more than %d kB, or of more than %d MB: %w",
	maxLine>>10, maxPlaylist>>20, camera.ReasonFor(camera.TooMuchMemory))

// rewrite copies a playlist (RFC 8216), in which each address is replaced by what
// link makes of it. What link can't make anything of, and addresses that are not
// HTTP's, stay: ffmpeg may have data: itself, and is told which others not to open.
// What it holds in memory is a line.
func rewrite(to io.Writer, from io.Reader, link func(reference string) (string, bool)) error {
	lines := bufio.NewReaderSize(from, maxLine)
	out := bufio.NewWriterSize(to, pieceSize)
	for left := maxPlaylist; ; {
		line, err := readLine(lines)
		left -= len(line) + 1
		if left < 0 || errors.Is(err, bufio.ErrBufferFull) {
			return errPlaylist
		}
		if err != nil && err != io.EOF {
			return err
		}
		if err == nil || line != "" {
			if _, err := out.WriteString(rewriteLine(line, link) + "\n"); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return out.Flush()
		}
	}
}

// readLine reads up to a line feed, and leaves out what is blank at both ends.
func readLine(r *bufio.Reader) (string, error) {
	line, err := r.ReadSlice('\n')
	text := strings.TrimPrefix(string(line), byteOrderMark)
	return strings.Trim(text, " \t\r\n"), err
}

// rewriteLine takes one line. One that carriage returns divide is several, as
// ffmpeg takes it.
func rewriteLine(line string, link func(string) (string, bool)) string {
	if first, rest, more := strings.Cut(line, "\r"); more {
		return rewriteLine(strings.TrimRight(first, " \t"), link) + "\n" + rewriteLine(strings.Trim(rest, " \t\r"), link)
	}
	switch {
	case line == "":
		return line
	case strings.HasPrefix(line, "#EXT-X-"):
		return rewriteTag(line, link)
	case strings.HasPrefix(line, "#"):
		return line
	}
	return linked(line, link)
}

// linked is a reference as ffmpeg is to have it.
func linked(reference string, link func(string) (string, bool)) string {
	if other(reference) {
		return reference
	}
	if to, ok := link(reference); ok {
		return to
	}
	return reference
}

// other reports whether a reference has a scheme that is not HTTP's (RFC 3986, 3.1).
func other(reference string) bool {
	scheme, _, ok := strings.Cut(reference, ":")
	if !ok || scheme == "" || strings.ContainsFunc(scheme, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '+' || r == '-' || r == '.')
	}) {
		return false
	}
	return !strings.EqualFold(scheme, "http") && !strings.EqualFold(scheme, "https")
}

// rewriteTag replaces the values of URI, and of what ends in -URI, in a tag's
// attributes (RFC 8216, 4.2). A value may lack its quotes, as ffmpeg takes it.
func rewriteTag(line string, link func(string) (string, bool)) string {
	tag, rest, ok := strings.Cut(line, ":")
	if !ok {
		return line
	}
	var b strings.Builder
	b.WriteString(tag + ":")
	for rest != "" {
		name, after, found := strings.Cut(rest, "=")
		if !found {
			b.WriteString(rest)
			break
		}
		value, quote, next := cutValue(after)
		b.WriteString(name + "=")
		if key := strings.Trim(name, ", \t"); (key == "URI" || strings.HasSuffix(key, "-URI")) && value != "" {
			value = linked(value, link)
		}
		b.WriteString(quote + value + quote)
		rest = next
	}
	return b.String()
}

// cutValue takes a value off, in quotes or up to a comma or blank. Quotes that are
// not closed reach to the end.
func cutValue(s string) (value, quote, rest string) {
	if inner, ok := strings.CutPrefix(s, `"`); ok {
		value, rest, closed := strings.Cut(inner, `"`)
		if !closed {
			return inner, `"`, ""
		}
		return value, `"`, rest
	}
	end := strings.IndexAny(s, ", \t")
	if end < 0 {
		end = len(s)
	}
	return s[:end], "", s[end:]
}
