package archive

import (
	"context"
	"errors"
	"fmt"
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
func recordsOn(t *testing.T, dir string, c *Camera, was *Snapshot) {
	t.Helper()
	used := was.Next()
	for _, start := range []time.Time{noon.Add(2 * time.Hour), noon.Add(time.Hour + 10*time.Minute)} {
		r := record(t, dir, "front", start).play(41)
		s := take(t, c)
		r.end()
		s = take(t, c)
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

// Of a run in the spool what can't be read becomes gaps and is kept, and the
// runs behind it are taken in.
func TestBadThingsInTheSpool(t *testing.T) {
	for _, place := range []struct {
		path   string // below the run's folder
		gaps   []int  // segments that become gaps
		unused bool   // the run as a whole is left alone
	}{
		{"000000.m4s", nil, false}, // gone before anyone was told of it
		{"000001.m4s", []int{1}, false},
		{"000002.m4s", nil, false},
		{"init.mp4", nil, true},
		{"run.json", nil, true},
		{"lock", nil, true},
	} {
		for _, bad := range badnesses {
			if bad.read == nil && (bad.name == "an empty file" || bad.name == "noise" || bad.name == "a huge file") {
				continue // it can be read
			}
			if place.path == "lock" && bad.name != "a folder" && bad.name != "a link to itself" {
				continue // what is there can be asked for a lock
			}
			t.Run(place.path+" is "+bad.name, func(t *testing.T) {
				dir := fastDir(t)
				first := record(t, dir, "front", noon).play(60)
				first.end()
				path := filepath.Join(first.dir, place.path)
				o := Options{MediaDir: dir, Camera: "front", Window: time.Hour, Log: slog.New(slog.NewTextHandler(testWriter{t}, nil))}
				if bad.do != nil {
					bad.do(t, path)
				} else {
					o.misread = bad.read(path)
				}
				c, err := Load(context.Background(), o)
				if err != nil {
					t.Fatal(err)
				}
				record(t, dir, "front", noon.Add(time.Hour)).play(25)
				c.takeIn()
				if c.current != nil && !c.current.failing.IsZero() { // it is tried for half a minute
					c.current.failing = time.Now().Add(-unreadFor)
				}
				s := take(t, c)
				if s.Open == nil || s.Open.Start != noon.Add(time.Hour+2*time.Second).UnixMicro() {
					t.Fatalf("the run behind it is not taken in: %+v", s)
				}
				gaps := 0
				for _, seg := range s.Segments {
					if seg.Flags&Gap != 0 {
						gaps++
					}
				}
				readable := bad.read != nil && o.misread("open", path) == nil && o.misread("read", path) == nil
				if gaps != len(place.gaps) && !readable {
					t.Errorf("%d gaps in %+v, want %v", gaps, s.Segments, place.gaps)
				}
				if !readable && len(c.LeftOut()) == 0 {
					t.Error("nobody is told of it")
				}
				for _, left := range c.LeftOut() {
					if isGone(left) && !strings.HasSuffix(left, ".m4s") {
						t.Errorf("%s is left out, and not there any more", left)
					}
				}
			})
		}
	}
}

// What makes the folder of the hour that is recorded unfit while the program
// runs is put aside, and told of once.
func TestHourThatGoesBad(t *testing.T) {
	hour := "front/2026-11-22/12"
	for _, bad := range []struct {
		name string
		path string
		do   func(t *testing.T, dir string)
	}{
		{"a file", hour, func(t *testing.T, dir string) {
			replacedBy(func(path string) error { return os.WriteFile(path, []byte("x"), 0o644) })(t, filepath.Join(dir, hour))
		}},
		{"a link to nothing", hour, func(t *testing.T, dir string) {
			replacedBy(func(path string) error { return os.Symlink("nowhere", path) })(t, filepath.Join(dir, hour))
		}},
		{"its day is a FIFO", "front/2026-11-22", func(t *testing.T, dir string) {
			replacedBy(func(path string) error { return unix.Mkfifo(path, 0o644) })(t, filepath.Join(dir, "front/2026-11-22"))
		}},
		{"its list is a folder", list12, func(t *testing.T, dir string) { badnesses[1].do(t, filepath.Join(dir, list12)) }},
		{"its list is a FIFO", list12, func(t *testing.T, dir string) { badnesses[2].do(t, filepath.Join(dir, list12)) }},
	} {
		t.Run(bad.name, func(t *testing.T) {
			dir := fastDir(t)
			var log strings.Builder
			c, err := Load(context.Background(), Options{MediaDir: dir, Camera: "front", Window: time.Hour, Log: slog.New(slog.NewTextHandler(&log, nil))})
			if err != nil {
				t.Fatal(err)
			}
			r := record(t, dir, "front", noon).play(45)
			take(t, c)
			if err := c.run(c.listing()); err != nil {
				t.Fatal(err)
			}
			bad.do(t, dir)
			for range 20 {
				r.play(40)
				take(t, c)
				c.complain("can't write the hour playlists", c.run(c.listing()))
			}
			s := c.Snapshot()
			if s.Next() != 42 || len(media(t, dir)) < 40 {
				t.Errorf("next is %d, and there are %d files", s.Next(), len(media(t, dir)))
			}
			if len(hourEntries(t, dir, "2026-11-22/12")) != 42 {
				t.Error("the hour's playlist is not whole")
			}
			if aside := filepath.Join(dir, bad.path+asideName); isGone(aside) || len(c.LeftOut()) != 1 || c.LeftOut()[0] != aside {
				t.Errorf("left out is %q, want %q", c.LeftOut(), aside)
			}
			if n := strings.Count(log.String(), "level=ERROR"); n > 2 {
				t.Errorf("%d errors in the log:\n%s", n, log.String())
			}
		})
	}
}

// An hour's folder that belongs to somebody else: so does that of the day.
func TestHourOfAnotherUser(t *testing.T) {
	dir := fastDir(t)
	var refuse func(op, path string) error
	c := faulty(t, dir, &refuse)
	r := record(t, dir, "front", noon).play(45)
	take(t, c)
	hour := front(dir, "2026-11-22", "12")
	anothers := refusing("", unix.EACCES)(hour)
	c.disk.reads = anothers
	refuse = func(op, path string) error {
		if filepath.Dir(path) == hour {
			return anothers(op, hour)
		}
		return nil
	}
	r.play(40)
	if s := take(t, c); s.Next() != 4 || s.Segments[len(s.Segments)-1].Flags != 0 {
		t.Errorf("next is %d: %+v", s.Next(), s.Segments)
	}
	if left := c.LeftOut(); len(left) != 1 || left[0] != hour+asideName {
		t.Errorf("left out is %q", left)
	}
	was := c.Snapshot()
	for range 2 { // what was recorded before still plays, also after a restart
		if err := c.run(c.counting()); err != nil {
			t.Fatal(err)
		}
		for msn := range uint64(4) {
			f, err := c.OpenMedia(msn)
			if err != nil {
				t.Fatalf("MSN %d: %v", msn, err)
			}
			f.Close()
		}
		refuse = nil
		c = faulty(t, dir, &refuse)
		sameBut(t, c.Snapshot(), was, nil)
	}
}

// A folder of records that is another's is copied as far as it can be read.
func TestInitOfAnotherUser(t *testing.T) {
	dir, was := whole(t)
	c, err := Load(context.Background(), Options{MediaDir: dir, Camera: "front", Window: time.Hour, Log: slog.New(slog.DiscardHandler),
		misread: refusing("access", unix.EACCES)(front(dir, "init"))})
	if err != nil {
		t.Fatal(err)
	}
	sameBut(t, c.Snapshot(), was, nil)
	if left := c.LeftOut(); len(left) != 1 || left[0] != front(dir, "init")+asideName {
		t.Errorf("left out is %q", left)
	}
}

// Only a folder of the camera that can't be used is an error, and it says what
// is accepted.
func TestUnreadableArchive(t *testing.T) {
	for name, bad := range map[string]struct {
		path string // that the error names, below the media directory
		do   func(t *testing.T, dir string, o *Options)
	}{
		"a file":           {"front", func(t *testing.T, dir string, o *Options) { removed("front")(t, dir); made("front", "x")(t, dir) }},
		"a FIFO":           {"front", func(t *testing.T, dir string, o *Options) { badnesses[2].do(t, front(dir)) }},
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
			if !errors.As(err, &unreadable) || unreadable.Path != filepath.Join(dir, bad.path) {
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
