package httpcam

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"lookback/controller/camera"
)

var one, two, three = string(pictures[0]), string(pictures[1]), string(pictures[2])

const (
	ok        = "HTTP/1.1 200 OK\r\n"
	multipart = ok + "Content-Type: multipart/x-mixed-replace; boundary=frame\r\n\r\n"
	part      = "--frame\r\nContent-Type: image/jpeg\r\n\r\n"
)

// each puts a head before and an end behind three pictures.
func each(before, after string) string {
	return before + one + after + before + two + after + before + three + after
}

// sized is a part with a length that is so much off.
func sized(picture string, off int) string {
	return fmt.Sprintf("--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n%s\r\n", len(picture)+off, picture)
}

func chunks(size int, s string) string {
	var b strings.Builder
	for s != "" {
		n := min(size, len(s))
		fmt.Fprintf(&b, "%x\r\n%s\r\n", n, s[:n])
		s = s[n:]
	}
	return b.String() + "0\r\n\r\n"
}

func packed(kind string, s string) string {
	var b bytes.Buffer
	var w io.WriteCloser
	switch kind {
	case "gzip":
		w = gzip.NewWriter(&b)
	case "zlib":
		w = zlib.NewWriter(&b)
	case "deflate":
		w, _ = flate.NewWriter(&b, 5)
	}
	io.WriteString(w, s)
	w.Close()
	return b.String()
}

// streams are answers that hold three pictures, of every kind that was seen.
var streams = map[string]string{
	"plain":                         multipart + each(part, "\r\n"),
	"boundary with dashes":          ok + "Content-Type: multipart/x-mixed-replace;boundary=--frame\r\n\r\n" + each(part, "\r\n"),
	"boundary quoted":               ok + "Content-Type: multipart/x-mixed-replace; boundary=\"a b:c\"\r\n\r\n" + each("--a b:c\r\nContent-Type: image/jpeg\r\n\r\n", "\r\n"),
	"boundary not named":            ok + "Content-Type: multipart/x-mixed-replace\r\n\r\n" + each(part, "\r\n"),
	"another boundary than named":   multipart + each("--other\r\nContent-Type: image/jpeg\r\n\r\n", "\r\n"),
	"boundary without dashes":       multipart + each("frame\r\nContent-Type: image/jpeg\r\n\r\n", "\r\n"),
	"no boundary before the first":  multipart + "Content-Type: image/jpeg\r\n\r\n" + one + "\r\n" + part + two + "\r\n" + part + three,
	"nothing before the first":      multipart + one + "\r\n" + part + two + "\r\n" + part + three,
	"no boundary at all":            multipart + each("", ""),
	"parts without headers":         multipart + each("--frame\r\n\r\n", "\r\n"),
	"parts without an empty line":   multipart + each("--frame\r\n", "\r\n"),
	"image/jpg":                     multipart + each("--frame\r\nContent-Type: image/jpg\r\n\r\n", "\r\n"),
	"type with parameters":          multipart + each("--frame\r\nContent-Type: image/jpeg; charset=binary; quality=80\r\n\r\n", "\r\n"),
	"type unknown":                  multipart + each("--frame\r\nContent-Type: application/octet-stream\r\n\r\n", "\r\n"),
	"type in capitals":              multipart + each("--frame\r\nCONTENT-TYPE:IMAGE/JPEG\r\n\r\n", "\r\n"),
	"boundary glued to the header":  multipart + each("--frameContent-Type: image/jpeg\r\n\r\n", "\r\n"),
	"boundary glued to the picture": multipart + each(part, ""),
	"line feeds alone":              strings.ReplaceAll(multipart, "\r", "") + each("--frame\nContent-Type: image/jpeg\n\n", "\n"),
	"length right":                  multipart + sized(one, 0) + sized(two, 0) + sized(three, 0),
	"length too small":              multipart + sized(one, -2) + sized(two, -2) + sized(three, -2),
	"length too large":              multipart + sized(one, 2) + sized(two, 2) + sized(three, 2),
	"length far too large":          multipart + sized(one, 1<<30) + sized(two, 1<<30) + sized(three, 1<<30),
	"length is nought":              multipart + sized(one, -len(one)) + sized(two, -len(two)) + sized(three, -len(three)),
	"length negative":               multipart + each("--frame\r\nContent-Length: -1\r\n\r\n", "\r\n"),
	"length no number":              multipart + each("--frame\r\nContent-Length: many\r\n\r\n", "\r\n"),
	"one after the other":           ok + "Content-Type: image/jpeg\r\n\r\n" + each("", ""),
	"as video/x-motion-jpeg":        ok + "Content-Type: video/x-motion-jpeg\r\n\r\n" + each("", ""),
	"without a type":                ok + "\r\n" + each("", ""),
	"multipart called text":         ok + "Content-Type: text/plain\r\n\r\n" + each(part, "\r\n"),
	"multipart called HTML":         ok + "Content-Type: text/html\r\n\r\n" + each(part, "\r\n"),
	"rubbish between":               ok + "Content-Type: image/jpeg\r\n\r\n" + each("\x00\xFF\x00\xFF\xD8\x00garbage\xFF", strings.Repeat("\x00", 999)),
	"text parts between":            multipart + each("--frame\r\nContent-Type: text/plain\r\n\r\nmotion=1 {\"a\": \"--frame\"}\r\n"+part, "\r\n"),
	"a text part of some length":    multipart + "--frame\r\nContent-Type: text/xml\r\n\r\n<" + strings.Repeat("state ", 20000) + ">\r\n" + each(part, "\r\n"),
	"audio parts between":           multipart + each("--frame\r\nContent-Type: audio/basic\r\n\r\n"+strings.Repeat("\x7F\xFF\xFE\xD8", 200)+"\r\n"+part, "\r\n"),
	"a closing boundary":            multipart + each(part, "\r\n") + "--frame--\r\n",
	"padding behind each":           multipart + each(part, strings.Repeat("\x00", 3000)+"\r\n"),

	"chunked":                      ok + "Transfer-Encoding: chunked\r\nContent-Type: multipart/x-mixed-replace; boundary=frame\r\n\r\n" + chunks(777, each(part, "\r\n")),
	"a chunk of each byte":         ok + "Transfer-Encoding: chunked\r\nContent-Type: multipart/x-mixed-replace; boundary=frame\r\n\r\n" + chunks(1, each(part, "\r\n")),
	"chunked, lengths wrong":       ok + "Transfer-Encoding: chunked\r\nContent-Type: multipart/x-mixed-replace; boundary=frame\r\n\r\n" + chunks(100, sized(one, 3)+sized(two, -2)+sized(three, 0)),
	"chunks with extensions":       ok + "Transfer-Encoding: Chunked\r\n\r\n" + strings.Replace(chunks(100000, each(part, "\r\n")), "\r\n", ";a=\"b\"\r\n", 1),
	"chunks with line feeds alone": ok + "Transfer-Encoding: chunked\r\n\r\n" + fmt.Sprintf("%X\n%s\n0\n\n", len(each(part, "\r\n")), each(part, "\r\n")),
	"chunked without its end":      ok + "Transfer-Encoding: chunked\r\n\r\n" + strings.TrimSuffix(chunks(500, each(part, "\r\n")), "0\r\n\r\n"),
	"chunked and a length":         ok + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n" + chunks(5000, each(part, "\r\n")),
	"says chunked and is not":      ok + "Transfer-Encoding: chunked\r\nContent-Type: multipart/x-mixed-replace; boundary=frame\r\n\r\n" + each(part, "\r\n"),
	"says gzip and is not":         ok + "Content-Encoding: gzip\r\n\r\n" + each(part, "\r\n"),
	"gzip":                         ok + "Content-Encoding: gzip\r\n\r\n" + packed("gzip", each(part, "\r\n")),
	"gzip in chunks":               ok + "Content-Encoding: x-gzip\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks(99, packed("gzip", each(part, "\r\n"))),
	"deflate":                      ok + "Content-Encoding: deflate\r\n\r\n" + packed("zlib", each(part, "\r\n")),
	"deflate without its head":     ok + "Content-Encoding: deflate\r\n\r\n" + packed("deflate", each(part, "\r\n")),

	"a line without colon":          ok + "Server ready\r\nContent-Type: multipart/x-mixed-replace; boundary=frame\r\n\r\n" + each(part, "\r\n"),
	"an umlaut in a name":           ok + "Kamera-Größe: 7\r\nSt\xE4rke: 1\r\n\r\n" + each(part, "\r\n"),
	"a blank before a field":        ok + " Server: cam\r\n Content-Type: multipart/x-mixed-replace; boundary=frame\r\n\r\n" + each(part, "\r\n"),
	"a blank before the colon":      ok + "Transfer-Encoding : chunked\r\n\r\n" + chunks(100, each(part, "\r\n")),
	"a blank before the status":     " " + multipart + each(part, "\r\n"),
	"an empty line before all":      "\r\n\r\n" + multipart + each(part, "\r\n"),
	"a folded field":                ok + "Content-Type: multipart/x-mixed-replace;\r\n\tboundary=frame\r\nTransfer-Encoding:\r\n chunked\r\n\r\n" + chunks(100, each(part, "\r\n")),
	"ICY":                           "ICY 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=frame\r\n\r\n" + each(part, "\r\n"),
	"HTTP without a version":        "HTTP 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=frame\r\n\r\n" + each(part, "\r\n"),
	"HTTP/1.0":                      "HTTP/1.0 200 OK\r\n\r\n" + each(part, "\r\n"),
	"HTTP/2.0 in letters":           "HTTP/2.0 200\r\n\r\n" + each(part, "\r\n"),
	"small letters":                 "http/1.1 200 ok\r\n\r\n" + each(part, "\r\n"),
	"a status without words":        "HTTP/1.1 200\r\n\r\n" + each(part, "\r\n"),
	"no status":                     "HTTP/1.1 OK\r\n\r\n" + each(part, "\r\n"),
	"identity":                      ok + "Transfer-Encoding: identity\r\nContent-Type: multipart/x-mixed-replace; boundary=frame\r\n\r\n" + each(part, "\r\n"),
	"length -1":                     ok + "Content-Length: -1\r\nContent-Type: multipart/x-mixed-replace; boundary=frame\r\n\r\n" + each(part, "\r\n"),
	"length 0 of a stream":          ok + "Content-Length: 0\r\nContent-Type: multipart/x-mixed-replace; boundary=frame\r\n\r\n" + each(part, "\r\n"),
	"length beyond all numbers":     ok + "Content-Length: 99999999999999999999\r\nContent-Type: multipart/x-mixed-replace; boundary=frame\r\n\r\n" + each(part, "\r\n"),
	"two lengths":                   ok + "Content-Length: 99999999\r\nContent-Length: 12\r\nContent-Type: multipart/x-mixed-replace; boundary=frame\r\n\r\n" + each(part, "\r\n"),
	"a length that a stream passes": ok + "Content-Length: 900\r\nContent-Type: multipart/x-mixed-replace; boundary=frame\r\n\r\n" + each(part, "\r\n"),
	"go on first":                   "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\nA: b\r\n\r\n" + multipart + each(part, "\r\n"),
	"no head, boundary first":       each(part, "\r\n"),
	"no head, picture first":        each("", ""),
	"no status line":                "Content-Type: multipart/x-mixed-replace; boundary=frame\r\n\r\n" + each(part, "\r\n"),
	"206":                           "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-9/10\r\n\r\n" + each(part, "\r\n"),
	"a head of 60 kB":               ok + "X: " + strings.Repeat("x", 60<<10) + "\r\n\r\n" + each(part, "\r\n"),
	"NUL in a field":                ok + "X: \x00\x01\r\n\r\n" + each(part, "\r\n"),
}

// TestDialects: three pictures come out of each, in one answer, and its end is told.
func TestDialects(t *testing.T) {
	for name, said := range streams {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, answer(said))
			got, err := record(t, Source{URL: s.url + "/video"}, 0)
			equal(t, got, pictures[0], pictures[1], pictures[2])
			if code(err) != camera.StreamEnded {
				t.Error(err)
			}
			for i, p := range got {
				if p.Answer != 1 || p.Broken != 0 && !strings.Contains(name, "rubbish") || p.Width != 64 || p.Height != 48 || p.PixelFormat != "yuvj420p" || p.Format != JPEG {
					t.Errorf("picture %d: %+v", i, p.Shape)
				}
			}
			if n := len(s.asked()); n != 1 {
				t.Errorf("%d requests", n)
			}
		})
	}
}

// TestDrippedDialects: the same answers, byte by byte.
func TestDrippedDialects(t *testing.T) {
	for name, said := range streams {
		if len(said) > 20000 {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, func(_ *server, c *conn, _ int) {
				c.request()
				for i := range len(said) {
					c.say(said[i : i+1])
				}
			})
			got, _ := record(t, Source{URL: s.url}, 0)
			equal(t, got, pictures[0], pictures[1], pictures[2])
		})
	}
}

// TestBrokenPictures: what is cut off, or no picture, is counted and left out.
func TestBrokenPictures(t *testing.T) {
	for name, broken := range map[string]string{
		"cut off in its data":      two[:len(two)-50],
		"cut off in its tables":    two[:100],
		"cut off behind its start": two[:4],
		"without its size":         "\xFF\xD8\xFF\xDA\x00\x08\x01\x01\x00\x00\x3F\x00abc\xFF\xD9",
		"of nought pixels":         "\xFF\xD8\xFF\xC0\x00\x0B\x08\x00\x00\x00\x00\x01\x01\x11\x00\xFF\xD9",
		"an end and nothing else":  "\xFF\xD8\xFF\xD9",
		"a segment of no length":   "\xFF\xD8\xFF\xE0\x00\x00\xFF\xD9",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, answer(multipart+part+one+"\r\n"+part+broken+"\r\n"+part+three+"\r\n"))
			got, _ := record(t, Source{URL: s.url}, 0)
			equal(t, got, pictures[0], pictures[2])
			if got[0].Broken != 0 || got[1].Broken == 0 {
				t.Errorf("broken: %d, %d", got[0].Broken, got[1].Broken)
			}
		})
	}
}

// TestNoEndMarkers: a camera that never writes one is believed after some pictures.
func TestNoEndMarkers(t *testing.T) {
	said := multipart
	for _, p := range pictures {
		said += part + string(p[:len(p)-2]) + "\r\n"
	}
	s := serve(t, answer(said+"--frame--\r\n"))
	got, _ := record(t, Source{URL: s.url}, 0)
	equal(t, got, pictures[endlessForSure:]...)
}

// TestArrival: a picture is handed over the moment its last byte has come, not
// when the next one begins.
func TestArrival(t *testing.T) {
	seen := make(chan struct{})
	s := serve(t, func(_ *server, c *conn, _ int) {
		c.request()
		c.say(multipart, part, one)
		<-seen // nothing follows before the picture is there
		c.say("\r\n", part, two)
		<-seen
	})
	begun := time.Now()
	var got []Picture
	err := (&Source{URL: s.url}).Run(t.Context(), nil, func(p Picture) error {
		got = append(got, p)
		seen <- struct{}{}
		return nil
	})
	equal(t, got, pictures[0], pictures[1])
	if code(err) != camera.StreamEnded || got[0].Arrival.Before(begun) || !got[0].Arrival.Before(got[1].Arrival) {
		t.Error(err, got[0].Arrival, got[1].Arrival)
	}
}
