package httpcam

import (
	"errors"
	"net"
	"os"
	"testing"
	"time"
)

// clocked counts how often a clock is set for a connection.
type clocked struct {
	net.Conn
	set int
}

func (c *clocked) SetReadDeadline(t time.Time) error {
	c.set++
	return c.Conn.SetReadDeadline(t)
}

// TestWireLimits: a read that is one of many sets no clock, and yet silence is told when it
// has lasted for so long since the last of them, or when a limit has come nearer.
func TestWireLimits(t *testing.T) {
	here, there := net.Pipe()
	defer here.Close()
	defer there.Close()
	conn := &clocked{Conn: here}
	w := &wire{conn: conn, silence: time.Second}
	go func() {
		for range 500 {
			there.Write([]byte{1})
		}
	}()
	b := make([]byte, 1)
	begun := time.Now()
	for range 500 {
		if _, err := w.Read(b); err != nil {
			t.Fatal(err)
		}
	}
	last := time.Now()
	if most := 2 + int(last.Sub(begun)/w.silence); conn.set > most {
		t.Errorf("the clock was set %d times in %v", conn.set, last.Sub(begun))
	}
	if _, err := w.Read(b); !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(last) < w.silence {
		t.Errorf("%v, %v after the last byte", err, time.Since(last))
	}
	w.allow(time.Hour, 0)
	go there.Write([]byte{1})
	if _, err := w.Read(b); err != nil {
		t.Fatal(err)
	}
	w.allow(50*time.Millisecond, 0)
	if _, err := w.Read(b); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a nearer limit: %v", err)
	}
}
