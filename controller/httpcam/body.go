package httpcam

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"lookback/controller/camera"
)

// body is what follows a head: as long as it promises, in chunks, or up to the
// end of the connection; compressed or not.
type body struct {
	wire   *wire
	reader io.Reader // without chunks and compression
	frame  framing
	plain  bool // not compressed
}

// framing tells where a body ends.
type framing interface {
	io.Reader
	ended() bool // it came to the end that it promised
}

func newBody(w *wire, h head) *body {
	b := &body{wire: w, frame: frameOf(w, h), plain: true}
	b.reader = b.frame
	for _, v := range h.all("content-encoding") {
		for coding := range strings.SplitSeq(strings.ToLower(v), ",") {
			switch strings.TrimSpace(coding) {
			case "gzip", "x-gzip", "deflate":
				b.reader, b.plain = &unpacked{packed: bufio.NewReader(b.reader)}, false
			}
		}
	}
	return b
}

func frameOf(w *wire, h head) framing {
	switch n := h.length(); {
	case h.bare:
		return &endless{w}
	case h.status == 204 || h.status == 304:
		return &counted{wire: w}
	case h.says("transfer-encoding", "chunked"):
		return &chunked{wire: w}
	case n < 0 || n == 0 && strings.HasPrefix(h.mediaType(), "multipart/"):
		return &endless{w}
	default:
		return &counted{wire: w, left: n}
	}
}

func (b *body) Read(p []byte) (int, error) { return b.reader.Read(p) }

// ended reports whether the answer came to the end that it promised, so that another
// may follow on the same connection.
func (b *body) ended() bool { return b.frame.ended() }

// finish reads what a decompressor left of the frame; true when the connection
// is at the end of the answer.
func (b *body) finish() bool {
	if !b.plain && !b.ended() {
		b.wire.allow(drainTime, drainTime)
		io.CopyN(io.Discard, b.frame, drainSize)
	}
	return b.ended()
}

// goOn reads past a promised end, for what was promised too short.
func (b *body) goOn() { b.frame = &endless{b.wire}; b.reader = b.frame }

// endless is a body up to the end of the connection.
type endless struct{ *wire }

func (*endless) ended() bool { return false }

// counted is a body with Content-Length.
type counted struct {
	wire *wire
	left int64
}

func (c *counted) ended() bool { return c.left == 0 }

func (c *counted) Read(p []byte) (int, error) {
	if c.left == 0 {
		return 0, io.EOF
	}
	n, err := c.wire.Read(p[:min(int64(len(p)), c.left)])
	c.left -= int64(n)
	return n, short(err)
}

// short makes the end of a connection within a body an error of its own.
func short(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// chunked is a body in chunks (RFC 9112, 7.1). One that says so and does not
// begin with a length is taken as it is.
type chunked struct {
	wire  *wire
	left  int64 // of the chunk
	begun bool
	raw   bool
	done  bool
}

// maxChunkLine is how long the line before a chunk may be, bytes.
const maxChunkLine = 4096

func (c *chunked) ended() bool { return c.done }

func (c *chunked) Read(p []byte) (int, error) {
	for c.left == 0 && !c.raw {
		if c.done {
			return 0, io.EOF
		}
		if err := c.next(); err != nil {
			return 0, err
		}
	}
	if c.raw {
		return c.wire.Read(p)
	}
	n, err := c.wire.Read(p[:min(int64(len(p)), c.left)])
	c.left -= int64(n)
	return n, short(err)
}

// next reads the length of the next chunk, and behind the last the trailer.
func (c *chunked) next() error {
	line, err := c.line()
	if err != nil {
		return err
	}
	if c.begun && line == "\n" { // the end of the chunk before
		if line, err = c.line(); err != nil {
			return err
		}
	}
	size, _, _ := strings.Cut(strings.TrimSpace(line), ";")
	n, err := strconv.ParseInt(strings.TrimSpace(size), 16, 64)
	switch {
	case (err != nil || n < 0) && !c.begun:
		c.raw = true
		c.wire.unread([]byte(line))
		return nil
	case err != nil || n < 0:
		return fmt.Errorf("a chunk without a length: %w", camera.ReasonFor(camera.InvalidData))
	}
	c.begun, c.left = true, n
	if n == 0 {
		return c.trailer()
	}
	return nil
}

// line reads up to a line feed, or up to a byte that shows that it is no line of
// ours. An empty one is "\n" whatever ends it.
func (c *chunked) line() (string, error) {
	var line []byte
	for {
		b, err := c.wire.ReadByte()
		if err != nil {
			return "", short(err)
		}
		line = append(line, b)
		switch {
		case b == '\n' && len(bytes.TrimSpace(line)) == 0:
			return "\n", nil
		case b == '\n', len(line) >= maxChunkLine, !c.begun && !strings.ContainsRune("0123456789abcdefABCDEF \t\r\n;", rune(b)) && !bytes.Contains(line, []byte(";")):
			return string(line), nil
		}
	}
}

func (c *chunked) trailer() error {
	for left := maxHead; ; {
		line, err := readLine(c.wire, &left)
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if err != nil || line == "" {
			c.done = true
			return nil
		}
	}
}

// unpacked undoes gzip and both kinds of deflate (RFC 9110, 8.4.1); what says
// that it is compressed and is not is taken as it is.
type unpacked struct {
	packed *bufio.Reader
	reader io.Reader
}

func (u *unpacked) Read(p []byte) (int, error) {
	if u.reader == nil {
		if err := u.begin(); err != nil {
			return 0, err
		}
	}
	n, err := u.reader.Read(p)
	if corrupt := (flate.CorruptInputError)(0); errors.As(err, &corrupt) || errors.Is(err, gzip.ErrChecksum) || errors.Is(err, gzip.ErrHeader) || errors.Is(err, zlib.ErrChecksum) {
		err = fmt.Errorf("compressed, and broken: %w", camera.ReasonFor(camera.InvalidData))
	}
	return n, err
}

func (u *unpacked) begin() (err error) {
	b, err := u.packed.Peek(3)
	if err != nil && len(b) < 2 {
		return err
	}
	switch {
	case b[0] == 0x1F && b[1] == 0x8B:
		u.reader, err = gzip.NewReader(u.packed)
	case b[0]&0x0F == 8 && (int(b[0])<<8|int(b[1]))%31 == 0:
		u.reader, err = zlib.NewReader(u.packed)
	case begins(b, signatureJPEG) || b[0] == signaturePNG[0] && b[1] == 'P' || string(b[:2]) == "--":
		u.reader = u.packed
	default:
		u.reader = flate.NewReader(u.packed)
	}
	return err
}
