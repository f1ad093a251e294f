package archive

import (
	"bytes"
	"context"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sys/unix"
)

// What is oldest over all cameras goes first, the newest media of none goes, and
// a camera that has gone ahead changes nothing for the others.
func TestOldestOfAllGoesFirst(t *testing.T) {
	dir := fastDir(t)
	disk := NewReserve(dir, 1000)
	free := int64(0)
	disk.free = func(string) (int64, error) { return free, nil }
	cameras := map[string]*Archive{}
	for name, start := range map[string]time.Time{"old": noon.Add(-time.Hour), "young": noon} {
		c, err := Load(context.Background(), Options{MediaDir: dir, Camera: name, Window: time.Hour, Reserve: disk, Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		r := record(t, dir, name, start).play(801)
		take(t, c)
		r.end()
		take(t, c)
		cameras[name] = c
	}
	old, young := cameras["old"], cameras["young"]
	size := old.Bytes()
	free = 1000 - 3*size/40 // the size of three segments
	spare := func() (fromOld, fromYoung uint64) {
		for _, c := range []*Archive{young, old, young, old} {
			if err := c.spareDisk(); err != nil {
				t.Fatal(err)
			}
		}
		return old.Snapshot().First, young.Snapshot().First
	}
	if a, b := spare(); a < 3 || a > 4 || b != 0 {
		t.Errorf("for three segments the old camera gave %d, the young one %d", a, b)
	}
	free = 1000 - 2*size // all
	a, b := spare()
	if left := old.next() - a; left < 15 || left > 16 || b < 20 || young.next()-b < 15 {
		t.Errorf("for everything the old camera gave %d of %d, the young one %d of %d", a, old.next(), b, young.next())
	}
	free = 1000
	if again, _ := spare(); again != a {
		t.Errorf("with enough space the window still shrank to %d", again)
	}
	// A restart does not bring back what was given up.
	if err := old.run(old.saving()); err != nil {
		t.Fatal(err)
	}
	c, err := Load(context.Background(), Options{MediaDir: dir, Camera: "old", Window: time.Hour, Log: slog.New(slog.DiscardHandler)})
	if err != nil || c.Snapshot().First != a {
		t.Errorf("after a restart the window begins at %d, want %d, %v", c.Snapshot().First, a, err)
	}
	// It grows back as time goes on.
	for _, c := range cameras {
		was := len(c.Snapshot().Segments)
		record(t, dir, c.Camera, noon.Add(time.Hour)).play(400)
		if is := len(take(t, c).Segments); is < was+19 {
			t.Errorf("the window does not grow again: %d segments, were %d", is, was)
		}
	}
}

func TestForecast(t *testing.T) {
	dir := fastDir(t)
	var log bytes.Buffer
	load := func(o Options) *Archive {
		o.MediaDir, o.Camera, o.Log = dir, "front", slog.New(slog.NewTextHandler(&log, nil))
		c, err := Load(context.Background(), o)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	c := load(Options{Window: time.Hour})
	if f := c.Forecast(); f != (Forecast{}) {
		t.Errorf("without media: %+v", f)
	}
	record(t, dir, "front", noon).play(601)
	take(t, c)
	rate := c.Bytes() * 60
	c = load(Options{Window: time.Hour})
	if f := c.Forecast(); f.BytesPerHour != rate || f.Fits != time.Hour || f.Bound != "WINDOW" {
		t.Errorf("forecast %+v, the rate is %d", f, rate)
	}
	c = load(Options{Window: time.Hour, WindowBytes: rate / 4})
	if f := c.Forecast(); f.Fits.Round(time.Second) != 15*time.Minute || f.Bound != "WINDOW_BYTES" {
		t.Errorf("forecast %+v", f)
	}
	disk := NewReserve(dir, 1000)
	disk.free = func(string) (int64, error) { return 1000 + rate/2 - rate/60, nil }
	c = load(Options{Window: time.Hour, Reserve: disk})
	if f := c.Forecast(); f.Fits.Round(time.Second) != 30*time.Minute || f.Bound != "DISK_RESERVE" {
		t.Errorf("forecast %+v", f)
	}
	if !c.logForecast() || !strings.Contains(log.String(), "fits=30m0s because_of=DISK_RESERVE") || strings.Contains(log.String(), "level=WARN") {
		t.Errorf("the log says:\n%s", log.String())
	}
	full := NewReserve(dir, 1<<50)
	full.most = func(string) (int64, error) { return 1 << 51, nil }
	c = load(Options{Window: time.Hour, Reserve: full})
	for range 2 * shortLooks {
		if err := c.spareDisk(); err != nil {
			t.Fatal(err)
		}
	}
	if strings.Count(log.String(), "less is free on the disk") != 1 || !strings.Contains(log.String(), "less is free on the disk than DISK_RESERVE") {
		t.Errorf("the log says:\n%s", log.String())
	}
	disk.free = func(string) (int64, error) { return 0, unix.EIO }
	if _, _, err := disk.shed(c); err == nil {
		t.Error("an unknown disk is no error")
	}
}

// TestOnlyAnEndedCamera: on a nearly full disk all that one holds goes for the others,
// whose history begins, and nothing is said of none being kept.
func TestOnlyAnEndedCamera(t *testing.T) {
	dir := fastDir(t)
	var log bytes.Buffer
	written := func(camera string) *Archive {
		c, err := Load(context.Background(), Options{MediaDir: dir, Camera: camera, Title: camera, Window: time.Hour, Log: slog.New(slog.NewTextHandler(&log, nil))})
		if err != nil {
			t.Fatal(err)
		}
		r := record(t, dir, camera, noon).play(801)
		take(t, c)
		r.end()
		take(t, c)
		return c
	}
	size := written("past").Bytes()
	disk, named := NewReserve(dir, 1000), 0
	load := func(camera string, ended bool) *Archive {
		c, err := Load(context.Background(), Options{MediaDir: dir, Camera: camera, Title: camera, Ended: ended, Window: time.Hour, Reserve: disk, Log: slog.New(slog.NewTextHandler(&log, nil))})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	synctest.Test(t, func(t *testing.T) {
		past := load("past", true)
		disk.free = func(string) (int64, error) { return size - past.Bytes(), nil } // the disk holds nothing else
		disk.bytes = size
		now := load("now", false)
		followFor(past, 10*time.Minute, func() bool {
			if err := now.spareDisk(); err != nil {
				t.Error(err)
			}
			return past.Gone()
		})
		named = len(now.Snapshot().Segments)
		if !past.Gone() {
			t.Errorf("%d segments are left of it", len(past.Snapshot().Segments))
		}
	})
	if named != 0 || strings.Contains(log.String(), "no history will be kept") {
		t.Errorf("the log says:\n%s", log.String())
	}
	if files := filesIn(t, filepath.Join(dir, "past")); len(files) != 1 || files[0] != "state.json" {
		t.Errorf("left are %q", files)
	}
}

// TestReserveLargerThanTheDisk: nothing is deleted for what can never be met, and that is
// said at once, before anything else is done about the disk.
func TestReserveLargerThanTheDisk(t *testing.T) {
	dir := fastDir(t)
	c := load(t, dir, time.Hour)
	r := record(t, dir, "front", noon).play(801)
	take(t, c)
	r.end()
	was := take(t, c)
	if err := c.close(); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	disk, size := NewReserve(dir, 50_000_000_000), int64(40_000_000_000)
	disk.free = func(string) (int64, error) { return 30_000_000_000, nil }
	disk.most = func(string) (int64, error) { return size, nil }
	c, err := Load(context.Background(), Options{MediaDir: dir, Camera: "front", Window: time.Hour, Reserve: disk, Log: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 * shortLooks {
		if err := c.retain(); err != nil {
			t.Fatal(err)
		}
	}
	if is := c.Snapshot(); is.First != was.First || len(is.Segments) != len(was.Segments) {
		t.Errorf("%d segments from %d are left of %d", len(is.Segments), is.First, len(was.Segments))
	}
	if text := log.String(); strings.Count(text, "level=ERROR") != 1 || strings.Contains(text, "level=WARN") || !strings.Contains(text, `DISK_RESERVE=\"50 GB\": accepted is less than the disk of MEDIA_DIR holds, 40 GB`) {
		t.Errorf("the log says %s", text)
	}
	if e := disk.Impossible(); e == nil || e.Kept != 2_000_000_000 {
		t.Errorf("kept free is %+v", e)
	}
	// What is kept free meanwhile is, as ever.
	disk.free = func(string) (int64, error) { return 1_999_999_999, nil }
	if err := c.spareDisk(); err != nil || c.Snapshot().First != was.First+1 {
		t.Errorf("%v, the window begins at %d", err, c.Snapshot().First)
	}
	size = 60_000_000_000 // somebody made it larger
	if disk.kept() != 50_000_000_000 || disk.Impossible() != nil {
		t.Errorf("of a disk that is large enough %d are kept free: %v", disk.kept(), disk.Impossible())
	}
	disk.most = diskMost
	if most, err := diskMost(dir); err != nil || most <= 0 || most < disk.kept() && disk.Impossible() == nil {
		t.Errorf("this disk can have %d free, %v", most, err)
	}
}
