package archive

import (
	"bytes"
	"context"
	"reflect"
	"testing"
	"time"

	"lookback/controller/fmp4"
	"lookback/controller/spool"
)

// withFlaws is an archive of three segments; the second tells of a standstill
// and, at its end, of a time that began in the first.
func withFlaws(t *testing.T) (dir string, c *Archive, want []Flaw) {
	dir = fastDir(t)
	c = load(t, dir, time.Hour)
	r := record(t, dir, "front", noon).play(32)
	r.flaw(spool.Standstill, 22, 32)
	r.flaws = append(r.flaws, fmp4.Event{Scheme: "urn:somebody", Value: spool.Late, Timescale: r.run.Timescale, Duration: 1},
		fmp4.Event{Scheme: spool.FlawScheme, Value: "unheard of", Timescale: r.run.Timescale, Duration: 1})
	r.play(7).flaw(spool.Late, 15, 39).play(22)
	start := noon.UnixMicro()
	want = []Flaw{
		{MSN: 1, Start: start + 2_200_000, End: start + 3_200_000, Kind: Standstill},
		{MSN: 1, Start: start + 1_500_000, End: start + 3_900_000, Kind: Late},
	}
	return dir, c, want
}

func TestFlawsAreTold(t *testing.T) {
	dir, c, want := withFlaws(t)
	if s := take(t, c); !reflect.DeepEqual(s.Flaws, want) || s.Next() != 3 {
		t.Fatalf("%d segments tell of %v, want %v", s.Next(), s.Flaws, want)
	}
	if err := c.close(); err != nil {
		t.Fatal(err)
	}
	if s := load(t, dir, time.Hour).Snapshot(); !reflect.DeepEqual(s.Flaws, want) {
		t.Errorf("loaded from the playlist: %v, want %v", s.Flaws, want)
	}
	if found := findings(t, dir); len(found) > 0 {
		t.Error(found)
	}
	removed("front/2026-11-22/12/index.m3u8")(t, dir)
	if s := load(t, dir, time.Hour).Snapshot(); !reflect.DeepEqual(s.Flaws, want) {
		t.Errorf("loaded from the segments: %v, want %v", s.Flaws, want)
	}
}

// TestFlawsOfTheOpenSegment are told before it is complete.
func TestFlawsOfTheOpenSegment(t *testing.T) {
	dir := fastDir(t)
	c := load(t, dir, time.Hour)
	r := record(t, dir, "front", noon).play(5)
	before := take(t, c)
	r.flaw(spool.Standstill, 1, 5).play(3)
	s := take(t, c)
	if s.Open == nil || len(s.Open.Flaws) != 1 || s.Open.Flaws[0].Kind != Standstill || len(before.Open.Flaws) != 0 {
		t.Errorf("%+v, before %+v", s.Open, before.Open)
	}
}

// TestFlawsGoWithTheirSegment, out of the window and out of memory.
func TestFlawsGoWithTheirSegment(t *testing.T) {
	_, c, want := withFlaws(t)
	take(t, c)
	c.Window = 2 * time.Second
	c.slide(0)
	c.publish()
	if s := c.Snapshot(); s.First != 2 || len(s.Flaws) != 0 || !reflect.DeepEqual(c.flaws, want) {
		t.Errorf("from MSN %d: %v; on disk %v", s.First, s.Flaws, c.flaws)
	}
	if err := c.run(c.removing(0)); err != nil {
		t.Fatal(err)
	}
	c.makeRoom(1)
	if len(c.flaws) != 0 {
		t.Errorf("what is deleted is remembered: %v", c.flaws)
	}
}

// TestCheckFindsUntoldFlaw: a playlist that does not say what its segments do.
func TestCheckFindsUntoldFlaw(t *testing.T) {
	dir, c, want := withFlaws(t)
	take(t, c)
	if err := c.close(); err != nil {
		t.Fatal(err)
	}
	edit("front/2026-11-22/12/index.m3u8", func(text []byte) []byte {
		var kept []byte
		for line := range bytes.Lines(text) {
			if !bytes.Contains(line, []byte("standstill")) {
				kept = append(kept, line...)
			}
		}
		return kept
	})(t, dir)
	if found := findings(t, dir); len(found) != 1 {
		t.Errorf("findings %v", found)
	} else if err := Mend(context.Background(), dir, "front", found, c.Log); err != nil {
		t.Fatal(err)
	}
	if s := load(t, dir, time.Hour).Snapshot(); !reflect.DeepEqual(s.Flaws, want) {
		t.Errorf("mended: %v, want %v", s.Flaws, want)
	}
}
