package fmp4

import (
	"encoding/binary"
	"math"
)

// fourcc is a box type. switch on string(f[:]), which allocates nothing.
type fourcc [4]byte

func (f fourcc) String() string { return string(f[:]) }

// header is the beginning of a box: 8 bytes, or 16 with a 64 bit size.
type header struct {
	kind fourcc
	head int64 // length of the header
	size int64 // of the whole box, never less than head
}

// decodeHeader reads the header at the beginning of b. When b is too short it
// returns how many bytes it needs.
func decodeHeader(b []byte) (h header, need int, reason string) {
	if len(b) < 8 {
		return h, 8, ""
	}
	h.kind, h.head = fourcc(b[4:8]), 8
	size := uint64(binary.BigEndian.Uint32(b))
	switch {
	case size == 0:
		return h, 0, "size 0 (up to the end) is not accepted"
	case size == 1:
		if len(b) < 16 {
			return h, 16, ""
		}
		h.head, size = 16, binary.BigEndian.Uint64(b[8:])
	}
	if size < uint64(h.head) || size > math.MaxInt64 {
		return h, 0, "its size is impossible"
	}
	h.size = int64(size)
	return h, 0, ""
}

// box is a whole box in memory.
type box struct {
	kind fourcc
	off  int64  // of the box, from the beginning of the stream or file
	head int64  // length of the header
	body []byte // what follows the header
}

func (b box) errorf(reason string) error {
	return &FormatError{Offset: b.off, Box: b.kind.String(), Reason: reason}
}

// children calls fn with each box inside b after skipping the first skip bytes
// of its body.
func (b box) children(skip int, fn func(box) error) error {
	if len(b.body) < skip {
		return b.errorf("too short")
	}
	return each(b.body[skip:], b.off+b.head+int64(skip), fn)
}

// each calls fn with every box of b, which begins at byte off of the stream
// and must end where its last box does.
func each(b []byte, off int64, fn func(box) error) error {
	for len(b) > 0 {
		h, need, reason := decodeHeader(b)
		if need == 0 && reason == "" && h.size > int64(len(b)) || need > 0 {
			reason = "it reaches beyond the box around it"
		}
		if reason != "" {
			return &FormatError{Offset: off, Box: h.kind.String(), Reason: reason}
		}
		if err := fn(box{kind: h.kind, off: off, head: h.head, body: b[h.head:h.size]}); err != nil {
			return err
		}
		b, off = b[h.size:], off+h.size
	}
	return nil
}

// full splits the body of a full box into version, flags and the rest, which
// has at least min bytes.
func (b box) full(min int) (version uint8, flags uint32, rest []byte, err error) {
	if len(b.body) < 4+min {
		return 0, 0, nil, b.errorf("too short")
	}
	v := binary.BigEndian.Uint32(b.body)
	return uint8(v >> 24), v & 0xffffff, b.body[4:], nil
}
