package e2e

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestNginxDoors: each door that was once open stays shut.
func TestNginxDoors(t *testing.T) {
	s := newSite(t)
	segment := s.furnish(t)
	_, leave := s.play(t, controller(nil))
	t.Run("slashes", s.testSlashes)
	t.Run("redirects", s.testNoRedirect)
	t.Run("without a Host", s.testNoHost)
	t.Run("Vary", s.testVary)
	t.Run("links", func(t *testing.T) { s.testLinks(t, segment, leave) })
}

// testSlashes: neither a doubled slash nor a backslash gets as far as a location.
func (s *site) testSlashes(t *testing.T) {
	for _, target := range []string{
		"/hls//front-door/0123456789abcdef/2026-11-22/10/000004211.m4s", "/hls/front-door//0123456789abcdef/init/000004200.mp4", "/hls/front-door/0123456789abcdef/init//000004200.mp4",
		"//hls//front-door/0123456789abcdef/init/000004200.mp4", "/api//cameras", "//api//cameras", "/v//0123456789abcdef/main.js",
		`/hls\front-door/live.m3u8`, `/\index.html`, `/hls/front-door\live.m3u8`, `/api/cameras\`, `/hls/front-door/x\live.m3u8`,
	} {
		a := s.ask(t, "GET", target)
		a.wants(t, 404, nil)
		if len(a.body) == 0 || strings.Contains(string(a.body), "EXTM3U") {
			t.Errorf("GET %s: %q", target, a.body)
		}
	}
	s.ask(t, "GET", "//index.html?a=b//c").wants(t, 200, nil)
}

// testNoRedirect: nginx does not know under which address it is reached.
func (s *site) testNoRedirect(t *testing.T) {
	must(t, os.MkdirAll(filepath.Join(s.media, "front-door/2026-11-22/10/000004290.m4s"), 0o755))
	for _, target := range []string{"/api", "/hls", "/v", "/hls/front-door/0123456789abcdef/2026-11-22/10/000004290.m4s"} {
		a := s.ask(t, "GET", target)
		if to := a.Header.Get("Location"); a.StatusCode != 404 && to == "" || strings.Contains(to, "://") {
			t.Errorf("GET %s: %d, sent to %q", target, a.StatusCode, to)
		}
	}
	s.ask(t, "GET", "/api").wants(t, 404, map[string]string{"Location": ""})
}

// testNoHost: HTTP/1.0 has no Host, and is answered by all alike.
func (s *site) testNoHost(t *testing.T) {
	for target, want := range map[string]int{"/": 200, segmentURL: 200, "/api/cameras": 200, "/hls/front-door/live.m3u8": 200, "/metrics": 404} {
		for _, headers := range []string{"", "Connection: close\r\n"} {
			a := s.say(t, "GET "+target+" HTTP/1.0\r\n"+headers+"\r\n")
			if a.StatusCode != want {
				t.Errorf("HTTP/1.0 GET %s: %d", target, a.StatusCode)
			}
		}
	}
	// One name is judged, here and behind: that of the request line, where there is one.
	for target, want := range map[string]int{"http://lookback.lan/api/cameras": 200, "http://evil.example/api/cameras": 421} {
		for _, host := range []string{"evil.example", "lookback.lan"} {
			s.ask(t, "GET", target, "Host: "+host).wants(t, want, nil)
		}
	}
}

// testVary: all that an answer depends on stands in one line.
func (s *site) testVary(t *testing.T) {
	for target, want := range map[string]string{
		"/": "Accept-Encoding, Origin", "/v/0123456789abcdef/main.js": "Accept-Encoding, Origin", "/v/0123456789abcdef/viewer.css": "Accept-Encoding, Origin",
		"/api/cameras": "Accept-Encoding, Origin", "/hls/front-door/live.m3u8": "Accept-Encoding, Origin",
		segmentURL: "Origin", initURL: "Origin", "/hls/front-door/0123456789abcdef/parts/4212.7.m4s": "Origin",
	} {
		for _, coding := range []string{"gzip", "identity"} {
			s.ask(t, "GET", target, "Accept-Encoding: "+coding).wants(t, 200, map[string]string{"Vary": want})
		}
	}
	alone := newSiteFor(t, "", "")
	alone.furnish(t)
	alone.play(t, controller(nil))
	for target, want := range map[string]string{"/": "Accept-Encoding", "/api/cameras": "Accept-Encoding", "/hls/front-door/live.m3u8": "Accept-Encoding", segmentURL: ""} {
		alone.ask(t, "GET", target, "Accept-Encoding: gzip").wants(t, 200, map[string]string{"Vary": want})
	}
}

// testLinks: nginx sends no link's file, but asks the controller, which knows its own
// ones; and it waits for no FIFO.
func (s *site) testLinks(t *testing.T, segment []byte, leave func()) {
	hour := filepath.Join(s.media, "front-door/2026-11-22/10")
	must(t, os.Mkdir(filepath.Join(s.media, "front-door/2026-11-24"), 0o755))
	for path, to := range map[string]string{
		filepath.Join(hour, "000004301.m4s"):                             "../../../../secret.txt",
		filepath.Join(hour, "000004302.m4s"):                             filepath.Join(s.media, "../secret.txt"),
		filepath.Join(hour, "000004303.m4s"):                             "../../state.json",
		filepath.Join(hour, "000004304.m4s"):                             "000004211.m4s",
		filepath.Join(s.media, "front-door/2026-11-23"):                  "2026-11-22",
		filepath.Join(s.media, "front-door/2026-11-24/10"):               "../2026-11-22/10",
		filepath.Join(s.media, "back-door"):                              "front-door",
		filepath.Join(s.media, "front-door/init/000004305.mp4"):          "../state.json",
		filepath.Join(s.parts, "front-door/0123456789abcdef/4400.0.m4s"): "../../secret.txt",
		filepath.Join(s.parts, "front-door/live-9.m3u8"):                 "../../secret.txt",
		filepath.Join(s.viewer, "v/0123456789abcdef/unnamed-as-well.js"): "../../unnamed.js",
	} {
		must(t, os.MkdirAll(filepath.Dir(path), 0o755))
		must(t, os.Symlink(to, path))
	}
	fifo := filepath.Join(hour, "000004305.m4s")
	must(t, syscall.Mkfifo(fifo, 0o644))
	for _, target := range []string{
		"/hls/front-door/0123456789abcdef/2026-11-22/10/000004301.m4s", "/hls/front-door/0123456789abcdef/2026-11-22/10/000004302.m4s", "/hls/front-door/0123456789abcdef/2026-11-22/10/000004303.m4s",
		"/hls/front-door/0123456789abcdef/2026-11-22/10/000004304.m4s", "/hls/front-door/0123456789abcdef/2026-11-23/10/000004211.m4s", "/hls/front-door/0123456789abcdef/2026-11-24/10/000004211.m4s",
		"/hls/back-door/0123456789abcdef/2026-11-22/10/000004211.m4s", "/hls/front-door/0123456789abcdef/init/000004305.mp4", "/hls/front-door/0123456789abcdef/2026-11-22/10/000004305.m4s",
		"/v/0123456789abcdef/unnamed-as-well.js",
	} {
		a := s.ask(t, "GET", target)
		a.wants(t, 404, nil)
		if bytes.Contains(a.body, []byte(secret)) || len(a.body) > 1000 {
			t.Errorf("GET %s shows %q", target, a.body[:min(len(a.body), 100)])
		}
	}
	if a := s.ask(t, "GET", "/hls/front-door/0123456789abcdef/parts/4400.0.m4s"); bytes.Contains(a.body, []byte(secret)) {
		t.Error("a part is a link, and was sent")
	}
	if a := s.ask(t, "GET", segmentURL); !bytes.Equal(a.body, segment) {
		t.Error("a segment is not sent")
	}
	leave()
	asked := "nothing"
	_, leave = s.play(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = r.Method + " " + r.URL.Path + " " + r.Header.Get("Range")
		w.WriteHeader(http.StatusTeapot)
	}))
	for _, path := range []string{"2026-11-22/10/000004304.m4s", "2026-11-24/10/000004211.m4s"} {
		s.ask(t, "GET", "/hls/front-door/0123456789abcdef/"+path, "Range: bytes=0-9").wants(t, http.StatusTeapot, nil)
		if want := "GET /hls/front-door/0123456789abcdef/" + path + " bytes=0-9"; asked != want {
			t.Errorf("the controller was asked for %s, want %s", asked, want)
		}
	}
	leave()
	s.ask(t, "GET", "/hls/front-door/0123456789abcdef/2026-11-22/10/000004304.m4s").wants(t, 502, map[string]string{"Content-Type": "application/json"})
	s.ask(t, "GET", "/hls/front-door/live.m3u8?epoch=9").wants(t, 502, nil)
}

// say sends bytes as they are, and reads one answer.
func (s *site) say(t *testing.T, text string) answer {
	t.Helper()
	conn, err := net.Dial("tcp", s.addr)
	must(t, err)
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(20 * time.Second))
	fmt.Fprint(conn, text)
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	must(t, err)
	return answer{response, body}
}
