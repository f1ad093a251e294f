package archive

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// No link leads a viewer anywhere, and nothing is waited for.
func TestLinksAreNotServed(t *testing.T) {
	dir, _ := whole(t)
	c := load(t, dir, 24*time.Hour)
	const hour = "front/2026-11-22/12"
	outside := filepath.Join(t.TempDir(), "000000000.m4s")
	if err := os.WriteFile(outside, []byte("of somebody else"), 0o644); err != nil {
		t.Fatal(err)
	}
	for name, to := range map[string]string{
		hour + "/000000100.m4s":           outside,
		hour + "/000000101.m4s":           "../../state.json",
		hour + "/000000102.m4s":           "000000000.m4s",
		hour + "/000000103.m4s":           "../12.left-out/000000000.m4s", // another name than its own
		hour + "/000000104.m4s":           "../13.left-out/000000104.m4s", // of another hour
		hour + "/000000105.m4s":           "../12.left-out/../../../000000105.m4s",
		hour + "/000000106.m4s":           "../../2026-11-22/12.left-out/000000106.m4s",
		hour + "/000000107.m4s":           "000000107.m4s",
		"front/2026-11-23":                "2026-11-22",
		"front/2026-11-24":                filepath.Dir(outside),
		"front/2026-11-22/14":             "12",
		"back":                            "front",
		"back.left-out":                   "front",
		"front/init/000000200.mp4":        "../state.json",
		"front.left-out":                  "front",
		"front/2026-11-22/13.left-out":    "12",
		"front/2026-11-22/12.left-out":    filepath.Dir(outside),
		"front/2026-11-22/15":             "../front.left-out/15",
		"front/2026-11-22/16/00000001.m4": "nowhere",
	} {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.Symlink(to, path)); err != nil {
			t.Fatal(err)
		}
	}
	// The name that it would have behind a link of the archive's, behind another link.
	if err := os.Symlink("../12.left-out/000000000.m4s", filepath.Join(dir, hour, "../16/000000000.m4s")); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mkfifo(filepath.Join(dir, hour, "000000108.m4s"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{
		hour + "/000000100.m4s", hour + "/000000101.m4s", hour + "/000000102.m4s", hour + "/000000103.m4s", hour + "/000000104.m4s",
		hour + "/000000105.m4s", hour + "/000000106.m4s", hour + "/000000107.m4s", hour + "/000000108.m4s", hour,
		"front/2026-11-23/12/000000000.m4s", "front/2026-11-24/000000000.m4s", "front/2026-11-22/14/000000000.m4s", "back/2026-11-22/12/000000000.m4s",
		"front/init/000000200.mp4", "front/2026-11-22/15/000000000.m4s", "front/2026-11-22/16/000000000.m4s", "front/2026-11-22/12.left-out/000000000.m4s",
		"front/nothing", "",
	} {
		if f, err := OpenServed(dir, name); err == nil {
			t.Errorf("%s is served: %s", name, f.Name())
			f.Close()
		}
	}
	// As parts and pictures are read.
	msn := c.Snapshot().First
	segment := filepath.Join(dir, hour, "000000000.m4s")
	if f, err := c.OpenMedia(msn); err != nil {
		t.Fatal(err)
	} else {
		f.Close()
	}
	if err := errors.Join(os.Rename(segment, segment+".moved"), os.Symlink(segment+".moved", segment)); err != nil {
		t.Fatal(err)
	}
	if f, err := c.OpenMedia(msn); err == nil {
		t.Errorf("a part is read from %s", f.Name())
		f.Close()
	}
}

// What the archive itself has put aside and linked still plays, however often that was.
func TestOwnLinksAreServed(t *testing.T) {
	dir, _ := whole(t)
	c := load(t, dir, 24*time.Hour)
	s := c.Snapshot()
	uri := SegmentURI(s.First, s.Segments[0].Start)
	was := served(t, dir, "front/"+uri)
	hour := filepath.Join(dir, "front", filepath.Dir(uri))
	for _, folder := range []string{hour, hour, filepath.Dir(hour), hour, filepath.Dir(hour)} {
		if !c.replaceFolder(folder, errors.New("it can't be written")) {
			t.Fatal("the folder was not replaced")
		}
		if got := served(t, dir, "front/"+uri); got != was {
			t.Fatalf("%d bytes are served, were %d", len(got), len(was))
		}
		f, err := c.OpenMedia(s.First)
		if err != nil {
			t.Fatal(err)
		}
		f.Close()
	}
}

func served(t *testing.T, dir, name string) string {
	t.Helper()
	f, err := OpenServed(dir, name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	data, err := io.ReadAll(f)
	if err != nil || len(data) == 0 {
		t.Fatalf("%s: %d bytes, %v", name, len(data), err)
	}
	return string(data)
}
