package rtsp

import (
	"bytes"
	"fmt"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/bluenviron/gortsplib/v5/pkg/base"
	"github.com/pion/rtp"

	"lookback/controller/camera"
)

// TestEndless: a picture that never ends costs a stated memory; so does a camera
// that sends as fast as it can.
func TestEndless(t *testing.T) {
	var before, peak runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	f := (&fake{change: func(n int, all []*rtp.Packet) []*rtp.Packet {
		if n == 0 {
			return all
		}
		p := &rtp.Packet{Header: rtp.Header{Version: 2, PayloadType: 96, SSRC: 7, Timestamp: 5}, Payload: append([]byte{0x7c, 0x05}, bytes.Repeat([]byte{9}, 60000)...)}
		var many []*rtp.Packet
		for m := range 300 {
			q := *p
			q.SequenceNumber = uint16(m)
			if m == 0 {
				q.Payload = append([]byte{0x7c, 0x85, 0x88}, p.Payload[2:]...)
			}
			many = append(many, &q)
		}
		return many
	}}).start(t)
	_, err := listenTo(t, Source{URL: "rtsp://" + f.address + "/"}, pictures(1000))
	runtime.ReadMemStats(&peak)
	if got, _ := code(err); got != camera.PictureTooLarge {
		t.Error(err)
	}
	grown := int(peak.HeapSys-before.HeapSys) >> 20
	t.Logf("the heap grew by %d MB", grown)
	if grown > 64 {
		t.Errorf("the heap grew by %d MB", grown)
	}
}

// TestEndlessDescription: a description of 1 GB, and one that never ends, cost next to no
// memory and have a reason.
func TestEndlessDescription(t *testing.T) {
	const sdp = "Content-Type: application/sdp\r\n"
	line := "a=x-nothing:" + strings.Repeat("x", 80) + "\r\n"
	for name, c := range map[string]struct {
		said, forEver string
		code          string
		ffmpeg        bool
	}{
		"1 GB, as it says":        {sdp + "Content-Length: 1073741824\r\n\r\n" + plainSDP, line, camera.TooMuchMemory, false},
		"4 GB, as it says":        {sdp + "Content-Length: 4294967295\r\n\r\n" + plainSDP, line, camera.TooMuchMemory, false},
		"without a length":        {sdp + "\r\n" + plainSDP, line, camera.NotAStream, true},
		"one line":                {sdp + "\r\nv=0\r\na=", "x", camera.NotAStream, true},
		"in chunks":               {sdp + "Transfer-Encoding: chunked\r\n\r\n", "5\r\nabcde\r\n", camera.NotAStream, true},
		"its head never ends":     {"", "X-Header: x\r\n", camera.NotAStream, true},
		"a line of it never does": {"X-Header: ", "x", camera.NotAStream, true},
		"it stops in the midst":   {sdp + "Content-Length: 120000\r\n\r\n" + plainSDP, "", camera.Timeout, false},
	} {
		t.Run(name, func(t *testing.T) {
			f := (&fake{spoken: func(conn net.Conn, q *base.Request, said string) bool {
				if q.Method != base.Describe {
					return false
				}
				fmt.Fprintf(conn, "RTSP/1.0 200 OK\r\nCSeq: %s\r\n%s", first(q.Header["CSeq"]), c.said)
				many, err := []byte(strings.Repeat(c.forEver, 1000)), error(nil)
				for c.forEver != "" && err == nil {
					_, err = conn.Write(many)
				}
				return true
			}}).start(t)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			l := usual
			l.answer = 2 * time.Second
			_, err := listenWithin(t, Source{URL: "rtsp://" + f.address + "/live"}, pictures(5), l)
			runtime.ReadMemStats(&after)
			if got, ffmpeg := code(err); got != c.code || ffmpeg != c.ffmpeg {
				t.Errorf("%v, ffmpeg %t; want %s", err, ffmpeg, c.code)
			}
			if n := after.TotalAlloc - before.TotalAlloc; n > 4<<20 {
				t.Errorf("%d kB were allocated", n>>10)
			}
		})
	}
}
