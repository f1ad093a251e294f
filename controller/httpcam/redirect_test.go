package httpcam

import (
	"fmt"
	"strings"
	"testing"

	"lookback/controller/camera"
)

func moved(status int, to string, more ...string) string {
	return fmt.Sprintf("HTTP/1.1 %d Moved\r\nLocation: %s\r\nContent-Length: 3\r\n%s\r\nbye", status, to, strings.Join(more, ""))
}

// TestRedirects within a host: cookies and password go along, on one connection.
func TestRedirects(t *testing.T) {
	for _, status := range []int{301, 302, 303, 307, 308} {
		s := serve(t, func(s *server, c *conn, _ int) {
			for r := c.request(); r != nil; r = c.request() {
				switch {
				case r.URL.Path == "/a/b":
					c.say(moved(status, "../login?x=1 2", "Set-Cookie: id=1; Path=/; HttpOnly\r\nSet-Cookie: gone=1\r\n"))
				case r.URL.Path == "/login" && r.RequestURI == "/login?x=1%202":
					c.say(moved(status, s.url+"/video", "set-cookie: lang=\"d, e\"; Secure=no\r\nSet-Cookie: gone=; Max-Age=0\r\n"))
				case !basicRight(r):
					c.say(refusal(`Basic realm="cam"`))
				case r.Header.Get("Cookie") == `id=1`:
					c.say(multipart, part, one)
					return
				default:
					c.say("HTTP/1.1 403 " + r.Header.Get("Cookie") + "\r\nContent-Length: 0\r\n\r\n")
				}
			}
		})
		got, err := record(t, Source{URL: withSecret(s.url) + "/a/b"}, 1)
		if equal(t, got, pictures[0]); err != errEnough || s.visitors() != 1 {
			t.Error(err, s.visitors())
		}
	}
}

// TestRedirectElsewhere: another host is told nothing that is secret.
func TestRedirectElsewhere(t *testing.T) {
	other := serve(t, asking(func(n int) (string, bool) {
		if n == 0 {
			return refusal(`Basic realm="cam"`), true
		}
		return multipart + part + one, false
	}))
	elsewhere := strings.Replace(other.url, "127.0.0.1", "localhost", 1)
	s := serve(t, answer(moved(302, elsewhere+"/x", "Set-Cookie: id=1\r\n")))
	_, err := record(t, Source{URL: withSecret(s.url), Headers: []Header{{"X-Key", "hush"}}}, 1)
	if code(err) != camera.Unauthorized || len(other.asked()) != 1 {
		t.Errorf("%v, %d requests", err, len(other.asked()))
	}
	for _, r := range other.asked() {
		if strings.Contains(r, "hush") || strings.Contains(r, "Cookie") || strings.Contains(r, "Authorization") {
			t.Error(r)
		}
	}
}

// TestRedirectWithPassword: what the redirect names itself is used.
func TestRedirectWithPassword(t *testing.T) {
	other := serve(t, func(_ *server, c *conn, _ int) {
		for r := c.request(); r != nil; r = c.request() {
			if basicRight(r) {
				c.say(multipart, part, one)
				return
			}
			c.say(refusal("Basic"))
		}
	})
	s := serve(t, answer(moved(302, withSecret(strings.Replace(other.url, "127.0.0.1", "localhost", 1)))))
	got, _ := record(t, Source{URL: s.url}, 1)
	equal(t, got, pictures[0])
}

// TestBadRedirects end with a reason.
func TestBadRedirects(t *testing.T) {
	for location, want := range map[string]string{
		"/again":            camera.HTTPError,
		"":                  camera.HTTPError,
		"rtsp://cam/stream": camera.NotAStream,
		"http://":           camera.NotAStream,
		"http://h:99999/":   camera.NotAStream,
		"//[::1":            camera.ConnectionRefused, // its port 80
	} {
		s := serve(t, asking(func(int) (string, bool) { return moved(302, location), true }))
		_, err := record(t, Source{URL: s.url}, 1)
		if got := code(err); got != want {
			t.Errorf("%q: %v, want %s", location, err, want)
		}
		if location == "/again" && len(s.asked()) != maxRedirects+1 {
			t.Errorf("%d requests", len(s.asked()))
		}
	}
}

func TestAddress(t *testing.T) {
	for raw, want := range map[string]string{
		"http://cam":                        "http cam:80 / Host cam",
		"HTTPS://cam?x=1":                   "https cam:443 /?x=1 Host cam",
		"http://cam:81/a b#c":               "http cam:81 /a%20b Host cam:81",
		"http://[fe80::1%25eth0]:8080/":     "http [fe80::1%eth0]:8080 / Host [fe80::1]:8080",
		"http://[2001:db8::2]/v":            "http [2001:db8::2]:80 /v Host [2001:db8::2]",
		"http://a@b:c@cam/@x":               "http cam:80 /@x Host cam", // the last @ divides
		"http://u:p/w@cam/":                 "",
		"http://cam/%zz?a=%&b=\"<>\\^`{|}'": "http cam:80 /%zz?a=%&b=\"<>\\^`{|}' Host cam",
		"http://cam/\r\nX: y":               "http cam:80 /%0D%0AX:%20y Host cam",
		"https://cam:443/":                  "https cam:443 / Host cam",
		"rtsp://cam/":                       "",
		"http:///x":                         "",
		"http://cam:0/":                     "",
		"cam/x":                             "",
	} {
		a, err := parseAddress(raw)
		got := ""
		if err == nil {
			got = a.key() + " " + a.target + " Host " + a.hostField()
		}
		if got != want {
			t.Errorf("%s: %q, want %q", raw, got, want)
		}
	}
}

func TestRelative(t *testing.T) {
	for _, c := range [][3]string{
		{"/a/b?x=1", "c", "/a/c"}, {"/a/b", "./c?d=../e", "/a/c?d=../e"}, {"/a/b", "../../../c", "/c"},
		{"/a/b", "?y", "/a/b?y"}, {"/a/b", "/", "/"}, {"/a/b?z", "", "/a/b?z"}, {"/a/b", "c:d", "/a/c:d"},
	} {
		if got := relative(c[0], c[1]); got != c[2] {
			t.Errorf("%s from %s: %s, want %s", c[1], c[0], got, c[2])
		}
	}
}

func TestCookies(t *testing.T) {
	var c cookies
	for _, line := range []string{"a=1; Path=/x", "b=2; Secure", "c", "=d", "e=5; expires=Thu, 01 Jan 1970 00:00:00 GMT", "a=3; expires=Wed, 01-Jan-2003 00:00:00 GMT", "f=" + strings.Repeat("x", maxCookie)} {
		c.set("Cam", line)
	}
	c.set("other", "g=7")
	if got := c.field(address{host: "cam"}); got != "a=3" {
		t.Error(got)
	}
	if got := c.field(address{host: "CAM", secure: true}); got != "b=2; a=3" {
		t.Error(got)
	}
	for i := range 2 * maxCookies {
		c.set("cam", fmt.Sprintf("n%d=1", i))
	}
	if len(c) > maxCookies {
		t.Errorf("%d are kept", len(c))
	}
}
