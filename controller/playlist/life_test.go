package playlist

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"lookback/controller/archive"
	"lookback/controller/playlist/conform"
	"lookback/controller/playlist/life"
	"lookback/controller/spool"
)

// client follows one playlist, by full updates or by deltas. Of a new promise it
// asks for another, once the one it has has ended.
type client struct {
	name    string
	delta   bool
	render  func(*archive.Snapshot, bool) []byte
	has     *conform.Parsed
	number  uint64 // of the promise whose playlist it has
	deltas  int
	changed int
}

func (c *client) see(t *testing.T, s *archive.Snapshot) {
	t.Helper()
	served := s.Under(s.Served())
	if old, ok := s.Numbered(c.number); c.has != nil && served.Promise().Number != c.number {
		if !ok {
			t.Fatalf("%s: the promise %d is not known any more", c.name, c.number)
		}
		if c.read(t, s.Under(old)); !c.has.EndList {
			t.Fatalf("%s: the list of an old promise goes on", c.name)
		}
		before := c.has
		c.has = nil
		c.read(t, served)
		c.report(t, conform.Handover(before, c.has), "after the change")
		c.changed++
	}
	c.number = served.Promise().Number
	c.read(t, served)
}

func (c *client) read(t *testing.T, s *archive.Snapshot) {
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
	c.report(t, conform.Check(c.has, merged), string(text))
	c.has = merged
	c.ownParts(t, s)
}

// ownParts: parts are only of the promise whose list it is, and so is what the
// live list holds.
func (c *client) ownParts(t *testing.T, s *archive.Snapshot) {
	t.Helper()
	for i, segment := range c.has.Segments {
		msn := c.has.MediaSequence + uint64(i)
		if msn < s.Promise().FirstMSN && (len(segment.Parts) > 0 || strings.HasPrefix(c.name, "live")) {
			t.Fatalf("%s: the list of promise %d has parts of MSN %d, or it at all", c.name, s.Promise().Number, msn)
		}
	}
}

func (c *client) report(t *testing.T, errs []error, text string) {
	t.Helper()
	for _, err := range errs {
		t.Errorf("%s: %v", c.name, err)
	}
	if t.Failed() {
		t.Fatalf("%s:\n%s", c.name, text)
	}
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
				switch n := rnd.IntN(33); {
				case n > 29: // other constants, inside a run or with the next
					if n == 30 {
						cam.EndRun()
						see()
					}
					cam.Promise(spool.Constants{PartTarget: 100_000, TargetDuration: 2_000_000 + rnd.Int64N(2)*10_000_000, Independent: rnd.IntN(2) == 0})
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
				if c.delta && c.deltas == 0 || c.changed == 0 {
					t.Errorf("%s saw %d delta updates and %d changes of the promise", c.name, c.deltas, c.changed)
				}
			}
			left += all[0].has.DiscontinuitySequence
		})
	}
	if left == 0 {
		t.Error("no discontinuity ever left the live playlist")
	}
}
