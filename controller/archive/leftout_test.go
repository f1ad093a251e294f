package archive

import (
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

// badness is a way in which a path can be of no use.
type badness struct {
	name string
	do   func(t *testing.T, path string)
	read func(path string) func(op, p string) error // instead: how readings of it fail
}

func replacedBy(what func(path string) error) func(t *testing.T, path string) {
	return func(t *testing.T, path string) {
		t.Helper()
		if err := os.RemoveAll(path); err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := what(path); err != nil {
			t.Fatal(err)
		}
	}
}

// refusing lets readings of a path and below fail, those of one kind or all, as
// long as what is there now is there.
func refusing(op string, errno unix.Errno) func(path string) func(op, p string) error {
	return func(path string) func(did, p string) error {
		was, _ := os.Lstat(path)
		return func(did, p string) error {
			if op != "" && did != op || p != path && !strings.HasPrefix(p, path+"/") {
				return nil
			}
			if is, err := os.Lstat(path); was == nil || err != nil || !os.SameFile(was, is) {
				return nil
			}
			return &fs.PathError{Op: did, Path: p, Err: errno}
		}
	}
}

var badnesses = []badness{
	{name: "a folder", do: replacedBy(func(path string) error { return os.Mkdir(path, 0o755) })},
	{name: "a folder with something in it", do: replacedBy(func(path string) error { return os.MkdirAll(filepath.Join(path, "x", "y"), 0o755) })},
	{name: "a FIFO", do: replacedBy(func(path string) error { return unix.Mkfifo(path, 0o644) })},
	{name: "a socket", do: replacedBy(func(path string) error { return unix.Mknod(path, unix.S_IFSOCK|0o644, 0) })},
	{name: "a link to itself", do: replacedBy(func(path string) error { return os.Symlink(path, path) })},
	{name: "a link to nothing", do: replacedBy(func(path string) error { return os.Symlink(path+"-gone", path) })},
	{name: "a link to a device", do: replacedBy(func(path string) error { return os.Symlink("/dev/zero", path) })},
	{name: "an empty file", do: replacedBy(func(path string) error { return os.WriteFile(path, nil, 0o644) })},
	{name: "a huge file", do: replacedBy(func(path string) error {
		return errors.Join(os.WriteFile(path, nil, 0o644), os.Truncate(path, 1<<40))
	})},
	{name: "noise", do: replacedBy(func(path string) error { return os.WriteFile(path, []byte("\xff\xfe{[\n\x00"), 0o644) })},
	{name: "another's", read: refusing("", unix.EACCES)},
	{name: "a bad sector", read: refusing("", unix.EIO)},
	{name: "a folder that can't be listed", read: refusing("readdir", unix.EACCES)},
	{name: "a folder with a bad sector", read: refusing("readdir", unix.EIO)},
	{name: "a list with a bad sector", read: refusing("read", unix.EIO)},
}

// Whatever is bad, wherever it is: the rest of the window is there, no number
// comes again, recording goes on, and a check tells of it.
func TestBadThings(t *testing.T) {
	for _, place := range []struct {
		path string
		gaps []uint64 // what may be lost with it
	}{
		{"front/2020-01-01", nil},
		{"front/2020-01-01/00", nil},
		{"front/2020-01-01/00/index.m3u8", nil},
		{"front/2020-01-01/00/000000001.m4s", nil},
		{"front/2026-11-22/11/000000099.m4s", nil},
		{"front/2026-11-22", []uint64{0, 1, 2, 3, 4}},
		{"front/2026-11-22/12", []uint64{0, 1}},
		{"front/2026-11-22/13", []uint64{2, 3, 4}},
		{list12, nil},
		{"front/2026-11-22/13/index.m3u8", nil},
		{segment1, []uint64{1}},
		{segment4, []uint64{4}},
		{"front/init", []uint64{0, 1, 2, 3, 4}},
		{"front/init/000000000.json", nil},
		{"front/init/000000000.mp4", []uint64{0, 1, 2}},
		{"front/init/000000003.json", nil},
		{"front/init/000000003.mp4", []uint64{3, 4}},
		{"front/init/000000004.json", []uint64{4}},
		{"front/state.json", nil},
		{".spool/front/state.json", nil},
		{".spool/front/20261122T000000.000000Z", nil},
		{".spool/front/20261122T000000.000000Z/run.json", nil},
		{".spool/front/20261122T000000.000000Z/lock", nil},
		{"front/2026-11-22/\xff\xfe", nil},
	} {
		for _, bad := range badnesses {
			t.Run(strings.ToValidUTF8(place.path, "?")+" is "+bad.name, func(t *testing.T) {
				dir, was := whole(t)
				path := filepath.Join(dir, place.path)
				o := Options{MediaDir: dir, Camera: "front", Window: time.Hour, Log: slog.New(slog.NewTextHandler(testWriter{t}, nil))}
				if bad.do != nil {
					bad.do(t, path)
				} else {
					o.misread = bad.read(path)
				}
				found, err := Check(CheckOptions{MediaDir: dir, Camera: "front", misread: o.misread})
				if err != nil {
					t.Fatalf("check: %v", err)
				}
				c, err := Load(context.Background(), o)
				if err != nil {
					t.Fatal(err)
				}
				if len(c.LeftOut()) > 0 && len(found) == 0 {
					t.Errorf("left out is %q, and a check finds nothing", c.LeftOut())
				}
				keepsTheRest(t, c.Snapshot(), was, place.gaps)
				recordsOn(t, dir, c, was)
			})
		}
	}
}

// keepsTheRest looks that nothing is lost but what may be.
func keepsTheRest(t *testing.T, is, was *Snapshot, gaps []uint64) {
	t.Helper()
	lost := map[uint64]bool{}
	for _, msn := range gaps {
		lost[msn] = true
	}
	for i, w := range was.Segments {
		msn := was.First + uint64(i)
		if lost[msn] {
			continue
		}
		if msn < is.First || msn >= is.Next() {
			t.Fatalf("MSN %d is not in the window of %d to %d", msn, is.First, is.Next())
		}
		if s := is.Segments[msn-is.First]; s.Flags != w.Flags || s.Start != w.Start || s.Duration != w.Duration {
			t.Errorf("MSN %d is %+v, was %+v", msn, s, w)
		}
	}
}

// recordsOn records two hours, of which the second begins where damage may be,
// lists them, closes the archive and loads it again.
func recordsOn(t *testing.T, dir string, c *Archive, was *Snapshot) {
	t.Helper()
	used := was.Next()
	for _, start := range []time.Time{noon.Add(2 * time.Hour), noon.Add(time.Hour + 10*time.Minute)} {
		r := record(t, dir, "front", start).play(41)
		take(t, c)
		r.end()
		s := take(t, c)
		n := len(s.Segments)
		if n < 3 {
			t.Fatalf("of a run of three segments there are %+v", s.Segments)
		}
		for i, seg := range s.Segments[n-3:] {
			msn := s.Next() - 3 + uint64(i)
			if msn < used || seg.Flags&Gap != 0 || seg.Start < start.UnixMicro() || seg.Start > start.UnixMicro()+4_100_000 {
				t.Errorf("MSN %d, from %d on none was used, is %+v", msn, used, seg)
			}
			if stat, err := os.Stat(front(dir, SegmentURI(msn, seg.Start))); err != nil || stat.Size() != int64(seg.Size) {
				t.Errorf("the file of MSN %d: %v, %v", msn, stat, err)
			}
		}
		used = s.Next()
		if err := c.run(c.listing()); err != nil {
			t.Errorf("listing: %v", err)
		}
	}
	if err := c.run(c.listing()); err != nil {
		t.Errorf("listing again: %v", err)
	}
	if err := c.close(); err != nil {
		t.Errorf("closing: %v", err)
	}
	again, err := Load(context.Background(), c.Options)
	if err != nil {
		t.Fatal(err)
	}
	if s := again.Snapshot(); s.Next() != used {
		t.Errorf("after a restart %d is next, was %d", s.Next(), used)
	}
}
