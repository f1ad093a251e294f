package recorder

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"lookback/controller/camera"
)

// hugeJPEG is the beginning of a picture of 60000x60000: all but its coded data.
func hugeJPEG() []byte {
	b := []byte{0xff, 0xd8, 0xff, 0xc0, 0, 11, 8, 0, 0, 0, 0, 1, 1, 0x11, 0, 0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0}
	binary.BigEndian.PutUint16(b[7:], 60000)
	binary.BigEndian.PutUint16(b[9:], 60000)
	return b
}

// endless sends a beginning and then zeros, as fast as they are taken.
func endless(contentType string, begin ...[]byte) http.HandlerFunc {
	zeros := make([]byte, 64<<10)
	return func(w http.ResponseWriter, q *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.Write(bytes.Join(begin, nil))
		for q.Context().Err() == nil {
			if _, err := w.Write(zeros); err != nil {
				return
			}
		}
	}
}

// trickling sends a beginning and then a zero now and then.
func trickling(contentType string, begin ...[]byte) http.HandlerFunc {
	return func(w http.ResponseWriter, q *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.Write(bytes.Join(begin, nil))
		for tick := time.NewTicker(100 * time.Millisecond); ; {
			http.NewResponseController(w).Flush()
			select {
			case <-q.Context().Done():
				tick.Stop()
				return
			case <-tick.C:
				w.Write(make([]byte, 1000))
			}
		}
	}
}

func box(kind string, size uint32, content ...byte) []byte {
	return append(append(binary.BigEndian.AppendUint32(nil, size), kind...), content...)
}

// A camera that answers is not told to be silent: what is wrong with what it sends is
// the reason, and it stays that.
func TestReasonsAreTrue(t *testing.T) {
	t.Parallel()
	ftyp := box("ftyp", 16, []byte("isom\x00\x00\x02\x00")...)
	flv := append([]byte("FLV\x01\x01\x00\x00\x00\x09\x00\x00\x00\x00"), 9, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0x17, 0)
	media := "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:%d\n#EXTINF:2,\na%[1]d.ts\n#EXTINF:2,\nb%[1]d.ts\n"
	for name, c := range map[string]struct {
		handler http.Handler
		path    string
		want    string
		times   int    // that it is to be told
		says    string // a piece of what stands in the log
	}{
		"JPEG of 60000x60000, endless":  {endless("image/jpeg", hugeJPEG()), "/a.jpg", camera.PictureTooLarge, 3, "60000x60000 pixels"},
		"JPEG of 60000x60000, in a row": {endless("multipart/x-mixed-replace; boundary=b", []byte("--b\r\nContent-Type: image/jpeg\r\n\r\n"), hugeJPEG()), "/a.mjpg", camera.PictureTooLarge, 3, "60000x60000 pixels"},
		"JPEG of 60000x60000, slowly":   {trickling("image/jpeg", hugeJPEG()), "/a.jpg", camera.PictureTooLarge, 3, "60000x60000 pixels"},
		"JPEG of 60000x60000": {http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "image/jpeg")
			w.Write(append(append(hugeJPEG(), make([]byte, 100_000)...), 0xff, 0xd9))
		}), "/a.jpg", camera.PictureTooLarge, 3, "60000x60000 pixels"},
		"moov of 2 GB":         {endless("video/mp4", ftyp, box("moov", 2<<30), box("udta", 2<<30-8)), "/a.mp4", camera.TooLarge, 3, `a box "moov" of 2048 MB`},
		"moov of 2 GB, slowly": {trickling("video/mp4", ftyp, box("moov", 2<<30), box("udta", 2<<30-8)), "/a.mp4", camera.TooLarge, 3, `a box "moov" of 2048 MB`},
		"tag of 16 MB":         {endless("video/x-flv", flv), "/a.flv", camera.TooLarge, 3, "a first tag of 15 MB"},
		"tag of 16 MB, slowly": {trickling("video/x-flv", flv), "/a.flv", camera.TooLarge, 3, "a first tag of 15 MB"},
		"packets of nothing":   {trickling("video/mp2t", bytes.Repeat(append([]byte{0x47, 0x1f, 0xff, 0x10}, bytes.Repeat([]byte{0xff}, 184)...), 20)), "/a.ts", camera.NoUsablePicture, 1, "MB have come in"},
		"segments that are not there": {http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
			if !strings.HasSuffix(q.URL.Path, ".m3u8") {
				http.NotFound(w, q)
				return
			}
			w.Header().Set("Content-Type", "application/vnd.apple.mpegurl")
			fmt.Fprintf(w, media, time.Now().Unix()/4)
		}), "/a.m3u8", camera.NotFound, 1, "it answers 404"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(c.handler)
			t.Cleanup(func() { server.CloseClientConnections(); server.Close() })
			var told []string
			r, _ := start(t, server.URL+c.path)
			began := time.Now()
			until(t, 100*time.Second, "its reasons", func() bool {
				if s := status(r); s.Code != "" && s.Retry != nil {
					if one := fmt.Sprintf("%s %v", s.Code, s.Retry.UnixMilli()); len(told) == 0 || told[len(told)-1] != one {
						told = append(told, one)
						t.Logf("after %v: %s %s %q", time.Since(began), s.Code, s.Title, s.Log)
					}
				}
				return len(told) >= c.times
			})
			if s := status(r); !strings.Contains(strings.Join(s.Log, "\n"), c.says) || c.says == "" {
				t.Errorf("it does not say %q: %q", c.says, s.Log)
			}
			for _, one := range told {
				if !strings.HasPrefix(one, c.want+" ") {
					t.Errorf("%q, not %s", one, c.want)
				}
			}
		})
	}
}
