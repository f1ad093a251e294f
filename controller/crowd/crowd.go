// Package crowd lets so many connections in at once and no more. Each takes a
// file descriptor, and a program that has none left stands still: it can neither let
// anybody in nor open what it is to send.
//
// Nobody is turned away. Whoever comes when it is full takes the place of the one
// who was sent nothing for the longest time: of who idles, asks slowly or reads
// slowly, and not of who watches.
package crowd

import (
	"errors"
	"io"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Listener is a net.Listener with a bound.
type Listener struct {
	net.Listener
	most int
	log  *slog.Logger

	mu    sync.Mutex
	conns map[*conn]struct{}
	told  time.Time // when it was logged that somebody had to go
}

// Listen bounds the connections that come from l to most at once.
func Listen(l net.Listener, most int, log *slog.Logger) *Listener {
	return &Listener{Listener: l, most: most, log: log, conns: map[*conn]struct{}{}}
}

// Most is how many connections this process can afford: a third of its
// descriptors (RLIMIT_NOFILE), since each may need a file as well and the rest is
// for cameras; atMost at most.
func Most(atMost int) int {
	var limit unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &limit) != nil {
		return atMost
	}
	return int(max(1, min(limit.Cur/3, uint64(atMost))))
}

// Accept is the next connection. Where this process or the machine has no
// descriptor left, one is closed for it.
func (l *Listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if (errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE)) && l.makeRoom(0) {
		c, err = l.Listener.Accept()
	}
	if err != nil {
		return nil, err
	}
	l.makeRoom(l.most)
	entered := &conn{Conn: c, of: l}
	entered.serve()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.conns[entered] = struct{}{}
	return entered, nil
}

// makeRoom closes the connection that was sent nothing for the longest time, where
// there are most or more. It reports whether it did.
func (l *Listener) makeRoom(most int) bool {
	l.mu.Lock()
	var oldest *conn
	if len(l.conns) >= most {
		for c := range l.conns {
			if oldest == nil || c.served.Load() < oldest.served.Load() {
				oldest = c
			}
		}
	}
	now := time.Now()
	tell := oldest != nil && now.Sub(l.told) > time.Minute
	if tell {
		l.told = now
	}
	n := len(l.conns)
	l.mu.Unlock()
	if oldest == nil {
		return false
	}
	if tell {
		l.log.Warn("there are too many connections; for each new one the one that was sent nothing for the longest time is closed",
			"address", l.Addr(), "connections", n, "idle", now.Sub(time.Unix(0, oldest.served.Load())).Round(time.Millisecond))
	}
	if tcp, ok := oldest.Conn.(*net.TCPConn); ok {
		tcp.SetLinger(0) // what it has not read is not kept for it
	}
	oldest.Close()
	return true
}

// conn is one connection.
type conn struct {
	net.Conn
	of     *Listener
	served atomic.Int64 // when it was last sent something, or let in, Unix ns
}

// serve notes that something is sent now, or has been.
func (c *conn) serve() { c.served.Store(time.Now().UnixNano()) }

func (c *conn) Write(p []byte) (int, error) {
	c.serve()
	defer c.serve()
	return c.Conn.Write(p)
}

// WriteBuffers sends several buffers with one system call.
func (c *conn) WriteBuffers(b *net.Buffers) (int64, error) {
	c.serve()
	defer c.serve()
	return b.WriteTo(c.Conn)
}

// ReadFrom lets files go from the disk to the socket without coming by here.
func (c *conn) ReadFrom(r io.Reader) (int64, error) {
	c.serve()
	defer c.serve()
	if direct, ok := c.Conn.(io.ReaderFrom); ok {
		return direct.ReadFrom(r)
	}
	return io.Copy(struct{ io.Writer }{c.Conn}, r)
}

// CloseWrite tells the client that nothing more comes.
func (c *conn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

// SyscallConn is the socket.
func (c *conn) SyscallConn() (syscall.RawConn, error) {
	if raw, ok := c.Conn.(syscall.Conn); ok {
		return raw.SyscallConn()
	}
	return nil, errors.ErrUnsupported
}

func (c *conn) Close() error {
	c.of.mu.Lock()
	delete(c.of.conns, c)
	c.of.mu.Unlock()
	return c.Conn.Close()
}
