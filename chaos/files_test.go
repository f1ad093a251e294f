package main

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

// archive makes an archive of seven segments and an init section.
func archive(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	write(t, dir, "init/000000003.mp4", "init")
	for name, data := range map[string]string{
		"2026-11-22/10/000000003.m4s": "three", "2026-11-22/10/000000004.m4s": "four", "2026-11-22/10/000000005.m4s": "five",
		"2026-11-22/11/000000006.m4s": "six", "2026-11-22/11/000000007.m4s": "seven",
	} {
		write(t, dir, name, data)
	}
	write(t, dir, "2026-11-22/11/index.m3u8", "no segment")
	write(t, dir, ".spool/000000.m4s", "not yet one")
	return dir
}

func write(t *testing.T, dir, name, data string) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(data), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestFiles(t *testing.T) {
	remove := func(names ...string) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			for _, name := range names {
				if err := os.Remove(filepath.Join(dir, name)); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	for _, test := range []struct {
		name    string
		mayTrim bool
		harm    func(*testing.T, string)
		want    FileVerdict
	}{
		{name: "nothing happened", harm: remove(), want: FileVerdict{Archived: 5}},
		{name: "a segment lost", mayTrim: true, harm: remove("2026-11-22/10/000000005.m4s"),
			want: FileVerdict{Archived: 5, Lost: []string{"2026-11-22/10/000000005.m4s"}}},
		{name: "the oldest gone without a reason", harm: remove("2026-11-22/10/000000003.m4s"),
			want: FileVerdict{Archived: 5, Lost: []string{"2026-11-22/10/000000003.m4s"}}},
		{name: "the oldest gone because the disk was full", mayTrim: true, harm: remove("2026-11-22/10/000000003.m4s"),
			want: FileVerdict{Archived: 5, Trimmed: 1}},
		{name: "the init section lost", mayTrim: true, harm: remove("init/000000003.mp4"),
			want: FileVerdict{Archived: 5, Lost: []string{"init/000000003.mp4"}}},
		{name: "changed, of the same size", harm: func(t *testing.T, dir string) { write(t, dir, "2026-11-22/11/000000006.m4s", "SIX") },
			want: FileVerdict{Archived: 5, Changed: []string{"2026-11-22/11/000000006.m4s"}}},
		{name: "torn", harm: func(t *testing.T, dir string) { write(t, dir, "2026-11-22/11/000000007.m4s", "sev") },
			want: FileVerdict{Archived: 5, Changed: []string{"2026-11-22/11/000000007.m4s"}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := archive(t)
			a := newArchivist(dir, t.TempDir())
			a.look()
			test.harm(t, dir)
			now, err := inventory(dir)
			if err != nil {
				t.Fatal(err)
			}
			if got := checkFiles(a.Seen(), now, test.mayTrim); !reflect.DeepEqual(got, test.want) {
				t.Errorf("%+v, want %+v", got, test.want)
			}
		})
	}
}

func TestOneNumberUnderTwoNames(t *testing.T) {
	dir := archive(t)
	write(t, dir, "2026-11-22/12/000000007.m4s", "another seven")
	a := newArchivist(dir, t.TempDir())
	a.look()
	now, err := inventory(dir)
	if err != nil {
		t.Fatal(err)
	}
	if got := checkFiles(a.Seen(), now, true); len(got.Twice) != 1 {
		t.Errorf("%+v", got)
	}
}

// TestCopies: what is to be decoded is there even when the archive has lost it.
func TestCopies(t *testing.T) {
	dir := archive(t)
	a := newArchivist(dir, t.TempDir())
	a.look()
	fresh := a.take()
	if len(fresh) != 5 || len(a.take()) != 0 {
		t.Fatalf("%d segments are new", len(fresh))
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	for _, f := range fresh {
		if data, err := os.ReadFile(a.copy(f)); err != nil || int64(len(data)) != f.Size {
			t.Errorf("%s: %v", f.Path, err)
		}
	}
}
