package web

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
)

// TestForeignFilesStay: where anything else lies in a camera's folder nothing is
// deleted and nothing is left there, and a word says which setting that is.
func TestForeignFilesStay(t *testing.T) {
	for name, add := range map[string]func(dir string) error{
		"a file beside":             func(dir string) error { return os.WriteFile(filepath.Join(dir, "state.json"), nil, 0o644) },
		"a folder beside":           func(dir string) error { return os.Mkdir(filepath.Join(dir, "2026-11-22"), 0o755) },
		"a folder of a part's name": func(dir string) error { return os.Mkdir(filepath.Join(dir, "1.0.m4s"), 0o755) },
		"a file in an identity": func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "0123456789abcdef", "x"), nil, 0o644)
		},
		"a link": func(dir string) error { return os.Symlink(dir, filepath.Join(dir, "live-2.m3u8")) },
		"instead of the folder a link": func(dir string) error {
			if err := os.Rename(dir, dir+".elsewhere"); err != nil {
				return err
			}
			return os.Symlink(dir+".elsewhere", dir)
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				root, said := t.TempDir(), &strings.Builder{}
				dir := filepath.Join(root, "front")
				if err := os.MkdirAll(filepath.Join(dir, "0123456789abcdef"), 0o755); err != nil {
					t.Fatal(err)
				}
				for _, name := range []string{"0123456789abcdef/1.0.m4s", "live-1.m3u8"} {
					if err := os.WriteFile(filepath.Join(dir, name), nil, 0o644); err != nil {
						t.Fatal(err)
					}
				}
				if err := add(dir); err != nil {
					t.Fatal(err)
				}
				before := tree(t, root)
				h := newHouse(t, func(o *Options) { o.PartsDir, o.Log = root, slog.New(slog.NewTextHandler(said, nil)) })
				h.cam.Run(0)
				h.cam.Parts(5)
				for range 6 {
					h.looking(t, 2*manyViewers)
				}
				if after := tree(t, root); after != before {
					t.Errorf("there was\n%s\nand is\n%s", before, after)
				}
				if n := strings.Count(said.String(), "setting=PARTS_DIR"); n != 1 {
					t.Errorf("said %d times: %s", n, said)
				}
			})
		})
	}
}

// tree is all that lies below a folder.
func tree(t *testing.T, root string) string {
	t.Helper()
	var all []string
	err := filepath.Walk(root, func(path string, info os.FileInfo, err error) error {
		all = append(all, path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(all, "\n")
}

// TestFolderOfAnotherUser: one that can't be written is told at the start, with the way out.
func TestFolderOfAnotherUser(t *testing.T) {
	if os.Geteuid() == 0 {
		if partsAdvice(os.ErrPermission) == partsAdvice(os.ErrNotExist) || !strings.Contains(partsAdvice(os.ErrPermission), "docker compose down") {
			t.Errorf("the advice is %q", partsAdvice(os.ErrPermission))
		}
		return // who may write everywhere
	}
	root, said := t.TempDir(), &strings.Builder{}
	if err := os.Mkdir(filepath.Join(root, "front"), 0o555); err != nil {
		t.Fatal(err)
	}
	f := newPartFiles(root, "front", slog.New(slog.NewTextHandler(said, nil)))
	if f.dir != "" || !strings.Contains(said.String(), "setting=PARTS_DIR") || !strings.Contains(said.String(), "docker compose down") {
		t.Errorf("%q, it says %s", f.dir, said)
	}
}
