package httpcam

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"lookback/controller/camera"
)

// still is an answer with a length.
func still(picture []byte) string {
	return fmt.Sprintf("%sContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n%s", ok, len(picture), picture)
}

// asking answers the n-th request of all, from 0, with what say gives, and
// closes the connection behind it unless it is to stay.
func asking(say func(n int) (said string, stay bool)) func(*server, *conn, int) {
	n := 0
	return func(_ *server, c *conn, _ int) {
		for c.request() != nil {
			said, stay := say(n)
			n++
			if c.say(said); !stay {
				return
			}
		}
	}
}

const quick = 5 * time.Millisecond

// webp is a lossless one of 1x1 pixels.
const webp = "RIFF\x1a\x00\x00\x00WEBPVP8L\x0d\x00\x00\x00\x2f\x00\x00\x00\x10\x07\x10\x11\x11\x88\x88\xfe\x07\x00"

// TestStills: each kind of an answer with one picture is asked for again and again.
func TestStills(t *testing.T) {
	jpg := string(pictures[0])
	picture := drawnPNG(3)
	for name, c := range map[string]struct {
		said string
		stay bool // the connection stays open, and is used again
		want string
		kind Format
		w, h int
	}{
		"with a length":              {still(pictures[0]), true, jpg, JPEG, 64, 48},
		"without a length":           {ok + "Content-Type: image/jpeg\r\n\r\n" + jpg, false, jpg, JPEG, 64, 48},
		"without anything":           {ok + "\r\n" + jpg, false, jpg, JPEG, 64, 48},
		"without a head":             {jpg, false, jpg, JPEG, 64, 48},
		"close is said":              {strings.Replace(still(pictures[0]), "\r\n\r\n", "\r\nConnection: close\r\n\r\n", 1), false, jpg, JPEG, 64, 48},
		"HTTP/1.0":                   {strings.Replace(still(pictures[0]), "1.1", "1.0", 1), false, jpg, JPEG, 64, 48},
		"HTTP/1.0, kept open":        {strings.Replace(still(pictures[0]), "1.1 200 OK\r\n", "1.0 200 OK\r\nConnection: Keep-Alive\r\n", 1), true, jpg, JPEG, 64, 48},
		"chunked":                    {ok + "Transfer-Encoding: chunked\r\n\r\n" + chunks(100, jpg), true, jpg, JPEG, 64, 48},
		"gzip":                       {ok + fmt.Sprintf("Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n", len(packed("gzip", jpg))) + packed("gzip", jpg), true, jpg, JPEG, 64, 48},
		"gzip in chunks":             {ok + "Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks(100, packed("gzip", jpg)), true, jpg, JPEG, 64, 48},
		"deflate without a length":   {ok + "Content-Encoding: deflate\r\n\r\n" + packed("deflate", jpg), false, jpg, JPEG, 64, 48},
		"PNG":                        {ok + fmt.Sprintf("Content-Type: image/png\r\nContent-Length: %d\r\n\r\n%s", len(picture), picture), true, string(picture), PNG, 40, 30},
		"PNG without a length":       {ok + "Content-Type: image/png\r\n\r\n" + string(picture), false, string(picture), PNG, 40, 30},
		"WebP":                       {ok + fmt.Sprintf("Content-Type: image/webp\r\nContent-Length: %d\r\n\r\n%s", len(webp), webp), true, webp, WebP, 1, 1},
		"PNG called JPEG":            {ok + "Content-Type: image/jpeg\r\n\r\n" + string(picture), false, string(picture), PNG, 40, 30},
		"length too small":           {ok + fmt.Sprintf("Content-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n%s", len(jpg)-2, jpg), false, jpg, JPEG, 64, 48},
		"length too large":           {ok + fmt.Sprintf("Content-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n%s", len(jpg)+2, jpg), false, jpg, JPEG, 64, 48},
		"two pictures, as a phone's": {ok + fmt.Sprintf("Content-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n%s%s", len(jpg)+len(two), jpg, two), true, jpg, JPEG, 64, 48},
		"a multipart of one":         {ok + fmt.Sprintf("Content-Type: multipart/x-mixed-replace; boundary=frame\r\nContent-Length: %d\r\n\r\n%s%s\r\n--frame--\r\n", len(part)+len(jpg)+13, part, jpg), true, jpg, JPEG, 64, 48},
		"an empty line behind":       {still(pictures[0]) + "\r\n", true, jpg, JPEG, 64, 48},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, asking(func(int) (string, bool) { return c.said, c.stay }))
			got, err := record(t, Source{URL: s.url + "/?action=snapshot", Poll: quick}, 4)
			equal(t, got, []byte(c.want), []byte(c.want), []byte(c.want), []byte(c.want))
			if !errors.Is(err, errEnough) {
				t.Error(err)
			}
			for i, p := range got {
				if p.Answer != i+1 || p.Format != c.kind || p.Width != c.w || p.Height != c.h {
					t.Errorf("%d: answer %d, %+v", i, p.Answer, p.Shape)
				}
			}
			if want := map[bool]int{true: 1, false: 4}[c.stay]; s.visitors() != want {
				t.Errorf("%d connections, want %d", s.visitors(), want)
			}
		})
	}
}

// TestRequest: the address is kept as it is, headers are added, and no part of a
// picture is asked for (some servers answer 416 to a Range).
func TestRequest(t *testing.T) {
	s := serve(t, asking(func(int) (string, bool) { return still(pictures[0]), true }))
	path := "/cgi/[snap]?a=b&c=%zz|{}&d=é&usr=x%20y#part"
	record(t, Source{URL: s.url + path, Poll: quick, UserAgent: "Probe/1", Headers: []Header{{"X-Key", "k v"}, {"accept", "image/jpeg"}}}, 2)
	for _, r := range s.asked() {
		line, fields, _ := strings.Cut(r, "\r\n")
		if line != "GET /cgi/[snap]?a=b&c=%zz|{}&d=%C3%A9&usr=x%20y HTTP/1.1" {
			t.Error(line)
		}
		for _, f := range []string{"Host: " + strings.TrimPrefix(s.url, "http://"), "User-Agent: Probe/1", "X-Key: k v", "accept: image/jpeg"} {
			if strings.Count(fields, f+"\r\n") != 1 {
				t.Errorf("%q is not in %q", f, fields)
			}
		}
		for _, f := range []string{"Range", "Authorization", "Accept: */*", "If-None-Match", "Cookie"} {
			if strings.Contains(fields, f) {
				t.Errorf("%q is in %q", f, fields)
			}
		}
	}
}

// TestMissedStills: what fails now and then is a picture that is missing.
func TestMissedStills(t *testing.T) {
	for name, failure := range map[string]string{
		"500":                            "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n",
		"503 with words":                 "HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy",
		"404":                            "HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n",
		"204":                            "HTTP/1.1 204 No Content\r\n\r\n",
		"a head that is cut off":         "HTTP/1.1 200 OK\r\nConte",
		"cut off":                        still(pictures[1])[:800],
		"cut off, no length":             ok + "\r\n" + one[:500],
		"gzip, cut off":                  ok + "Content-Encoding: gzip\r\n\r\n" + packed("gzip", one)[:500],
		"gzip, broken":                   ok + "Content-Encoding: gzip\r\n\r\n" + packed("gzip", one)[:300] + strings.Repeat("x", 500),
		"empty":                          ok + "Content-Length: 0\r\n\r\n",
		"a page":                         ok + "Content-Type: text/html\r\n\r\n<html>busy</html>",
		"half a picture, said to be all": still(pictures[1][:700]),
		"416":                            "HTTP/1.1 416 Range Not Satisfiable\r\nContent-Length: 0\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, asking(func(n int) (string, bool) {
				if n%5 == 4 {
					return failure, false
				}
				return still(pictures[n%5]), true
			}))
			got, err := record(t, Source{URL: s.url, Poll: quick}, 10)
			equal(t, got, pictures[0], pictures[1], pictures[2], pictures[3], pictures[0], pictures[1], pictures[2], pictures[3], pictures[0], pictures[1])
			if !errors.Is(err, errEnough) {
				t.Error(err)
			}
			for i, p := range got {
				if want := map[bool]int{true: 1}[i > 0 && i%4 == 0]; p.Missed != want {
					t.Errorf("picture %d: %d missed, want %d", i, p.Missed, want)
				}
			}
		})
	}
}

// TestSilentStill: one that is not answered in time is missed.
func TestSilentStill(t *testing.T) {
	t.Parallel()
	silent := func(c *conn, said string) {
		c.say(said)
		c.waitGone()
	}
	s := serve(t, func(_ *server, c *conn, n int) {
		c.request()
		switch n {
		case 1:
			silent(c, "")
		case 2:
			silent(c, still(pictures[0])[:700])
		case 3:
			silent(c, ok+"Content-Type: image/jpeg\r\n\r\n"+one) // and never ends
		default:
			c.say(ok, "\r\n", one)
		}
	})
	got, _ := record(t, Source{URL: s.url, Poll: quick, Limits: Limits{Head: 500 * time.Millisecond, Silence: 500 * time.Millisecond}}, 3)
	equal(t, got, pictures[0], pictures[0], pictures[0])
	if got[1].Missed != 2 || got[2].Missed != 0 {
		t.Errorf("missed %d, %d", got[1].Missed, got[2].Missed)
	}
}

// TestStillsEnd: what fails for ever ends with its reason.
func TestStillsEnd(t *testing.T) {
	for _, c := range []struct{ said, want string }{
		{"HTTP/1.1 500 Error\r\nContent-Length: 0\r\n\r\n", camera.HTTPError},
		{"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n", camera.Forbidden},
		{"", camera.StreamEnded},
		{ok + "\r\n<html></html>", camera.NotAStream},
	} {
		s := serve(t, asking(func(n int) (string, bool) {
			if n > 0 {
				return c.said, false
			}
			return still(pictures[0]), true
		}))
		got, err := record(t, Source{URL: s.url, Poll: quick, Limits: Limits{Still: 100 * time.Millisecond}}, 0)
		if equal(t, got, pictures[0]); code(err) != c.want {
			t.Errorf("%q: %v, want %s", c.said, err, c.want)
		}
		if n := len(s.asked()); n < 1+leastMisses {
			t.Errorf("%d requests", n)
		}
	}
}

// TestNotModified: 304 without having been asked for gives the picture again.
func TestNotModified(t *testing.T) {
	s := serve(t, asking(func(n int) (string, bool) {
		if n == 1 {
			return "HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\nContent-Length: 99\r\n\r\n", true
		}
		return strings.Replace(still(pictures[n]), ok, ok+"ETag: \"x\"\r\n", 1), true
	}))
	got, _ := record(t, Source{URL: s.url, Poll: quick}, 3)
	equal(t, got, pictures[0], pictures[0], pictures[2])
	if got[0].Repeated || !got[1].Repeated || got[2].Repeated || !got[1].Arrival.After(got[0].Arrival) || s.visitors() != 1 {
		t.Errorf("%v %v %v, %d connections", got[0].Repeated, got[1].Repeated, got[2].Repeated, s.visitors())
	}
}

// TestPace: polls are as far apart as is asked for.
func TestPace(t *testing.T) {
	s := serve(t, asking(func(int) (string, bool) { return still(pictures[0]), true }))
	begun := time.Now()
	got, _ := record(t, Source{URL: s.url, Poll: 50 * time.Millisecond}, 5)
	if d := time.Since(begun); len(got) != 5 || d < 200*time.Millisecond {
		t.Errorf("%d pictures in %v", len(got), d)
	}
}

// TestStillsWithoutEndMarkers: the promised length came, and each time the end is missing.
func TestStillsWithoutEndMarkers(t *testing.T) {
	t.Parallel()
	s := serve(t, asking(func(n int) (string, bool) { p := pictures[n%8]; return still(p[:len(p)-2]), true }))
	got, _ := record(t, Source{URL: s.url, Poll: quick, Limits: Limits{Silence: 400 * time.Millisecond}}, 3)
	equal(t, got, pictures[3], pictures[4], pictures[5])
}

// TestClosedBetweenPolls: a server that closes a kept connection costs no picture.
func TestClosedBetweenPolls(t *testing.T) {
	s := serve(t, func(_ *server, c *conn, n int) {
		c.request()
		c.say(still(pictures[n])) // it says that it stays, and goes
	})
	got, _ := record(t, Source{URL: s.url, Poll: quick}, 4)
	equal(t, got, pictures[0], pictures[1], pictures[2], pictures[3])
	for _, p := range got {
		if p.Missed != 0 {
			t.Errorf("%d missed", p.Missed)
		}
	}
}
