package relay

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"lookback/controller/camera"
	"lookback/controller/httpcam"
)

const (
	user     = "me"
	password = "gr8-secret"
	apiKey   = "k3y-secret"
)

// asked is what a server has been asked for, and whether with anything secret.
type asked struct {
	*httptest.Server
	mu      sync.Mutex
	paths   []string
	secrets []string // of requests that had a password, a key or a cookie
}

func (a *asked) note(q *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.paths = append(a.paths, q.URL.RequestURI())
	if q.Header.Get("Authorization")+q.Header.Get("X-Api-Key")+q.Header.Get("Cookie") != "" {
		a.secrets = append(a.secrets, q.URL.RequestURI())
	}
}

func (a *asked) count() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.paths)
}

// serve begins a server that notes what it is asked.
func serve(t testing.TB, start func(http.Handler) *httptest.Server, h http.HandlerFunc) *asked {
	a := &asked{}
	a.Server = start(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) { a.note(q); h(w, q) }))
	t.Cleanup(func() { a.CloseClientConnections(); a.Close() })
	return a
}

// open is a relay to a server, with password and header.
func open(t testing.TB, address string, change ...func(*httpcam.Source)) *Relay {
	t.Helper()
	s := httpcam.Source{URL: strings.Replace(address, "://", "://"+user+":"+password+"@", 1), Headers: []httpcam.Header{{Name: "X-Api-Key", Value: apiKey}}}
	for _, c := range change {
		c(&s)
	}
	r, err := Open(s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r
}

// locked lets in whoever has password and key, and gives a cookie with each
// playlist that all else wants.
func locked(h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, q *http.Request) {
		if u, p, _ := q.BasicAuth(); u != user || p != password {
			w.Header().Set("WWW-Authenticate", `Basic realm="cam"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		c, _ := q.Cookie("id")
		playlist := strings.HasSuffix(q.URL.Path, ".m3u8")
		if q.Header.Get("X-Api-Key") != apiKey || !playlist && (c == nil || c.Value != "1") {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		if playlist {
			w.Header().Set("Set-Cookie", "id=1")
		}
		h(w, q)
	}
}

// films are folders of HLS, made once.
var films = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "relay")
	if err != nil {
		return "", err
	}
	key := filepath.Join(dir, "info")
	os.WriteFile(filepath.Join(dir, "secret.key"), []byte("0123456789abcdef"), 0o600)
	os.WriteFile(key, []byte("/secret.key?of=this\n"+filepath.Join(dir, "secret.key")+"\n"), 0o600)
	for name, args := range map[string]string{
		"ts":     "-hls_segment_type mpegts",
		"keyed":  "-hls_key_info_file " + key,
		"fmp4":   "-hls_segment_type fmp4",
		"ranged": "-hls_segment_type fmp4 -hls_flags single_file",
		"master": "-hls_segment_type mpegts -master_pl_name index.m3u8",
	} {
		folder := filepath.Join(dir, name)
		if err := os.Mkdir(folder, 0o755); err != nil {
			return "", err
		}
		list := "index.m3u8"
		if name == "master" {
			list = "list.m3u8"
			args += " -b:v 200k -var_stream_map v:0"
		}
		cmd := exec.Command("ffmpeg", strings.Fields("-nostdin -loglevel error -f lavfi -i testsrc2=size=160x120:rate=10:duration=6 -pix_fmt yuv420p -c:v libx264 -preset ultrafast -g 10 -f hls -hls_time 1 -hls_list_size 0 -hls_playlist_type vod "+args+" "+list)...)
		cmd.Dir = folder
		if out, err := cmd.CombinedOutput(); err != nil {
			return "", fmt.Errorf("%s: %w: %s", name, err, out)
		}
	}
	return dir, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if dir, err := films(); err == nil {
		os.RemoveAll(dir)
	}
	os.Exit(code)
}

// frames are how many ffmpeg reads from an address, and what it says.
func frames(t testing.TB, address string) (int, string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "ffmpeg", "-nostdin", "-hide_banner", "-loglevel", "error", "-protocol_whitelist", "http,https,tcp,tls,crypto,data",
		"-i", address, "-map", "0:v:0", "-c", "copy", "-f", "framecrc", "-")
	for _, arg := range cmd.Args {
		if strings.Contains(arg, "secret") || strings.Contains(arg, user+":") {
			t.Errorf("an argument of ffmpeg's is %s", arg)
		}
	}
	var said bytes.Buffer
	cmd.Stderr = &said
	out, _ := cmd.Output()
	n := 0
	for line := range strings.Lines(string(out)) {
		if !strings.HasPrefix(line, "#") {
			n++
		}
	}
	return n, said.String()
}

// TestFFmpegReadsHLS: a real ffmpeg reads every picture of a camera that wants a
// password, a header and a cookie.
func TestFFmpegReadsHLS(t *testing.T) {
	dir, err := films()
	if err != nil {
		t.Fatal(err)
	}
	files := http.FileServer(http.Dir(dir))
	whole := http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) { q.Header.Del("Range"); files.ServeHTTP(w, q) })
	for name, c := range map[string]struct {
		path  string
		start func(http.Handler) *httptest.Server
		serve http.HandlerFunc
	}{
		"MPEG-TS":                     {"/ts/index.m3u8", httptest.NewServer, files.ServeHTTP},
		"encrypted, a key with query": {"/keyed/index.m3u8?token=secret", httptest.NewServer, files.ServeHTTP},
		"fragmented MP4":              {"/fmp4/index.m3u8", httptest.NewServer, files.ServeHTTP},
		"byte ranges":                 {"/ranged/index.m3u8", httptest.NewServer, files.ServeHTTP},
		"byte ranges of a server that knows none": {"/ranged/index.m3u8", httptest.NewServer, whole.ServeHTTP},
		"a list of variants":                      {"/master/index.m3u8", httptest.NewServer, files.ServeHTTP},
		"TLS, vouched for by nobody":              {"/ts/index.m3u8", httptest.NewTLSServer, files.ServeHTTP},
		"a redirect": {"/elsewhere.m3u8", httptest.NewServer, func(w http.ResponseWriter, q *http.Request) {
			if q.URL.Path == "/elsewhere.m3u8" {
				http.Redirect(w, q, "/master/index.m3u8?a=b", http.StatusFound)
				return
			}
			files.ServeHTTP(w, q)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, c.start, locked(c.serve))
			r := open(t, s.URL+c.path)
			n, said := frames(t, r.URL())
			if n != 60 || r.Failure() != nil {
				t.Errorf("%d frames of 60, %v, ffmpeg says %s, asked for %q", n, r.Failure(), said, s.paths)
			}
		})
	}
}

// TestOtherHosts: what a playlist has elsewhere is read from there, and nothing
// secret goes there, by a playlist or by a redirect.
func TestOtherHosts(t *testing.T) {
	dir, err := films()
	if err != nil {
		t.Fatal(err)
	}
	files := http.FileServer(http.Dir(dir))
	other := serve(t, httptest.NewServer, func(w http.ResponseWriter, q *http.Request) {
		w.Header().Set("WWW-Authenticate", `Basic realm="cam"`)
		files.ServeHTTP(w, q)
	})
	elsewhere := strings.Replace(other.URL, "127.0.0.1", "localhost", 1)
	list, err := os.ReadFile(filepath.Join(dir, "keyed/index.m3u8"))
	if err != nil {
		t.Fatal(err)
	}
	moved := strings.NewReplacer("index", elsewhere+"/keyed/index", `URI="`, `URI="`+elsewhere).Replace(string(list))
	s := serve(t, httptest.NewServer, locked(func(w http.ResponseWriter, q *http.Request) {
		if q.URL.Path == "/moved.m3u8" {
			io.WriteString(w, moved)
			return
		}
		http.Redirect(w, q, elsewhere+"/ts/index.m3u8", http.StatusFound)
	}))
	for _, path := range []string{"/moved.m3u8", "/redirected.m3u8"} {
		if n, said := frames(t, open(t, s.URL+path).URL()); n != 60 {
			t.Errorf("%s: %d frames, %s, asked for %q and %q", path, n, said, s.paths, other.paths)
		}
	}
	if len(other.secrets) > 0 || len(other.paths) < 12 {
		t.Errorf("asked for %q, with secrets for %q", other.paths, other.secrets)
	}
}

// TestOthersGetNothing: who has not the token, or asks for what nobody has named,
// is not told of the camera, nor is the camera asked.
func TestOthersGetNothing(t *testing.T) {
	s := serve(t, httptest.NewServer, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "here") })
	r, another := open(t, s.URL), open(t, s.URL)
	base, own := "http://"+r.listener.Addr().String(), r.URL()
	for _, address := range []string{
		base, base + "/", base + "/" + r.token, base + "/" + r.token + "/", base + "/" + r.token + "/x/camera",
		strings.Replace(own, r.token, another.token, 1), strings.Replace(own, r.token, r.token[1:], 1),
		r.prefix() + another.names.path(s.URL), own[:len(own)-len("camera")-3] + "/camera",
	} {
		got, err := http.Get(address)
		if err != nil {
			t.Fatal(err)
		}
		if got.Body.Close(); got.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %s", address, got.Status)
		}
	}
	if got, err := http.Post(own, "text/plain", nil); err != nil || got.StatusCode != http.StatusNotFound {
		t.Errorf("%v, %v", got, err)
	}
	if s.count() != 0 {
		t.Errorf("the camera was asked for %q", s.paths)
	}
	got, err := http.Get(own)
	if err != nil || got.StatusCode != http.StatusOK {
		t.Errorf("%v, %v", got, err)
	}
	got.Body.Close()
	line := "[http @ 0x55d] Opening '" + own + "' for reading"
	if text := r.Redact(line); strings.Contains(text, r.token) || text != "[http @ 0x55d] Opening 'the camera' for reading" {
		t.Error(text)
	}
}

// TestFailures: ffmpeg is told the camera's status, and the relay knows why.
func TestFailures(t *testing.T) {
	answer := func(status int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }
	}
	nobody, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody.Close()
	for name, c := range map[string]struct {
		address string
		verify  bool
		want    string
		status  int
	}{
		"no password":    {serve(t, httptest.NewServer, answer(401)).URL, false, camera.Unauthorized, 401},
		"no such path":   {serve(t, httptest.NewServer, answer(404)).URL, false, camera.NotFound, 404},
		"an error":       {serve(t, httptest.NewServer, answer(503)).URL, false, camera.HTTPError, 503},
		"nobody there":   {"http://" + nobody.Addr().String(), false, camera.ConnectionRefused, 502},
		"no certificate": {serve(t, httptest.NewTLSServer, answer(200)).URL, true, camera.TLS, 502},
	} {
		r := open(t, c.address, func(s *httpcam.Source) { s.VerifyTLS = c.verify })
		got, err := http.Get(r.URL())
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(got.Body)
		got.Body.Close()
		if err := r.Failure(); got.StatusCode != c.status || err == nil || camera.ReasonOf(err).Code != c.want {
			t.Errorf("%s: %s, %v, want %d and %s", name, got.Status, err, c.status, c.want)
		}
		if text := fmt.Sprint(string(body), got.Header, r.Failure()); strings.Contains(text, "secret") {
			t.Errorf("%s: %s", name, text)
		}
		if r.Again(nil); r.Failure() != nil {
			t.Error("nothing is forgotten")
		}
	}
}

// TestCutShort: an answer that ends too early is none that ended.
func TestCutShort(t *testing.T) {
	s := serve(t, httptest.NewServer, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		io.WriteString(w, "#EXTM3U\nseg.ts\n")
	})
	got, err := http.Get(open(t, s.URL).URL())
	if err == nil {
		_, err = io.ReadAll(got.Body)
	}
	if !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		t.Error(err)
	}
}

// TestBeside: a format whose files name others beside them finds these.
func TestBeside(t *testing.T) {
	s := serve(t, httptest.NewServer, func(w http.ResponseWriter, q *http.Request) { io.WriteString(w, q.URL.RequestURI()) })
	own := open(t, s.URL+"/a/b.mpd?c=d").URL()
	for name, want := range map[string]string{"camera.mpd": "/a/b.mpd?c=d", "seg/1.m4s?x=y": "/a/seg/1.m4s?x=y", "x%20y": "/a/x%20y"} {
		got, err := http.Get(strings.TrimSuffix(own, "camera.mpd") + name)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(got.Body)
		if got.Body.Close(); string(body) != want {
			t.Errorf("%s: %s", name, body)
		}
	}
}

// TestGoneReader: when ffmpeg has gone the camera's place is free, and so many
// readers have one at a time and no more.
func TestGoneReader(t *testing.T) {
	var mu sync.Mutex
	here, most := 0, 0
	s := serve(t, httptest.NewServer, func(w http.ResponseWriter, q *http.Request) {
		mu.Lock()
		here++
		most = max(most, here)
		mu.Unlock()
		w.Write([]byte("a stream that goes on"))
		w.(http.Flusher).Flush()
		<-q.Context().Done()
		mu.Lock()
		here--
		mu.Unlock()
	})
	r := open(t, s.URL)
	begun := make(chan *http.Response, 2*maxConnections)
	for range 2 * maxConnections {
		go func() {
			got, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Get(r.URL())
			if err != nil {
				t.Error(err)
			}
			begun <- got
		}()
	}
	for range 2 * maxConnections {
		got := <-begun
		if got == nil {
			t.FailNow()
		}
		io.ReadFull(got.Body, make([]byte, 8))
		got.Body.Close()
	}
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(time.Millisecond) {
		mu.Lock()
		left := here
		mu.Unlock()
		if left == 0 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d connections are left", left)
		}
	}
	if most > maxConnections+1 { // one that ends may still be there
		t.Errorf("%d at a time", most)
	}
}

// BenchmarkPiece is how long a small piece takes from a camera, directly and
// through the relay.
func BenchmarkPiece(b *testing.B) {
	for _, relayed := range []bool{false, true} {
		for _, size := range []int{1 << 10, 200 << 10} {
			b.Run(fmt.Sprintf("relayed=%t/%dkB", relayed, size>>10), func(b *testing.B) { benchmarkPiece(b, relayed, size) })
		}
	}
}

func benchmarkPiece(b *testing.B, relayed bool, size int) {
	send := make(chan []byte, 1)
	s := serve(b, httptest.NewServer, func(w http.ResponseWriter, q *http.Request) {
		for {
			select {
			case piece := <-send:
				w.Write(piece)
				w.(http.Flusher).Flush()
			case <-q.Context().Done():
				return
			}
		}
	})
	address := s.URL
	if relayed {
		address = open(b, s.URL).URL()
	}
	piece := make([]byte, size)
	send <- piece
	got, err := http.Get(address)
	if err != nil {
		b.Fatal(err)
	}
	defer got.Body.Close()
	room := make([]byte, size)
	if _, err := io.ReadFull(got.Body, room); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(size))
	for b.Loop() {
		send <- piece
		if _, err := io.ReadFull(got.Body, room); err != nil {
			b.Fatal(err)
		}
	}
}
