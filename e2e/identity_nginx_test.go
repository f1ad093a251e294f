package e2e

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestNginxIdentity: what names another archive than the one whose marker is there is
// not sent, and the controller is asked, which may know better. What names none is
// not there, for anybody.
func TestNginxIdentity(t *testing.T) {
	const identity = "0123456789abcdef"
	s := newSite(t)
	segment := s.furnish(t)
	must(t, writeFile(filepath.Join(s.parts, "front-door", identity, "4213.0.m4s"), segment))
	asked := ""
	_, leave := s.play(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = r.URL.Path
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(http.StatusTeapot)
	}))
	urls := []string{segmentURL, initURL, "/hls/front-door/" + identity + "/parts/4213.0.m4s"}
	own := func(t *testing.T) {
		t.Helper()
		for _, url := range urls {
			s.ask(t, "GET", url).wants(t, 200, map[string]string{"Cache-Control": immutable["Cache-Control"]})
		}
	}
	asks := func(t *testing.T, url string) {
		t.Helper()
		for _, headers := range [][]string{nil, {"Range: bytes=0-9"}} {
			asked = ""
			a := s.ask(t, "GET", url, headers...)
			a.wants(t, http.StatusTeapot, map[string]string{"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"})
			if asked != url || len(a.body) > 0 {
				t.Errorf("GET %s: the controller was asked for %q, and nginx sent %d bytes", url, asked, len(a.body))
			}
		}
	}
	t.Run("its own", own)
	t.Run("another one", func(t *testing.T) {
		for _, url := range urls {
			asks(t, strings.Replace(url, identity, "fedcba9876543210", 1))
		}
	})
	t.Run("none", func(t *testing.T) {
		for _, url := range append(urls, "/hls/front-door/"+identity+"/pictures/4211.mp4") {
			for _, instead := range []string{"", "id-" + identity + "/", strings.ToUpper(identity) + "/", identity + "0/"} {
				url := strings.Replace(url, identity+"/", instead, 1)
				asked = ""
				a := s.ask(t, "GET", url)
				if a.StatusCode != 404 && asked == "" || a.Header.Get("Cache-Control") != "no-store" || len(a.body) > 1000 {
					t.Errorf("GET %s: %d, %v", url, a.StatusCode, a.Header)
				}
				if instead == "" && (a.StatusCode != 404 || asked != "") {
					t.Errorf("GET %s: %d, and the controller was asked for %q", url, a.StatusCode, asked)
				}
			}
		}
	})
	marker := filepath.Join(s.media, "front-door", "id-"+identity)
	for name, spoil := range map[string]func() error{
		"no marker":              func() error { return nil },
		"a folder":               func() error { return os.Mkdir(marker, 0o755) },
		"a link to nothing":      func() error { return os.Symlink("nothing", marker) },
		"the marker of somebody": func() error { return writeFile(filepath.Join(filepath.Dir(marker), "id-fedcba9876543210"), nil) },
	} {
		t.Run(name, func(t *testing.T) {
			must(t, os.Remove(marker))
			must(t, spoil())
			asks(t, segmentURL)
			asks(t, initURL)
			os.Remove(marker)
			must(t, writeFile(marker, nil))
			own(t)
		})
	}
	t.Run("the controller is away", func(t *testing.T) {
		leave()
		must(t, os.Remove(marker))
		for _, url := range urls[:2] {
			a := s.ask(t, "GET", url)
			a.wants(t, 502, map[string]string{"Cache-Control": "no-store"})
			if bytes.Contains(a.body, segment[:100]) {
				t.Errorf("GET %s: sent all the same", url)
			}
		}
		must(t, writeFile(marker, nil))
		own(t)
	})
}
