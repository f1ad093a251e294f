package archive

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"lookback/controller/spool"
)

// movedOut moves something of an archive out of the media folder and puts a link to it in
// its place. It returns where it is now.
func movedOut(t *testing.T, path string) (to string) {
	t.Helper()
	to = filepath.Join(fastDir(t), filepath.Base(path)) // on the same disk, where a rename goes through
	if err := errors.Join(os.Rename(path, to), os.Symlink(to, path)); err != nil {
		t.Fatal(err)
	}
	return to
}

// deleteAll deletes all that has left the window.
func deleteAll(c *Archive) (errs error) {
	for range 5 {
		errs = errors.Join(errs, c.run(c.removing(0)))
	}
	return errs
}

// What is a link in an archive is left out: told, not read, and nothing behind it changes,
// whatever retention and mending do.
func TestLinksAreLeftOut(t *testing.T) {
	for _, name := range []string{"2026-11-22", "2026-11-22/12", "2026-11-22/13", "2026-11-22/12/000000001.m4s", "2026-11-22/12/index.m3u8", "init", "init/000000000.mp4", "init/000000000.json"} {
		t.Run(name, func(t *testing.T) {
			dir, _ := whole(t)
			path := front(dir, name)
			outside := movedOut(t, path)
			before := contents(t, outside)
			found, err := Check(CheckOptions{MediaDir: dir, Camera: "front"})
			if err != nil || len(found) == 0 {
				t.Errorf("check finds %v, %v", found, err)
			}
			c := load(t, dir, time.Microsecond) // all but the newest has left the window
			if left := c.LeftOut(); !slices.ContainsFunc(left, func(p string) bool { return p == path || strings.HasPrefix(p, path+asideName) }) {
				t.Errorf("left out is %q", left)
			}
			c.slide(c.next())
			if err := deleteAll(c); err != nil {
				t.Error(err)
			}
			if err := errors.Join(c.run(c.listing()), c.close()); err != nil {
				t.Error(err)
			}
			if err := Mend(context.Background(), dir, "front", found, slog.New(slog.DiscardHandler)); err != nil {
				t.Error(err)
			}
			if after := contents(t, outside); after != before {
				t.Errorf("outside there was\n%s\nand is\n%s", before, after)
			}
		})
	}
}

// A folder that becomes a link while the archive is in use: nothing is deleted, written
// or moved through it.
func TestFolderBecomesALink(t *testing.T) {
	for _, name := range []string{"2026-11-22", "2026-11-22/12", "2026-11-22/13"} {
		t.Run(name, func(t *testing.T) {
			dir, _ := whole(t)
			c := load(t, dir, time.Microsecond)
			outside := movedOut(t, front(dir, name))
			before := contents(t, outside)
			c.slide(c.next())
			if err := deleteAll(c); !errors.Is(err, spool.ErrIrregular) {
				t.Errorf("deleting: %v", err)
			}
			r := record(t, dir, "front", noon.Add(time.Hour+10*time.Minute)).play(41)
			take(t, c)
			r.end()
			take(t, c)
			c.run(c.listing())
			if after := contents(t, outside); after != before {
				t.Errorf("outside there was\n%s\nand is\n%s", before, after)
			}
		})
	}
}

// What a link leads to is not even opened, so that nothing of it comes into a log.
func TestNothingBehindALinkIsTold(t *testing.T) {
	for _, name := range []string{"init/000000000.mp4", "init/000000000.json", "init/000000077.mp4", "state.json", "2026-11-22/12/index.m3u8", "2026-11-22/12/000000001.m4s", "2026-11-22/12/000000099.m4s",
		"../.spool/front/20261122T000000.000000Z/run.json"} {
		t.Run(name, func(t *testing.T) {
			dir, _ := whole(t)
			outside := filepath.Join(t.TempDir(), "passwd")
			path := front(dir, name)
			os.Remove(path)
			if err := errors.Join(os.WriteFile(outside, []byte("Zqxw:x:0:0:Zqxw:/Zqxw:/bin/sh\n"), 0o644), os.MkdirAll(filepath.Dir(path), 0o755), os.Symlink(outside, path)); err != nil {
				t.Fatal(err)
			}
			found, err := Check(CheckOptions{MediaDir: dir, Camera: "front"})
			if err != nil {
				t.Fatal(err)
			}
			var log strings.Builder
			c, err := Load(context.Background(), Options{MediaDir: dir, Camera: "front", Window: time.Hour, Log: slog.New(slog.NewTextHandler(&log, nil))})
			if err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(c.takeIn(), c.run(c.listing()), c.close()); err != nil {
				t.Error(err)
			}
			for _, f := range found {
				log.WriteString(f.String())
			}
			for _, bytes := range []string{"Zq", "xw", "'Z'", "x:0"} { // of whatever it may be taken for
				if strings.Contains(log.String(), bytes) {
					t.Errorf("the log has what lies behind the link:\n%s", log.String())
				}
			}
			if text, err := os.ReadFile(outside); err != nil || len(text) != 30 {
				t.Errorf("behind the link is %q, %v", text, err)
			}
		})
	}
}

// Deleting a camera deletes nothing behind a link.
func TestForgetDeletesNothingBehindALink(t *testing.T) {
	for _, name := range []string{"front", ".spool/front", "front/2026-11-22", "front/init"} {
		t.Run(name, func(t *testing.T) {
			dir, _ := whole(t)
			if err := os.MkdirAll(filepath.Join(dir, ".spool/front/run"), 0o755); err != nil {
				t.Fatal(err)
			}
			outside := movedOut(t, filepath.Join(dir, name))
			before := contents(t, outside)
			err := Forget(dir, "front")
			if refused := errors.Is(err, spool.ErrIrregular); refused != strings.HasSuffix(name, "front") {
				t.Errorf("it says %v", err)
			}
			if after := contents(t, outside); after != before {
				t.Errorf("outside there was\n%s\nand is\n%s", before, after)
			}
		})
	}
}

// A spool that is a link is none of ours either: nothing of it is deleted while its archive
// can't be used.
func TestHeldSpoolBehindALink(t *testing.T) {
	dir := fastDir(t)
	load(t, dir, time.Hour)
	record(t, dir, "front", noon).play(400).die()
	outside := movedOut(t, spool.CameraDir(dir, "front"))
	before := contents(t, outside)
	disk := NewReserve(dir, 1<<40)
	disk.most = func(string) (int64, error) { return 1 << 50, nil }
	held := disk.spoolOf("front", slog.New(slog.DiscardHandler))
	held.keep = time.Second
	disk.join("front", held)
	if err := held.trim(disk); !errors.Is(err, spool.ErrIrregular) {
		t.Errorf("it says %v", err)
	}
	if after := contents(t, outside); after != before {
		t.Error("what lies behind the link has changed")
	}
}

// contents are all names and the text of all files below a path.
func contents(t *testing.T, root string) string {
	t.Helper()
	var all strings.Builder
	err := filepath.WalkDir(root, func(path string, e os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		all.WriteString(path + "\n")
		if e.Type().IsRegular() {
			text, err := os.ReadFile(path)
			all.Write(text)
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}
