package httpcam

import (
	"context"
	"errors"
	"net"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"lookback/controller/camera"
)

// places counts how many connections of a dialer are open at once.
type places struct{ open, most, dialled int }

type placed struct {
	net.Conn
	p      *places
	closed bool
}

func (c *placed) Close() error {
	if !c.closed {
		c.closed = true
		c.p.open--
	}
	return c.Conn.Close()
}

func (p *places) dial(ctx context.Context, address string) (net.Conn, error) {
	c, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	p.open++
	p.dialled++
	p.most = max(p.most, p.open)
	return &placed{Conn: c, p: p}, nil
}

// TestOnePlace: redirects, passwords, failures and stills take never more than
// one connection at a time, and in the end none.
func TestOnePlace(t *testing.T) {
	n := 0
	s := serve(t, func(s *server, c *conn, _ int) {
		defer func() { n++ }()
		switch r := c.request(); {
		case r == nil:
		case n == 0:
			c.say(moved(302, "/x", "Connection: close\r\n"))
		case n == 1:
			c.say("HTTP/1.0 401 No\r\nWWW-Authenticate: Digest realm=\"r\", nonce=\"n\"\r\n\r\nno")
		case n == 4:
			c.say("HTTP/1.1 500 No\r\n\r\n")
		case n == 6:
			c.say(ok, "Content-Length: 9999\r\n\r\n", one[:700])
		default:
			c.say(ok, "Content-Type: image/jpeg\r\n\r\n", one)
		}
	})
	p := &places{}
	got, err := record(t, Source{URL: withSecret(s.url), Poll: quick, Dial: p.dial}, 5)
	if len(got) != 5 || err != errEnough || p.most != 1 || p.open != 0 || p.dialled < 8 {
		t.Errorf("%d pictures, %v, %+v", len(got), err, p)
	}
}

// TestOpenConnection: a connection that is open already is the one that
// learns and records.
func TestOpenConnection(t *testing.T) {
	s := serve(t, answer(multipart, part, one))
	conn, err := net.Dial("tcp", s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	source := Source{URL: s.url, Dial: func(context.Context, string) (net.Conn, error) { return nil, errors.New("a second connection") }}
	n := 0
	err = source.Run(t.Context(), conn, func(Picture) error { n++; return errEnough })
	if err != errEnough || n != 1 || s.visitors() != 1 {
		t.Errorf("%v, %d pictures, %d connections", err, n, s.visitors())
	}
	if _, err := conn.Write([]byte("x")); !errors.Is(err, net.ErrClosed) {
		t.Errorf("the connection is still open: %v", err)
	}
}

// TestConnectionIsClosed also where it was of no use.
func TestConnectionIsClosed(t *testing.T) {
	near, far := net.Pipe()
	(&Source{URL: "nothing"}).Run(t.Context(), near, nil)
	if _, err := far.Read(make([]byte, 1)); err == nil {
		t.Error("still open")
	}
}

// TestEndsWithContext wherever it waits, and leaves no goroutine.
func TestEndsWithContext(t *testing.T) {
	before := runtime.NumGoroutine()
	for name, said := range map[string]string{"for a head": "", "for a picture": multipart + part, "within one": multipart + part + one[:300], "for a poll": still(pictures[0])} {
		reached := make(chan struct{})
		s := serve(t, func(_ *server, c *conn, _ int) {
			c.request()
			c.say(said)
			close(reached)
			c.waitGone()
		})
		ctx, cancel := context.WithCancel(t.Context())
		go func() { <-reached; cancel() }()
		begun := time.Now()
		err := (&Source{URL: s.url, Poll: time.Hour}).Run(ctx, nil, func(Picture) error { return nil })
		if !errors.Is(err, context.Canceled) || time.Since(begun) > 5*time.Second {
			t.Errorf("%s: %v after %v", name, err, time.Since(begun))
		}
		s.Close()
	}
	for deadline := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > before; runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines, %d before", runtime.NumGoroutine(), before)
		}
	}
}

// TestEmitEnds: what the receiver says is returned as it is.
func TestEmitEnds(t *testing.T) {
	for _, said := range []string{multipart + part + one, still(pictures[0])} {
		s := serve(t, answer(said))
		if got, err := record(t, Source{URL: s.url}, 1); len(got) != 1 || err != errEnough {
			t.Error(err)
		}
	}
}

// TestWays there that fail.
func TestUnreached(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := "http://" + l.Addr().String()
	l.Close()
	never := func(ctx context.Context, _ string) (net.Conn, error) { <-ctx.Done(); return nil, ctx.Err() }
	for want, s := range map[string]Source{
		camera.ConnectionRefused: {URL: closed},
		camera.DNS:               {URL: "http://camera.invalid/"},
		camera.Timeout:           {URL: "http://127.0.0.1/", Dial: never, Limits: Limits{Connect: quick}},
	} {
		if _, err := record(t, s, 1); code(err) != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

// TestIPv6 addresses are asked as they are named.
func TestIPv6(t *testing.T) {
	l, err := net.Listen("tcp6", "[::1]:0")
	if err != nil {
		l, err = net.Listen("tcp", "127.0.0.1:0") // a machine without it: the name is what is tested
	}
	if err != nil {
		t.Fatal(err)
	}
	s := serveOn(t, l, "http", answer(multipart, part, one))
	got, _ := record(t, Source{URL: s.url}, 1)
	equal(t, got, pictures[0])
	if !slices.Contains(strings.Split(s.asked()[0], "\r\n"), "Host: "+l.Addr().String()) {
		t.Error(s.asked()[0])
	}
}

// TestStatuses are told by their reasons.
func TestStatuses(t *testing.T) {
	for status, want := range map[string]string{
		"401": camera.Unauthorized, "403": camera.Forbidden, "404": camera.NotFound, "410": camera.NotFound,
		"400": camera.HTTPError, "416": camera.HTTPError, "500": camera.HTTPError, "503": camera.HTTPError, "300": camera.HTTPError,
	} {
		s := serve(t, answer("HTTP/1.1 "+status+" secret\r\n\r\nsecret"))
		_, err := record(t, Source{URL: s.url}, 1)
		if code(err) != want || strings.Contains(err.Error(), "secret") || !strings.Contains(err.Error(), status) {
			t.Errorf("%s: %v, want %s", status, err, want)
		}
	}
}

// BenchmarkRun reads a second of 1080p at 30 fps from loopback, pictures of
// 650 kB, with all that belongs to it; the server's writing is part of its time.
func BenchmarkRun(b *testing.B) {
	picture := encodedAt(1920, 1080, 40)
	second := strings.Repeat(sized(string(picture), 0), 30)
	s := serve(b, func(_ *server, c *conn, _ int) {
		c.request()
		c.say(multipart)
		for {
			if _, err := c.Write([]byte(second)); err != nil {
				return
			}
		}
	})
	seconds := make(chan struct{})
	ctx, cancel := context.WithCancel(b.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		n := 0
		(&Source{URL: s.url}).Run(ctx, nil, func(Picture) error {
			if n++; n%30 == 0 {
				select {
				case seconds <- struct{}{}:
				case <-ctx.Done():
				}
			}
			return nil
		})
	}()
	b.SetBytes(int64(len(second)))
	for b.Loop() {
		<-seconds
	}
	cancel()
	<-done
}

// TestPlaceIsLeft: through a long pause nobody else is kept from the camera.
func TestPlaceIsLeft(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := serve(t, func(_ *server, c *conn, _ int) {
		c.request()
		c.say(still(pictures[0]))
		c.waitGone()
		cancel()
	})
	n := 0
	err := (&Source{URL: s.url, Poll: time.Hour}).Run(ctx, nil, func(Picture) error { n++; return nil })
	if n != 1 || !errors.Is(err, context.Canceled) {
		t.Errorf("%d pictures, %v", n, err)
	}
}
