package viewer

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const index = `<link rel="icon" href="icon.svg"><link rel="preload" href="api/cameras" as="fetch"><link rel="modulepreload" href="play/deck.js">
<script type="module" src="main.js"></script><a href="#Overview">all</a><img src="icon.svg">`

// sources are a page on disk.
func sources(t *testing.T) string {
	dir := t.TempDir()
	for name, content := range map[string]string{Index: index, "main.js": "main", "play/deck.js": "deck", "icon.svg": "<svg/>", "test/main.test.js": "no part of it"} {
		if err := write(filepath.Join(dir, name), []byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func read(t *testing.T, dir string) *Page {
	t.Helper()
	p, err := Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestLay(t *testing.T) {
	from, to := sources(t), t.TempDir()
	if err := Lay(from, to); err != nil {
		t.Fatal(err)
	}
	p := read(t, from)
	want := strings.NewReplacer(`"icon.svg"`, `"`+p.Prefix()+`icon.svg"`, `"main.js"`, `"`+p.Prefix()+`main.js"`, `"play/deck.js"`, `"`+p.Prefix()+`play/deck.js"`).Replace(index)
	for name, content := range map[string]string{Index: want, p.Prefix() + "main.js": "main", p.Prefix() + "play/deck.js": "deck", p.Prefix() + "icon.svg": "<svg/>"} {
		if got, err := os.ReadFile(filepath.Join(to, name)); err != nil || string(got) != content {
			t.Errorf("%s: %v\n%s", name, err, got)
		}
	}
	if _, err := os.Stat(filepath.Join(to, p.Prefix(), "test")); err == nil {
		t.Error("what the page does not name was laid out")
	}
}

// Whatever changes, all files move: no module ever meets one of another version.
func TestVersion(t *testing.T) {
	for _, name := range []string{Index, "main.js", "play/deck.js", "icon.svg"} {
		dir := sources(t)
		before := read(t, dir)
		if again := read(t, dir); again.Version != before.Version {
			t.Fatal("the same files have two versions")
		}
		content, _ := os.ReadFile(filepath.Join(dir, name))
		if err := write(filepath.Join(dir, name), append(content, ' ')); err != nil {
			t.Fatal(err)
		}
		if after := read(t, dir); after.Version == before.Version {
			t.Errorf("%s has changed, and the version has not", name)
		}
	}
}

func TestMissingFile(t *testing.T) {
	dir := sources(t)
	if err := os.Remove(filepath.Join(dir, "play/deck.js")); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(dir); err == nil || !strings.Contains(err.Error(), "play/deck.js") {
		t.Errorf("%v", err)
	}
}

// Who works on the page sees the change at the next load.
func TestServedAgain(t *testing.T) {
	dir := sources(t)
	s := Serve(dir)
	before, err := s.Page()
	if err != nil {
		t.Fatal(err)
	}
	if again, _ := s.Page(); again != before {
		t.Error("it was read again for nothing")
	}
	path := filepath.Join(dir, "play/deck.js")
	if err := write(path, []byte("another")); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(path, time.Time{}, time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if after, err := s.Page(); err != nil || string(after.Files["play/deck.js"]) != "another" || after.Version == before.Version {
		t.Errorf("%v", err)
	}
}

// The page may load the same with nginx and without.
func TestPolicy(t *testing.T) {
	index, err := os.ReadFile("../../viewer/index.html")
	if err != nil {
		t.Fatal(err)
	}
	conf, err := os.ReadFile("../../nginx/snippets/index.conf")
	if err != nil {
		t.Fatal(err)
	}
	if policy := policyOf(index); !strings.Contains(string(conf), `Content-Security-Policy "`+policy+`"`) {
		t.Errorf("nginx has not %s", policy)
	}
	if p := read(t, sources(t)); !strings.Contains(p.Policy, "script-src 'self'; ") {
		t.Errorf("a page without a script in it: %s", p.Policy)
	}
}
