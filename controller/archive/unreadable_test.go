package archive

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Only a folder of the camera that can't be used is an error, and it says what
// is accepted.
func TestUnreadableArchive(t *testing.T) {
	for name, bad := range map[string]struct {
		path string // that the error names, below the media directory
		do   func(t *testing.T, dir string, o *Options)
	}{
		"a file": {"front", func(t *testing.T, dir string, o *Options) { removed("front")(t, dir); made("front", "x")(t, dir) }},
		"a FIFO": {"front", func(t *testing.T, dir string, o *Options) { badnesses[2].do(t, front(dir)) }},
		"a link": {"front", func(t *testing.T, dir string, o *Options) {
			if err := errors.Join(os.Rename(front(dir), front(dir)+".elsewhere"), os.Symlink("front.elsewhere", front(dir))); err != nil {
				t.Fatal(err)
			}
		}},
		"another's":        {"front", func(t *testing.T, dir string, o *Options) { o.misread = refusing("access", unix.EACCES)(front(dir)) }},
		"read-only":        {"front", func(t *testing.T, dir string, o *Options) { o.misread = refusing("access", unix.EROFS)(front(dir)) }},
		"not to be listed": {"front", func(t *testing.T, dir string, o *Options) { o.misread = refusing("readdir", unix.EIO)(front(dir)) }},
		"spool is a file": {".spool/front", func(t *testing.T, dir string, o *Options) {
			removed(".spool/front")(t, dir)
			made(".spool/front", "x")(t, dir)
		}},
		"newer state": {"front/state.json", func(t *testing.T, dir string, o *Options) { made("front/state.json", `{"format": 2}`)(t, dir) }},
		"newer copy of it": {".spool/front/state.json", func(t *testing.T, dir string, o *Options) {
			removed("front/state.json")(t, dir)
			made(".spool/front/state.json", `{"format": 2}`)(t, dir)
		}},
		"newer record": {"front/init/000000003.json", func(t *testing.T, dir string, o *Options) { made("front/init/000000003.json", `{"format": 2}`)(t, dir) }},
	} {
		t.Run(name, func(t *testing.T) {
			dir, _ := whole(t)
			o := Options{MediaDir: dir, Camera: "front", Window: time.Hour, Log: slog.New(slog.DiscardHandler)}
			bad.do(t, dir, &o)
			before := filesIn(t, dir)
			_, err := Load(context.Background(), o)
			var unreadable *UnreadableError
			if !errors.As(err, &unreadable) || unreadable.Path != filepath.Join(dir, bad.path) || unreadable.Spool != (bad.path == ".spool/front") {
				t.Fatalf("%T %v", err, err)
			}
			if !strings.Contains(err.Error(), unreadable.Path) || !strings.Contains(err.Error(), "MEDIA_DIR") && !strings.Contains(err.Error(), "format 2 is newer") {
				t.Errorf("it says %q", err)
			}
			if after := filesIn(t, dir); len(after) != len(before) {
				t.Errorf("files were %q and are %q", before, after)
			}
			found, err := Check(CheckOptions{MediaDir: dir, Camera: "front", misread: o.misread})
			if err != nil || len(found) == 0 && o.misread == nil {
				t.Errorf("check finds %v, %v", found, err)
			}
		})
	}
}

// A context that ends at any reading ends the loading, and nobody counts on the
// archive.
func TestLoadEndsWithItsContext(t *testing.T) {
	dir, _ := whole(t)
	made("front/2026-11-22/12/000000077.m4s", "x")(t, dir)
	removed("front/init/000000003.json")(t, dir)
	steps := 0
	for end := 1; ; end++ {
		ctx, cancel := context.WithCancel(context.Background())
		disk, reads := NewReserve(dir, 0), 0
		_, err := Load(ctx, Options{MediaDir: dir, Camera: "front", Window: time.Hour, Reserve: disk, Log: slog.New(slog.DiscardHandler),
			misread: func(string, string) error {
				if reads++; reads == end {
					cancel()
				}
				return nil
			}})
		cancel()
		if reads < end { // it never came to it
			steps = reads
			break
		}
		if !errors.Is(err, context.Canceled) || len(disk.all()) > 0 {
			t.Fatalf("cancelled at reading %d: %v, %d members", end, err, len(disk.all()))
		}
	}
	if steps < 15 {
		t.Errorf("only %d readings", steps)
	}
}

// Of very many things only some are logged.
func TestManyLeftOut(t *testing.T) {
	dir, _ := whole(t)
	for i := range 100 {
		if err := os.MkdirAll(front(dir, "2026-11-22/12", fmt.Sprintf("%09d.m4s", 1000+i)), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	var log strings.Builder
	c, err := Load(context.Background(), Options{MediaDir: dir, Camera: "front", Window: time.Hour, Log: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	if len(c.LeftOut()) != 100 || strings.Count(log.String(), "\n") != leftOutLines+1 {
		t.Errorf("%d are left out, the log says:\n%s", len(c.LeftOut()), log.String())
	}
}
