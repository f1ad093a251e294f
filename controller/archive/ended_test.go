package archive

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"lookback/controller/spool"
)

func loadEnded(t *testing.T, dir string, window time.Duration) *Archive {
	t.Helper()
	c, err := Load(context.Background(), Options{MediaDir: dir, Camera: "front", Title: "Front door", Ended: true, Window: window,
		Log: slog.New(slog.NewTextHandler(testWriter{t}, nil))})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func namedAgain(t *testing.T, dir string) *Archive {
	t.Helper()
	c, err := Load(context.Background(), Options{MediaDir: dir, Camera: "front", Title: "Front door", Window: time.Hour, WindowBytes: 1 << 40,
		Log: slog.New(slog.NewTextHandler(testWriter{t}, nil))})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// filesIn are the names of all files below a folder.
func filesIn(t *testing.T, dir string) (names []string) {
	t.Helper()
	filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			names = append(names, filepath.Base(path))
		}
		return nil
	})
	return names
}

// followFor runs Follow for a time of a clock that passes at once, and returns how
// much it was.
func followFor(c *Archive, most time.Duration, until func() bool) (took time.Duration) {
	ctx, cancel := context.WithCancel(context.Background())
	over := make(chan struct{})
	go func() {
		c.Follow(ctx)
		close(over)
	}()
	begun := time.Now()
	for tick := time.NewTicker(time.Second); time.Since(begun) < most && !until(); {
		<-tick.C
		synctest.Wait()
	}
	took = time.Since(begun)
	cancel()
	<-over
	return took
}

// The window of a camera that has ended shrinks by the time that passes while
// the program runs, over a restart, until nothing is left but its numbers; with
// them the name can come back.
func TestEndedCamera(t *testing.T) {
	dir, was := whole(t)
	synctest.Test(t, func(t *testing.T) {
		const window = 10 * time.Minute // of which 8 s are media
		c := loadEnded(t, dir, window)
		followFor(c, window/2, func() bool { return false })
		if s := c.Snapshot(); len(s.Segments) != len(was.Segments) || c.Gone() {
			t.Fatalf("after half the window there are %d segments of %d", len(s.Segments), len(was.Segments))
		}
		c = loadEnded(t, dir, window) // the program was away for some time, which counts for nothing
		shorter := func() bool { return len(c.Snapshot().Segments) < len(was.Segments) }
		if took := followFor(c, window, shorter); took < window/2-2*time.Minute || took > window/2+time.Minute {
			t.Errorf("the window became shorter after %v more, want about %v", took, window/2)
		}
		if left, err := Past(dir); err != nil || len(left) != 1 || left[0] != (PastCamera{"front", "Front door", window, 0}) {
			t.Errorf("cameras that are past: %+v, %v", left, err)
		}
		c = loadEnded(t, dir, window)
		var emptied time.Time
		followFor(c, window, func() bool {
			if emptied.IsZero() && len(c.Snapshot().Segments) == 0 {
				emptied = time.Now()
			}
			return c.Gone()
		})
		if !c.Gone() {
			t.Fatalf("it is not gone: %+v, left out %q", c.Snapshot(), c.LeftOut())
		}
		if took := time.Since(emptied); took > 12*time.Second {
			t.Errorf("it was gone %v after its window was empty", took)
		}
	})
	if files := filesIn(t, dir); len(files) != 1 || files[0] != "state.json" {
		t.Errorf("what is left of it: %q", files)
	}
	if past, err := Past(dir); err != nil || len(past) > 0 {
		t.Errorf("it is still listed: %+v, %v", past, err)
	}
	comesBack(t, dir, was)
}

// comesBack records under the name anew: no number comes again.
func comesBack(t *testing.T, dir string, was *Snapshot) {
	t.Helper()
	c := namedAgain(t, dir)
	record(t, dir, "front", noon.Add(24*time.Hour)).play(25)
	s := take(t, c)
	if n := len(s.Segments); n == 0 || s.Next() <= was.Next() || s.Segments[n-1].Flags != Discontinuity || s.Runs[len(s.Runs)-1].Sequence < 2 {
		t.Errorf("when it came back: first %d, %+v, %+v", s.First, s.Segments, s.Runs)
	}
	if past, err := Past(dir); err != nil || len(past) != 1 || past[0].WindowBytes != 1<<40 || past[0].Window != time.Hour {
		t.Errorf("it is not listed again: %+v, %v", past, err)
	}
}

// A camera that is named again before its window has passed has what is left,
// with the whole window again.
func TestNamedAgain(t *testing.T) {
	dir, was := whole(t)
	synctest.Test(t, func(t *testing.T) {
		followFor(loadEnded(t, dir, time.Hour), 30*time.Minute, func() bool { return false })
	})
	state, _, _ := disk{}.readStateFile(statePath(front(dir)))
	if minutes := state.Ended / 60_000_000; minutes < 28 || minutes > 30 {
		t.Errorf("after half an hour state.json counts %d minutes", minutes)
	}
	c := namedAgain(t, dir)
	sameBut(t, c.Snapshot(), was, nil)
	if c.state.Ended != 0 {
		t.Errorf("it still ages: %d", c.state.Ended)
	}
	if m, err := os.ReadFile(statePath(front(dir))); err != nil || strings.Contains(string(m), "ended_us") {
		t.Errorf("state.json: %s, %v", m, err)
	}
	comesBack(t, dir, was)
}

// What is in the spool of a camera that has ended is taken in first, also what
// its recorder writes last; before that recorder has ended nothing is removed.
func TestEndedWhileRecording(t *testing.T) {
	if _, err := theTape(); err != nil {
		t.Fatal(err)
	}
	dir := fastDir(t)
	synctest.Test(t, func(t *testing.T) {
		lock, err := spool.LockCamera(spool.CameraDir(dir, "front"))
		if err != nil {
			t.Fatal(err)
		}
		r := record(t, dir, "front", noon).play(45)
		c := loadEnded(t, dir, time.Minute)
		followFor(c, 5*time.Minute, func() bool { return false })
		if s := c.Snapshot(); s.Open == nil || len(s.Segments) != 2 || c.state.Ended != 0 {
			t.Errorf("while it is still recorded: %+v", s)
		}
		r.play(20)
		r.die()
		c = loadEnded(t, dir, time.Minute)
		all := func() bool { return len(c.Snapshot().Segments) == 4 }
		if took := followFor(c, time.Minute, all); !all() {
			t.Errorf("after %v there are %d segments of 4", took, len(c.Snapshot().Segments))
		}
		c = loadEnded(t, dir, time.Minute)
		if followFor(c, 10*time.Minute, c.Gone); c.Gone() {
			t.Error("it is gone although its recorder lives")
		}
		lock.Close()
		c = loadEnded(t, dir, time.Minute)
		if followFor(c, 10*time.Minute, c.Gone); !c.Gone() {
			t.Error("it is not gone")
		}
	})
}

// What is left out of an archive keeps it from being forgotten.
func TestEndedAndLeftOut(t *testing.T) {
	dir, _ := whole(t)
	odd := front(dir, "2020-01-01")
	made("front/2020-01-01", "not a folder")(t, dir)
	synctest.Test(t, func(t *testing.T) {
		c := loadEnded(t, dir, time.Minute)
		if followFor(c, 10*time.Minute, c.Gone); c.Gone() || len(c.Snapshot().Segments) > 0 {
			t.Errorf("gone %v with %q left out", c.Gone(), c.LeftOut())
		}
		if err := os.Remove(odd); err != nil {
			t.Fatal(err)
		}
		if followFor(c, 10*time.Minute, c.Gone); !c.Gone() {
			t.Error("it is not gone")
		}
	})
}

func TestPast(t *testing.T) {
	dir, _ := whole(t)
	for _, name := range []string{"empty", "Capital", "init-only", "odd", "broken", "spool-only"} {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	made("state-is-a-file", "x")(t, dir)
	os.MkdirAll(filepath.Join(dir, "init-only", "init"), 0o755)
	badnesses[2].do(t, filepath.Join(dir, "odd", "state.json")) // a FIFO
	made("broken/state.json", `{"format": 7}`)(t, dir)
	os.MkdirAll(filepath.Join(dir, ".spool", "spool-only"), 0o755)
	made(".spool/spool-only/state.json", `{"format": 1, "title": "Spool", "window_us": 60000000}`)(t, dir)
	past, err := Past(dir)
	if err != nil {
		t.Fatal(err)
	}
	want := []PastCamera{{"front", "front", 0, 0}, {"init-only", "init-only", 0, 0}, {"odd", "odd", 0, 0}, {"spool-only", "Spool", time.Minute, 0}}
	if len(past) != len(want) {
		t.Fatalf("%+v", past)
	}
	for i := range want {
		if past[i] != want[i] {
			t.Errorf("%+v, want %+v", past[i], want[i])
		}
	}
	if _, err := Past(filepath.Join(dir, "nowhere")); err == nil {
		t.Error("a media directory that is not there is no error")
	}
}

func TestForget(t *testing.T) {
	dir, was := whole(t)
	lock, err := spool.LockCamera(spool.CameraDir(dir, "front"))
	if err != nil {
		t.Fatal(err)
	}
	if err := Forget(dir, "front"); err == nil || !strings.Contains(err.Error(), "has not ended") {
		t.Errorf("while it is recorded: %v", err)
	}
	if len(media(t, dir)) != len(was.Segments) {
		t.Error("something is removed although it is recorded")
	}
	lock.Close()
	for _, name := range []string{"..", "", "a/b", ".spool"} {
		if err := Forget(dir, name); err == nil {
			t.Errorf("%q can be forgotten", name)
		}
	}
	for range 2 { // the second time there is nothing left to do
		if err := Forget(dir, "front"); err != nil {
			t.Fatal(err)
		}
		if files := filesIn(t, dir); len(files) != 1 || files[0] != "state.json" {
			t.Errorf("what is left of it: %q", files)
		}
	}
	if past, err := Past(dir); err != nil || len(past) > 0 {
		t.Errorf("it is still listed: %+v, %v", past, err)
	}
	comesBack(t, dir, was)
	if err := Forget(dir, "never"); err != nil || !isGone(filepath.Join(dir, "never")) || !isGone(spool.CameraDir(dir, "never")) {
		t.Errorf("a camera that never was: %v", err)
	}
}
