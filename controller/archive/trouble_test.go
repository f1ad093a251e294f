package archive

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// faulty loads an archive whose disk refuses what refuse says.
func faulty(t *testing.T, dir string, refuse *func(op, path string) error) *Archive {
	t.Helper()
	c, err := Load(context.Background(), Options{MediaDir: dir, Camera: "front", Window: 9 * time.Second, Log: slog.New(slog.DiscardHandler),
		fault: func(op, path string) error {
			if *refuse == nil {
				return nil
			}
			return (*refuse)(op, path)
		}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Whatever the disk refuses, and however: all is there once it does no more,
// without a restart, and what was live stays live where that is possible.
func TestRefusingDisk(t *testing.T) {
	for _, op := range []string{"replace", "copy", "syncdir", "syncfs", "append", "rename", "mkdir", "truncate", "remove", "removeall", "all"} {
		for _, errno := range []unix.Errno{unix.ENOSPC, unix.EIO, unix.EROFS} {
			t.Run(op+" "+errno.Error(), func(t *testing.T) {
				dir := fastDir(t)
				var refuse func(op, path string) error
				c := faulty(t, dir, &refuse)
				r := record(t, dir, "front", noon.Add(time.Hour-5*time.Second)).play(27)
				work := func() {
					c.takeIn()
					c.run(c.saving())
					c.run(c.listing())
					for i := range c.retained.left {
						c.retained.left[i].at = time.Now().Add(-Grace)
					}
					c.retain()
					c.run(c.counting())
				}
				work()
				refuse = func(did, path string) error {
					if op == "all" || did == op {
						return &fs.PathError{Op: did, Path: path, Err: errno}
					}
					return nil
				}
				r.play(100).half()
				work()
				if op != "rename" && op != "mkdir" && op != "all" {
					if s := c.Snapshot(); s.Next() != 6 || s.Open == nil {
						t.Errorf("live is held up: next %d, open %+v", s.Next(), s.Open)
					}
				}
				r.die()
				r = record(t, dir, "front", noon.Add(time.Hour+time.Minute)).play(30)
				work()
				work()
				refuse = nil
				for range 3 {
					work()
				}
				s := c.Snapshot()
				if s.Next() != 8 || s.Open == nil || s.Open.MSN != 8 || s.Runs[s.Open.Run].Sequence != 1 {
					t.Fatalf("next %d, open %+v, %+v", s.Next(), s.Open, s.Runs)
				}
				for i, seg := range s.Segments {
					if seg.Flags&Gap != 0 {
						t.Errorf("MSN %d is a gap", s.First+uint64(i))
					}
				}
				r.end()
				take(t, c)
				if err := c.close(); err != nil {
					t.Fatal(err)
				}
				for _, f := range findings(t, dir) {
					t.Error(f)
				}
				files := media(t, dir)
				if _, there := files["000000000.m4s"]; there || int64(len(files)) != int64(c.next()-c.retained.deleted) {
					t.Errorf("files %v, deleted below %d", files, c.retained.deleted)
				}
				sameBut(t, load(t, dir, 9*time.Second).Snapshot(), c.Snapshot(), nil)
			})
		}
	}
}

// The reservation is held or, while it can't be written, the files bear witness:
// after a kill no number comes again.
func TestUnwritableState(t *testing.T) {
	dir := fastDir(t)
	var refuse func(op, path string) error
	c := faulty(t, dir, &refuse)
	refuse = func(op, path string) error {
		if filepath.Base(path) == "state.json" {
			return unix.ENOSPC
		}
		return nil
	}
	r := record(t, dir, "front", noon).play(1205)
	was := take(t, c)
	if err := c.run(c.saving()); !errors.Is(err, unix.ENOSPC) {
		t.Fatal(err)
	}
	if was.Next() != 60 {
		t.Fatalf("only %d segments", was.Next())
	}
	r.die()
	c = load(t, dir, time.Hour)
	s := take(t, c)
	if s.Next() != 61 || s.Segments[len(s.Segments)-1].Duration != 500_000 {
		t.Errorf("after a kill: next %d, %+v", s.Next(), s.Segments[len(s.Segments)-1])
	}
}

// Deleting makes space: it must not need any.
func TestDeletesOnAFullDisk(t *testing.T) {
	dir := fastDir(t)
	var refuse func(op, path string) error
	c := faulty(t, dir, &refuse)
	record(t, dir, "front", noon).play(300)
	take(t, c)
	if err := c.run(c.listing()); err != nil {
		t.Fatal(err)
	}
	refuse = func(op, path string) error {
		if op == "replace" || op == "append" || op == "copy" {
			return unix.ENOSPC
		}
		return nil
	}
	for i := range c.retained.left {
		c.retained.left[i].at = time.Now().Add(-Grace)
	}
	if err := c.retain(); err != nil {
		t.Fatal(err)
	}
	if files := media(t, dir); len(files) != int(c.next()-c.retained.from) {
		t.Errorf("%d files are left, %d segments", len(files), c.next()-c.retained.from)
	}
	list := front(dir, "2026-11-22", "12", hourName)
	if _, err := os.Stat(list); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a list still names what is deleted: %v", err)
	}
	refuse = nil
	if err := c.run(c.listing()); err != nil {
		t.Fatal(err)
	}
	if entries := hourEntries(t, dir, "2026-11-22/12"); len(entries) != int(c.next()-c.retained.from) || entries[0].msn != c.retained.from {
		t.Errorf("the list was not made anew: %v", entries)
	}
}

// A file that can't be deleted holds up no other, and is tried again.
func TestStuckFile(t *testing.T) {
	dir := fastDir(t)
	var refuse func(op, path string) error
	c := faulty(t, dir, &refuse)
	record(t, dir, "front", noon).play(300)
	take(t, c)
	refuse = func(op, path string) error {
		if op == "remove" && strings.HasSuffix(path, "000000001.m4s") {
			return unix.EPERM
		}
		return nil
	}
	for i := range c.retained.left {
		c.retained.left[i].at = time.Now().Add(-Grace)
	}
	if err := c.retain(); !errors.Is(err, unix.EPERM) {
		t.Fatalf("retain: %v", err)
	}
	kept := int(c.next() - c.retained.from)
	if files := media(t, dir); len(files) != kept+1 {
		t.Errorf("%d files, want %d and the stuck one", len(files), kept)
	}
	refuse = nil
	if err := c.retain(); err != nil {
		t.Fatal(err)
	}
	if files := media(t, dir); len(files) != kept {
		t.Errorf("%d files, want %d", len(files), kept)
	}
}

func TestTroublesThatAlternate(t *testing.T) {
	var log bytes.Buffer
	c := &Archive{Options: Options{Log: slog.New(slog.NewTextHandler(&log, nil))}}
	for range 50 {
		c.complain("a", unix.EIO)
		c.complain("b", unix.ENOSPC)
		c.complain("c", nil)
	}
	c.complain("a", nil)
	c.complain("a", nil)
	if got := strings.Count(log.String(), "\n"); got != 3 || strings.Count(log.String(), "recovered") != 1 {
		t.Errorf("%d lines:\n%s", got, log.String())
	}
}

// What is archived is never overwritten.
func TestNameThatIsTaken(t *testing.T) {
	dir := fastDir(t)
	c := load(t, dir, time.Hour)
	r := record(t, dir, "front", noon).play(25)
	take(t, c)
	made("front/2026-11-22/12/000000001.m4s", "another")(t, dir)
	r.play(30)
	s := take(t, c)
	if len(s.Segments) != 2 || s.Segments[1].Flags != Gap || s.Segments[1].Duration != 2_000_000 || s.Segments[0].Flags != 0 {
		t.Errorf("%+v", s.Segments)
	}
	data, err := os.ReadFile(front(dir, "2026-11-22", "12", "000000001.m4s"))
	if err != nil || string(data) != "another" {
		t.Errorf("the file that was there holds %d bytes, %v", len(data), err)
	}
}
