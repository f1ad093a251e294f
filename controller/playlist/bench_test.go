package playlist

import (
	"bytes"
	"compress/gzip"
	"testing"

	"lookback/controller/archive"
	"lookback/controller/playlist/life"
	"lookback/controller/spool"
)

func packed(t testing.TB, plain []byte) int {
	t.Helper()
	var out bytes.Buffer
	z, err := gzip.NewWriterLevel(&out, 5)
	if err == nil {
		_, err = z.Write(plain)
	}
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.Len()
}

// busy is a camera with five minutes of 0.1 s parts, none of exactly the same
// length, in the middle of a segment.
func busy(targetDuration int64) *archive.Snapshot {
	c := life.New(spool.Constants{PartTarget: 115_000, TargetDuration: targetDuration, Independent: true}, targetDuration, 302_400)
	c.Run(0)
	for i := range int64(3000) {
		c.Part(100_000 + i%2)
	}
	for s := c.Snapshot(); s.Edge()-s.Open.Start < targetDuration*9/10; s = c.Snapshot() {
		c.Part(100_000)
	}
	return c.Snapshot()
}

// What a viewer downloads ten times a second must stay small.
func TestSize(t *testing.T) {
	for td, most := range map[int64]int{2_000_000: 1000, 12_000_000: 3500} {
		s := busy(td)
		delta, full := Live(s).Render(true), Live(s).Render(false)
		t.Logf("TARGETDURATION %d s: delta %d B, gzip %d B; full %d B, gzip %d B",
			td/1e6, len(delta), packed(t, delta), len(full), packed(t, full))
		if n := packed(t, delta); n > most {
			t.Errorf("a delta update of %d bytes (gzip), more than %d", n, most)
		}
	}
}

func BenchmarkRender(b *testing.B) {
	live := busy(2_000_000)
	day, _ := archive.NewSnapshot(long(43_200))
	week, _ := archive.NewSnapshot(long(302_400))
	blocks := map[*archive.Snapshot]*Blocks{day: new(Blocks), week: new(Blocks)}
	for _, x := range []struct {
		name string
		list func() List
		skip bool
	}{
		{"live/full", func() List { return Live(live) }, false},
		{"live/delta", func() List { return Live(live) }, true},
		{"day/full", func() List { return Window(day, blocks[day]) }, false},
		{"day/full/anew", func() List { return Window(day, nil) }, false},
		{"day/delta", func() List { return Window(day, blocks[day]) }, true},
		{"week/delta", func() List { return Window(week, blocks[week]) }, true},
	} {
		b.Run(x.name, func(b *testing.B) {
			b.ReportAllocs()
			var n int
			for b.Loop() {
				n = len(x.list().Render(x.skip))
			}
			b.ReportMetric(float64(n), "bytes")
		})
	}
}
