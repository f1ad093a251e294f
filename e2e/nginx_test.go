// Package e2e tests the whole from outside: nginx as it is configured in the
// image, the page in a browser, the stack on a Docker Engine (build tag stack).
package e2e

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

const (
	segmentURL = "/hls/front-door/0123456789abcdef/2026-11-22/10/000004211.m4s"
	initURL    = "/hls/front-door/0123456789abcdef/init/000004200.mp4"
	secret     = "nobody may read this"
)

// answer is a response with its body read.
type answer struct {
	*http.Response
	body []byte
}

// ask sends one request as it stands: the target is not tidied on the way.
func (s *site) ask(t *testing.T, method, target string, headers ...string) answer {
	t.Helper()
	conn, err := net.Dial("tcp", s.addr)
	must(t, err)
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(20 * time.Second))
	fmt.Fprintf(conn, "%s %s HTTP/1.1\r\nConnection: close\r\n", method, target)
	if !slices.ContainsFunc(headers, func(h string) bool { return strings.HasPrefix(h, "Host:") }) {
		fmt.Fprint(conn, "Host: lookback.lan:8080\r\n")
	}
	for _, h := range headers {
		fmt.Fprintf(conn, "%s\r\n", h)
	}
	fmt.Fprint(conn, "\r\n")
	response, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
	if err != nil {
		t.Fatalf("%s %s: %v", method, target, err)
	}
	body, err := io.ReadAll(response.Body)
	must(t, err)
	return answer{response, body}
}

func (a answer) wants(t *testing.T, status int, headers map[string]string) {
	t.Helper()
	if a.StatusCode != status {
		t.Fatalf("status %d, want %d; body %q", a.StatusCode, status, a.body)
	}
	for name, want := range headers {
		if got := a.Header.Values(name); strings.Join(got, " | ") != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

// furnish puts a segment, a page and things that nobody may see on the disk.
func (s *site) furnish(t *testing.T) (segment []byte) {
	t.Helper()
	segment = bytes.Repeat([]byte("0123456789"), 20_000)
	for path, content := range map[string][]byte{
		filepath.Join(s.media, "front-door/2026-11-22/10/000004211.m4s"): segment,
		filepath.Join(s.media, "front-door/init/000004200.mp4"):          []byte("init"),
		filepath.Join(s.media, "front-door/id-0123456789abcdef"):         nil,
		filepath.Join(s.media, "front-door/state.json"):                  []byte(secret),
		filepath.Join(s.media, "front-door/2026-11-22/10/index.m3u8"):    []byte(secret),
		filepath.Join(s.media, ".spool/front-door/status.json"):          []byte(secret),
		filepath.Join(s.media, ".spool/2026-11-22/10/000000001.m4s"):     []byte(secret),
		filepath.Join(s.media, "000004211.m4s"):                          []byte(secret),
		filepath.Join(s.media, "../secret.txt"):                          []byte(secret),
		filepath.Join(s.viewer, "index.html"):                            []byte("<!doctype html><title>page</title>"),
		filepath.Join(s.viewer, "v/0123456789abcdef/main.js"):            bytes.Repeat([]byte("export {};\n"), 500),
		filepath.Join(s.viewer, "v/0123456789abcdef/play/deck.js"):       []byte("export {};"),
		filepath.Join(s.viewer, "v/0123456789abcdef/viewer.css"):         []byte("body {}"),
		filepath.Join(s.viewer, "unnamed.js"):                            []byte(secret),
		filepath.Join(s.viewer, ".env"):                                  []byte(secret),
	} {
		must(t, writeFile(path, content))
	}
	return segment
}

// controller answers as the real one does, and tells what it was asked.
func controller(hold <-chan struct{}) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/hls/{cam}/{list}", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Has("_HLS_msn") {
			<-hold
		}
		w.Header().Set("Content-Type", "application/vnd.apple.mpegurl")
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		fmt.Fprintf(w, "#EXTM3U %s %s", r.Host, r.RequestURI)
	})
	mux.HandleFunc("/hls/{cam}/{archive}/parts/{part}", func(w http.ResponseWriter, r *http.Request) {
		if r.PathValue("part") == "4211.99.m4s" {
			w.Header().Set("Cache-Control", "no-store")
			http.Error(w, "no such part", http.StatusNotFound)
			return
		}
		w.Header().Set("Heard", strings.Join(slices.Sorted(maps.Keys(r.Header)), " "))
		w.Header().Set("Content-Type", "video/mp4")
		w.Write(bytes.Repeat([]byte("p"), 3<<20))
	})
	mux.HandleFunc("/hls/{cam}/{archive}/{date}/{hour}/index.m3u8", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/vnd.apple.mpegurl")
		w.Header().Set("Cache-Control", "no-store")
		fmt.Fprint(w, "#EXTM3U of an hour")
	})
	mux.HandleFunc("/hls/sent-on/live.m3u8", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", "live.m3u8?epoch=3&"+r.URL.RawQuery)
		w.WriteHeader(http.StatusFound)
	})
	mux.HandleFunc("/hls/starting/live.m3u8", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Retry-After", "1")
		http.Error(w, `{"error": {"code": "starting"}}`, http.StatusServiceUnavailable)
	})
	mux.HandleFunc("/api/cameras", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"cameras": []}`)
	})
	mux.HandleFunc("/api/broken", func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, "made by the controller", http.StatusBadGateway)
	})
	mux.HandleFunc("/hls/{cam}/{archive}/{file...}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, `{"error": {"code": "not-found", "message": "no such file"}}`)
	})
	for _, path := range []string{"/healthz", "/readyz", "/metrics"} {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) { fmt.Fprintln(w, "ok") })
	}
	return mux
}

func TestNginx(t *testing.T) {
	s := newSite(t)
	segment := s.furnish(t)
	hold := make(chan struct{})
	opened, leave := s.play(t, controller(hold))

	t.Run("files", func(t *testing.T) { s.testFiles(t, segment) })
	t.Run("page", s.testPage)
	t.Run("proxied", s.testProxied)
	t.Run("parts", s.testParts)
	t.Run("blocking playlist", func(t *testing.T) { s.testBlocking(t, hold) })
	t.Run("keeps connections", func(t *testing.T) { s.testKeepAlive(t, opened) })
	t.Run("an hour", s.testHour)
	t.Run("refuses", s.testRefusals)
	t.Run("methods", s.testMethods)
	t.Run("controller away", func(t *testing.T) { s.testAway(t, leave, segment) })
	t.Run("log", s.testLog)
}

// immutable are the headers of media, which never changes under its name.
var immutable = map[string]string{
	"Content-Type":                 "video/mp4",
	"Cache-Control":                "public, max-age=31536000, immutable",
	"Accept-Ranges":                "bytes",
	"X-Content-Type-Options":       "nosniff",
	"Cross-Origin-Resource-Policy": "same-origin",
	"Access-Control-Allow-Origin":  "",
	"Server":                       "nginx",
}

func (s *site) testFiles(t *testing.T, segment []byte) {
	whole := s.ask(t, "GET", segmentURL)
	whole.wants(t, 200, immutable)
	if !bytes.Equal(whole.body, segment) {
		t.Error("the segment came out different")
	}
	s.ask(t, "GET", initURL).wants(t, 200, immutable)

	head := s.ask(t, "HEAD", segmentURL)
	head.wants(t, 200, immutable)
	if head.ContentLength != int64(len(segment)) || len(head.body) != 0 {
		t.Errorf("HEAD: length %d with a body of %d", head.ContentLength, len(head.body))
	}
	part := s.ask(t, "GET", segmentURL, "Range: bytes=10-19")
	part.wants(t, 206, map[string]string{"Content-Range": fmt.Sprintf("bytes 10-19/%d", len(segment)), "Cache-Control": immutable["Cache-Control"]})
	if string(part.body) != "0123456789" {
		t.Errorf("Range: %q", part.body)
	}
	s.ask(t, "GET", segmentURL, "Range: bytes=999999-").wants(t, 416, nil)
	s.ask(t, "GET", segmentURL, "If-None-Match: "+whole.Header.Get("ETag")).wants(t, 304, nil)
	s.ask(t, "GET", strings.Replace(segmentURL, "4211", "4212", 1)).
		wants(t, 404, map[string]string{"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"})
}

func (s *site) testPage(t *testing.T) {
	page := s.ask(t, "GET", "/")
	const version = "/v/0123456789abcdef/"
	index := map[string]string{
		"Content-Type":           "text/html",
		"Cache-Control":          "no-cache",
		"X-Content-Type-Options": "nosniff",
		"Referrer-Policy":        "no-referrer",
		"Content-Security-Policy": "default-src 'self'; script-src 'self' 'sha256-" + firstScript(t) + "'; media-src 'self' blob:; worker-src 'self' blob:; img-src 'self' data:; " +
			"style-src 'self'; base-uri 'none'; frame-ancestors 'self'; form-action 'none'",
	}
	// A proxy that joins a prefix with this address asks for two slashes.
	for _, target := range []string{"/", "/index.html", "//"} {
		s.ask(t, "GET", target).wants(t, 200, index)
	}
	s.ask(t, "GET", "/?camera=front//door%20x", "If-None-Match: "+page.Header.Get("ETag")).wants(t, 304, nil)
	const immutable = "public, max-age=31536000, immutable"
	for _, name := range []string{"play/deck.js", "main.js"} {
		s.ask(t, "GET", version+name).wants(t, 200, map[string]string{"Content-Type": "application/javascript", "Cache-Control": immutable})
	}
	s.ask(t, "GET", "/"+version+"viewer.css").wants(t, 200, map[string]string{"Content-Type": "text/css", "Cache-Control": immutable})
	// Files of another version are not there, and may be tomorrow.
	for _, target := range []string{"/v/0000000000000000/main.js", version + "play/", version, "/v/", "/main.js", "/unnamed.js"} {
		s.ask(t, "GET", target).wants(t, 404, map[string]string{"Cache-Control": "no-store"})
	}

	packed := s.ask(t, "GET", version+"main.js", "Accept-Encoding: gzip")
	packed.wants(t, 200, map[string]string{"Content-Encoding": "gzip", "Vary": "Accept-Encoding, Origin"})
	unpacked, err := gzip.NewReader(bytes.NewReader(packed.body))
	must(t, err)
	if script, err := io.ReadAll(unpacked); err != nil || len(script) != 5500 {
		t.Errorf("unpacked %d bytes, %v", len(script), err)
	}
}

func (s *site) testProxied(t *testing.T) {
	list := s.ask(t, "GET", "/hls/front-door/window.m3u8?from=2026-11-22T10:00:00%2B01:00")
	list.wants(t, 200, map[string]string{
		"Content-Type":           "application/vnd.apple.mpegurl",
		"Cache-Control":          "no-store",
		"X-Content-Type-Options": "nosniff",
	})
	if want := "#EXTM3U lookback.lan /hls/front-door/window.m3u8?from=2026-11-22T10:00:00%2B01:00"; string(list.body) != want {
		t.Errorf("the controller was asked %q, want %q", list.body, want)
	}
	numbered := s.ask(t, "GET", "/hls/front-door/live.m3u8?epoch=3&_HLS_skip=YES")
	if want := "#EXTM3U lookback.lan /hls/front-door/live.m3u8?epoch=3&_HLS_skip=YES"; string(numbered.body) != want {
		t.Errorf("the controller was asked %q, want %q", numbered.body, want)
	}
	s.ask(t, "GET", "/hls/sent-on/live.m3u8?a=b").wants(t, 302, map[string]string{"Location": "live.m3u8?epoch=3&a=b"})
	part := s.ask(t, "GET", "/hls/front-door/0123456789abcdef/parts/4212.7.m4s")
	part.wants(t, 200, map[string]string{"Content-Type": "video/mp4"})
	if len(part.body) != 3<<20 {
		t.Errorf("a part of %d bytes", len(part.body))
	}
	s.ask(t, "HEAD", "/hls/front-door/live.m3u8").wants(t, 200, nil)
	for _, path := range []string{"/api/cameras", "/healthz", "/readyz"} {
		s.ask(t, "GET", path).wants(t, 200, nil)
	}
	s.ask(t, "GET", "/hls/starting/live.m3u8", "Accept: text/html").wants(t, 503, map[string]string{"Retry-After": "1"})
	own := s.ask(t, "GET", "/api/broken")
	own.wants(t, 502, nil)
	if !strings.Contains(string(own.body), "made by the controller") {
		t.Errorf("the controller's own error was replaced by %q", own.body)
	}
}

// testParts: a part that the controller has left is sent without asking, all
// others are asked for, and what it answers is passed on.
func (s *site) testParts(t *testing.T) {
	part := bytes.Repeat([]byte("part of 4213 "), 20_000)
	must(t, writeFile(filepath.Join(s.parts, "front-door/0123456789abcdef/4213.0.m4s"), part))
	must(t, writeFile(filepath.Join(s.parts, "front-door/0123456789abcdef/.growing"), []byte(secret)))
	must(t, writeFile(filepath.Join(s.parts, "secret.m4s"), []byte(secret)))
	const url = "/hls/front-door/0123456789abcdef/parts/4213.0.m4s"
	whole := s.ask(t, "GET", url)
	whole.wants(t, 200, immutable)
	if !bytes.Equal(whole.body, part) {
		t.Errorf("the part came out different: %d bytes", len(whole.body))
	}
	s.ask(t, "HEAD", url).wants(t, 200, immutable)
	some := s.ask(t, "GET", url, "Range: bytes=8-11")
	some.wants(t, 206, map[string]string{"Cache-Control": immutable["Cache-Control"]})
	if string(some.body) != "4213" {
		t.Errorf("Range: %q", some.body)
	}
	s.ask(t, "GET", url, "Origin: https://home.example.org").wants(t, 200, map[string]string{"Access-Control-Allow-Origin": "https://home.example.org", "Vary": "Origin"})
	s.ask(t, "GET", url, "Origin: https://evil.example.org").wants(t, 200, map[string]string{"Access-Control-Allow-Origin": ""})
	s.ask(t, "GET", url, "Host: evil.example.org").wants(t, 421, nil)
	s.ask(t, "POST", url).wants(t, 405, nil)

	asked := s.ask(t, "GET", "/hls/front-door/0123456789abcdef/parts/4213.1.m4s", "Range: bytes=0-", "Cookie: a=b", "User-Agent: x", "Origin: https://home.example.org", "Accept-Encoding: gzip")
	asked.wants(t, 200, map[string]string{"Heard": "Accept-Encoding Origin Range"})
	if len(asked.body) != 3<<20 {
		t.Errorf("a part that is asked for has %d bytes", len(asked.body))
	}
	s.ask(t, "GET", "/hls/front-door/0123456789abcdef/parts/4211.99.m4s").wants(t, 404, map[string]string{"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"})
	must(t, os.Remove(filepath.Join(s.parts, "front-door/0123456789abcdef/4213.0.m4s")))
	if gone := s.ask(t, "GET", url); gone.StatusCode != 200 || len(gone.body) != 3<<20 {
		t.Errorf("a part that is there no more: %d with %d bytes", gone.StatusCode, len(gone.body))
	}
	for _, path := range []string{"/hls/front-door/0123456789abcdef/parts/.growing", "/hls/front-door/0123456789abcdef/parts/../secret.m4s", "/hls/./parts/secret.m4s", "/hls/parts/secret.m4s"} {
		if a := s.ask(t, "GET", path); bytes.Contains(a.body, []byte(secret)) {
			t.Errorf("GET %s shows %q", path, a.body)
		}
	}
}

// testBlocking: a held request is passed through, and its answer comes as soon
// as the controller gives it.
func (s *site) testBlocking(t *testing.T, hold chan struct{}) {
	done := make(chan answer, 1)
	go func() { done <- s.ask(t, "GET", "/hls/front-door/live.m3u8?_HLS_msn=9&_HLS_part=3") }()
	select {
	case a := <-done:
		t.Fatalf("answered before the controller did: %d", a.StatusCode)
	case hold <- struct{}{}:
	}
	(<-done).wants(t, 200, nil)
}

func (s *site) testKeepAlive(t *testing.T, opened func() int) {
	before := opened()
	client := &http.Client{}
	defer client.CloseIdleConnections()
	for range 200 {
		response, err := client.Get("http://" + s.addr + "/hls/front-door/live.m3u8")
		must(t, err)
		io.Copy(io.Discard, response.Body)
		response.Body.Close()
	}
	// One client connection belongs to one worker, which needs one upstream connection.
	if n := opened() - before; n > 3 {
		t.Errorf("%d connections to the controller for 200 requests", n)
	}
}

// firstScript is the hash of the page's only script that stands in it, as a content security policy has it.
func firstScript(t *testing.T) string {
	t.Helper()
	page, err := os.ReadFile("../viewer/index.html")
	must(t, err)
	found := regexp.MustCompile(`(?s)<script>(.*?)</script>`).FindSubmatch(page)
	if found == nil {
		t.Fatal("the page has no script in it")
	}
	sum := sha256.Sum256(found[1])
	return base64.StdEncoding.EncodeToString(sum[:])
}

// testHour: an hour's playlist is there as it is without nginx.
func (s *site) testHour(t *testing.T) {
	const url = "/hls/front-door/0123456789abcdef/2026-11-22/10/index.m3u8"
	a := s.ask(t, "GET", url)
	a.wants(t, 200, map[string]string{"Cache-Control": "no-store", "Content-Type": "application/vnd.apple.mpegurl"})
	if string(a.body) != "#EXTM3U of an hour" {
		t.Errorf("it says %q", a.body)
	}
}

func (s *site) testRefusals(t *testing.T) {
	for _, target := range []string{
		"/metrics", "/controller", "/hls", "/hls/", "/hls/front-door", "/hls/front-door/",
		"/hls/front-door/0123456789abcdef/2026-11-22/", "/hls/front-door/0123456789abcdef/2026-11-22/10/", "/hls/front-door/0123456789abcdef/init/", "/vendor", "/vendor/",
		"/hls/front-door/state.json", "/hls/front-door/2026-11-22/10/index.m3u8", "/hls/000004211.m4s",
		"/hls/front-door/0123456789abcdef/2026-11-22/10/4211.m4s", "/hls/front-door/0123456789abcdef/2026-11-22/10/0000004211.m4s",
		"/hls/front-door/0123456789abcdef/2026-11-22/10/000004211.mp4", "/hls/front-door/0123456789abcdef/2026-11-22/10/000004211.m4s/",
		"/hls/FRONT-DOOR/0123456789abcdef/2026-11-22/10/000004211.m4s", "/hls/front-door/0123456789abcdef/init/000004200.m4s",
		"/hls/.spool/front-door/status.json", "/hls/.spool/2026-11-22/10/000000001.m4s",
		"/hls/%2espool/2026-11-22/10/000000001.m4s", "/hls/%2Espool/front-door/status.json",
		"/hls/x/../.spool/2026-11-22/10/000000001.m4s", "/hls//.spool/2026-11-22/10/000000001.m4s",
		"/.env", "/%2eenv", "/%2Eenv", "/./.env", "//.env", "/vendor/../.env", "/vendor/%2e%2e/.env", "/.git/config",
		"/hls/front-door/../../../secret.txt", "/hls/front-door/%2e%2e/%2e%2e/%2e%2e/secret.txt",
		"/hls/front-door/..%2f..%2f..%2fsecret.txt", "/hls/front-door/..%5c..%5csecret.txt", `/hls/front-door/..\..\secret.txt`,
		"/hls/..%2fsecret.txt", "/../secret.txt", "/..%c0%afsecret.txt", "/hls/front-door/0123456789abcdef/2026-11-22/10/..%2f..%2fstate.json",
		"/hls/front-door/0123456789abcdef/parts/../state.json", "/hls/front-door/0123456789abcdef/parts/..%2fstate.json", "/api/../metrics", "/api/%2e%2e/metrics",
		"/hls/front-door/0123456789abcdef/2026-11-22/10/000004211.m4s%00.txt", "/%252e%252e/secret.txt",
	} {
		a := s.ask(t, "GET", target)
		if a.StatusCode != 404 && a.StatusCode != 400 {
			t.Errorf("GET %s: %d", target, a.StatusCode)
		}
		if bytes.Contains(a.body, []byte(secret)) || bytes.Contains(a.body, []byte("000004211")) {
			t.Errorf("GET %s shows %q", target, a.body)
		}
		if a.StatusCode == 404 {
			a.refuses(t, "not-found")
		}
	}
	s.ask(t, "GET", "/", "Host: evil.example").refuses(t, "bad-host")
	s.ask(t, "GET", segmentURL, "Host: evil.example").refuses(t, "bad-host")
}

// refuses looks that an error is one as docs/api.md has it, and that nobody keeps it.
func (a answer) refuses(t *testing.T, code string) {
	t.Helper()
	var said struct {
		Error struct{ Code, Message string }
	}
	if err := json.Unmarshal(a.body, &said); err != nil || said.Error.Code != code || said.Error.Message == "" {
		t.Errorf("%s %s: %q, want the code %s", a.Request.Method, a.Status, a.body, code)
	}
	a.wants(t, a.StatusCode, map[string]string{"Content-Type": "application/json", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"})
}

func (s *site) testMethods(t *testing.T) {
	for _, method := range []string{"POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"} {
		for _, target := range []string{"/", segmentURL, "/hls/front-door/live.m3u8", "/api/cameras"} {
			a := s.ask(t, method, target)
			a.wants(t, 405, map[string]string{"Allow": "GET, HEAD"})
			a.refuses(t, "bad-method")
		}
	}
	s.ask(t, "TRACE", "/").wants(t, 405, nil)
}

// testAway: without its controller nginx says so, serves what is on disk, and
// finds the controller again when it is back.
func (s *site) testAway(t *testing.T, leave func(), segment []byte) {
	leave()
	browser := s.ask(t, "GET", "/hls/front-door/live.m3u8", "Accept: text/html,*/*;q=0.8")
	browser.wants(t, 502, map[string]string{"Content-Type": "text/html", "Cache-Control": "no-store", "Retry-After": "2"})
	if !strings.Contains(string(browser.body), "The controller is away") {
		t.Errorf("the page says %q", browser.body)
	}
	for _, target := range []string{"/api/cameras", "/hls/front-door/live.m3u8", "/hls/front-door/0123456789abcdef/parts/4212.7.m4s", "/readyz"} {
		a := s.ask(t, "GET", target)
		a.wants(t, 502, map[string]string{"Content-Type": "application/json", "Cache-Control": "no-store", "Retry-After": "2"})
		if !strings.Contains(string(a.body), `"code": "controller-away"`) {
			t.Errorf("GET %s says %q", target, a.body)
		}
	}
	s.testLeft(t)
	s.ask(t, "GET", "/api/cameras", "Accept: text/html").wants(t, 502, map[string]string{"Content-Type": "application/json"})
	if a := s.ask(t, "GET", segmentURL); a.StatusCode != 200 || !bytes.Equal(a.body, segment) {
		t.Errorf("a segment is not served: %d", a.StatusCode)
	}
	s.ask(t, "GET", "/").wants(t, 200, nil)

	s.play(t, controller(nil))
	s.ask(t, "GET", "/api/cameras").wants(t, 200, nil)
}

// testLeft: who follows a playlist gets what the controller left of it, and nobody else.
func (s *site) testLeft(t *testing.T) {
	t.Helper()
	const list = "#EXTM3U\n#EXT-X-VERSION:10\n"
	must(t, writeFile(filepath.Join(s.parts, "front-door", "live-3.m3u8"), []byte(list)))
	must(t, writeFile(filepath.Join(s.parts, "live-none.m3u8"), []byte(secret)))
	for _, query := range []string{"epoch=3", "epoch=3&_HLS_msn=4212&_HLS_part=7&_HLS_skip=YES"} {
		a := s.ask(t, "GET", "/hls/front-door/live.m3u8?"+query)
		a.wants(t, 200, map[string]string{"Content-Type": "application/vnd.apple.mpegurl", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Retry-After": ""})
		if string(a.body) != list {
			t.Errorf("%s: %q", query, a.body)
		}
	}
	for _, target := range []string{"front-door/live.m3u8", "front-door/live.m3u8?epoch=2", "front-door/live.m3u8?epoch=../live-none", "front-door/index.m3u8?epoch=3", "back/live.m3u8?epoch=3"} {
		s.ask(t, "GET", "/hls/"+target).wants(t, 502, map[string]string{"Content-Type": "application/json", "Cache-Control": "no-store", "Retry-After": "2"})
	}
}

// testLog: what goes well and often is not logged, trouble is; nothing went
// through a file on the way.
func (s *site) testLog(t *testing.T) {
	s.ask(t, "GET", "/hls/front-door/the-end.mp4")
	eventually(t, 5*time.Second, "the last request is logged", func() bool {
		return strings.Contains(s.nginx.Log(), "the-end.mp4")
	})
	for _, line := range strings.Split(s.nginx.Log(), "\n") {
		frequent := strings.Contains(line, ".m3u8") && !strings.Contains(line, "/10/index.m3u8") || strings.Contains(line, "/parts/") || strings.Contains(line, "/nginx-alive")
		if frequent && (strings.Contains(line, `HTTP/1.1" 200 `) || strings.Contains(line, `HTTP/1.1" 502 `)) {
			t.Errorf("logged: %s", line)
		}
		if strings.Contains(line, "[warn]") || strings.Contains(line, "[emerg]") || strings.Contains(line, "[alert]") {
			t.Errorf("nginx complains: %s", line)
		}
	}
	for _, want := range []string{`"GET ` + segmentURL + ` HTTP/1.1" 206`, "while connecting to upstream"} {
		if !strings.Contains(s.nginx.Log(), want) {
			t.Errorf("not logged: %s", want)
		}
	}
	buffered, err := filepath.Glob(filepath.Join(s.tmp, "proxy_temp", "*"))
	must(t, err)
	if len(buffered) > 0 {
		t.Errorf("buffered on disk: %v", buffered)
	}
	if _, err := os.Stat(filepath.Join(s.tmp, "nginx.pid")); err != nil {
		t.Error(err)
	}
}
