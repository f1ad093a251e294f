package httpcam

import (
	"errors"
	"net"
	"os"
	"time"
)

// wire is one connection to a camera, read through a small buffer and under two
// limits: how long nothing may come, and until when all has to have come. One
// goroutine owns it.
type wire struct {
	conn    net.Conn
	key     string        // scheme, host and port: where it leads
	silence time.Duration // how long nothing may come
	until   time.Time     // when the patience ends, zero: never
	set     time.Time     // the limit that the connection knows of
	buf     []byte        // read and not yet taken
	room    [4096]byte
	read    int64 // bytes that came
	used    bool  // an answer was read from it before
}

// Read gives what is buffered, else what comes next.
func (w *wire) Read(p []byte) (int, error) {
	if len(w.buf) > 0 {
		n := copy(p, w.buf)
		w.buf = w.buf[n:]
		return n, nil
	}
	limit := time.Now().Add(w.silence)
	if !w.until.IsZero() && w.until.Before(limit) {
		limit = w.until
	}
	for {
		w.limit(limit)
		n, err := w.conn.Read(p)
		w.read += int64(n)
		switch {
		case n > 0:
			return n, nil // an error will be told again
		case errors.Is(err, os.ErrDeadlineExceeded) && w.set.Before(limit):
			w.set = time.Time{}
			continue
		}
		return n, err
	}
}

// limit tells the connection of a limit. One that is later than what it knows of is told
// when that is over: to set a clock for each read costs more than the read.
func (w *wire) limit(limit time.Time) {
	if w.set.IsZero() || limit.Before(w.set) {
		w.conn.SetReadDeadline(limit)
		w.set = limit
	}
}

// ReadByte makes a wire an io.ByteReader: line ends and lengths are found byte by byte.
func (w *wire) ReadByte() (byte, error) {
	if len(w.buf) == 0 {
		if err := w.fill(); err != nil {
			return 0, err
		}
	}
	b := w.buf[0]
	w.buf = w.buf[1:]
	return b, nil
}

func (w *wire) fill() error {
	n, err := w.Read(w.room[:])
	w.buf = w.room[:n]
	return err
}

// unread puts back what was taken, to be read again.
func (w *wire) unread(b []byte) { w.buf = append(append([]byte(nil), b...), w.buf...) }

// allow sets both limits, of which the second counts from now; 0 is none.
func (w *wire) allow(silence, altogether time.Duration) {
	w.silence, w.until = silence, time.Time{}
	if altogether > 0 {
		w.until = time.Now().Add(altogether)
	}
}

func (w *wire) close() { w.conn.Close() }
