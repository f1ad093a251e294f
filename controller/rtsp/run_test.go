package rtsp

import (
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/bluenviron/gortsplib/v5/pkg/base"

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
	if f.came.Load() != 1 || len(f.asked(base.Teardown)) != 1 {
		t.Errorf("%d connections, %d teardowns", f.came.Load(), len(f.asked(base.Teardown)))
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
		"7,200 tracks":        {&fake{sdp: tracks}, camera.InvalidData, false},
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
