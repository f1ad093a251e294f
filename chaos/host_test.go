package main

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// TestCopyPage: the page is copied with its folders, but not what it is built and tested with.
func TestCopyPage(t *testing.T) {
	root, to := t.TempDir(), filepath.Join(t.TempDir(), "viewer")
	for _, name := range []string{"index.html", "vendor/hls.js", "play/deck.js", "node_modules/tsc/lib.js", "test/deck.test.js"} {
		path := filepath.Join(root, "viewer", name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(name), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	h := &host{hostOptions: hostOptions{Root: root}}
	if err := h.copyPage(to); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{"index.html": true, "vendor/hls.js": true, "play/deck.js": true, "node_modules": false, "test": false} {
		if _, err := os.Stat(filepath.Join(to, name)); (err == nil) != want {
			t.Errorf("%s: copied %v, want %v", name, err == nil, want)
		}
	}
}
