package archive

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"lookback/e2e/rig"
)

// loadMisreading loads an archive of which readings fail.
func loadMisreading(t *testing.T, dir string, window time.Duration, misread func(op, p string) error) *Archive {
	t.Helper()
	c, err := Load(context.Background(), Options{MediaDir: dir, Camera: "front", Window: window, misread: misread,
		Log: slog.New(slog.NewTextHandler(testWriter{t}, nil))})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// putBack gives all that was put aside its name again, folders by moving their
// content.
func putBack(t *testing.T, c *Archive) {
	t.Helper()
	for _, path := range c.LeftOut() {
		name, _, aside := strings.Cut(filepath.Base(path), asideName)
		if !aside {
			continue
		}
		err := filepath.WalkDir(path, func(from string, e os.DirEntry, err error) error {
			to := filepath.Join(filepath.Dir(path), name, strings.TrimPrefix(from, path))
			if stat, lost := os.Lstat(to); lost == nil && stat.Mode().Type() == os.ModeSymlink { // to what was put aside
				err = errors.Join(err, os.Remove(to))
			}
			if err != nil || e.IsDir() {
				return errors.Join(err, os.MkdirAll(to, 0o755))
			}
			return os.Rename(from, to)
		})
		if err == nil && !strings.Contains(name, ".") {
			err = os.RemoveAll(path)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// Whatever is left out, the oldest too: once it is mended the window reaches back
// over it again, after starts without it and with recording meanwhile.
func TestMendedComesBack(t *testing.T) {
	for _, place := range []string{
		"front/2026-11-22/12",
		"front/2026-11-22/12/000000000.m4s",
		"front/2026-11-22",
		"front/init",
		"front/init/000000000.json",
		"front/init/000000000.mp4",
		"front/init/000000003.mp4",
		"front/init/000000003.json",
	} {
		t.Run(place, func(t *testing.T) {
			dir, was := whole(t)
			misread := refusing("", unix.EACCES)(filepath.Join(dir, place))
			first := loadMisreading(t, dir, 24*time.Hour, misread)
			take(t, first)
			if err := first.close(); err != nil {
				t.Fatal(err)
			}
			c := loadMisreading(t, dir, 24*time.Hour, misread)
			r := record(t, dir, "front", noon.Add(2*time.Hour)).play(41)
			take(t, c)
			r.end()
			next := take(t, c).Next()
			if err := c.retain(); err != nil {
				t.Fatal(err)
			}
			if err := c.close(); err != nil {
				t.Fatal(err)
			}
			putBack(t, c)
			s := load(t, dir, 24*time.Hour).Snapshot()
			keepsTheRest(t, s, was, nil)
			if s.Next() != next {
				t.Errorf("next is %d, was %d", s.Next(), next)
			}
		})
	}
}

// What is left out stays until the window itself has passed it, and not longer.
func TestLeftOutLeavesTheWindow(t *testing.T) {
	dir, was := whole(t)
	init := front(dir, "init/000000003.mp4")
	c := loadMisreading(t, dir, 0, refusing("", unix.EACCES)(init))
	record(t, dir, "front", noon.Add(2*time.Hour)).play(41)
	take(t, c)
	for i := range c.retained.left {
		c.retained.left[i].at = time.Now().Add(-Grace)
	}
	if err := c.retain(); err != nil {
		t.Fatal(err)
	}
	if s := c.Snapshot(); c.state.First <= was.Next() || c.retained.deleted != s.First {
		t.Errorf("left for good below %d, deleted below %d, the window begins at %d", c.state.First, c.retained.deleted, s.First)
	}
}

// A FIFO where the copy of state.json is made holds nothing up.
func TestFIFOForTheCopy(t *testing.T) {
	dir, _ := whole(t)
	path := stateCopyPath(dir, "front")
	rig.PutFIFO(t, filepath.Join(filepath.Dir(path), ".state.json"))
	rig.Returns(t, "copying", func() {
		if err := (disk{}).copyOf(path, []byte("{}")); err != nil {
			t.Error(err)
		}
	})
}

// TestWhereItLies: what was left out and is put aside later is named where it lies,
// with what is in it, and where it belongs.
func TestWhereItLies(t *testing.T) {
	dir, _ := whole(t)
	day := front(dir, "2026-11-22")
	hour := filepath.Join(day, "13")
	c := loadMisreading(t, dir, time.Hour, refusing("", unix.EACCES)(hour))
	if out := c.LeftOut(); len(out) != 1 || out[0] != hour {
		t.Fatalf("left out is %q", out)
	}
	record(t, dir, "front", noon.Add(time.Hour+10*time.Minute)).play(41)
	take(t, c)
	if out := c.LeftOut(); len(out) != 1 || out[0] != hour+asideName {
		t.Errorf("left out is %q", out)
	}
	if _, done := c.putAside(day, unix.EACCES); !done {
		t.Fatal("the day is not put aside")
	}
	out := c.LeftOut()
	if len(out) != 2 || out[0] != filepath.Join(day+asideName, "13"+asideName) || out[1] != day+asideName {
		t.Errorf("left out is %q", out)
	}
	for path, want := range map[string]string{
		"a/2026-11-22/18.left-out":      "a/2026-11-22/18",
		"a/init.left-out-3/0.json":      "a/init/0.json",
		".spool/a/.20261122.left-out":   ".spool/a/20261122",
		".spool/a/.20261122.left-out/1": ".spool/a/20261122/1",
		"a/state.json":                  "",
	} {
		if from, _ := PutAsideFrom(path); from != want {
			t.Errorf("%s lay at %s, want %s", path, from, want)
		}
	}
}
