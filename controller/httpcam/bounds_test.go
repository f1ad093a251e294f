package httpcam

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	"lookback/controller/camera"
)

// repeated gives s for ever.
type repeated struct {
	s  string
	at int
}

func (r *repeated) Read(p []byte) (int, error) {
	n := copy(p, r.s[r.at:])
	r.at = (r.at + n) % len(r.s)
	return n, nil
}

// mostAllocated is what a Run may allocate altogether, whatever comes: the
// buffer on its way to its limit, and little else.
const mostAllocated = 2*maxBuffer + 6<<20

// bombs begin in some way and then never end.
var bombs = map[string]struct {
	said, forEver string
	pictures      int
	want          string
}{
	"an endless head":                  {ok, "X-Header: " + strings.Repeat("x", 80) + "\r\n", 0, camera.NotAStream},
	"an endless line in a head":        {ok + "X: ", "x", 0, camera.NotAStream},
	"empty lines":                      {"", "\r\n", 0, camera.NotAStream},
	"go on, and on":                    {"", "HTTP/1.1 100 Continue\r\n\r\n", 0, camera.NotAStream},
	"an endless body of 401":           {"HTTP/1.1 401 No\r\nTransfer-Encoding: chunked\r\n\r\n", "5\r\nabcde\r\n", 0, camera.Unauthorized},
	"an endless body of 302":           {"HTTP/1.1 302 Go\r\nLocation: /\r\nContent-Length: 9999999999\r\n\r\n", "x", 0, camera.HTTPError},
	"text, no picture":                 {ok + "\r\n", "text ", 0, camera.NotAStream},
	"text where pictures are promised": {multipart, "text ", 0, camera.NoUsablePicture},
	"an endless head of a part":        {multipart + "--frame\r\n", "X-Header: " + strings.Repeat("x", 80) + "\r\n", 0, camera.NoUsablePicture},
	"an endless line in it":            {multipart + "--frame\r\nX: ", "x", 0, camera.NoUsablePicture},
	"a part of 1 GB":                   {multipart + part + one + "\r\n--frame\r\nContent-Length: 1073741824\r\n\r\n", "text ", 1, camera.InvalidData},
	"a first picture of 1 GB":          {multipart + part + one[:700], "data \xFF\x00", 0, camera.PictureTooLarge},
	"a picture of 1 GB":                {multipart + part + one + part + two[:700], "data \xFF\x00", 1, camera.PictureTooLarge},
	"segments without end":             {multipart + part + "\xFF\xD8", "\xFF\xFE\x00\x0Bcomments!", 0, camera.PictureTooLarge},
	"one beginning after the other":    {multipart + part, "\xFF\xD8\xFF", 0, camera.InvalidData},
	"beginnings within segments":       {multipart + part, "\xFF\xD8\xFF\xE0\xFF\xFF", 0, camera.InvalidData},
	"scans without end":                {multipart + part + "\xFF\xD8\xFF\xC2\x00\x0B\x08\x00\x10\x00\x10\x01\x01\x11\x00", "\xFF\xDA\x00\x08\x01\x01\x00\x00\x3F\x00data", 0, camera.PictureTooLarge},
	"PNG without end":                  {ok + "\r\n" + string(drawnPNG(1)[:33]), "\x00\x00\x00\x02IDATxxcrc!", 0, camera.PictureTooLarge},
	"a chunk's line":                   {ok + "Transfer-Encoding: chunked\r\n\r\n5;", "x", 0, camera.InvalidData},
	"a trailer":                        {ok + "Transfer-Encoding: chunked\r\n\r\n0\r\n", "X: y\r\n", 0, camera.NotAStream},
	"gzip of nothing":                  {ok + "Content-Encoding: gzip\r\n\r\n" + packed("gzip", strings.Repeat("\x00", 8<<20)), " ", 0, camera.NotAStream},
	"gzip of an endless picture":       {ok + "Content-Encoding: gzip\r\n\r\n" + packed("gzip", one[:700]+strings.Repeat("\x00", 17<<20)), " ", 0, camera.PictureTooLarge},
	"a size of 16000x16000":            {multipart + part + "\xFF\xD8\xFF\xC0\x00\x11\x08\x3E\x80\x3E\x80\x03\x01\x22\x00\x02\x11\x01\x03\x11\x01", "", 0, camera.PictureTooLarge},
	"a PNG of 60000x60000":             {ok + "\r\n\x89PNG\r\n\x1a\n\x00\x00\x00\x0DIHDR\x00\x00\xEA\x60\x00\x00\xEA\x60\x08\x02\x00\x00\x00crc!", "", 0, camera.PictureTooLarge},
	"a PNG of 2^32 squared":            {ok + "\r\n\x89PNG\r\n\x1a\n\x00\x00\x00\x0DIHDR\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x08\x02\x00\x00\x00crc!", "", 0, camera.PictureTooLarge},
	"a WebP of 4 GB":                   {ok + "\r\nRIFF\xFF\xFF\xFF\xFFWEBPVP8 ", "", 0, camera.PictureTooLarge},
}

// TestBombs: whatever never ends has an end, a reason, and costs little memory.
func TestBombs(t *testing.T) {
	for name, bomb := range bombs {
		t.Run(name, func(t *testing.T) {
			s := serve(t, func(_ *server, c *conn, _ int) {
				c.request()
				if c.say(bomb.said); bomb.forEver != "" {
					io.Copy(c, &repeated{s: strings.Repeat(bomb.forEver, 1+64<<10/len(bomb.forEver))})
				} else {
					c.waitGone()
				}
			})
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			got, err := record(t, Source{URL: s.url}, 0)
			runtime.ReadMemStats(&after)
			if len(got) != bomb.pictures || code(err) != bomb.want {
				t.Errorf("%d pictures, %v, want %s", len(got), err, bomb.want)
			}
			if n := after.TotalAlloc - before.TotalAlloc; n > mostAllocated {
				t.Errorf("%d kB were allocated", n>>10)
			}
		})
	}
}

// TestDrip: what comes too slowly to become anything ends in time.
func TestDrip(t *testing.T) {
	for name, c := range map[string]struct {
		said     string
		pictures int
		want     string
	}{
		"a head":           {ok + "X: ", 0, camera.Timeout},
		"a first picture":  {multipart + part + one[:700], 0, camera.NoUsablePicture},
		"a first part":     {multipart + "--frame\r\nX: ", 0, camera.NoUsablePicture},
		"a still":          {ok + "Content-Type: image/jpeg\r\nContent-Length: 100000\r\n\r\n" + one[:700], 0, camera.NoUsablePicture},
		"a second picture": {multipart + part + one + "\r\n" + part + two[:700], 1, camera.Stalled},
		"between":          {multipart + part + one + "\r\n", 1, camera.Stalled},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, func(_ *server, c2 *conn, _ int) {
				c2.request()
				c2.say(c.said)
				tick := time.NewTicker(time.Millisecond)
				defer tick.Stop()
				for range tick.C {
					if _, err := c2.Write([]byte("x")); err != nil {
						return
					}
				}
			})
			limits := Limits{Head: time.Second, Silence: time.Hour, First: time.Second, Picture: time.Second}
			got, err := record(t, Source{URL: s.url, Limits: limits}, 0)
			if len(got) != c.pictures || code(err) != c.want {
				t.Errorf("%d pictures, %v, want %s", len(got), err, c.want)
			}
		})
	}
}

// TestSilence: a stream that falls silent has stalled, one that never began has not.
func TestSilence(t *testing.T) {
	t.Parallel()
	for said, want := range map[string]string{"": camera.Timeout, ok: camera.Timeout, multipart: camera.Timeout, multipart + part + one[:500]: camera.Timeout,
		multipart + part + one: camera.Stalled, multipart + part + one + part + two[:500]: camera.Stalled} {
		s := serve(t, func(_ *server, c *conn, _ int) {
			c.request()
			c.say(said)
			c.waitGone()
		})
		if _, err := record(t, Source{URL: s.url, Limits: Limits{Head: 500 * time.Millisecond, Silence: 500 * time.Millisecond, Between: 500 * time.Millisecond}}, 0); code(err) != want {
			t.Errorf("%.60q: %v, want %s", said, err, want)
		}
	}
}

// TestSlowStream: between two pictures there may be more time than inside of one.
func TestSlowStream(t *testing.T) {
	t.Parallel()
	s := serve(t, func(_ *server, c *conn, _ int) {
		c.request()
		c.say(multipart + part + one)
		for range 2 {
			time.Sleep(700 * time.Millisecond)
			c.say(part + two)
		}
		c.say(part + one[:500])
		c.waitGone()
	})
	begun := time.Now()
	got, err := record(t, Source{URL: s.url, Limits: Limits{Head: 500 * time.Millisecond, Silence: 200 * time.Millisecond, Between: 5 * time.Second}}, 0)
	if took := time.Since(begun); len(got) != 3 || code(err) != camera.Stalled || took > 4*time.Second {
		t.Errorf("%d pictures, %v after %v", len(got), err, took)
	}
}

// TestLargePicture: the largest that is taken comes through whole, and a single
// one that is too large is left out.
func TestLargePicture(t *testing.T) {
	large := func(n int) string { return one[:len(one)-2] + strings.Repeat("\x00", n-len(one)) + one[len(one)-2:] }
	said := multipart + part + one + part + large(maxPicture) + part + large(maxPicture+1) + part + two
	s := serve(t, answer(said))
	got, err := record(t, Source{URL: s.url}, 0)
	if len(got) != 3 || len(got[1].Data) != maxPicture || got[2].Broken != 1 || code(err) != camera.StreamEnded {
		t.Fatalf("%d pictures, %v", len(got), err)
	}
}

// TestBuffer never grows past its limit, and is kept.
func TestBuffer(t *testing.T) {
	s := splitter{emit: func(Picture) error { return nil }}
	block := bytes.Repeat([]byte("data \xFF\x00"), 9000)
	s.feed(pictures[0][:700], time.Time{})
	for range 1 << 30 / len(block) {
		s.feed(block, time.Time{})
	}
	if cap(s.buf) > maxBuffer || s.huge != 1 || s.broken != 1 {
		t.Errorf("%d bytes, %d too large, %d broken", cap(s.buf), s.huge, s.broken)
	}
	if err := s.feed(pictures[1], time.Time{}); err != nil || s.whole != 1 {
		t.Error("no picture behind it")
	}
}

// TestNotPictures: at once it is told what it looks like, and how much was read.
func TestNotPictures(t *testing.T) {
	ts := "\x47" + strings.Repeat("a", 187)
	for looks, said := range map[string]string{
		"html":     "Content-Type: text/html; charset=utf-8\r\n\r\n\xEF\xBB\xBF\r\n <!DOCTYPE html><html>",
		"hls":      "Content-Type: application/vnd.apple.mpegurl\r\n\r\n#EXTM3U\n#EXT-X-VERSION:3\n",
		"dash":     "Content-Type: application/dash+xml\r\n\r\n<?xml version=\"1.0\"?>\n<MPD>",
		"mpegts":   "Content-Type: video/mp2t\r\n\r\n" + ts + ts,
		"flv":      "Content-Type: video/x-flv\r\n\r\nFLV\x01\x05\x00\x00\x00\x09",
		"mp4":      "\r\n\x00\x00\x00\x18ftypiso5",
		"matroska": "Content-Type: video/webm\r\n\r\n\x1A\x45\xDF\xA3\x01",
		"h264":     "Content-Type: application/octet-stream\r\n\r\n\x00\x00\x00\x01\x67\x42",
		"mpeg":     "\r\n\x00\x00\x01\xBA\x44",
		"avi":      "\r\nRIFF\x00\x10\x00\x00AVI LIST",
		"asf":      "\r\n\x30\x26\xB2\x75\x8E\x66",
		"sound":    "Content-Type: audio/aac\r\n\r\n\xFF\xF1\x50\x80",
		"gif":      "Content-Type: image/gif\r\n\r\nGIF89a",
		"tls":      "\r\n\x15\x03\x01\x00\x02\x02\x46",
	} {
		s := serve(t, func(_ *server, c *conn, _ int) {
			c.request()
			c.say("HTTP/1.1 200 OK\r\n", said)
			c.waitGone() // it is told while the connection is open
		})
		_, err := record(t, Source{URL: s.url}, 0)
		var not *NotPictures
		body := said[strings.Index(said, "\r\n\r\n")+4:]
		if strings.HasPrefix(said, "\r\n") {
			body = said[2:]
		}
		if !errors.As(err, &not) || code(err) != camera.NotAStream {
			t.Errorf("%s: %v", looks, err)
			continue
		}
		if not.Looks != looks || not.Read != int64(len(body)) && looks != "mpegts" || !strings.HasPrefix(body, string(not.First)) || not.Read == 0 {
			t.Errorf("%s: %+v", looks, not)
		}
		if kind, ok := strings.CutPrefix(said, "Content-Type: "); ok && !strings.HasPrefix(kind, not.ContentType) {
			t.Errorf("%s: %q", looks, not.ContentType)
		}
	}
}

// TestUnknownEnds: what ends without having been anything is told by its bytes.
func TestUnknownEnds(t *testing.T) {
	s := serve(t, answer(ok, "Content-Type: text/plain\r\n\r\nno stream here"))
	_, err := record(t, Source{URL: s.url}, 0)
	var not *NotPictures
	if !errors.As(err, &not) || not.Read != 14 || string(not.First) != "no stream here" || fmt.Sprint(not) != `not pictures: content type "text/plain", looks like nothing known, after 14 bytes` {
		t.Errorf("%v", err)
	}
}
