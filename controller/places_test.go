package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lookback/controller/config"
)

// placed is a media folder with a recording, and folders beside it.
func placed(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for name, text := range map[string]string{"media/front/2026-11-22/12/000000001.m4s": "recorded", "etc/passwd": "root", "page/index.html": "<p>",
		"parts/front/0123456789abcdef/1.0.m4s": "part", "parts/front/live-1.m3u8": "left", "mixed/front/live-1.m3u8": "left", "mixed/front/notes.txt": "mine"} {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	for name, to := range map[string]string{"link": "media", "mixed/garden": "../media/front"} {
		if err := os.Symlink(to, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestPlaces(t *testing.T) {
	dir := placed(t)
	media := filepath.Join(dir, "media")
	for _, c := range []struct{ setting, value, says string }{
		{"PARTS_DIR", media, "may not lie in each other"},
		{"PARTS_DIR", filepath.Join(media, "front"), "may not lie in each other"},
		{"PARTS_DIR", filepath.Join(media, "not", "yet"), "may not lie in each other"},
		{"PARTS_DIR", dir, "may not lie in each other"},
		{"PARTS_DIR", filepath.Join(dir, "link"), "may not lie in each other"},
		{"PARTS_DIR", filepath.Join(dir, "link", "front"), "may not lie in each other"},
		{"PARTS_DIR", filepath.Join(dir, "etc"), "passwd is neither a part"},
		{"PARTS_DIR", filepath.Join(dir, "mixed"), "notes.txt is neither a part"},
		{"PARTS_DIR", filepath.Join(dir, "parts"), ""},
		{"PARTS_DIR", filepath.Join(dir, "media-parts"), ""}, // is not there: told, and nginx asks instead
		{"VIEWER_DIR", filepath.Join(dir, "nowhere"), "no such file"},
		{"VIEWER_DIR", filepath.Join(dir, "etc"), "index.html"},
		{"VIEWER_DIR", filepath.Join(dir, "etc", "passwd"), "not a directory"},
		{"VIEWER_DIR", filepath.Join(dir, "page"), ""},
	} {
		cfg, err := config.Load([]string{"MEDIA_DIR=" + media, c.setting + "=" + c.value})
		if err != nil {
			t.Fatal(err)
		}
		err = checkPlaces(cfg)
		var mistake *config.Error
		switch {
		case c.says == "" && err != nil:
			t.Errorf("%s=%s: %v", c.setting, c.value, err)
		case c.says != "" && (!errors.As(err, &mistake) || mistake.Setting != c.setting || mistake.Value != c.value || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), "accepted is")):
			t.Errorf("%s=%s: %v", c.setting, c.value, err)
		}
	}
}

// TestWrongPlaceEndsTheProgram: status 2, and what lies there stays.
func TestWrongPlaceEndsTheProgram(t *testing.T) {
	dir := placed(t)
	media := filepath.Join(dir, "media")
	for name, value := range map[string]string{"PARTS_DIR": media, "VIEWER_DIR": filepath.Join(dir, "nowhere")} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("MEDIA_DIR", media)
			t.Setenv("LISTEN", "127.0.0.1:0")
			t.Setenv("METRICS_LISTEN", "127.0.0.1:0")
			t.Setenv(name, value)
			var out strings.Builder
			if status := run([]string{"serve"}, &out, &out); status != exitUsage || !strings.Contains(out.String(), name+"=") {
				t.Errorf("status %d: %s", status, out.String())
			}
			if _, err := os.Stat(filepath.Join(media, "front", "2026-11-22", "12", "000000001.m4s")); err != nil {
				t.Error(err)
			}
		})
	}
}
