package httpcam

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/icholy/digest"
)

func client(t *testing.T, s Source) *Client {
	t.Helper()
	c, err := NewClient(&s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// fetched is what a client gets from an address.
func fetched(t *testing.T, c *Client, at, part string) string {
	t.Helper()
	a, err := c.Get(t.Context(), at, part)
	if err != nil {
		t.Error(err)
		return ""
	}
	defer a.Close()
	text, err := io.ReadAll(a)
	if err != nil {
		t.Error(err)
	}
	return string(text)
}

// TestClientDigest: many at a time answer one challenge, each with a count of its
// own, and nobody is asked for the password twice.
func TestClientDigest(t *testing.T) {
	var mu sync.Mutex
	var counts []int
	refused := 0
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if !right(q, "SHA-256", "cam", "n", "auth") {
			refused++
			w.Header().Add("WWW-Authenticate", `Digest realm="cam", nonce="n", algorithm=MD5, qop="auth"`)
			w.Header().Add("WWW-Authenticate", `Digest realm="cam", nonce="n", algorithm=SHA-256, qop="auth"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		c, _ := digest.ParseCredentials(q.Header.Get("Authorization"))
		counts = append(counts, c.Nc)
		io.WriteString(w, q.URL.Path)
	}))
	defer s.Close()
	c := client(t, Source{URL: withSecret(s.URL)})
	var all sync.WaitGroup
	for i := range 12 {
		all.Go(func() {
			path := fmt.Sprintf("/%d", i)
			if got := fetched(t, c, s.URL+path, ""); got != path {
				t.Errorf("got %q from %s", got, path)
			}
		})
	}
	all.Wait()
	slices.Sort(counts)
	if len(slices.Compact(counts)) != 12 || refused != 1 {
		t.Errorf("counts %v, %d refusals", counts, refused)
	}
}

// TestClientKeepsConnections: one request after the other goes over one connection,
// and one that was not read to its end costs one.
func TestClientKeepsConnections(t *testing.T) {
	var mu sync.Mutex
	ports := map[string]int{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		mu.Lock()
		ports[q.RemoteAddr]++
		mu.Unlock()
		io.WriteString(w, strings.Repeat("x", 1<<20)+q.Header.Get("Range"))
	}))
	defer s.Close()
	c := client(t, Source{URL: s.URL})
	for range 5 {
		fetched(t, c, s.URL, "")
	}
	if got := fetched(t, c, s.URL, "bytes=5-9"); !strings.HasSuffix(got, "xbytes=5-9") || len(ports) != 1 {
		t.Errorf("%.20q on %v", got[len(got)-10:], ports)
	}
	a, err := c.Get(t.Context(), s.URL, "")
	if err != nil {
		t.Fatal(err)
	}
	a.Close()
	fetched(t, c, s.URL, "")
	if len(ports) != 2 {
		t.Errorf("ports %v", ports)
	}
}

// TestClientEnds: an answer ends with its context, whichever request its connection
// was made for.
func TestClientEnds(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		io.WriteString(w, "begun")
		if q.URL.Path == "/long" {
			w.(http.Flusher).Flush()
			<-q.Context().Done()
		}
	}))
	defer s.Close()
	c := client(t, Source{URL: s.URL})
	first, over := context.WithCancel(t.Context())
	a, err := c.Get(first, s.URL, "")
	if err != nil {
		t.Fatal(err)
	}
	io.ReadAll(a)
	a.Close()
	over() // which is no longer about the connection
	second, stop := context.WithCancel(t.Context())
	a, err = c.Get(second, s.URL+"/long", "")
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	io.ReadFull(a, make([]byte, 5))
	stop()
	if _, err := a.Read(make([]byte, 1)); err == nil {
		t.Error("goes on")
	}
}

func TestSetHeaders(t *testing.T) {
	s := Source{URL: "http://h/"}
	s.SetHeaders("X-Key: a: b\nuser-agent: Browser/1\nCookie: c=d")
	if fmt.Sprint(s.Headers) != "[X-Key: … Cookie: …]" || s.Headers[0].Value != "a: b" || s.UserAgent != "Browser/1" || s.Check() != nil {
		t.Errorf("%v, %q", s.Headers, s.UserAgent)
	}
	if s.SetHeaders(""); s.Headers != nil || s.UserAgent != "" {
		t.Errorf("%v", s)
	}
}

// TestCutTooLate: an answer that is cut when it is closed already ends nothing: neither
// this program nor the connection, which the next one has.
func TestCutTooLate(t *testing.T) {
	connections := 0
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if q.URL.Path == "/endless" {
			w.(http.Flusher).Flush()
			<-q.Context().Done()
		}
		io.WriteString(w, "all of it")
	}))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections++
		}
	}
	s.Start()
	defer s.Close()
	c := client(t, Source{URL: s.URL})
	endless, err := c.Get(t.Context(), s.URL+"/endless", "")
	if err != nil {
		t.Fatal(err)
	}
	endless.Close()
	endless.Cut()
	first, err := c.Get(t.Context(), s.URL+"/a", "")
	if err != nil {
		t.Fatal(err)
	}
	io.ReadAll(first)
	first.Close()
	first.Cut()
	if got := fetched(t, c, s.URL+"/b", ""); got != "all of it" || connections != 2 {
		t.Errorf("%q over %d connections", got, connections)
	}
}
