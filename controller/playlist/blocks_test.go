package playlist

import (
	"math/rand/v2"
	"testing"

	"lookback/controller/archive"
)

// Adding up whole blocks must find the same position as adding up segments,
// also while segments are appended and the oldest leave.
func TestBlocksFindTheSameBeginning(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var segments []archive.Segment
	for range 3000 {
		segments = append(segments, archive.Segment{Duration: uint32(1 + random.IntN(4_000_000))})
	}
	var blocks Blocks
	for range 2000 {
		from, end := random.IntN(1000), 1000+random.IntN(2000)
		s := &archive.Snapshot{First: uint64(700 + from), Segments: segments[from:end]}
		span := random.Int64N(5_000_000_000)
		if got, want := blocks.back(s, len(s.Segments), span), back(s, len(s.Segments), span); got != want {
			t.Fatalf("MSN %d to %d, %d µs: begins at %d, want %d", s.First, s.Next(), span, got, want)
		}
	}
}
