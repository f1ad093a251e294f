package playlist

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"lookback/controller/archive"
	"lookback/controller/playlist/conform"
	"lookback/controller/playlist/life"
)

// client follows one playlist, by full updates or by deltas.
type client struct {
	name   string
	delta  bool
	render func(*archive.Snapshot, bool) []byte
	has    *conform.Parsed
	deltas int
}

func (c *client) see(t *testing.T, s *archive.Snapshot) {
	t.Helper()
	text := c.render(s, c.delta && c.has != nil)
	got, err := conform.Parse(text)
	if err != nil {
		t.Fatalf("%s: %v\n%s", c.name, err, text)
	}
	if got.Skips {
		c.deltas++
	}
	merged, err := conform.Merge(c.has, got)
	if err != nil {
		t.Fatalf("%s: %v\n%s", c.name, err, text)
	}
	for _, err := range conform.Check(c.has, merged) {
		t.Errorf("%s: %v", c.name, err)
	}
	if t.Failed() {
		t.Fatalf("%s:\n%s", c.name, text)
	}
	c.has = merged
}

func clients(blocks *Blocks) []*client {
	var all []*client
	for _, delta := range []bool{false, true} {
		all = append(all,
			&client{name: fmt.Sprint("live delta=", delta), delta: delta,
				render: func(s *archive.Snapshot, d bool) []byte { return Live(s).Render(d) }},
			&client{name: fmt.Sprint("window delta=", delta), delta: delta,
				render: func(s *archive.Snapshot, d bool) []byte { return Window(s, blocks).Render(d) }},
			&client{name: fmt.Sprint("slice delta=", delta), delta: delta,
				render: func(s *archive.Snapshot, d bool) []byte {
					l, err := Slice(s, life.Begin, 0, s.Edge(), blocks)
					if err != nil {
						return []byte(err.Error())
					}
					return l.Render(d)
				}})
	}
	return all
}

// A camera starts, plays, restarts, loses segments, goes away, comes back, and
// its window slides: at each step each client must find what the RFC promises.
func TestLifeOfACamera(t *testing.T) {
	var left uint64 // discontinuities that slid out of the live playlist
	for seed := range uint64(2) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(seed, 22))
			cam := life.Usual()
			cam.Window = 200_000_000
			all := clients(new(Blocks))
			see := func() {
				if !cam.Snapshot().Empty() {
					for _, c := range all {
						c.see(t, cam.Snapshot())
					}
				}
			}
			cam.Run(0)
			for range 60 {
				switch n := rnd.IntN(30); {
				case n < 2:
					cam.EndRun()
					see()
					cam.Run(rnd.Int64N(5_000_000))
				case n == 2:
					cam.Gap(1_000_000 + rnd.Int64N(1_000_000))
					see()
				case n == 3: // a frame more or less, and a short end
					cam.Part(86_000)
				case n < 15:
					for range rnd.IntN(15) {
						cam.Part(100_000)
						see()
					}
				default: // the client sleeps
					cam.Parts(rnd.IntN(100))
				}
				if cam.Snapshot().Open == nil {
					cam.Run(0)
				}
				see()
			}
			for _, c := range all {
				if c.delta && c.deltas == 0 {
					t.Errorf("%s never saw a delta update", c.name)
				}
			}
			left += all[0].has.DiscontinuitySequence
		})
	}
	if left == 0 {
		t.Error("no discontinuity ever left the live playlist")
	}
}
