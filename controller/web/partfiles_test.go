package web

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"lookback/controller/playlist/life"
)

// looking are viewers of the camera, each waiting for the next part.
func (h *house) looking(t *testing.T, viewers int) {
	t.Helper()
	s := h.cam.Snapshot()
	target := "/hls/front/live.m3u8?_HLS_msn=" + utoa(s.Next()) + "&_HLS_part=" + utoa(uint64(len(s.PartsOf(s.Next()))))
	var answers []<-chan bool
	for range viewers {
		done := make(chan bool, 1)
		answer := h.later(t.Context(), target)
		go func() { done <- (<-answer).Code == 200 }()
		answers = append(answers, done)
	}
	synctest.Wait()
	h.cam.Parts(1)
	for _, answer := range answers {
		if !<-answer {
			t.Fatal("a viewer got no playlist")
		}
	}
}

// files are those below a folder, and folders that are empty.
func files(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		below := []string{e.Name()}
		if e.IsDir() && e.Name() == life.Identity {
			below = files(t, filepath.Join(dir, e.Name()))
		}
		names = append(names, below...)
	}
	return names
}

func TestPartFiles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		root := t.TempDir()
		dir := filepath.Join(root, "front")
		if err := os.MkdirAll(filepath.Join(dir, "0000000000000001"), 0o755); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"0000000000000001/7.0.m4s", "7.0.m4s", "live-3.m3u8", ".growing"} { // of an earlier life
			if err := os.WriteFile(filepath.Join(dir, name), nil, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		h := newHouse(t, func(o *Options) { o.PartsDir = root })
		h.cam.Run(0)
		h.cam.Parts(5)
		if names := files(t, dir); len(names) > 0 {
			t.Fatalf("at the start there are %v", names)
		}
		for range 3 {
			h.looking(t, manyViewers-1)
		}
		if names := files(t, dir); len(names) > 0 {
			t.Fatalf("few look, and yet there are %v", names)
		}
		h.looking(t, manyViewers) // from now on they are expected
		for range partsKept + 20 {
			h.looking(t, manyViewers)
			msn, n := newestPart(h.cam.Snapshot())
			data, err := os.ReadFile(filepath.Join(dir, life.Identity, partName(msn, n)))
			if err != nil || string(data) != string(h.cam.PartBytes(msn, n)) {
				t.Fatalf("part %d of %d as it is announced: %d bytes, %v", n, msn, len(data), err)
			}
		}
		if names := files(t, dir); len(names) != partsKept || slices.ContainsFunc(names, func(n string) bool { return !strings.HasSuffix(n, ".m4s") }) {
			t.Errorf("kept are %v", names)
		}
		time.Sleep(forgotten + time.Second) // in the bubble's time
		synctest.Wait()
		if names := files(t, dir); len(names) > 0 {
			t.Errorf("nobody looks, and yet there are %v", names)
		}
		h.looking(t, manyViewers)
		h.looking(t, manyViewers)
		if names := files(t, dir); len(names) == 0 {
			t.Error("none for those who come back")
		}
	})
}

// TestNoPlaceForParts: viewers don't notice, the log says it once.
func TestNoPlaceForParts(t *testing.T) {
	for name, spoil := range map[string]func(root string) error{
		"no folder at the start": func(root string) error { return os.RemoveAll(root) },
		"gone later":             nil,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				root, said := filepath.Join(t.TempDir(), "parts"), &strings.Builder{}
				if err := os.Mkdir(root, 0o755); err != nil {
					t.Fatal(err)
				}
				if spoil != nil {
					if err := spoil(root); err != nil {
						t.Fatal(err)
					}
				}
				h := newHouse(t, func(o *Options) { o.PartsDir, o.Log = root, slog.New(slog.NewTextHandler(said, nil)) })
				if spoil == nil {
					if err := os.RemoveAll(root); err != nil {
						t.Fatal(err)
					}
				}
				h.cam.Run(0)
				h.cam.Parts(5)
				for range 6 {
					h.looking(t, 2*manyViewers)
				}
				if n := strings.Count(said.String(), "level=WARN"); n != 1 {
					t.Errorf("said %d times: %s", n, said)
				}
				msn, n := newestPart(h.cam.Snapshot())
				if w := h.ask(context.Background(), "GET", "/hls/front/"+life.Identity+"/parts/"+partName(msn, n)); w.Code != 200 {
					t.Errorf("the part: %d", w.Code)
				}
			})
		})
	}
}

func TestFrequent(t *testing.T) {
	for path, want := range map[string]bool{
		"/hls/front/live.m3u8": true, "/hls/front/window.m3u8": true, "/hls/front/0123456789abcdef/parts/1.2.m4s": true, "/hls/front/parts/1.2.m4s": false,
		"/hls/front/index.m3u8": false, "/hls/front/0123456789abcdef/pictures/1.mp4": false, "/hls/front/0123456789abcdef/2026-11-22/10/000004211.m4s": false,
		"/hls/live.m3u8": false, "/api/cameras": false, "/": false, "": false, "/x/front/live.m3u8": false, "/hls/a/b/live.m3u8": false,
	} {
		if Frequent(path) != want {
			t.Errorf("%q: %v", path, !want)
		}
	}
}
