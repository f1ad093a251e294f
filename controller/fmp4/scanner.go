package fmp4

import (
	"bufio"
	"cmp"
	"errors"
	"io"
	"slices"
)

// Limits bound what a [Scanner] takes in for one thing, in bytes. Zero is the
// default.
type Limits struct {
	MaxInit     int // init section, by default DefaultMaxInit
	MaxFragment int // fragment with what precedes it, by default DefaultMaxFragment, which is also the bound of [Next]
}

// Scanner reads an init section and then fragments from a pipe. It reads no
// further than what has arrived, so that a fragment is returned as soon as its
// last byte is there. It is for one goroutine.
type Scanner struct {
	r     *bufio.Reader
	lim   Limits
	off   int64  // of buf in the stream
	buf   []byte // the fragment that is being read
	begun bool   // Init was called
	err   error  // what ended it
}

// NewScanner reads from r.
func NewScanner(r io.Reader, l Limits) *Scanner {
	l.MaxInit = cmp.Or(l.MaxInit, DefaultMaxInit)
	l.MaxFragment = cmp.Or(l.MaxFragment, DefaultMaxFragment)
	return &Scanner{r: bufio.NewReaderSize(r, 64<<10), lim: l}
}

// Init reads the init section. It must be called once, before Next. It returns
// io.EOF when the stream is empty, otherwise the errors of Next.
func (s *Scanner) Init() (*Init, error) {
	if s.begun {
		return nil, errors.New("fmp4: Scanner.Init called twice")
	}
	s.begun = true
	if s.err = s.more(); s.err != nil {
		return nil, s.err
	}
	n, err := initSize(s, int64(s.lim.MaxInit))
	if err != nil {
		s.err = err
		return nil, err
	}
	raw, err := s.at(0, n)
	if err != nil {
		s.err = err
		return nil, err
	}
	init, err := ParseInit(slices.Clone(raw))
	s.err = err
	s.drop()
	return init, err
}

// Next reads the next fragment. The fragment's Raw is the scanner's own buffer:
// the next call may overwrite it.
//
// Its errors are the reader's own, and
//
//   - io.EOF: the stream ends after a fragment, or after the mfra with which
//     ffmpeg ends a recording;
//   - io.ErrUnexpectedEOF: it ends inside of one;
//   - *[FormatError]: it is malformed or beyond the limits. After an error it returns the same one for ever.
func (s *Scanner) Next() (*Fragment, error) {
	if !s.begun {
		return nil, errors.New("fmp4: Scanner.Init must be called before Next")
	}
	if s.err != nil {
		return nil, s.err
	}
	f, err := s.next()
	s.err = err
	return f, err
}

func (s *Scanner) next() (*Fragment, error) {
	s.drop()
	if err := s.more(); err != nil {
		return nil, err
	}
	l, err := readLayout(s, s.off, int64(s.lim.MaxFragment))
	if err != nil {
		return nil, err
	}
	if l.trailer {
		return nil, s.skipTrailer(l.size)
	}
	raw, err := s.at(0, l.size)
	if err != nil {
		return nil, err
	}
	return &Fragment{Raw: raw, Tracks: l.tracks, PRFT: l.prft, PRFTMediaTime: l.mediaTime}, nil
}

// skipTrailer returns io.EOF when nothing follows the mfra. That grows with the
// length of the recording and is therefore not bounded by the limits.
func (s *Scanner) skipTrailer(size int64) error {
	rest := size - int64(len(s.buf))
	if n, err := io.CopyN(io.Discard, s.r, rest); err != nil {
		if n < rest && err == io.EOF {
			return io.ErrUnexpectedEOF
		}
		return err
	}
	if err := s.more(); err != nil {
		return err
	}
	return trailerError(s.off)
}

func trailerError(off int64) error {
	return &FormatError{Offset: off, Box: "mfra", Reason: "nothing may follow it"}
}

// more is io.EOF when the stream has ended.
func (s *Scanner) more() error {
	_, err := s.r.Peek(1)
	return err
}

// drop forgets the buffered fragment.
func (s *Scanner) drop() {
	s.off += int64(len(s.buf))
	s.buf = s.buf[:0]
}

// at is the n bytes from pos on, see [window]. The buffer grows by no more than
// what has arrived already (and 64 KiB), whatever a header declares.
func (s *Scanner) at(pos, n int64) ([]byte, error) {
	for want := int(pos + n); len(s.buf) < want; {
		have := len(s.buf)
		step := min(want-have, max(have, 64<<10))
		s.buf = slices.Grow(s.buf, step)
		got, err := io.ReadFull(s.r, s.buf[have:have+step])
		s.buf = s.buf[:have+got]
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return nil, err
		}
	}
	return s.buf[pos : pos+n : pos+n], nil
}
