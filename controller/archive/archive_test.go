package archive

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"lookback/controller/spool"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func TestPartsAppearBeforeTheSegmentIsComplete(t *testing.T) {
	dir := t.TempDir()
	c := load(t, dir, time.Hour)
	before := c.Snapshot()
	if !before.Empty() || before.Open != nil {
		t.Fatalf("an empty archive has %+v", before)
	}
	r := record(t, dir, "front", noon)
	s := take(t, c)
	if !s.Empty() {
		t.Fatalf("a run without frames shows %+v", s)
	}
	r.play(5)
	s = take(t, c)
	select {
	case <-before.Superseded():
	default:
		t.Error("the first snapshot was not superseded")
	}
	if s.Open == nil || len(s.Open.Parts) != 2 || s.Open.MSN != 0 || len(s.Segments) != 0 {
		t.Fatalf("after 5 frames of 0.1 s: %+v", s)
	}
	for i, p := range s.Open.Parts {
		if p.Duration != 200_000 || p.Independent != (i == 0) {
			t.Errorf("part %d: %+v", i, p)
		}
	}
	if want := noon.UnixMicro() + 400_000; s.Edge() != want {
		t.Errorf("edge %d, want %d", s.Edge(), want)
	}
	r.play(17) // one part into the second segment
	s = take(t, c)
	if len(s.Segments) != 1 || s.Segments[0].Duration != 2_000_000 || s.Segments[0].Start != noon.UnixMicro() || s.Segments[0].Flags != 0 {
		t.Fatalf("after 22 frames: %+v", s.Segments)
	}
	if parts := s.PartsOf(0); len(parts) != 10 {
		t.Errorf("%d parts of the complete segment", len(parts))
	}
	f, err := c.OpenMedia(0)
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
	if !strings.HasSuffix(f.Name(), "/front/2026-11-22/12/000000000.m4s") {
		t.Errorf("segment 0 is at %s", f.Name())
	}
	if f, err = c.OpenMedia(1); err != nil {
		t.Fatal(err)
	}
	f.Close()
	if f, err = c.OpenMedia(2); err == nil {
		t.Errorf("segment 2 is at %s", f.Name())
	}
}

func TestKilledRecorderLosesNoWholeFragment(t *testing.T) {
	dir := t.TempDir()
	c := load(t, dir, time.Hour)
	r := record(t, dir, "front", noon).play(47).half()
	take(t, c)
	r.die()
	s := take(t, c)
	if len(s.Segments) != 3 || s.Segments[2].Duration != 700_000 || s.Open != nil {
		t.Fatalf("47 frames gave %+v", s.Segments)
	}
	if names, _ := spool.Runs(spool.CameraDir(dir, "front")); len(names) != 0 {
		t.Errorf("the spool still holds %v", names)
	}
	record(t, dir, "front", noon.Add(8*time.Second)).play(22)
	s = take(t, c)
	if len(s.Segments) != 4 || s.Segments[3].Flags != Discontinuity || s.Runs[s.Segments[3].Run].Sequence != 1 {
		t.Fatalf("the second run: %+v", s.Segments)
	}
	if s.Open.MSN != 4 || s.Open.Flags != 0 {
		t.Errorf("open segment %+v", s.Open)
	}
	if _, err := os.Stat(filepath.Join(dir, "front", InitURI(3))); err != nil {
		t.Error(err)
	}
}

// A restart of this program at any point must find what was there, and a run
// that goes on must go on without a discontinuity.
func TestRestartGoesOn(t *testing.T) {
	for _, frames := range []int{1, 5, 20, 21, 47, 60} {
		dir := t.TempDir()
		c := load(t, dir, time.Hour)
		r := record(t, dir, "front", noon).play(frames)
		was := take(t, c)
		listed := frames%2 == 1
		if listed {
			if err := c.run(c.listing()); err != nil {
				t.Fatal(err)
			}
		}
		c = load(t, dir, time.Hour) // the old one is gone without a word
		s := take(t, c)
		if !reflect.DeepEqual(s.Segments, was.Segments) && len(s.Segments)+len(was.Segments) > 0 || s.First != was.First {
			t.Errorf("%d frames: segments %+v, were %+v", frames, s.Segments, was.Segments)
		}
		if !reflect.DeepEqual(s.Open, was.Open) {
			t.Errorf("%d frames: open %+v, was %+v", frames, s.Open, was.Open)
		}
		if !reflect.DeepEqual(s.Recent, was.Recent) && len(was.Recent) > 0 {
			t.Errorf("%d frames: recent %+v, were %+v", frames, s.Recent, was.Recent)
		}
		r.play(40)
		s = take(t, c)
		for i, seg := range s.Segments {
			if seg.Flags != 0 || i > 0 && seg.Start != s.Segments[i-1].End() {
				t.Errorf("%d frames: segment %d is %+v", frames, i, seg)
			}
		}
		if want := (frames + 39) / 20; len(s.Segments) != want {
			t.Errorf("%d frames: %d segments, want %d", frames, len(s.Segments), want)
		}
	}
}

func TestHourPlaylists(t *testing.T) {
	dir := t.TempDir()
	c := load(t, dir, 24*time.Hour)
	r := record(t, dir, "front", noon.Add(time.Hour-5*time.Second)).play(61)
	take(t, c)
	if err := c.run(c.listing()); err != nil {
		t.Fatal(err)
	}
	r.play(40)
	take(t, c)
	if err := c.run(c.listing()); err != nil {
		t.Fatal(err)
	}
	read := func(hour string) string {
		data, err := os.ReadFile(filepath.Join(dir, "front", "2026-11-22", hour, hourName))
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	first, second := read("12"), read("13")
	if !strings.Contains(first, "PLAYLIST-TYPE:VOD") || !strings.HasSuffix(first, "000000002.m4s\n#EXT-X-ENDLIST\n") {
		t.Errorf("the closed hour:\n%s", first)
	}
	if !strings.Contains(second, "PLAYLIST-TYPE:EVENT") || !strings.Contains(second, "MEDIA-SEQUENCE:3\n") || !strings.HasSuffix(second, "000000004.m4s\n") {
		t.Errorf("the open hour:\n%s", second)
	}
	was := c.Snapshot()
	// A torn last line is mended from the file.
	path := filepath.Join(dir, "front", "2026-11-22", "13", hourName)
	if err := os.WriteFile(path, []byte(second[:len(second)-20]), 0o644); err != nil {
		t.Fatal(err)
	}
	c = load(t, dir, 24*time.Hour)
	if s := take(t, c); !reflect.DeepEqual(s.Segments, was.Segments) {
		t.Errorf("after a torn line: %+v, want %+v", s.Segments, was.Segments)
	}
	if mended := read("13"); strings.Count(mended, ".m4s") != 2 {
		t.Errorf("the mended hour:\n%s", mended)
	}
}

func TestLostFileIsAGap(t *testing.T) {
	dir := t.TempDir()
	c := load(t, dir, time.Hour)
	record(t, dir, "front", noon).play(101)
	take(t, c)
	if err := c.run(c.listing()); err != nil {
		t.Fatal(err)
	}
	for _, msn := range []uint64{0, 2} { // at the beginning: deleted; in the middle: lost
		if err := os.Remove(filepath.Join(dir, "front", SegmentURI(msn, c.segs[msn].Start))); err != nil {
			t.Fatal(err)
		}
	}
	s := take(t, load(t, dir, time.Hour))
	if s.First != 1 || len(s.Segments) != 4 {
		t.Fatalf("first %d, segments %+v", s.First, s.Segments)
	}
	if gap := s.Segments[1]; gap.Flags != Gap || gap.Duration != 2_000_000 || gap.Size != 0 {
		t.Errorf("the lost segment is %+v", gap)
	}
	// The same when no playlist knew of it.
	if err := os.Remove(filepath.Join(dir, "front", "2026-11-22", "12", hourName)); err != nil {
		t.Fatal(err)
	}
	s = take(t, load(t, dir, time.Hour))
	if gap := s.Segments[1]; s.First != 1 || gap.Flags != Gap || gap.Duration != 2_000_000 {
		t.Errorf("without playlist: first %d, the lost segment is %+v", s.First, gap)
	}
}

func TestNumbersNeverGoBack(t *testing.T) {
	dir := t.TempDir()
	c := load(t, dir, time.Hour)
	r := record(t, dir, "front", noon).play(101)
	take(t, c)
	r.end()
	seen := take(t, c).Next()
	if err := os.RemoveAll(filepath.Join(dir, "front", "2026-11-22")); err != nil {
		t.Fatal(err)
	}
	c = load(t, dir, time.Hour)
	record(t, dir, "front", noon.Add(time.Minute)).play(21)
	s := take(t, c)
	if s.First < seen {
		t.Errorf("after the archive was emptied MSN %d came again, %d had been used", s.First, seen-1)
	}
	if s.Segments[0].Flags != Discontinuity || s.Runs[s.Segments[0].Run].Sequence != 1 {
		t.Errorf("after the archive was emptied: %+v in run %+v", s.Segments[0], s.Runs[s.Segments[0].Run])
	}
}

func TestWindowIsTrimmedByMediaTime(t *testing.T) {
	dir := t.TempDir()
	c := load(t, dir, time.Minute)
	record(t, dir, "front", noon).play(900)
	s := take(t, c)
	if got := len(s.Segments); got != 30 || s.First != 14 {
		t.Fatalf("%d segments from MSN %d in a window of a minute", got, s.First)
	}
	if err := c.retain(); err != nil {
		t.Fatal(err)
	}
	if n := len(media(t, dir)); n != 44 {
		t.Errorf("%d files within the grace, want all 44", n)
	}
	for i := range c.retained.left { // the grace is over
		c.retained.left[i].at = time.Now().Add(-Grace)
	}
	if err := c.retain(); err != nil {
		t.Fatal(err)
	}
	files := media(t, dir)
	if _, ok := files["000000013.m4s"]; ok || len(files) != 30 {
		t.Errorf("%d files after the grace: %v", len(files), files)
	}
	var sum int64
	for _, size := range files {
		sum += size
	}
	if c.Bytes() != sum {
		t.Errorf("Bytes() = %d, the files have %d", c.Bytes(), sum)
	}
	if err := c.run(c.listing()); err != nil {
		t.Fatal(err)
	}
	if entries := hourEntries(t, dir, "2026-11-22/12"); len(entries) != 30 || entries[0].msn != 14 {
		t.Errorf("the hour playlist lists %d entries", len(entries))
	}
	if s := take(t, load(t, dir, time.Minute)); s.First != 14 {
		t.Errorf("after a restart the window begins at %d", s.First)
	}
}
