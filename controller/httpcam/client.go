package httpcam

import (
	"context"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"lookback/controller/camera"
)

// maxKept is how many connections are kept for the next request.
const maxKept = 2

// Client asks a camera for what is not made of pictures, with the same leniency,
// password, headers and cookies. Several goroutines may use it; they wait for each
// other up to the head of an answer.
type Client struct {
	source *Source
	start  address
	limits Limits

	asking  sync.Mutex // held up to the head of an answer; guards what follows
	shared  cookies
	logins  map[string]*login
	tlsStep int // of tlsSteps, that the camera has understood

	mu    sync.Mutex
	kept  []*run   // with a connection that may be used again
	first net.Conn // for the next request to the camera's own host; nil: none
	shut  bool
}

// NewClient makes a client of a source that is not changed any more.
func NewClient(s *Source) (*Client, error) {
	if err := s.Check(); err != nil {
		return nil, fmt.Errorf("%w: %w", err, camera.ReasonFor(camera.NotAStream))
	}
	c := &Client{source: s, limits: s.Limits.orDefaults(defaultPoll), logins: map[string]*login{}}
	c.start, _ = parseAddress(s.URL)
	return c, nil
}

// Use takes an open TCP connection to the camera, which is used for the next request to its
// own host and port. nil: there is none. One that was not used is closed.
func (c *Client) Use(conn net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.first != nil {
		c.first.Close()
	}
	if c.first = conn; c.shut && conn != nil {
		conn.Close()
	}
}

// Close hangs up what is kept. Answers that are being read go on.
func (c *Client) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.shut = true
	if c.first != nil {
		c.first.Close()
	}
	for _, k := range c.kept {
		k.hangUp()
	}
	c.kept = nil
}

// Answer is what a camera gives, without chunks and compression. One goroutine
// reads it and closes it.
type Answer struct {
	ContentType string // as the camera says
	Length      int64  // of the body, -1 where that is not known
	Part        string // Content-Range of a part that was asked for; "" the whole came

	client *Client
	run    *run
	from   address
	body   *body
	keep   bool
	ended  bool

	mu     sync.Mutex
	closed bool
}

// Get asks for an address that is complete, as [Answer.Follow] and Source.URL
// are; part is the value of a Range, "" for the whole. Only the camera's own host
// is sent its password and headers. The error has a [camera.Reason] and nothing
// secret. The answer has to be closed, and ends with ctx.
func (c *Client) Get(ctx context.Context, at, part string) (*Answer, error) {
	a, err := parseAddress(at)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", err, camera.ReasonFor(camera.NotAStream))
	}
	if !a.login && strings.EqualFold(a.host, c.start.host) {
		a.user, a.password, a.login = c.start.user, c.start.password, c.start.login
	}
	c.asking.Lock()
	defer c.asking.Unlock()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	r := c.take(ctx, a)
	r.cookies, r.extent, r.tlsStep = slices.Clone(c.shared), part, max(r.tlsStep, c.tlsStep)
	h, from, err := r.fetch(ctx, a)
	c.shared = r.cookies
	if err == nil {
		c.tlsStep = r.tlsStep
	}
	if err != nil {
		c.put(r, StatusOf(err) != 0)
		return nil, err
	}
	b := newBody(r.wire, h)
	r.wire.allow(c.limits.Silence, 0)
	answer := &Answer{ContentType: h.get("content-type"), Length: -1, client: c, run: r, from: from, body: b, keep: reusable(h)}
	if counted, ok := b.frame.(*counted); ok && b.plain {
		answer.Length = counted.left
	}
	if h.status == 206 {
		answer.Part = h.get("content-range")
	}
	return answer, nil
}

// Follow is the complete address of what is named from here, as a playlist names
// its segments. Where it has the camera's own password that is left out.
func (a *Answer) Follow(reference string) (string, error) {
	return a.client.follow(a.from, reference)
}

// Follow is the same from a complete address.
func (c *Client) Follow(at, reference string) (string, error) {
	from, err := parseAddress(at)
	if err != nil {
		return "", err
	}
	return c.follow(from, reference)
}

func (c *Client) follow(from address, reference string) (string, error) {
	next, err := from.follow(reference)
	if err != nil {
		return "", err
	}
	if strings.EqualFold(next.host, c.start.host) && next.user == c.start.user && next.password == c.start.password {
		next.login = false
	}
	return next.String(), nil
}

// Read gives what comes next of the body. Its error has a [camera.Reason], or is
// io.EOF.
func (a *Answer) Read(p []byte) (int, error) {
	n, err := a.body.Read(p)
	if err == io.EOF {
		a.ended = true
	} else if err != nil {
		err = failed("the stream", err)
	}
	return n, err
}

// Cut ends the answer early; whoever reads it gets an error. It may be called by
// another goroutine, and at any time: behind Close it does nothing.
func (a *Answer) Cut() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.closed {
		a.run.wire.close()
	}
}

// Close keeps the connection for the next request where the answer was read to
// its end.
func (a *Answer) Close() {
	a.mu.Lock()
	a.closed = true
	a.mu.Unlock()
	a.client.put(a.run, a.ended && a.keep && a.body.finish())
}

// take is a run with the connection that leads there, if one is kept, else one
// that is connected when it asks.
func (c *Client) take(ctx context.Context, a address) *run {
	c.mu.Lock()
	defer c.mu.Unlock()
	if i := slices.IndexFunc(c.kept, func(k *run) bool { return k.wire.key == a.key() }); i >= 0 {
		r := c.kept[i]
		c.kept = slices.Delete(c.kept, i, i+1)
		r.unwatch = context.AfterFunc(ctx, r.wire.close)
		return r
	}
	r := &run{source: c.source, start: c.start, limits: c.limits, logins: c.logins}
	if a.key() == c.start.key() {
		r.conn, c.first = c.first, nil
	}
	return r
}

// put takes a run back, and its connection where that may be used again.
func (c *Client) put(r *run, again bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if r.wire == nil {
		return
	}
	if !r.unwatch() || !again || c.shut || len(c.kept) >= maxKept {
		r.unwatch = func() bool { return true }
		r.hangUp()
		return
	}
	r.unwatch = func() bool { return true }
	c.kept = append(c.kept, r)
	time.AfterFunc(maxIdle, func() { c.forget(r) })
}

// forget hangs up a connection that was kept and not used again: it may be the
// only place that a camera has.
func (c *Client) forget(r *run) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if i := slices.Index(c.kept, r); i >= 0 {
		c.kept = slices.Delete(c.kept, i, i+1)
		r.hangUp()
	}
}
