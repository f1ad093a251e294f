// Package longpoll answers what many viewers ask for many times a second, HTTP/1.1
// with one goroutine and one small buffer for each connection. Everything else
// on the same listener goes to net/http.
//
// net/http keeps two goroutines and two buffers of 4 kB for each request that
// is held, and takes about three times as long for a short answer.
package longpoll

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/net/http/httpguts"
)

const (
	// headSize is the longest head of a request that is answered here.
	headSize = 2 << 10
	// firstHead is how long a connection may take for its first request, idle
	// how long it may be silent after that.
	firstHead, idle = 10 * time.Second, 2 * time.Minute
	// look is how often those who wait are looked after: who left is let go.
	look = time.Second
	// grace is what an answer has that is being sent when all ends.
	grace = 2 * time.Second
)

// Options say what is answered here, and how. All must be set.
type Options struct {
	Wants     func(path string) bool // reports whether a path is asked for often
	Handler   http.Handler
	Answering time.Duration // how long an answer may take, waiting included
	Log       *slog.Logger
}

// Listener takes some requests for itself and is the net.Listener of those
// connections that ask for anything else. Such a connection is never taken back.
type Listener struct {
	net.Listener
	Options

	ctx    context.Context // ends with the program
	others chan other
	closed context.Context // ends with the listener
	close  context.CancelFunc
	group  sync.WaitGroup

	mu    sync.Mutex
	conns map[*conn]struct{}
}

// other is a connection for net/http, or why there is none.
type other struct {
	net.Conn
	err error
}

// Listen begins to serve what comes from l. The context of a request ends when
// the client leaves, or ctx does.
func Listen(ctx context.Context, l net.Listener, o Options) *Listener {
	s := &Listener{Listener: l, Options: o, ctx: ctx, others: make(chan other), conns: map[*conn]struct{}{}}
	s.closed, s.close = context.WithCancel(context.WithoutCancel(ctx))
	s.group.Go(s.accept)
	s.group.Go(s.lookAfter)
	return s
}

// Accept is the next connection for net/http.
func (s *Listener) Accept() (net.Conn, error) {
	select {
	case o := <-s.others:
		return o.Conn, o.err
	case <-s.closed.Done():
		return nil, net.ErrClosed
	}
}

// Close lets nobody in any more.
func (s *Listener) Close() error {
	s.close()
	return s.Listener.Close()
}

// accept lets everybody in. An error is net/http's to handle: it waits a little
// before it asks again, and meanwhile nobody is let in.
func (s *Listener) accept() {
	for {
		c, err := s.Listener.Accept()
		if err != nil {
			if !s.hand(nil, err) || errors.Is(err, net.ErrClosed) {
				return
			}
			continue
		}
		s.group.Go(func() { s.serve(c) })
	}
}

// hand gives a connection, or an error, to net/http.
func (s *Listener) hand(c net.Conn, err error) bool {
	select {
	case s.others <- other{c, err}:
		return true
	case <-s.closed.Done():
		return false
	}
}

// Wait returns when the listener is closed, the context has ended, and everybody
// is answered or has had the time for it.
func (s *Listener) Wait() {
	<-s.ctx.Done()
	for _, c := range s.all() {
		c.SetReadDeadline(time.Unix(1, 0))
		c.SetWriteDeadline(time.Now().Add(grace))
	}
	s.group.Wait()
}

func (s *Listener) all() []*conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	conns := make([]*conn, 0, len(s.conns))
	for c := range s.conns {
		conns = append(conns, c)
	}
	return conns
}

// lookAfter finds those who left while they waited. Who waits is not read from,
// which would take a goroutine more.
func (s *Listener) lookAfter() {
	tick := time.NewTicker(look)
	defer tick.Stop()
	for {
		select {
		case <-s.ctx.Done():
			return
		case now := <-tick.C:
			for _, c := range s.all() {
				if since := c.since.Load(); since != 0 && now.UnixNano()-since > int64(look) && c.left() {
					c.leave()
				}
			}
		}
	}
}

// conn is one connection.
type conn struct {
	net.Conn
	in    *bufio.Reader
	leave context.CancelFunc // ends the context of its requests
	since atomic.Int64       // when the request came that is being answered, 0: none
}

// serve answers one connection's requests until it ends or asks for something
// that is not for here.
func (s *Listener) serve(nc net.Conn) {
	ctx, leave := context.WithCancel(s.ctx)
	c := &conn{Conn: nc, in: bufio.NewReaderSize(nc, headSize), leave: leave}
	defer leave()
	s.mu.Lock()
	s.conns[c] = struct{}{}
	s.mu.Unlock()
	keep := s.converse(ctx, c)
	s.mu.Lock()
	delete(s.conns, c)
	s.mu.Unlock()
	if !keep {
		nc.Close()
		return
	}
	nc.SetDeadline(time.Time{})
	read, _ := c.in.Peek(c.in.Buffered())
	if !s.hand(&taken{Conn: nc, read: bytes.Clone(read)}, nil) {
		nc.Close()
	}
}

// converse answers requests. It returns true when the next one is for net/http.
func (s *Listener) converse(ctx context.Context, c *conn) bool {
	for patience := firstHead; ; patience = idle {
		c.SetReadDeadline(time.Now().Add(patience))
		if ctx.Err() != nil {
			return false
		}
		if _, err := c.in.Peek(1); err != nil {
			return false
		}
		head, _ := c.in.Peek(c.in.Buffered())
		if !s.ours(head) {
			return true
		}
		r, err := http.ReadRequest(c.in)
		if err != nil || !sound(r) {
			c.Write([]byte("HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"))
			return false
		}
		if !s.answer(c, r.WithContext(ctx)) {
			return false
		}
	}
}

// ours reports whether a request with this head is answered here: a plain GET of
// a path that is wanted, which came whole and names one host. What is wrong with
// others net/http tells.
func (s *Listener) ours(head []byte) bool {
	line, _, _ := bytes.Cut(head, []byte("\r\n"))
	target, isGet := bytes.CutPrefix(line, []byte("GET "))
	target, isHTTP := bytes.CutSuffix(target, []byte(" HTTP/1.1"))
	path, _, _ := bytes.Cut(target, []byte("?"))
	return isGet && isHTTP && s.Wants(string(path)) && plain(head)
}

// plain reports whether a head is whole and names one host.
func plain(head []byte) bool {
	head, _, whole := bytes.Cut(head, []byte("\r\n\r\n"))
	hosts := 0
	for line := range bytes.SplitSeq(head, []byte("\n")) {
		if name, _, _ := bytes.Cut(line, []byte(":")); bytes.EqualFold(bytes.TrimSpace(name), []byte("Host")) {
			hosts++
		}
	}
	return whole && hosts == 1
}

// sound reports whether a request is one that net/http's server would answer:
// http.ReadRequest alone takes names with a blank, behind which a length may hide.
func sound(r *http.Request) bool {
	for name, values := range r.Header {
		if !httpguts.ValidHeaderFieldName(name) || !all(values, httpguts.ValidHeaderFieldValue) {
			return false
		}
	}
	return r.Host != "" && httpguts.ValidHostHeader(r.Host)
}

func all(values []string, hold func(string) bool) bool {
	return !slices.ContainsFunc(values, func(v string) bool { return !hold(v) })
}

// answer lets the handler answer one request. It returns whether there may be
// another on the connection.
func (s *Listener) answer(c *conn, r *http.Request) (more bool) {
	now := time.Now()
	c.SetWriteDeadline(now.Add(s.Answering))
	c.since.Store(now.UnixNano())
	defer c.since.Store(0)
	// Who sends a body, which nobody reads, has to begin anew.
	w := &writer{conn: c, now: now, last: r.Close || r.ContentLength != 0 || r.Body != http.NoBody}
	defer func() {
		if broken := recover(); broken != nil {
			more = false
			if broken != http.ErrAbortHandler {
				s.Log.Error("a request could not be answered", "path", r.URL.Path, "panic", broken, "stack", string(debug.Stack()))
			}
		}
	}()
	s.Handler.ServeHTTP(w, r)
	return w.finish() == nil && !w.last
}
