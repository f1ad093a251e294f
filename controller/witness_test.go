package main

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lookback/controller/config"
)

// TestWitnessDir: it is the same for the same media directory, another for another one,
// nobody else's, and never in what is copied with the media.
func TestWitnessDir(t *testing.T) {
	root := t.TempDir()
	for _, name := range []string{"media", "other", "run", "user", "tmp", "media/run"} {
		if err := os.MkdirAll(filepath.Join(root, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("media", filepath.Join(root, "link")); err != nil {
		t.Fatal(err)
	}
	t.Setenv("RUNTIME_DIRECTORY", "")
	t.Setenv("XDG_RUNTIME_DIR", filepath.Join(root, "user"))
	t.Setenv("TMPDIR", filepath.Join(root, "tmp"))
	said := &strings.Builder{}
	dir := func(media, listen string) string {
		t.Helper()
		dir := witnessDir(&config.Config{MediaDir: filepath.Join(root, media), Listen: listen}, slog.New(slog.NewTextHandler(said, nil)))
		if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("%s: %v, %v", dir, info, err)
		}
		return dir
	}
	in := func(path, name string) bool { return strings.HasPrefix(path, filepath.Join(root, name)+"/") }
	socket := "unix:" + filepath.Join(root, "run", "controller.sock")
	first := dir("media", socket)
	if !in(first, "run") || dir("media", socket) != first || dir("link", socket) != first || dir("other", socket) == first {
		t.Errorf("beside the socket: %s", first)
	}
	if got := dir("media", "unix:"+filepath.Join(root, "media/run/socket")); !in(got, "user") {
		t.Errorf("a socket among the media: %s", got)
	}
	if got := dir("media", ":8090"); !in(got, "user") {
		t.Errorf("without a socket: %s", got)
	}
	t.Setenv("XDG_RUNTIME_DIR", filepath.Join(root, "nothing"))
	if got := dir("media", ":8090"); !in(got, "tmp") {
		t.Errorf("without a folder of the user's: %s", got)
	}
	t.Setenv("RUNTIME_DIRECTORY", filepath.Join(root, "run"))
	if got := dir("media", ":8090"); got != first {
		t.Errorf("with a folder of systemd's: %s", got)
	}
	if said.Len() > 0 {
		t.Errorf("said: %s", said)
	}
	// Somebody else's, as it may be in /tmp: a link, or no folder.
	t.Setenv("RUNTIME_DIRECTORY", "")
	own := filepath.Dir(filepath.Join(root, "tmp", filepath.Base(filepath.Dir(first)), "x"))
	if err := os.RemoveAll(own); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(root, "other"), own); err != nil {
		t.Fatal(err)
	}
	got := dir("media", ":8090")
	if strings.HasPrefix(got, own) || dir("media", ":8090") == got || !strings.Contains(said.String(), "level=WARN") {
		t.Errorf("in somebody else's folder: %s, %s", got, said)
	}
}
