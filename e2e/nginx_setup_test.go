package e2e

import (
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"lookback/e2e/rig"
)

// site is a real nginx with the configuration of the image, moved into a
// folder of its own, in front of a controller that the test plays.
type site struct {
	addr   string // host:port of nginx
	media  string // stands for the media volume
	viewer string // stands for the page's folder
	parts  string // stands for the volume with the newest parts
	tmp    string // stands for /tmp
	socket string // where the controller is expected
	nginx  *rig.Process
}

// newSite renders the configuration, starts nginx and waits until it answers.
func newSite(t *testing.T) *site {
	// Both as the settings allow them: several, by spaces or commas.
	return newSiteFor(t, "cameras.example.org, other.example.org", "https://home.example.org https://other.example.org:8443")
}

// newSiteFor is a site with HOSTS and CORS_ORIGINS.
func newSiteFor(t *testing.T, hosts, origins string) *site {
	t.Helper()
	dir := t.TempDir()
	s := &site{
		addr:   freeAddress(t),
		media:  filepath.Join(dir, "media"),
		viewer: filepath.Join(dir, "viewer"),
		parts:  filepath.Join(dir, "parts"),
		tmp:    filepath.Join(dir, "tmp"),
		socket: filepath.Join(dir, "controller.sock"),
	}
	for _, d := range []string{s.media, s.viewer, s.parts, s.tmp} {
		must(t, os.MkdirAll(d, 0o755))
	}
	etc := filepath.Join(dir, "etc")
	must(t, rig.Nginx{
		Root: "..", Etc: etc, Tmp: s.tmp, Listen: s.addr, Controller: "unix:" + s.socket, Media: s.media, Viewer: s.viewer, Parts: s.parts,
		Hosts: hosts, CORS: origins,
	}.Render())
	s.start(t, etc)
	return s
}

func (s *site) start(t *testing.T, etc string) {
	t.Helper()
	nginx, err := rig.NginxProcess(etc)
	must(t, err)
	must(t, nginx.Start())
	t.Cleanup(func() {
		nginx.Stop()
		if t.Failed() {
			t.Logf("nginx said:\n%s", nginx.Log())
		}
	})
	s.nginx = nginx
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
