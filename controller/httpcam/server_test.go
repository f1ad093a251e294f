package httpcam

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"lookback/controller/camera"
)

// pictures are small JPEGs that differ.
var pictures = func() (all [][]byte) {
	for i := range 12 {
		all = append(all, drawn(i, 64, 48))
	}
	return all
}()

func drawing(i, width, height int) image.Image {
	m := image.NewYCbCr(image.Rect(0, 0, width, height), image.YCbCrSubsampleRatio420)
	for p := range m.Y {
		m.Y[p] = byte(p*(2*i+1) ^ p>>3)
	}
	for p := range m.Cb {
		m.Cb[p], m.Cr[p] = byte(p*3+i), byte(200-p)
	}
	return m
}

func drawn(i, width, height int) []byte {
	var b bytes.Buffer
	jpeg.Encode(&b, drawing(i, width, height), &jpeg.Options{Quality: 90})
	return b.Bytes()
}

func encodedAt(width, height, quality int) []byte {
	var b bytes.Buffer
	jpeg.Encode(&b, drawing(1, width, height), &jpeg.Options{Quality: quality})
	return b.Bytes()
}

func drawnPNG(i int) []byte {
	var b bytes.Buffer
	m := image.NewRGBA(image.Rect(0, 0, 40, 30))
	m.Set(i, i, color.White)
	png.Encode(&b, m)
	return b.Bytes()
}

// server is a camera that takes one connection after the other.
type server struct {
	net.Listener
	url string // without a path

	mu       sync.Mutex
	visits   int
	requests []string // heads, as they came
}

// serve gives each connection to visit, with its number from 0, and closes it
// behind that.
func serve(t testing.TB, visit func(s *server, c *conn, n int)) *server {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return serveOn(t, l, "http", visit)
}

func serveOn(t testing.TB, l net.Listener, scheme string, visit func(s *server, c *conn, n int)) *server {
	s := &server{Listener: l, url: scheme + "://" + l.Addr().String()}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for n := 0; ; n++ {
			c, err := l.Accept()
			if err != nil {
				return
			}
			s.mu.Lock()
			s.visits++
			s.mu.Unlock()
			visit(s, &conn{Conn: c, r: bufio.NewReader(c), s: s}, n)
			c.Close()
		}
	}()
	t.Cleanup(func() { l.Close(); <-done })
	return s
}

func (s *server) asked() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.requests...)
}

func (s *server) visitors() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.visits
}

// conn is one visitor.
type conn struct {
	net.Conn
	r *bufio.Reader
	s *server
}

// request reads the head of the next request; nil when the visitor has gone.
func (c *conn) request() *http.Request {
	var raw bytes.Buffer
	r, err := http.ReadRequest(bufio.NewReader(io.TeeReader(onlyHead{c.r}, &raw)))
	if err != nil {
		return nil
	}
	c.s.mu.Lock()
	c.s.requests = append(c.s.requests, raw.String())
	c.s.mu.Unlock()
	return r
}

// onlyHead reads line by line, so that nothing behind a head is taken.
type onlyHead struct{ r *bufio.Reader }

func (o onlyHead) Read(p []byte) (int, error) {
	b, err := o.r.ReadByte()
	if err != nil {
		return 0, err
	}
	p[0] = b
	return 1, nil
}

func (c *conn) say(parts ...string) {
	for _, p := range parts {
		if _, err := io.WriteString(c, p); err != nil {
			return
		}
	}
}

// waitGone waits until the visitor has closed its end.
func (c *conn) waitGone() { io.Copy(io.Discard, c.r) }

// answer is what one connection is told, whatever it asks for.
func answer(parts ...string) func(*server, *conn, int) {
	return func(_ *server, c *conn, _ int) {
		if c.request() != nil {
			c.say(parts...)
		}
	}
}

var errEnough = errors.New("enough")

// record runs a source until it has so many pictures, or ends.
func record(t testing.TB, s Source, enough int) ([]Picture, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var got []Picture
	err := s.Run(ctx, nil, func(p Picture) error {
		got = append(got, p)
		if len(got) == enough {
			return errEnough
		}
		return nil
	})
	if ctx.Err() != nil {
		t.Fatalf("%d pictures in a minute", len(got))
	}
	return got, err
}

func code(err error) string {
	if r := (camera.Reason{}); errors.As(err, &r) {
		return r.Code
	}
	return fmt.Sprint(err)
}

func equal(t *testing.T, got []Picture, want ...[]byte) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d pictures, want %d", len(got), len(want))
	}
	for i, p := range got {
		if !bytes.Equal(p.Data, want[i]) {
			t.Errorf("picture %d: %d bytes, want %d", i, len(p.Data), len(want[i]))
		}
	}
}
