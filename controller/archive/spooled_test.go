package archive

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

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
