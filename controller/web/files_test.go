package web

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"lookback/controller/archive"
	"lookback/controller/playlist/life"
	"lookback/controller/spool"
)

// standAlone is a house with a viewer and a camera's folder on disk.
func standAlone(t *testing.T) *house {
	root := t.TempDir()
	for name, content := range map[string]string{
		"viewer/index.html": `<!doctype html><script src="viewer.js"></script><link href="parts/clock.js">`, "viewer/viewer.js": "export {}", "viewer/parts/clock.js": "export {}", "viewer/unnamed.js": "secret", "viewer/.hidden": "secret",
		"media/front/2026-11-22/10/000004200.m4s": "0123456789", "media/front/2026-11-22/10/index.m3u8": "#EXTM3U",
		"media/front/init/000004200.mp4": "init", "media/front/state.json": "secret", "media/.spool/front/status.json": "secret",
		"media/front/2026-11-22/10/000004201.m4s.tmp": "secret", "secret.txt": "secret",
	} {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(filepath.Join(root, "secret.txt"), filepath.Join(root, "viewer/link.txt")); err != nil {
		t.Fatal(err)
	}
	for name, to := range map[string]string{"000004300.m4s": "../../state.json", "000004301.m4s": "../../../.spool/front/status.json", "000004302.m4s": "000004200.m4s"} {
		if err := os.Symlink(to, filepath.Join(root, "media/front/2026-11-22/10", name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(filepath.Join(root, "media/front/2026-11-22/10/000004303.m4s"), 0o644); err != nil {
		t.Fatal(err)
	}
	h := newHouse(t, func(o *Options) {
		o.ViewerDir, o.MediaDir = filepath.Join(root, "viewer"), filepath.Join(root, "media")
	})
	h.mediaDir = filepath.Join(root, "media")
	return h
}

func TestStandAlone(t *testing.T) {
	h := standAlone(t)
	page := h.get(t, "/").Body.String()
	found := regexp.MustCompile(`<script src="(v/[0-9a-f]{16}/)viewer.js"></script><link href="(v/[0-9a-f]{16}/)parts/clock.js">`).FindStringSubmatch(page)
	if found == nil || found[1] != found[2] {
		t.Fatalf("its files have no version: %s", page)
	}
	for target, want := range map[string][3]string{
		"/":                               {page, "text/html; charset=utf-8", "no-cache"},
		"//":                              {page, "text/html; charset=utf-8", "no-cache"},
		"/index.html":                     {page, "text/html; charset=utf-8", "no-cache"},
		"/" + found[1] + "viewer.js":      {"export {}", "text/javascript; charset=utf-8", immutable},
		"/" + found[1] + "parts/clock.js": {"export {}", "text/javascript; charset=utf-8", immutable},
		"//" + found[1] + "viewer.js":     {"export {}", "text/javascript; charset=utf-8", immutable},
		"/hls/front/0123456789abcdef/2026-11-22/10/000004200.m4s": {"0123456789", "video/mp4", immutable},
		"/hls/front/0123456789abcdef/init/000004200.mp4":          {"init", "video/mp4", immutable},
		"/hls/front/0123456789abcdef/2026-11-22/10/index.m3u8":    {"#EXTM3U", "application/vnd.apple.mpegurl", noStore},
	} {
		w, head := h.get(t, target), h.ask(t.Context(), http.MethodHead, target)
		if w.Code != 200 || w.Body.String() != want[0] || w.Header().Get("Content-Type") != want[1] || w.Header().Get("Cache-Control") != want[2] {
			t.Errorf("%s: %d %v %q", target, w.Code, w.Header(), w.Body)
		}
		if head.Code != 200 || head.Body.Len() > 0 || head.Header().Get("Content-Length") != w.Header().Get("Content-Length") {
			t.Errorf("HEAD %s: %d %v", target, head.Code, head.Header())
		}
	}
	if w := h.get(t, "/hls/front/0123456789abcdef/2026-11-22/10/index.m3u8?epoch=0"); w.Code != http.StatusBadRequest || problemOf(t, w).Error.Parameter != "epoch" {
		t.Errorf("an hour's playlist with a number: %d %s", w.Code, w.Body)
	}
	// A proxy that joins a prefix with an address makes two slashes.
	if w := h.get(t, "///api/cameras"); w.Code != http.StatusOK {
		t.Errorf("//api/cameras: %d", w.Code)
	}
	w := h.get(t, "/hls/front/0123456789abcdef/2026-11-22/10/000004200.m4s", "Range", "bytes=2-4")
	if w.Code != http.StatusPartialContent || w.Body.String() != "234" {
		t.Errorf("range: %d %q", w.Code, w.Body)
	}
}

func TestStandAloneHides(t *testing.T) {
	h := standAlone(t)
	for _, target := range []string{"/.hidden", "/parts", "/parts/", "/link.txt", "/viewer.js", "/unnamed.js", "/v/0123456789abcdef/viewer.js", "/v/viewer.js", "/v/", "//.hidden", "/hls//front/init/000004200.mp4", "/../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt", "/..%5csecret.txt",
		"/hls/", "/hls/front/", "/hls/front/0123456789abcdef/2026-11-22/10/", "/hls/front/state.json", "/hls/.spool/front/status.json",
		"/hls/front/0123456789abcdef/2026-11-22/10/000004201.m4s.tmp", "/hls/front/0123456789abcdef/2026-11-22/10/000004300.m4s", "/hls/front/0123456789abcdef/2026-11-22/10/000004301.m4s",
		"/hls/front/0123456789abcdef/2026-11-22/10/000004302.m4s", "/hls/front/0123456789abcdef/2026-11-22/10/000004303.m4s", "/hls/front/0123456789abcdef/2026-11-22/10/000004202.m4s", "/hls/front/../../secret.txt",
		"/hls/front/%2e%2e/%2e%2e/secret.txt", "/hls/front/0123456789abcdef/init/..%2f..%2f..%2fsecret.txt", "/hls/back/0123456789abcdef/init/000004200.mp4", "/nothing"} {
		w := h.get(t, target)
		if w.Code != http.StatusNotFound || strings.Contains(w.Body.String(), "secret") && !strings.Contains(w.Body.String(), "error") {
			t.Errorf("%s: %d %q", target, w.Code, w.Body)
		}
		if w.Header().Get("Cache-Control") != noStore {
			t.Errorf("%s: a 404 may be kept: %v", target, w.Header())
		}
	}
}

// everyKind are addresses of an archive, one of each kind.
var everyKind = []string{"init/000004200.mp4", "2026-11-22/10/000004200.m4s", "2026-11-22/10/index.m3u8", "parts/4200.0.m4s", "pictures/4200.mp4"}

// TestForeignIdentity: media that another archive had, and addresses of before there
// were identities, are not there, and nobody may keep that answer.
func TestForeignIdentity(t *testing.T) {
	h := standAlone(t)
	h.cam.Run(0)
	h.cam.Parts(20)
	for _, identity := range []string{"fedcba9876543210/", "0123456789ABCDEF/", "0123456789abcde/", "0123456789abcdef0/", "id-0123456789abcdef/", "front/", ""} {
		for _, name := range everyKind {
			for _, method := range []string{http.MethodGet, http.MethodHead} {
				target := "/hls/front/" + identity + name
				if w := h.ask(t.Context(), method, target); w.Code != http.StatusNotFound || w.Header().Get("Cache-Control") != noStore {
					t.Errorf("%s %s: %d %v", method, target, w.Code, w.Header())
				}
			}
		}
	}
	for _, name := range everyKind[:4] {
		if w := h.get(t, "/hls/front/"+life.Identity+"/"+name); w.Code != http.StatusOK {
			t.Errorf("%s of the archive itself: %d %s", name, w.Code, w.Body)
		}
	}
}

// unloaded is a camera whose archive is not loaded.
type unloaded struct{ *life.Simulation }

func (unloaded) Snapshot() *archive.Snapshot {
	none, _ := archive.NewSnapshot(archive.Snapshot{Camera: "front"})
	return none
}

// TestIdentityBeforeLoading: of an archive that is not loaded the marker tells.
func TestIdentityBeforeLoading(t *testing.T) {
	h := standAlone(t)
	h.show(newShown("front", unloaded{h.cam}, func() (spool.Status, error) { return spool.Status{}, nil }))
	segment := "/hls/front/" + life.Identity + "/2026-11-22/10/000004200.m4s"
	if w := h.get(t, segment); w.Code != http.StatusNotFound {
		t.Errorf("without a marker: %d", w.Code)
	}
	marker := filepath.Join(h.mediaDir, "front", "id-"+life.Identity)
	if err := os.WriteFile(marker, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if w := h.get(t, segment); w.Code != http.StatusOK {
		t.Errorf("with its marker: %d", w.Code)
	}
	if w := h.get(t, "/hls/front/fedcba9876543210/2026-11-22/10/000004200.m4s"); w.Code != http.StatusNotFound {
		t.Errorf("with the marker of another one: %d", w.Code)
	}
	if err := errors.Join(os.Remove(marker), os.Mkdir(marker, 0o755)); err != nil {
		t.Fatal(err)
	}
	if w := h.get(t, segment); w.Code != http.StatusNotFound {
		t.Errorf("with a marker that is a folder: %d", w.Code)
	}
}

// TestFormerIdentity: who follows a playlist of before gets what that names.
func TestFormerIdentity(t *testing.T) {
	h := standAlone(t)
	h.cam.Run(0)
	h.cam.Parts(20)
	h.show(newShown("front", renamed{h.cam}, func() (spool.Status, error) { return spool.Status{}, nil }))
	const segment = "/2026-11-22/10/000004200.m4s"
	for identity, want := range map[string]int{"aaaaaaaaaaaaaaaa": http.StatusOK, life.Identity: http.StatusOK, "bbbbbbbbbbbbbbbb": http.StatusNotFound} {
		if w := h.get(t, "/hls/front/"+identity+segment); w.Code != want {
			t.Errorf("%s: %d", identity, w.Code)
		}
	}
	if list := h.get(t, "/hls/front/live.m3u8?epoch=0").Body.String(); !strings.Contains(list, "\n"+life.Identity+segment+"\n") || strings.Contains(list, "aaaa") {
		t.Errorf("the playlist of before: %s", list)
	}
	if _, p := pictureOf(t, h, "/api/cameras"); p == nil || !strings.HasPrefix(p.URL, "hls/front/aaaaaaaaaaaaaaaa/pictures/") {
		t.Errorf("the API names %+v", p)
	}
}

// renamed is a camera whose archive has just got another identity.
type renamed struct{ *life.Simulation }

func (c renamed) Snapshot() *archive.Snapshot {
	s := *c.Simulation.Snapshot()
	s.Identity, s.Former, s.Least = "aaaaaaaaaaaaaaaa", life.Identity, 1
	now, _ := archive.NewSnapshot(s)
	return now
}
