package rtsp

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/bluenviron/gortsplib/v5"
	"github.com/bluenviron/gortsplib/v5/pkg/base"
	"github.com/bluenviron/gortsplib/v5/pkg/ntp"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"lookback/controller/camera"
)

// TestRun: a camera as most are, joined at its first picture: all pictures come,
// with 64-bit time stamps across the wrap, on one connection that is ended.
func TestRun(t *testing.T) {
	f := (&fake{}).start(t)
	h, err := listenTo(t, Source{URL: "rtsp://" + f.address + "/live"}, pictures(60))
	if err != nil {
		t.Fatal(err)
	}
	want(t, h.pictures, f.units, 0)
	if h.described != 1 || h.Width != 320 || h.Height != 180 || h.Codec != "h264" || h.Transport != TCP || !h.pictures[0].Sync {
		t.Errorf("%+v", h.Description)
	}
	for n, u := range h.pictures {
		if u.PTS != 4294900000+int64(n)*3600 || u.Late != (n == 0) || u.Broken || u.Losses != (Losses{}) || u.Parameters != h.Parameters {
			t.Fatalf("picture %d: %+v", n, u)
		}
	}
	for end := time.Now().Add(patience); len(f.asked(base.Teardown)) != 1; runtime.Gosched() {
		if time.Now().After(end) {
			t.Fatal("the camera was not told that it is over")
		}
	}
	if f.came.Load() != 1 {
		t.Errorf("%d connections", f.came.Load())
	}
	if agent := first(f.asked(base.Describe)[0].Header["User-Agent"]); agent != "Lookback" {
		t.Errorf("user agent %q", agent)
	}
}

// TestQuirks: what cameras were seen to do, each of which must be read.
func TestQuirks(t *testing.T) {
	setup := func(headers string) func(*base.Request) string {
		return func(q *base.Request) string {
			if q.Method != base.Setup {
				return ""
			}
			return ok(headers)
		}
	}
	only := func(m base.Method, path string) func(*base.Request) string {
		return func(q *base.Request) string {
			if q.Method == m && q.URL.RequestURI() != path {
				return "RTSP/1.0 404 Not Found\r\n\r\n"
			}
			return ""
		}
	}
	sdp := func(old, new string) string { return strings.Replace(plainSDP, old, new, 1) }
	for name, f := range map[string]*fake{
		"Content-Base of another host":     {base: "rtsp://0.0.0.0/live/", answer: only(base.Setup, "/live/trackID=1")},
		"Content-Base of another path":     {base: "rtsp://10.0.0.1/wrong/", answer: only(base.Setup, "/live/trackID=1")},
		"Content-Base that is a path":      {base: "/elsewhere/", answer: only(base.Setup, "/elsewhere/trackID=1")},
		"Content-Base that is a star":      {base: "*", answer: only(base.Setup, "/live/trackID=1")},
		"Content-Base that is none":        {base: "%zz", answer: only(base.Setup, "/live/trackID=1")},
		"Content-Base with a query":        {base: "rtsp://x/live?a=1&b=2", answer: only(base.Setup, "/live?a=1&b=2/trackID=1")},
		"control is absolute":              {sdp: sdp("trackID=1", "rtsp://192.168.0.9:554/live/track/1?x=y"), answer: only(base.Setup, "/live/track/1?x=y")},
		"control is a path":                {sdp: sdp("trackID=1", "/media/1"), answer: only(base.Setup, "/media/1")},
		"control with a query":             {sdp: sdp("trackID=1", "trackID=1?unicast=true&proto=Onvif"), answer: only(base.Setup, "/live/trackID=1?unicast=true&proto=Onvif")},
		"control is a query":               {sdp: sdp("trackID=1", "?ctype=video"), answer: only(base.Setup, "/live?ctype=video")},
		"control is a star":                {sdp: sdp("trackID=1", "*"), answer: only(base.Setup, "/live")},
		"no control":                       {sdp: sdp("a=control:trackID=1\r\n", ""), answer: only(base.Setup, "/live")},
		"control of the session":           {sdp: sdp("t=0 0\r\n", "t=0 0\r\na=control:rtsp://x/whole/\r\n"), answer: only(base.Setup, "/whole/trackID=1")},
		"control of the session is a star": {sdp: sdp("t=0 0\r\n", "t=0 0\r\na=control:*\r\n")},
		"lines end with LF":                {sdp: strings.ReplaceAll(plainSDP, "\r\n", "\n")},
		"odd attributes":                   {sdp: sdp("a=rtpmap", "a=\r\na=:\r\nb=\r\nx\r\na=range:clock=\r\na=mid:a b\r\na=Media_header:MEDIAINFO=494D4B48;\r\na=framerate:x\r\na=rtpmap")},
		"parameter sets that are none":     {sdp: sdp("packetization-mode=1", "packetization-mode=1;sprop-parameter-sets=%%%,====")},
		"talk-back":                        {sdp: plainSDP + "a=recvonly\r\nm=audio 0 RTP/AVP 8\r\na=control:back\r\na=sendonly\r\n", answer: only(base.Setup, "/live/trackID=1")},
		"all tracks are for sending":       {sdp: plainSDP + "a=sendonly\r\n"},
		"inactive sound":                   {sdp: plainSDP + "m=audio 0 RTP/AVP 8\r\na=control:sound\r\na=inactive\r\n", answer: only(base.Setup, "/live/trackID=1")},
		"inactive sound, to be sent":       {sdp: plainSDP + "a=sendonly\r\nm=audio 0 RTP/AVP 8\r\na=control:sound\r\na=inactive\r\n", answer: only(base.Setup, "/live/trackID=1")},
		"all tracks are inactive":          {sdp: plainSDP + "a=inactive\r\n"},
		"sound that can't be":              {sdp: plainSDP + "m=audio 0 RTP/AVP x\r\na=rtpmap:x mpeg4-generic/0\r\na=mid:1\r\n"},
		"Transport with stars":             {answer: setup("Session: 1\r\nTransport: RTP/AVP/TCP;unicast;destination=*;source=*;interleaved=0-1;ssrc=*;mode=*\r\n")},
		"Transport without channels":       {answer: setup("Session: 1\r\nTransport: RTP/AVP/TCP;unicast\r\n")},
		"Transport with one channel":       {answer: setup("Session: 1\r\nTransport: RTP/AVP/TCP;interleaved=0\r\n")},
		"no Transport":                     {answer: setup("Session: 1\r\n")},
		"Transport with an odd ssrc":       {answer: setup("Session: 1\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1;ssrc=0xZZ;mode=\"PLAY\"\r\n")},
		"Transport in lower case":          {answer: setup("session: 1;Timeout=60\r\ntransport: rtp/avp/tcp;unicast;interleaved=0-1\r\n")},
		"Session with an odd timeout":      {answer: setup("Session: 1; timeout=never;x\r\nTransport: RTP/AVP/TCP;interleaved=0-1\r\n")},
		"OPTIONS is not known": {answer: func(q *base.Request) string {
			return map[base.Method]string{base.Options: "RTSP/1.0 501 Not Implemented\r\n\r\n"}[q.Method]
		}},
		"another Content-Type": {answer: func(q *base.Request) string {
			return map[base.Method]string{base.Describe: ok(fmt.Sprintf("Content-Type: text/plain\r\nContent-Length: %d\r\n", len(plainSDP))) + plainSDP}[q.Method]
		}},
		"no User-Agent is refused": {answer: func(q *base.Request) string {
			if first(q.Header["User-Agent"]) == "" {
				return "RTSP/1.0 403 Forbidden\r\n\r\n"
			}
			return ""
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f.start(t)
			h, err := listenTo(t, Source{URL: "rtsp://" + f.address + "/live", Sound: true}, pictures(15))
			if err != nil {
				t.Fatal(err)
			}
			want(t, h.pictures, f.units, 0)
			if f.came.Load() != 1 {
				t.Errorf("%d connections", f.came.Load())
			}
		})
	}
}

// TestRefusals: each failure is told by its code, and only what may be a
// misunderstanding of ours is left to ffmpeg.
func TestRefusals(t *testing.T) {
	to := func(m base.Method, said string) func(*base.Request) string {
		return func(q *base.Request) string { return map[base.Method]string{m: said}[q.Method] }
	}
	tracks := strings.Repeat("m=video 0 RTP/AVP 96\r\n", 7200)
	for name, c := range map[string]struct {
		*fake
		code   string
		ffmpeg bool
	}{
		"401":                 {&fake{answer: to(base.Describe, "RTSP/1.0 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"x\"\r\n\r\n")}, camera.Unauthorized, false},
		"403":                 {&fake{answer: to(base.Describe, "RTSP/1.0 403 Forbidden\r\n\r\n")}, camera.Forbidden, false},
		"404":                 {&fake{answer: to(base.Describe, "RTSP/1.0 404 Not Found\r\n\r\n")}, camera.NotFound, false},
		"nobody publishes":    {&fake{answer: to(base.Describe, "RTSP/1.0 404 No one is publishing\r\n\r\n")}, camera.NoPublisher, false},
		"453":                 {&fake{answer: to(base.Setup, "RTSP/1.0 453 Not Enough Bandwidth\r\n\r\n")}, camera.HTTPError, false},
		"PLAY is refused":     {&fake{answer: to(base.Play, "RTSP/1.0 503 Service Unavailable\r\n\r\n")}, camera.HTTPError, false},
		"hangs up":            {&fake{answer: to(base.Describe, "hang up")}, camera.StreamEnded, false},
		"a web server":        {&fake{answer: to(base.Options, "HTTP/1.1 400 Bad Request\r\nREQUEST: x\r\n\r\n")}, camera.NotAStream, false},
		"only sound":          {&fake{sdp: "m=audio 0 RTP/AVP 0\r\n"}, camera.NoVideo, false},
		"nothing":             {&fake{sdp: "v=0\r\n"}, camera.NotAStream, true},
		"JPEG":                {&fake{sdp: "m=video 0 RTP/AVP 26\r\n"}, camera.UnsupportedCodec, true},
		"VP8":                 {&fake{sdp: "m=video 0 RTP/AVP 98\r\na=rtpmap:98 VP8/90000\r\n"}, camera.UnsupportedCodec, true},
		"interleaved":         {&fake{sdp: strings.Replace(plainSDP, "mode=1", "mode=2", 1)}, camera.UnsupportedCodec, true},
		"7,200 tracks":        {&fake{sdp: tracks}, camera.TooMuchMemory, false},
		"redirected for ever": {&fake{answer: to(base.Describe, "RTSP/1.0 302 Found\r\nLocation: /again\r\n\r\n")}, camera.HTTPError, false},
		"redirected to http":  {&fake{answer: to(base.Describe, "RTSP/1.0 302 Found\r\nLocation: http://x/\r\n\r\n")}, camera.HTTPError, false},
		"TEARDOWN":            {&fake{after: func(c net.Conn, n int) { c.Write([]byte("TEARDOWN rtsp://x/ RTSP/1.0\r\nCSeq: 1\r\n\r\n")) }}, camera.StreamEnded, false},
		"ends":                {&fake{after: func(c net.Conn, n int) { c.Close() }}, camera.StreamEnded, false},
		"interlaced":          {&fake{units: encoded(t, codecs["h264"], x264+" -flags +ildct+ilme -x264-params tff=1")}, camera.UnsupportedCodec, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.start(t)
			_, err := listenTo(t, Source{URL: "rtsp://" + c.address + "/live"}, pictures(200))
			if got, ffmpeg := code(err); got != c.code || ffmpeg != c.ffmpeg {
				t.Errorf("%s, ffmpeg %t (%v); want %s, %t", got, ffmpeg, err, c.code, c.ffmpeg)
			}
			if c.most.Load() > 1 {
				t.Errorf("%d connections at a time", c.most.Load())
			}
		})
	}
}

// TestLimits: a camera that does not answer, whose answer drips, that takes long
// for each, or that falls silent, is let go in time.
func TestLimits(t *testing.T) {
	l := limits{answer: 2 * time.Second, setup: 3 * time.Second, silent: 2 * time.Second, whole: time.Second}
	fragments := func(first byte, step int) *fake { // of pictures, of which none ends
		return &fake{wait: 20 * time.Millisecond, change: func(n int, all []*rtp.Packet) []*rtp.Packet {
			p := all[0]
			p.Marker, p.Timestamp, p.Payload = false, uint32(n*step), append([]byte{0x7c, 5}, make([]byte, 1000)...)
			if n == 0 {
				p.Payload[1] |= first
			}
			return all[:1]
		}}
	}
	slowly := func(c net.Conn, s string) {
		for n := range s {
			if _, err := c.Write([]byte(s[n : n+1])); err != nil {
				return
			}
			select {
			case <-time.After(500 * time.Millisecond):
			case <-t.Context().Done():
				return
			}
		}
	}
	for name, c := range map[string]struct {
		*fake
		code string
	}{
		"no answer":      {&fake{answer: func(*base.Request) string { return "silence" }}, camera.Timeout},
		"silent":         {&fake{wait: time.Hour}, camera.Stalled},
		"no end":         {fragments(0x80, 0), camera.NoUsablePicture},
		"only the midst": {fragments(0, 0), camera.NoUsablePicture},
		"a packet drips": {&fake{after: func(c net.Conn, _ int) { slowly(c, "$\x00\xff\xff"+strings.Repeat("\x00", 1000)) }}, camera.Stalled},
		"an answer drips": {&fake{spoken: func(c net.Conn, q *base.Request, said string) bool {
			if q.Method == base.Describe {
				slowly(c, said)
			}
			return q.Method == base.Describe
		}}, camera.Timeout},
		"each answer takes long": {&fake{spoken: func(c net.Conn, q *base.Request, said string) bool {
			select {
			case <-time.After(1500 * time.Millisecond):
			case <-t.Context().Done():
			}
			return false
		}}, camera.Timeout},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.start(t)
			begun := time.Now()
			_, err := listenWithin(t, Source{URL: "rtsp://" + c.address + "/live"}, pictures(20), l)
			if got, _ := code(err); got != c.code || time.Since(begun) > 10*time.Second {
				t.Errorf("%v after %s; want %s", err, time.Since(begun), c.code)
			}
		})
	}
}

// TestSoundThatFails: whatever the sound does, the picture comes, on one
// connection at a time, and why there is no sound is told.
func TestSoundThatFails(t *testing.T) {
	sdp := plainSDP + "m=audio 0 RTP/AVP 0\r\na=control:sound\r\n"
	sound := func(said string) func(*base.Request) string {
		return func(q *base.Request) string {
			if q.Method == base.Setup && strings.HasSuffix(q.URL.Path, "sound") {
				return said
			}
			return ""
		}
	}
	both := 0
	for name, f := range map[string]*fake{
		"404":                    {sdp: sdp, answer: sound("RTSP/1.0 404 Not Found\r\n\r\n")},
		"461":                    {sdp: sdp, answer: sound("RTSP/1.0 461 Unsupported Transport\r\n\r\n")},
		"hangs up":               {sdp: sdp, answer: sound("hang up")},
		"no answer":              {sdp: sdp, answer: sound("silence")},
		"the picture's channels": {sdp: sdp, answer: sound(ok("Session: 1\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n"))},
		"PLAY fails with it": {sdp: sdp, answer: func(q *base.Request) string {
			if q.Method == base.Setup && strings.HasSuffix(q.URL.Path, "sound") {
				both++
			}
			if q.Method == base.Play && both > 0 {
				both = 0
				return "RTSP/1.0 500 Internal Server Error\r\n\r\n"
			}
			return ""
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f.start(t)
			h, err := listenWithin(t, Source{URL: "rtsp://" + f.address + "/live", Sound: true}, pictures(15), limits{2 * time.Second, 10 * time.Second, 2 * time.Second, time.Minute})
			if err != nil {
				t.Fatal(err)
			}
			want(t, h.pictures, f.units, 0)
			if h.Sound != nil || h.SoundLeftOut == "" || f.most.Load() > 1 || f.came.Load() > 2 {
				t.Errorf("%+v, %d connections, %d at a time", h.Description, f.came.Load(), f.most.Load())
			}
		})
	}
}

// TestReports: sender reports are told by the picture's clock, also behind the
// wrap of its time stamps.
func TestReports(t *testing.T) {
	at := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	f := (&fake{after: func(c net.Conn, n int) {
		b, _ := (&rtcp.SenderReport{SSRC: 7, NTPTime: ntp.Encode(at.Add(time.Duration(n) * 40 * time.Millisecond)), RTPTime: uint32(4294900000 + n*3600)}).Marshal()
		frame, _ := base.InterleavedFrame{Channel: 1, Payload: b}.Marshal()
		c.Write(frame)
	}}).start(t)
	h, err := listenTo(t, Source{URL: "rtsp://" + f.address + "/"}, func(h *heard) bool { return len(h.reports) >= 40 })
	if err != nil {
		t.Fatal(err)
	}
	for n, r := range h.reports {
		if r.Track != Picture || r.RTP != 4294900000+int64(n)*3600 || r.NTP.Sub(at.Add(time.Duration(n)*40*time.Millisecond)).Abs() > time.Microsecond || time.Since(r.Arrival) > patience {
			t.Fatalf("report %d: %+v", n, r)
		}
	}
}

// TestKeepAlive: a session is kept alive twice in its timeout, by what the camera
// says that it understands.
func TestKeepAlive(t *testing.T) {
	for method, public := range map[base.Method]string{base.Options: "PLAY", base.GetParameter: "PLAY, GET_PARAMETER"} {
		t.Run(string(method), func(t *testing.T) {
			t.Parallel()
			f := (&fake{wait: 20 * time.Millisecond, answer: func(q *base.Request) string {
				switch q.Method {
				case base.Options:
					return ok("Public: " + public + "\r\n")
				case base.Setup:
					return ok("Session: 1;timeout=2\r\nTransport: " + first(q.Header["Transport"]) + "\r\n")
				}
				return ""
			}}).start(t)
			before := 0
			if method == base.Options {
				before = 1
			}
			_, err := listenTo(t, Source{URL: "rtsp://" + f.address + "/"}, func(h *heard) bool { return len(f.asked(method)) >= before+2 })
			if err != nil {
				t.Fatal(err)
			}
			if q := f.asked(method)[before]; first(q.Header["Session"]) != "1" {
				t.Errorf("%+v", q)
			}
		})
	}
}

// TestChanged: another picture in mid-stream shows by its parameters, at its key
// frame; sets that are missing in the SDP or are old there do no harm.
func TestChanged(t *testing.T) {
	other := encoded(t, codecs["h264"], x264+" -tune zerolatency -vf scale=640:360")
	old := base64.StdEncoding.EncodeToString(other[0][1])
	f := (&fake{sdp: strings.Replace(plainSDP, "packetization-mode=1", "packetization-mode=1;sprop-parameter-sets="+old, 1),
		units: append(append([][][]byte(nil), plainH264()[:20]...), other[:20]...)}).start(t)
	h, err := listenTo(t, Source{URL: "rtsp://" + f.address + "/"}, pictures(50))
	if err != nil {
		t.Fatal(err)
	}
	want(t, h.pictures, f.units, 0)
	var at []int
	for n, u := range h.pictures[1:] {
		if u.Parameters != h.pictures[n].Parameters {
			at = append(at, n+1)
		}
	}
	if fmt.Sprint(at) != "[20 40]" || h.Width != 320 {
		t.Errorf("changed at %d, %+v", at, h.Description)
	}
}

// TestLostPackets: of a picture that came in part nothing comes, those after it
// are told to be broken up to the next key frame, and all is counted.
func TestLostPackets(t *testing.T) {
	units := encoded(t, codecs["h264"], x264+" -tune zerolatency -b:v 2M")
	f := (&fake{units: units, change: func(n int, all []*rtp.Packet) []*rtp.Packet {
		if n == 13 {
			return all[1:]
		}
		return all
	}}).start(t)
	h, err := listenTo(t, Source{URL: "rtsp://" + f.address + "/"}, pictures(30))
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range h.pictures {
		n := int(u.PTS-h.pictures[0].PTS) / 3600
		if n == 13 || u.Broken != (n > 13 && n < 20) || !bytes.Equal(u.Data, data(units[n])) {
			t.Errorf("picture %d: broken %t", n, u.Broken)
		}
		if lost := (Losses{1, 1, 0}); n > 13 && u.Losses != lost || n < 13 && u.Losses != (Losses{}) {
			t.Errorf("picture %d: %+v", n, u.Losses)
		}
	}
}

// TestNothingStays: when Run has returned, its goroutines and ports are gone.
func TestNothingStays(t *testing.T) {
	f := (&fake{}).start(t)
	s := &served{refuse: func(p gortsplib.Protocol) base.StatusCode {
		if p == gortsplib.ProtocolTCP {
			return 461
		}
		return 0
	}}
	udp := s.start(t, nil)
	ours := func() int {
		b := make([]byte, 1<<20)
		n := 0
		for stack := range strings.SplitSeq(string(b[:runtime.Stack(b, true)]), "\n\n") {
			if strings.Contains(stack, "gortsplib/v5.(*Client)") || strings.Contains(stack, "gortsplib/v5.(*client") || strings.Contains(stack, "rtsp.(*session)") || strings.Contains(stack, "rtsp.(*plan)") {
				n++
			}
		}
		return n
	}
	for range 5 {
		for _, address := range []string{f.address, udp} {
			if _, err := listenTo(t, Source{URL: "rtsp://" + address + "/"}, pictures(12)); err != nil {
				t.Fatal(err)
			}
		}
	}
	for end := time.Now().Add(patience); ours() > 0; runtime.Gosched() {
		if time.Now().After(end) {
			t.Fatalf("%d goroutines stay", ours())
		}
	}
}

// TestUnanswered: it is told apart whether a connection came about.
func TestUnanswered(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for c, err := listener.Accept(); err == nil; c, err = listener.Accept() {
			c.Close()
		}
	}()
	for _, want := range []bool{false, true} {
		e := (*Error)(nil)
		if err := Run(t.Context(), Source{URL: "rtsp://" + listener.Addr().String() + "/"}, nil); !errors.As(err, &e) || e.Unanswered != want {
			t.Errorf("%v, %+v", err, e)
		}
		listener.Close()
	}
}
