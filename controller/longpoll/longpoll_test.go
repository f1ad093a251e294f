package longpoll

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// site serves a handler on a unix socket, what is not frequent by net/http.
type site struct {
	t       *testing.T
	address string
	stop    func() // returns when all is over
}

// wanted are the paths that are not for net/http.
func wanted(path string) bool { return strings.HasPrefix(path, "/often/") }

func open(t *testing.T, handler http.Handler) *site {
	t.Helper()
	s := &site{t: t, address: filepath.Join(t.TempDir(), "s")}
	socket, err := net.Listen("unix", s.address)
	if err != nil {
		t.Fatal(err)
	}
	ctx, end := context.WithCancel(t.Context())
	listener := Listen(ctx, socket, Options{wanted, handler, time.Minute, slog.New(slog.DiscardHandler)})
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("By", "net/http")
		handler.ServeHTTP(w, r)
	})}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	over := false
	s.stop = func() {
		if over {
			return
		}
		over = true
		end()
		server.Close()
		listener.Wait()
		if err := <-served; err != http.ErrServerClosed {
			t.Errorf("net/http ended with %v", err)
		}
	}
	t.Cleanup(s.stop)
	return s
}

// client is one connection.
type client struct {
	net.Conn
	t  *testing.T
	in *bufio.Reader
}

func (s *site) dial() *client {
	s.t.Helper()
	c, err := net.Dial("unix", s.address)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(30 * time.Second))
	return &client{c, s.t, bufio.NewReader(c)}
}

// say sends bytes as they are.
func (c *client) say(text string) {
	c.t.Helper()
	if _, err := io.WriteString(c, text); err != nil {
		c.t.Fatal(err)
	}
}

// answer is the next one, with its body read.
func (c *client) answer(method string) (*http.Response, string) {
	c.t.Helper()
	answer, err := http.ReadResponse(c.in, &http.Request{Method: method})
	if err != nil {
		c.t.Fatal(err)
	}
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return answer, string(body)
}

// ended waits for the end of the connection.
func (c *client) ended() {
	c.t.Helper()
	if b, err := c.in.ReadByte(); err == nil {
		c.t.Fatalf("the connection goes on with %q", b)
	} else if nobody, ok := err.(net.Error); ok && nobody.Timeout() {
		c.t.Fatal("the connection is kept")
	}
}

func get(path string, headers ...string) string {
	return "GET " + path + " HTTP/1.1\r\nHost: h\r\n" + strings.Join(append(headers, ""), "\r\n") + "\r\n"
}

// pages is a handler with every kind of answer.
func pages() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/{group}/short", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "5")
		w.Header().Set("X-Many", "a\r\nEvil: b")
		w.Header().Add("Vary", "Origin")
		w.Header().Add("Vary", "Accept-Encoding")
		io.WriteString(w, "short")
	})
	mux.HandleFunc("/{group}/long", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "3000000")
		for range 3 {
			w.Write(bytes.Repeat([]byte("x"), 1_000_000))
		}
	})
	mux.HandleFunc("/{group}/unknown-length", func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusNotFound)
		io.WriteString(w, "one,")
		io.WriteString(w, r.URL.RawQuery+","+r.Host+","+r.Header.Get("Accept-Encoding"))
	})
	mux.HandleFunc("/{group}/nothing", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc("/{group}/silent", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("/{group}/seek", func(w http.ResponseWriter, r *http.Request) {
		http.ServeContent(w, r, "x.m4s", time.Time{}, strings.NewReader(strings.Repeat("0123456789", 10_000)))
	})
	mux.HandleFunc("/{group}/promised", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "10")
		io.WriteString(w, "half")
	})
	mux.HandleFunc("/{group}/too-much", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "4")
		io.WriteString(w, "more than that")
	})
	mux.HandleFunc("/{group}/abort", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	mux.HandleFunc("/{group}/bug", func(http.ResponseWriter, *http.Request) { panic("a bug") })
	return mux
}

// TestLikeNetHTTP: a client can't tell who answers, but for what net/http adds
// when a handler does not say the length or the type.
func TestLikeNetHTTP(t *testing.T) {
	c, other := open(t, pages()).dial(), open(t, pages()).dial()
	for _, request := range []struct{ path, header string }{
		{"short", "X: y"}, {"long", "X: y"}, {"unknown-length?a=b&c", "accept-encoding: gzip"}, {"nothing", "X: y"}, {"silent", "X: y"},
		{"seek", "X: y"}, {"seek", "Range: bytes=5-9"}, {"seek", "Range: bytes=999999-"}, {"not-there", "X: y"}, {"short", "Connection: keep-alive"},
	} {
		c.say(get("/often/"+request.path, request.header))
		got, body := c.answer("GET")
		other.say(get("/seldom/"+request.path, request.header))
		want, wanted := other.answer("GET")
		if got.Header.Get("By") != "" || want.Header.Get("By") == "" {
			t.Fatalf("%s: answered by %q and %q", request.path, got.Header.Get("By"), want.Header.Get("By"))
		}
		if got.StatusCode != want.StatusCode || body != wanted || got.ContentLength != want.ContentLength {
			t.Errorf("%v: %s with %d bytes %.80q, net/http: %s with %d %.80q", request, got.Status, got.ContentLength, body, want.Status, want.ContentLength, wanted)
		}
		if got.Header.Get("Date") == "" || got.Header.Get("Evil") != "" {
			t.Errorf("%v: %v", request, got.Header)
		}
		for name, values := range want.Header {
			if name != "Date" && name != "By" && fmt.Sprint(got.Header.Values(name)) != fmt.Sprint(values) && name != "Content-Type" {
				t.Errorf("%v: %s is %v, net/http: %v", request, name, got.Header.Values(name), values)
			}
		}
	}
}

// TestHandedOver: whatever is not a plain frequent request goes to net/http, with
// its first bytes, and the connection stays there.
func TestHandedOver(t *testing.T) {
	s := open(t, pages())
	for name, pieces := range map[string][]string{
		"another path":           {get("/seldom/short")},
		"another method":         {"POST /often/short HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc"},
		"HTTP/1.0":               {"GET /often/short HTTP/1.0\r\nHost: h\r\nConnection: keep-alive\r\n\r\n"},
		"absolute address":       {get("http://h/often/short")},
		"a long head":            {get("/often/short", "X: "+strings.Repeat("y", 2*headSize))},
		"a head in pieces":       {"GET /often/sh", "ort HTTP/1.1\r\nHo", "st: h\r\n\r\n"},
		"after a frequent":       {get("/often/short"), get("/seldom/short")},
		"right after a frequent": {get("/often/short") + get("/seldom/short")},
	} {
		t.Run(name, func(t *testing.T) {
			c := s.dial()
			c.t = t
			if strings.HasSuffix(name, "after a frequent") {
				c.say(pieces[0])
				if answer, body := c.answer("GET"); answer.Header.Get("By") != "" || body != "short" {
					t.Fatalf("answered by %q: %q", answer.Header.Get("By"), body)
				}
				pieces = pieces[1:]
			}
			for _, piece := range pieces {
				c.say(piece)
			}
			for range 2 {
				// What comes in pieces may have become one again on the way.
				whole := name == "a head in pieces"
				if answer, body := c.answer("GET"); answer.Header.Get("By") != "net/http" && !whole || body != "short" {
					t.Fatalf("answered by %q: %q", answer.Header.Get("By"), body)
				}
				c.say(get("/often/short"))
			}
		})
	}
}

func TestConnectionsEnd(t *testing.T) {
	s := open(t, pages())
	for name, request := range map[string]string{
		"asked for":   get("/often/short", "Connection: close"),
		"with a body": get("/often/short", "Content-Length: 3") + "abc",
		"with chunks": get("/often/short", "Transfer-Encoding: chunked") + "0\r\n\r\n",
	} {
		c := s.dial()
		c.say(request)
		if answer, body := c.answer("GET"); !answer.Close || body != "short" {
			t.Errorf("%s: %v %q", name, answer.Header, body)
		}
		c.ended()
	}
	for name, request := range map[string]string{
		"no host":       "GET /often/short HTTP/1.1\r\nX: y\r\n\r\n",
		"two hosts":     get("/often/short", "host : g"),
		"a blank":       get("/often/short", "Content-Length : 3") + "abc",
		"a folded name": get("/often/short", "X: y", "Transfer-Encoding : chunked") + "0\r\n\r\n",
		"a bad host":    "GET /often/short HTTP/1.1\r\nHost: a b\r\n\r\n",
		"a NUL":         get("/often/short", "X: a\x00b"),
		"two Hosts":     get("/often/short", "Host: g"),
		"no header":     "GET /often/short HTTP/1.1\r\nnonsense\r\n\r\n",
		"no length":     get("/often/short", "Content-Length: x"),
		"two lengths":   get("/often/short", "Content-Length: 1", "Content-Length: 2"),
		"a bad address": get("/often/%zz"),
	} {
		c := s.dial()
		c.say(request)
		if answer, body := c.answer("GET"); answer.StatusCode != 400 || body == "short" {
			t.Errorf("%s: %s", name, answer.Status)
		}
		c.ended()
	}
	for _, path := range []string{"abort", "bug"} {
		c := s.dial()
		c.say(get("/often/" + path))
		c.ended()
	}
	for _, path := range []string{"promised", "too-much"} {
		c := s.dial()
		c.say(get("/often/" + path))
		if answer, err := http.ReadResponse(c.in, nil); err == nil {
			if body, err := io.ReadAll(answer.Body); err == nil && answer.ContentLength >= 0 && int64(len(body)) == answer.ContentLength {
				t.Errorf("%s: a whole answer %q", path, body)
			}
		}
	}
}

// TestPipelined: requests that come together are answered in their order.
func TestPipelined(t *testing.T) {
	c := open(t, pages()).dial()
	for n := range 5 {
		c.say(get(fmt.Sprintf("/often/unknown-length?%d", n)) + get(fmt.Sprintf("/often/unknown-length?again%d", n)))
	}
	for n := range 5 {
		for _, want := range []string{fmt.Sprintf("one,%d,h,", n), fmt.Sprintf("one,again%d,h,", n)} {
			if _, body := c.answer("GET"); body != want {
				t.Errorf("%q, want %q", body, want)
			}
		}
	}
}

// holding is a handler that holds every request until its context ends or it is
// let go, and tells of both.
func holding() (h http.Handler, came, left chan string, release chan bool) {
	came, left, release = make(chan string), make(chan string, 10), make(chan bool)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		came <- r.URL.Path
		select {
		case <-r.Context().Done():
			left <- r.URL.Path
			http.Error(w, "over", http.StatusServiceUnavailable)
		case <-release:
			io.WriteString(w, "held")
		}
	}), came, left, release
}

// TestVanished: who leaves while he waits is let go, who stays is not, even if
// he asks for the next thing already.
func TestVanished(t *testing.T) {
	h, came, left, release := holding()
	s := open(t, h)
	gone, stays := s.dial(), s.dial()
	gone.say(get("/often/gone"))
	stays.say(get("/often/stays") + get("/often/next"))
	<-came
	<-came
	gone.Close()
	if path := <-left; path != "/often/gone" {
		t.Fatalf("%s was let go", path)
	}
	release <- true
	if _, body := stays.answer("GET"); body != "held" {
		t.Errorf("%q", body)
	}
	<-came
	release <- true
	stays.answer("GET")
}

// TestStop: at the end who waits is answered, who is silent is let go, and
// nobody is left.
func TestStop(t *testing.T) {
	h, came, left, _ := holding()
	s := open(t, h)
	waits, silent := s.dial(), s.dial()
	waits.say(get("/often/waits"))
	<-came
	s.stop()
	<-left
	if answer, _ := waits.answer("GET"); answer.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("%s", answer.Status)
	}
	waits.ended()
	silent.ended()
	if _, err := net.Dial("unix", s.address); err == nil {
		t.Error("somebody is let in")
	}
}

// failing is a listener out of file descriptors, once.
type failing struct {
	net.Listener
	once chan error
}

func (f *failing) Accept() (net.Conn, error) {
	select {
	case err := <-f.once:
		return nil, err
	default:
		return f.Listener.Accept()
	}
}

// TestErrorsOfListener: net/http learns of them, since it knows how to wait.
func TestErrorsOfListener(t *testing.T) {
	socket, err := net.Listen("unix", filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	trouble := &failing{socket, make(chan error, 1)}
	trouble.once <- io.ErrNoProgress
	ctx, end := context.WithCancel(t.Context())
	l := Listen(ctx, trouble, Options{wanted, pages(), time.Minute, slog.New(slog.DiscardHandler)})
	if _, err := l.Accept(); err != io.ErrNoProgress {
		t.Errorf("the error is %v", err)
	}
	l.Close()
	if _, err := l.Accept(); err == nil {
		t.Error("a connection from a closed listener")
	}
	end()
	l.Wait()
}
