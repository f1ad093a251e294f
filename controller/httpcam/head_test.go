package httpcam

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"testing"
)

// bytesSource reads a head out of memory.
type bytesSource struct{ b []byte }

func (s *bytesSource) ReadByte() (byte, error) {
	if len(s.b) == 0 {
		return 0, io.EOF
	}
	c := s.b[0]
	s.b = s.b[1:]
	return c, nil
}

func (s *bytesSource) unread(b []byte) { s.b = append(slices.Clone(b), s.b...) }

func TestHead(t *testing.T) {
	for raw, want := range map[string]struct {
		status int
		fields []field
		rest   string
	}{
		"HTTP/1.1 200 OK\r\nA: b\r\n\r\nrest":                                     {200, []field{{"a", "b"}}, "rest"},
		"HTTP/1.1 200 OK\nA:b:c\n\nrest":                                          {200, []field{{"a", "b:c"}}, "rest"},
		"\r\n \tICY 404 gone\r\n\r\n":                                             {404, nil, ""},
		"HTTP/1.1 100 Go\r\n\r\nHTTP/1.1 503\r\n\r\nrest":                         {503, nil, "rest"},
		"HTTP/1.1 100 Go\r\n\r\n--frame\r\n":                                      {200, nil, "--frame\r\n"},
		"HTTP/1.1 20 2000 404 OK\r\n\r\n":                                         {404, nil, ""},
		"HTTP/1.1 200 OK\r\nA: b\r\n\tc: d\r\n e=f:g\r\nno colon\r\n : x\r\n\r\n": {200, []field{{"a", "b"}, {"c", "d e=f:g : x"}}, ""},
		"\r\n\r\n--frame":                                                         {200, nil, "\r\n\r\n--frame"},
		"HT":                                                                      {200, nil, "HT"},
		"HTML":                                                                    {200, nil, "HTML"},
		"HTTP/1.1 200 OK\r\nA: b\r\n":                                             {200, []field{{"a", "b"}}, ""},
		"HTTP/1.1 101 Switch\r\n\r\nrest":                                         {101, nil, "rest"},
	} {
		s := &bytesSource{[]byte(raw)}
		h, err := readHead(s)
		if err != nil || h.status != want.status || !slices.Equal(h.fields, want.fields) || string(s.b) != want.rest {
			t.Errorf("%q: %+v, %v, then %q", raw, h, err, s.b)
		}
	}
	for _, raw := range []string{"", " ", "HTTP/1.1 200", "HTTP/1.1 200 OK\r\nA"} {
		if h, err := readHead(&bytesSource{[]byte(raw)}); err == nil && !h.bare {
			t.Errorf("%q: %+v", raw, h)
		}
	}
}

func TestFields(t *testing.T) {
	h := head{fields: []field{{"content-type", " Multipart/X ; a=b"}, {"connection", "foo, Close"}, {"connection", "x"}, {"content-length", " 12 "}}}
	if h.mediaType() != "multipart/x" || !h.says("connection", "close") || h.says("connection", "foo, close") || h.length() != 12 || len(h.all("connection")) != 2 {
		t.Errorf("%+v", h)
	}
	for _, v := range []string{"", "-1", "1.5", "9999999999999999999", "12, 12"} {
		if n := (head{fields: []field{{"content-length", v}}}).length(); n != -1 {
			t.Errorf("%q: %d", v, n)
		}
	}
}

// FuzzHead: nothing is too odd to be read, little is read, and what is no head
// is left for the body.
func FuzzHead(f *testing.F) {
	for _, said := range streams {
		f.Add([]byte(said[:min(len(said), 600)]))
	}
	for _, raw := range []string{"HTTP/1.1 401 No\r\nWWW-Authenticate: Digest realm=\"a\\\"b\", nonce=c, qop=auth\r\n\r\n", "HTTP/1.1 302\r\nLocation: //[::1]:8/../x?y\r\nSet-Cookie: a=b; Secure\r\n\r\n"} {
		f.Add([]byte(raw))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		s := &bytesSource{slices.Clone(raw)}
		h, err := readHead(s)
		if read := len(raw) - len(s.b); read > maxHead+1 {
			t.Fatalf("%d bytes were read", read)
		}
		if err != nil {
			return
		}
		if h.status < 100 || h.status > 999 || h.bare && !bytes.HasSuffix(raw, s.b) {
			t.Fatalf("%+v", h)
		}
		for _, x := range h.fields {
			if x.name != strings.ToLower(strings.TrimSpace(x.name)) || strings.Contains(x.name+x.value, "\n") {
				t.Fatalf("%+v", x)
			}
		}
		h.length()
		h.mediaType()
		a := address{host: "cam", port: "80", target: "/a?b"}
		if next, err := a.follow(h.get("location")); err == nil && (!strings.HasPrefix(next.target, "/") || strings.ContainsAny(next.target, " \r\n") || next.host == "") {
			t.Fatalf("%+v", next)
		}
		var c cookies
		c.set("cam", h.get("set-cookie"))
		var l login
		a.user, a.login = "u", true
		l.refused(h, false)
		if v := l.field(a, true) + c.field(a); strings.ContainsAny(v, "\r\n") {
			t.Fatalf("%q", v)
		}
	})
}
