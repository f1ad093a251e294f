package archive

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"lookback/controller/spool"
)

var promiseChanges = flag.Int("promises", 100, "how many changes of what playlists promise are made while the program is killed")

// promises looks at what playlists of a snapshot would promise: numbers go up
// and never back, and nothing is longer than its own promise says.
func (l *life) promises(s *Snapshot) {
	for i := 1; i < len(s.Promises); i++ {
		if a, b := s.Promises[i-1], s.Promises[i]; b.Number <= a.Number || b.FirstMSN <= a.FirstMSN {
			l.t.Fatalf("%s: after promise %d of MSN %d comes %d of MSN %d", l.name, a.Number, a.FirstMSN, b.Number, b.FirstMSN)
		}
	}
	if n := s.Promise().Number; n < l.number {
		l.t.Fatalf("%s: the promise was %d and is %d", l.name, l.number, n)
	}
	l.number = s.Promise().Number
	for i := range s.Promises {
		l.listUnder(s.Under(i))
	}
}

// listUnder looks at a snapshot as the playlists of one promise show it.
func (l *life) listUnder(s *Snapshot) {
	p := s.Promise()
	for i, seg := range s.Segments {
		msn := s.First + uint64(i)
		own := msn >= p.FirstMSN
		longest := p.Window.TargetDuration
		if own {
			longest = p.Constants.TargetDuration
		}
		if (int64(seg.Duration)+500_000)/1_000_000*1_000_000 > longest {
			l.t.Fatalf("%s: MSN %d of %d µs in a list of promise %d: %+v", l.name, msn, seg.Duration, p.Number, p)
		}
		for _, part := range s.PartsOf(msn) {
			if own && int64(part.Duration) > p.Constants.PartTarget {
				l.t.Fatalf("%s: MSN %d has parts of %d µs under promise %d: %+v", l.name, msn, part.Duration, p.Number, p)
			}
		}
	}
	if o := s.Open; o != nil && o.MSN < p.FirstMSN {
		l.t.Fatalf("%s: MSN %d is open in a list of promise %d, which begins with %d", l.name, o.MSN, p.Number, p.FirstMSN)
	}
}

// change is what a recorder may promise next, whatever it knows of earlier ones.
func (l *life) change(rnd *rand.Rand, insideRun bool) spool.Promised {
	part := []int64{100_000, 200_000}[rnd.IntN(2)]
	if insideRun {
		part = l.under.Constants.PartTarget
	}
	p := spool.Promised{Number: l.under.Number + 1, Constants: spool.Constants{PartTarget: part,
		TargetDuration: []int64{2_000_000, 3_000_000, 12_000_000}[rnd.IntN(3)], Independent: rnd.IntN(2) == 0},
		Requested: &spool.Requested{Part: part, Segment: 2_000_000}}
	switch rnd.IntN(8) {
	case 0: // of an earlier version: with the constants in state.json
		if known, _ := ReadPromise(l.dir, "front"); known != nil && !insideRun {
			p = spool.Promised{Constants: known.Constants}
		}
	case 1: // it went back
		p.Number = rnd.Uint64N(p.Number + 1)
	case 2: // ahead, as after hours without state.json
		p.Number += 1 + rnd.Uint64N(3)
	case 3: // damaged
		p.Number = 1 << 60
	}
	return p
}

// Whatever recorders promise, and whenever the program or they are killed: no
// number ever goes back or stands for two promises, and no list mixes them.
func TestPromisesThroughCrashes(t *testing.T) {
	rnd := rand.New(rand.NewPCG(22, 13))
	l := newLife(t, "random changes")
	defer os.RemoveAll(l.dir)
	for n := range *promiseChanges {
		l.name = fmt.Sprintf("change %d", n)
		if l.kill = rnd.IntN(3) == 0; rnd.IntN(2) == 0 {
			l.crashAt = []int{l.count + 1 + rnd.IntN(12)}
		}
		inside := l.rec != nil && rnd.IntN(2) == 0
		if l.under = l.change(rnd, inside); inside {
			l.rec.promise(l.under)
		} else {
			l.end()
		}
		l.play(3 + rnd.IntN(60))
		l.must("take in", func(c *Archive) error { return c.takeIn() })
		if rnd.IntN(3) == 0 {
			l.must("list", func(c *Archive) error { return c.run(c.listing()) })
		}
		if rnd.IntN(6) == 0 {
			l.must("delete", func(c *Archive) error {
				for i := range c.retained.left {
					c.retained.left[i].at = time.Now().Add(-Grace)
				}
				return c.retain()
			})
		}
		if rnd.IntN(20) == 0 {
			l.kill, l.c = false, nil // ended and begun again
		}
		l.told()
	}
	l.crashAt = nil
	l.end()
	l.must("take in the end", func(c *Archive) error { return c.takeIn() })
	l.must("close", func(c *Archive) error { return c.close() })
	l.verify()
	if l.number < uint64(*promiseChanges)/2 {
		t.Errorf("after %d changes the number is %d", *promiseChanges, l.number)
	}
}

// told compares what a recorder would read with what viewers were told.
func (l *life) told() {
	known, err := ReadPromise(l.dir, "front")
	if err != nil || known == nil || known.Number < l.number {
		l.t.Fatalf("%s: a recorder reads %+v, %v; viewers were told of %d", l.name, known, err, l.number)
	}
}
