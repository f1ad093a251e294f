package e2e

import (
	"bytes"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// site is a real nginx with the configuration of the image, moved into a
// folder of its own, in front of a controller that the test plays.
type site struct {
	addr   string // host:port of nginx
	media  string // stands for the media volume
	viewer string // stands for the page's folder
	tmp    string // stands for /tmp
	socket string // where the controller is expected
	log    *logBuffer
}

// logBuffer collects what nginx writes to stdout and stderr.
type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// newSite renders the templates, starts nginx and waits until it answers.
func newSite(t *testing.T) *site {
	t.Helper()
	dir := t.TempDir()
	s := &site{
		addr:   freeAddress(t),
		media:  filepath.Join(dir, "media"),
		viewer: filepath.Join(dir, "viewer"),
		tmp:    filepath.Join(dir, "tmp"),
		socket: filepath.Join(dir, "controller.sock"),
		log:    &logBuffer{},
	}
	for _, d := range []string{s.media, s.viewer, s.tmp} {
		must(t, os.MkdirAll(d, 0o755))
	}
	etc := filepath.Join(dir, "etc")
	s.render(t, etc)
	s.start(t, etc)
	return s
}

// render does what the image does at build and at start: nginx/ becomes
// /etc/nginx, templates/ becomes conf.d/ with the LOOKBACK_ variables filled in.
func (s *site) render(t *testing.T, etc string) {
	t.Helper()
	variables := map[string]string{
		"LOOKBACK_LISTEN":     s.addr,
		"LOOKBACK_CONTROLLER": "unix:" + s.socket,
		"LOOKBACK_MEDIA":      s.media,
		"LOOKBACK_VIEWER":     s.viewer,
		// Both as the settings allow them: several, by spaces or commas.
		"LOOKBACK_HOSTS":        "cameras.example.org, other.example.org",
		"LOOKBACK_CORS_ORIGINS": "https://home.example.org https://other.example.org:8443",
	}
	variable := regexp.MustCompile(`\$\{(LOOKBACK_\w+)\}`)
	source := filepath.Join("..", "nginx")
	must(t, filepath.WalkDir(source, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		text = bytes.ReplaceAll(text, []byte(" /tmp/"), []byte(" "+s.tmp+"/"))
		text = bytes.ReplaceAll(text, []byte("/etc/nginx/"), []byte(etc+"/"))
		out := strings.TrimPrefix(path, source+"/")
		if name, found := strings.CutSuffix(out, ".template"); found {
			out = "conf.d/" + strings.TrimPrefix(name, "templates/")
			text = variable.ReplaceAllFunc(text, func(m []byte) []byte {
				value, known := variables[string(m[2:len(m)-1])]
				if !known {
					t.Errorf("%s uses %s, which the image does not set", path, m)
				}
				return []byte(value)
			})
		}
		return writeFile(filepath.Join(etc, out), text)
	}))
	types, err := os.ReadFile("/etc/nginx/mime.types")
	must(t, err)
	must(t, writeFile(filepath.Join(etc, "mime.types"), types))
}

func (s *site) start(t *testing.T, etc string) {
	t.Helper()
	directives := "daemon off;"
	if os.Getuid() == 0 {
		directives += " user root;" // the test's folders are for their owner alone
	}
	nginx, err := exec.LookPath("nginx")
	if err != nil {
		nginx = "/usr/sbin/nginx"
	}
	cmd := exec.Command(nginx, "-e", "stderr", "-p", etc, "-c", filepath.Join(etc, "nginx.conf"), "-g", directives)
	cmd.Stdout, cmd.Stderr = s.log, s.log
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	must(t, cmd.Start())
	t.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGTERM)
		cmd.Wait()
		if t.Failed() {
			t.Logf("nginx said:\n%s", s.log)
		}
	})
	eventually(t, 10*time.Second, "nginx answers", func() bool {
		answer, err := http.Get("http://" + s.addr + "/nginx-alive")
		if err != nil {
			return false
		}
		answer.Body.Close()
		return answer.StatusCode == http.StatusNoContent
	})
}

// play makes handler the controller until the returned function is called.
// opened counts the connections that nginx made.
func (s *site) play(t *testing.T, handler http.Handler) (opened func() int, leave func()) {
	t.Helper()
	os.Remove(s.socket)
	listener, err := net.Listen("unix", s.socket)
	must(t, err)
	var mu sync.Mutex
	count := 0
	server := &http.Server{Handler: handler, ConnState: func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			mu.Lock()
			count++
			mu.Unlock()
		}
	}}
	go server.Serve(listener)
	leave = func() { server.Close() }
	t.Cleanup(leave)
	return func() int { mu.Lock(); defer mu.Unlock(); return count }, leave
}

func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer listener.Close()
	return listener.Addr().String()
}

func writeFile(path string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, content, 0o644)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// eventually waits until the condition holds, and fails after the deadline.
func eventually(t *testing.T, deadline time.Duration, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(deadline); time.Now().Before(end); <-tick.C {
		if holds() {
			return
		}
	}
	t.Fatalf("not within %v: %s", deadline, what)
}
