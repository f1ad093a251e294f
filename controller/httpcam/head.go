package httpcam

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"lookback/controller/camera"
)

// maxHead is how long the head of an answer may be, bytes.
const maxHead = 64 << 10

// head is that of an answer, as far as it can be made out.
type head struct {
	status    int  // 200 where the camera sends a body without a head
	keepAlive bool // HTTP/1.1, which leaves a connection open unless it says otherwise
	bare      bool // there was no head
	fields    []field
}

// field is a line of a head. Name is in small letters.
type field struct{ name, value string }

// get is the value of the first field of that name, "" when there is none.
func (h head) get(name string) string {
	for _, f := range h.fields {
		if f.name == name {
			return f.value
		}
	}
	return ""
}

// all are the values of all fields of that name.
func (h head) all(name string) (values []string) {
	for _, f := range h.fields {
		if f.name == name {
			values = append(values, f.value)
		}
	}
	return values
}

// says reports whether a list of tokens has this one.
func (h head) says(name, token string) bool {
	for _, v := range h.all(name) {
		for t := range strings.SplitSeq(v, ",") {
			if strings.EqualFold(strings.TrimSpace(t), token) {
				return true
			}
		}
	}
	return false
}

// length of the body as promised, -1 where nothing usable is.
func (h head) length() int64 {
	n, err := strconv.ParseInt(strings.TrimSpace(h.get("content-length")), 10, 64)
	if err != nil || n < 0 {
		return -1
	}
	return n
}

// mediaType is the first half of Content-Type in small letters.
func (h head) mediaType() string {
	t, _, _ := strings.Cut(h.get("content-type"), ";")
	return strings.ToLower(strings.TrimSpace(t))
}

var errLongHead = fmt.Errorf("more than %d kB before the picture: %w", maxHead>>10, camera.ReasonFor(camera.NotAStream))

// byteSource is what a head is read from; unread puts bytes back.
type byteSource interface {
	io.ByteReader
	unread([]byte)
}

// readHead reads the head of an answer, leaving out what says "go on" (1xx).
// What does not begin like an answer is taken for a body without a head.
func readHead(r byteSource) (head, error) {
	left := maxHead
	for {
		h, err := readOneHead(r, &left)
		if err != nil || h.status >= 200 || h.status == 101 {
			return h, err
		}
	}
}

func readOneHead(r byteSource, left *int) (head, error) {
	first, ok, err := looksLikeHead(r, left)
	if err != nil {
		return head{}, err
	}
	if !ok {
		r.unread(first)
		return head{status: 200, bare: true}, nil
	}
	rest, err := readLine(r, left)
	if err != nil {
		return head{}, err
	}
	h := statusLine(string(first) + rest)
	for {
		line, err := readLine(r, left)
		if errors.Is(err, io.EOF) && len(h.fields) > 0 {
			return h, nil // it ended with its head
		}
		if err != nil {
			return head{}, err
		}
		if line == "" {
			return h, nil
		}
		h.add(line)
	}
}

// looksLikeHead reads the first bytes up to where it is plain whether they begin
// a status line. Blanks and empty lines before it are left out.
func looksLikeHead(r byteSource, left *int) (first []byte, ok bool, err error) {
	var skipped []byte
	for {
		b, err := r.ReadByte()
		if err != nil && len(first)+len(skipped) > 0 && errors.Is(err, io.EOF) {
			return append(skipped, first...), false, nil
		}
		if err != nil {
			return nil, false, err
		}
		if *left--; *left < 0 {
			return nil, false, errLongHead
		}
		if len(first) == 0 && (b == ' ' || b == '\t' || b == '\r' || b == '\n') {
			skipped = append(skipped, b)
			continue
		}
		first = append(first, b)
		word := strings.ToUpper(string(first))
		switch {
		case word == "HTTP" || word == "ICY":
			return first, true, nil
		case !strings.HasPrefix("HTTP", word) && !strings.HasPrefix("ICY", word):
			return append(skipped, first...), false, nil
		}
	}
}

// readLine reads up to a line feed, which it leaves out, with a carriage return
// before it.
func readLine(r io.ByteReader, left *int) (string, error) {
	var line []byte
	for {
		b, err := r.ReadByte()
		if err != nil {
			return "", err
		}
		if *left--; *left < 0 {
			return "", errLongHead
		}
		if b == '\n' {
			return strings.TrimSuffix(string(line), "\r"), nil
		}
		line = append(line, b)
	}
}

// statusLine reads HTTP/1.1 200 OK, HTTP 200 OK, ICY 200 OK: the status is the
// first word of three digits. Where there is none the answer is taken for good.
func statusLine(line string) head {
	words := strings.Fields(line)
	h := head{status: 200, keepAlive: strings.EqualFold(words[0], "HTTP/1.1")}
	for _, word := range words[1:] {
		if n, err := strconv.Atoi(word); err == nil && len(word) == 3 && n >= 100 {
			h.status = n
			break
		}
	}
	return h
}

// add takes one line. One that begins with a blank goes on with the line before
// (RFC 9112, 5.2), unless it looks like a field with a blank before it; one
// without a colon is left out.
func (h *head) add(line string) {
	trimmed := strings.TrimSpace(line)
	name, value, ok := strings.Cut(trimmed, ":")
	name = strings.TrimSpace(name)
	if last := len(h.fields) - 1; last >= 0 && line != strings.TrimLeft(line, " \t") && !(ok && token(name)) {
		h.fields[last].value += " " + trimmed
		return
	}
	if ok {
		h.fields = append(h.fields, field{strings.ToLower(name), strings.TrimSpace(value)})
	}
}

// token reports whether s may be the name of a field (RFC 9110, 5.6.2).
func token(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return r <= ' ' || r >= 0x7F || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
	})
}
