package camera

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"net"
	"net/textproto"
	"os/exec"
	"strings"
	"testing"
)

// parameterSet is the first one of what ffmpeg's libx264 makes of the arguments.
func parameterSet(t testing.TB, size string, args ...string) []byte {
	t.Helper()
	all := append([]string{"-nostdin", "-loglevel", "error", "-f", "lavfi", "-i", "testsrc2=size=" + size + ":rate=25:duration=0.2", "-c:v", "libx264"}, args...)
	out, err := exec.Command("ffmpeg", append(all, "-f", "h264", "pipe:1")...).Output()
	if err != nil {
		t.Fatal(err)
	}
	for unit := range bytes.SplitSeq(out, []byte{0, 0, 1}) {
		if len(unit) > 0 && unit[0]&0x1f == 7 {
			return bytes.TrimRight(unit, "\x00")
		}
	}
	t.Fatal("no parameter set")
	return nil
}

// TestPlainPicture: sizes as they were asked for, also such that are no multiple of
// 16, of fields and of every profile that is copied; no other profile.
func TestPlainPicture(t *testing.T) {
	for _, c := range []struct {
		size string
		args string
		ok   bool
	}{
		{"1920x1080", "-pix_fmt yuv420p -profile:v high", true},
		{"1280x720", "-pix_fmt yuv420p -profile:v baseline", true},
		{"640x360", "-pix_fmt yuv420p -profile:v main -bf 2", true},
		{"706x394", "-pix_fmt yuv420p", true},
		{"1920x1080", "-pix_fmt yuv420p -flags +ildct+ilme -x264-params tff=1", true},
		{"3840x2160", "-pix_fmt yuv420p -preset ultrafast", true},
		{"320x180", "-pix_fmt yuv422p", false},
		{"320x180", "-pix_fmt yuv444p", false},
		{"320x180", "-pix_fmt yuv420p10le", false},
	} {
		unit := parameterSet(t, c.size, strings.Fields(c.args)...)
		width, height, ok := plainPicture(unit)
		if ok != c.ok || ok && fmt.Sprintf("%dx%d", width, height) != c.size {
			t.Errorf("%s %s: %dx%d, %t", c.size, c.args, width, height, ok)
		}
		for n := range unit { // what is cut short is no harm
			plainPicture(unit[:n])
		}
	}
}

func FuzzPlainPicture(f *testing.F) {
	f.Add([]byte{0x67, 100, 0, 31, 0xac, 0xd9, 0x40, 0x50, 0x05, 0xbb, 0x01, 0x10})
	f.Fuzz(func(t *testing.T, unit []byte) {
		if width, height, ok := plainPicture(unit); ok && (width <= 0 || height <= 0 || width*height > MaxPixels) {
			t.Errorf("%dx%d", width, height)
		}
	})
}

// sdp describes a camera with one track of H.264 and, before it, sound.
func sdp(set []byte) string {
	return "v=0\r\ns=camera\r\nm=audio 0 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n" +
		"a=fmtp:96 packetization-mode=1; profile-level-id=4d401f; sprop-parameter-sets=" + base64.StdEncoding.EncodeToString(set) + ",aO48gA==\r\n"
}

func TestDescribed(t *testing.T) {
	whole := sdp(parameterSet(t, "1280x720", "-pix_fmt", "yuv420p"))
	for name, c := range map[string]struct {
		text string
		ok   bool
	}{
		"whole":               {whole, true},
		"H.265":               {strings.ReplaceAll(whole, "H264/", "H265/"), false},
		"no parameter sets":   {strings.ReplaceAll(whole, "sprop-parameter-sets", "x"), false},
		"broken ones":         {strings.ReplaceAll(whole, "sprop-parameter-sets=", "sprop-parameter-sets=!"), false},
		"two tracks of video": {whole + "m=video 0 RTP/AVP 97\r\na=rtpmap:97 H264/90000\r\n", false},
		"sound alone":         {whole[:strings.Index(whole, "m=video")], false},
		"nothing":             {"", false},
	} {
		t.Run(name, func(t *testing.T) {
			answer := fmt.Sprintf("RTSP/1.0 200 OK\r\nContent-Type: application/sdp\r\nContent-Length: %d\r\n\r\n%s", len(c.text), c.text)
			door := rtspCamera(t, func(textproto.MIMEHeader) string { return answer })
			if f, ok := announced(t.Context(), "rtsp://"+door+"/live"); ok != c.ok || ok && (f.Codec != "h264" || f.Width != 1280 || f.Height != 720) {
				t.Errorf("%+v, %t", f, ok)
			}
		})
	}
}

// rtspCamera answers each request by what it returns, and then ends the connection
// when that is "".
func rtspCamera(t *testing.T, answer func(header textproto.MIMEHeader) string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			in := textproto.NewReader(bufio.NewReader(c))
			for {
				if _, err := in.ReadLine(); err != nil {
					break
				}
				header, err := in.ReadMIMEHeader()
				text := answer(header)
				if err != nil || text == "" {
					break
				}
				fmt.Fprint(c, strings.Replace(text, "\r\n", "\r\nCSeq: "+header.Get("CSeq")+"\r\n", 1))
			}
			c.Close()
		}
	}()
	return l.Addr().String()
}

func TestAnnounced(t *testing.T) {
	text := sdp(parameterSet(t, "640x360", "-pix_fmt", "yuv420p"))
	described := fmt.Sprintf("RTSP/1.0 200 OK\r\nContent-Type: application/sdp\r\nContent-Length: %d\r\n\r\n%s", len(text), text)
	wants := func(challenge, login string) func(textproto.MIMEHeader) string {
		return func(h textproto.MIMEHeader) string {
			if h.Get("Accept") == "" { // OPTIONS
				return "RTSP/1.0 200 OK\r\nPublic: DESCRIBE\r\n\r\n"
			}
			if given := h.Get("Authorization"); given != "" && strings.HasPrefix(given, login) {
				return described
			}
			return "RTSP/1.0 401 Unauthorized\r\nWWW-Authenticate: " + challenge + "\r\n\r\n"
		}
	}
	for name, c := range map[string]struct {
		user   string
		answer func(textproto.MIMEHeader) string
		ok     bool
	}{
		"open":           {"", func(textproto.MIMEHeader) string { return described }, true},
		"Basic":          {"me:a%40b@", wants(`Basic realm="x"`, "Basic "+base64.StdEncoding.EncodeToString([]byte("me:a@b"))), true},
		"Digest":         {"me:a@", wants(`Digest realm="x", nonce="n"`, `Digest username="me", realm="x", nonce="n"`), true},
		"wrong password": {"me:b@", wants(`Basic realm="x"`, "Basic "+base64.StdEncoding.EncodeToString([]byte("me:a@b"))), false},
		"no password":    {"", wants(`Basic realm="x"`, "Basic x"), false},
		"unknown scheme": {"me:a@", wants(`Negotiate`, "x"), false},
		"hangs up":       {"", func(textproto.MIMEHeader) string { return "" }, false},
		"no such stream": {"", func(textproto.MIMEHeader) string { return "RTSP/1.0 404 Not Found\r\n\r\n" }, false},
		"a web server":   {"", func(textproto.MIMEHeader) string { return "HTTP/1.1 400 Bad Request\r\n\r\n" }, false},
		"cut short":      {"", func(textproto.MIMEHeader) string { return "RTSP/1.0 200 OK\r\nContent-Length: 10\r\n\r\nv=0" }, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, ok := announced(t.Context(), "rtsp://"+c.user+rtspCamera(t, c.answer)+"/live")
			if ok != c.ok || ok && (f.Width != 640 || f.Height != 360) {
				t.Errorf("%+v, %t", f, ok)
			}
		})
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, ok := announced(ended, "rtsp://127.0.0.1:1/"); ok {
		t.Error("announced to nobody")
	}
}
