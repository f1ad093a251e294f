package crowd

import (
	"bytes"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"lookback/controller/logged"
)

// hall is a listener with a bound, which lets everybody in and answers each line
// with the same.
type hall struct {
	t       *testing.T
	address net.Addr
	log     logged.Text
	sent    chan struct{} // a line was answered, and that is noted
}

func open(t *testing.T, most int, wrap func(net.Listener) net.Listener) *hall {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h := &hall{t: t, address: l.Addr(), sent: make(chan struct{}, 1)}
	bounded := Listen(wrap(l), most, slog.New(slog.NewTextHandler(&h.log, nil)))
	t.Cleanup(func() { bounded.Close() })
	go func() {
		for {
			c, err := bounded.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				line := make([]byte, 100)
				for {
					n, err := c.Read(line)
					if err != nil {
						return
					}
					c.Write(line[:n])
					h.sent <- struct{}{}
				}
			}()
		}
	}()
	return h
}

func same(l net.Listener) net.Listener { return l }

// come is a new connection, which has been let in if it says something.
func (h *hall) come(says string) net.Conn {
	h.t.Helper()
	c, err := net.Dial("tcp", h.address.String())
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(30 * time.Second))
	if says != "" {
		h.say(c, says)
	}
	return c
}

func (h *hall) say(c net.Conn, text string) {
	h.t.Helper()
	if _, err := io.WriteString(c, text); err != nil {
		h.t.Fatalf("%s: %v", text, err)
	}
	answer := make([]byte, len(text))
	if _, err := io.ReadFull(c, answer); err != nil || string(answer) != text {
		h.t.Fatalf("%s: %q, %v", text, answer, err)
	}
	<-h.sent
}

// gone waits for the end of a connection.
func (h *hall) gone(c net.Conn) {
	h.t.Helper()
	_, err := c.Read(make([]byte, 1))
	if late, ok := err.(net.Error); err == nil || ok && late.Timeout() {
		h.t.Fatalf("the connection is kept: %v", err)
	}
}

// Whoever is sent something stays, and whoever comes is let in.
func TestTheIdleGiveWay(t *testing.T) {
	h := open(t, 3, same)
	idle := h.come("idle")
	watching, reading := h.come("watching"), h.come("reading")
	for range 5 {
		h.say(watching, "part")
		h.say(reading, "part")
		next := h.come("next")
		h.gone(idle)
		idle = next
	}
	if n := strings.Count(h.log.String(), "too many connections"); n != 1 {
		t.Errorf("logged %d times: %s", n, h.log.String())
	}
}

// One that ends by itself makes room, and nobody else has to go: not even who has been
// sent nothing for longer.
func TestWhoLeavesMakesRoom(t *testing.T) {
	h := open(t, 2, same)
	stays := h.come("stays")
	for range 20 {
		c := h.come("comes")
		c.(*net.TCPConn).CloseWrite()
		h.gone(c) // its end was seen there
	}
	h.say(stays, "still")
}

// full is a listener whose process has no descriptor for a while.
type full struct {
	net.Listener
	until func() bool
}

func (f full) Accept() (net.Conn, error) {
	if f.until() {
		return nil, &net.OpError{Op: "accept", Err: os.NewSyscallError("accept4", syscall.EMFILE)}
	}
	return f.Listener.Accept()
}

// With no descriptor left one is given up for who comes.
func TestNoDescriptorLeft(t *testing.T) {
	calls, isIn := 0, make(chan struct{})
	h := open(t, 100, func(l net.Listener) net.Listener {
		return full{l, func() bool {
			if calls++; calls != 2 {
				return false
			}
			<-isIn
			return true
		}}
	})
	first := h.come("first")
	close(isIn)
	h.gone(first)
	h.come("second")
}

// A third of the descriptors, and never none.
func TestMost(t *testing.T) {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	if got := Most(10); got != 10 {
		t.Errorf("%d of ten at most, with %d descriptors", got, limit.Cur)
	}
	if got, want := uint64(Most(1<<40)), limit.Cur/3; got != want {
		t.Errorf("%d, want %d", got, want)
	}
}

// What package net does with one system call it does here too.
func TestFilesAndBuffers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, bytes.Repeat([]byte("x"), 1<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	bounded := Listen(l, 10, slog.New(slog.DiscardHandler))
	defer bounded.Close()
	go func() {
		c, err := bounded.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		f, err := os.Open(path)
		if err != nil {
			return
		}
		defer f.Close()
		before := c.(*conn).served.Load()
		c.(io.ReaderFrom).ReadFrom(io.LimitReader(f, 1<<20))
		c.(*conn).WriteBuffers(&net.Buffers{[]byte("he"), []byte("ad")})
		if c.(*conn).served.Load() <= before {
			t.Error("nobody noticed that it was served")
		}
		if _, err := c.(syscall.Conn).SyscallConn(); err != nil {
			t.Error(err)
		}
		c.(interface{ CloseWrite() error }).CloseWrite()
		io.Copy(io.Discard, c)
	}()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	got, err := io.ReadAll(c)
	if err != nil || len(got) != 1<<20+4 || !bytes.HasSuffix(got, []byte("xhead")) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}
