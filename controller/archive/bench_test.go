package archive

import (
	"log/slog"
	"testing"
	"time"

	"lookback/controller/spool"
)

// longIndex is a camera with an index of n segments of 2 s, nothing on disk.
func longIndex(n int) *Archive {
	constants := spool.Constants{PartTarget: 100_000, TargetDuration: 2_000_000, Independent: true}
	c := &Archive{Options: Options{Window: time.Duration(n) * 2 * time.Second, Log: slog.New(slog.DiscardHandler)}, catalog: newCatalog(disk{}, "")}
	c.promises, _ = Follow(nil, 0, 0, spool.Promised{Constants: constants})
	c.runs = []Run{{}}
	c.startAt(1000)
	for range n {
		c.another()
	}
	c.publish()
	return c
}

// another appends a segment as finishSegment does, and forgets what retention
// would have deleted by now.
func (c *Archive) another() {
	start := noon.UnixMicro()
	if n := len(c.segs); n > 0 {
		start = c.segs[n-1].End()
	}
	c.append(Segment{Start: start, Duration: 2_000_000, Size: 500_000}, nil)
	c.slide(0)
	c.removed(c.retained.from)
}

// A segment costs the same however long the window is.
func BenchmarkAppend(b *testing.B) {
	for _, v := range []struct {
		name string
		n    int
	}{{"minute", 30}, {"week", 302_400}} {
		b.Run(v.name, func(b *testing.B) {
			c := longIndex(v.n)
			b.ReportAllocs()
			for b.Loop() {
				c.another()
				c.publish()
			}
		})
	}
}

// The index of a window that slides for long neither grows nor is copied often.
func TestIndexStaysSmall(t *testing.T) {
	const n = 10_000
	c := longIndex(n)
	copies, at := 0, &c.segs[0]
	for range 10 * n {
		c.another()
		if now := &c.segs[0]; now != at {
			copies, at = copies+1, now
		}
	}
	if len(c.segs) > n*3/2 || cap(c.segs) > n*3/2 || copies > 45 {
		t.Errorf("%d of %d segments are used for %d, %d copies", len(c.segs), cap(c.segs), n, copies)
	}
	if c.next() != 1000+11*n || c.retained.from != c.next()-n {
		t.Errorf("MSN %d to %d", c.retained.from, c.next())
	}
}
