package archive

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"lookback/controller/spool"
)

// crashed is the panic by which a test ends the program at a change of the disk.
type crashed struct{}

// life is a camera's archive over several lives of the program. It notes what
// players could see, and that nothing of it is ever taken back.
type life struct {
	t       *testing.T
	dir     string
	witness string
	c       *Archive
	rec     *recorder
	clock   time.Time // when the next run begins
	frames  int       // whole frames that recorders wrote

	count   int   // changes of the disk so far
	crashAt []int // at which of them the program ends
	power   bool  // and the machine with it
	cuts    int   // at most so often
	kill    bool  // and the recorder with it
	loose   []string

	name string
	next uint64
	from uint64
	seen map[uint64]glimpse

	under  spool.Promised // what the next recorder makes its run under
	number uint64         // the highest that any snapshot had
}

// glimpse is what a player saw of a segment.
type glimpse struct {
	start    int64
	sequence uint64
	promise  spool.Promised
	parts    []Part
	length   uint32 // 0 while it was open
	gap      bool
	identity string
}

// fastDir is a folder in memory where there is such a thing: what is tested is
// the order of changes, not the disk.
func fastDir(t testing.TB) string {
	dir, err := os.MkdirTemp("/dev/shm", "lookback-test-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

func newLife(t *testing.T, name string) *life {
	l := &life{t: t, dir: fastDir(t), witness: fastDir(t), name: name, clock: noon.Add(time.Hour - 5*time.Second), seen: map[uint64]glimpse{},
		under: spool.Promised{Constants: testConstants}}
	return l
}

// before sees every change of the disk.
func (l *life) before(op, path string) error {
	l.observe()
	l.count++
	if len(l.crashAt) > 0 && l.count == l.crashAt[0] {
		l.crashAt = l.crashAt[1:]
		l.tear(op, path)
		panic(crashed{})
	}
	switch op {
	case "syncfs":
		l.loose = nil
	case "rename":
		l.loose = append(l.loose, path)
	}
	return nil
}

// tear leaves behind what the change under way may leave behind, and in a power
// cut what the disk had not got yet.
func (l *life) tear(op, path string) {
	switch op {
	case "append":
		f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
		if err == nil {
			f.WriteString("#EXT-X-PROGRAM-DATE-TIME:2026-11-22T13:0")
			f.Close()
		}
	case "replace":
		os.WriteFile(filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+"123456789"), []byte("half"), 0o644)
	}
	if l.kill && l.rec != nil {
		l.rec.die()
		l.rec = nil
	}
	if !l.power || l.cuts == 0 {
		return
	}
	l.cuts--
	for i, path := range l.loose {
		stat, err := os.Stat(path)
		if err != nil {
			continue
		}
		switch i % 3 {
		case 0:
			os.Truncate(path, stat.Size()/2)
		case 1:
			os.Truncate(path, 0)
		case 2:
			os.Remove(path)
		}
	}
	l.loose = nil
	os.RemoveAll(l.witness) // it is in memory
	statefile := statePath(filepath.Join(l.dir, "front"))
	if s, damage, err := (disk{}).readStateFile(statefile); err == nil && damage == nil {
		s.Boot = "another boot"
		os.WriteFile(statefile, s.marshal(), 0o644)
	}
}

// attempt runs a piece of the program's life. False: it ended within it.
func (l *life) attempt(do func()) (whole bool) {
	defer func() {
		if e := recover(); e != nil {
			if _, ok := e.(crashed); !ok {
				panic(e)
			}
			l.observe()
			l.c = nil
		}
	}()
	do()
	l.observe()
	return true
}

// must runs a piece of the program's life, in as many lives as it takes.
func (l *life) must(what string, do func(c *Archive) error) {
	l.t.Helper()
	for range 10 {
		whole := l.attempt(func() {
			if l.c == nil {
				c, err := Load(context.Background(), Options{MediaDir: l.dir, Camera: "front", Window: 9 * time.Second, Log: slog.New(slog.DiscardHandler),
					Witness: l.witness, number: func() uint64 { return 0 }, fault: l.before})
				if err != nil {
					l.t.Fatalf("%s: %s: loading: %v", l.name, what, err)
				}
				l.c = c
			}
			if err := do(l.c); err != nil {
				l.t.Fatalf("%s: %s: %v", l.name, what, err)
			}
		})
		if whole {
			return
		}
	}
	l.t.Fatalf("%s: %s: never came to an end", l.name, what)
}

// observe compares what players see now with what they saw before.
func (l *life) observe() {
	if l.c == nil || l.c.Snapshot() == nil {
		return
	}
	s := l.c.Snapshot()
	// What a power cut took from the end becomes a gap when the next run begins;
	// until then the window reaches back by as much more.
	if (s.First < l.from || s.Next() < l.next) && !l.power {
		l.t.Fatalf("%s: the window was %d..%d and is %d..%d", l.name, l.from, l.next, s.First, s.Next())
	}
	l.from, l.next = max(l.from, s.First), max(l.next, s.Next())
	l.promises(s)
	for i, seg := range s.Segments {
		msn := s.First + uint64(i)
		l.compare(msn, glimpse{seg.Start, s.Runs[seg.Run].Sequence, promiseOf(s.Promises, msn).Promised, s.PartsOf(msn), seg.Duration, seg.Flags&Gap != 0, s.Identity})
		if i > 0 && seg.Flags&Discontinuity == 0 && seg.Start != s.Segments[i-1].End() {
			l.t.Fatalf("%s: MSN %d begins at %d, the one before ends at %d", l.name, msn, seg.Start, s.Segments[i-1].End())
		}
	}
	if o := s.Open; o != nil {
		if o.MSN != s.Next() {
			l.t.Fatalf("%s: MSN %d is open, %d is next", l.name, o.MSN, s.Next())
		}
		l.compare(o.MSN, glimpse{o.Start, s.Runs[o.Run].Sequence, promiseOf(s.Promises, o.MSN).Promised, o.Parts, 0, false, s.Identity})
	}
}

func (l *life) compare(msn uint64, now glimpse) {
	was, known := l.seen[msn]
	if known && was.identity != now.identity && !l.power {
		l.t.Fatalf("%s: the archive has another identity at MSN %d", l.name, msn)
	}
	if now.gap {
		if known && !was.gap && !l.power {
			l.t.Fatalf("%s: MSN %d was there and is a gap", l.name, msn)
		}
		if known {
			return
		}
	}
	if known && !was.gap {
		// After a power cut the one before may be shorter: then a discontinuity is due.
		if was.start != now.start || now.sequence < was.sequence || now.sequence > was.sequence && !l.power {
			l.t.Fatalf("%s: MSN %d was %+v and is %+v", l.name, msn, was, now)
		}
		// What was growing belongs to another identity's promise from then on.
		moved := was.identity != now.identity && was.length == 0
		if was.promise.Number != now.promise.Number && !moved || was.promise.Constants != now.promise.Constants {
			l.t.Fatalf("%s: MSN %d was made under %+v and is under %+v", l.name, msn, was.promise, now.promise)
		}
		power := l.power && was.identity != now.identity // else its addresses are the same
		for i := range min(len(was.parts), len(now.parts)) {
			if was.parts[i] != now.parts[i] && !(power && i == len(now.parts)-1) {
				l.t.Fatalf("%s: part %d.%d was %+v and is %+v", l.name, msn, i, was.parts[i], now.parts[i])
			}
		}
		if !power && (was.length != 0 && was.length != now.length || now.length != 0 && len(now.parts) > 0 && len(now.parts) < len(was.parts)) {
			l.t.Fatalf("%s: MSN %d was %+v and is %+v", l.name, msn, was, now)
		}
	}
	if known && was.gap {
		l.t.Fatalf("%s: MSN %d was a gap and is %+v", l.name, msn, now)
	}
	if len(now.parts) >= len(was.parts) {
		l.seen[msn] = now
	}
}

// play lets the camera send frames, by a new recorder when there is none.
func (l *life) play(n int) {
	if l.rec == nil {
		l.rec = recordUnder(l.t, l.dir, "front", l.clock, l.under)
	}
	l.rec.play(n)
	l.frames += n
	l.clock = l.clock.Add(time.Duration(n)*100*time.Millisecond + time.Second)
}

func (l *life) end() {
	if l.rec != nil {
		l.rec.half().die()
		l.rec = nil
	}
}

// story is a camera's life with everything in it that changes the disk.
func (l *life) story() {
	take := func(c *Archive) error { return c.takeIn() }
	list := func(c *Archive) error { return c.run(c.listing()) }
	l.must("start", take)
	l.play(27)
	l.must("take in a run's beginning", take)
	l.must("list", list)
	l.play(20)
	l.must("take in more", take)
	l.must("list over the hour", list)
	l.play(18)
	l.end()
	l.must("take in the end", take)
	l.play(25)
	l.must("take in a second run", take)
	l.must("save", func(c *Archive) error { return c.run(c.saving()) })
	l.must("list again", list)
	l.play(37)
	l.must("take in more of it", take)
	l.must("delete", func(c *Archive) error {
		for i := range c.retained.left {
			c.retained.left[i].at = time.Now().Add(-Grace)
		}
		return c.retain()
	})
	l.must("list after deleting", list)
	l.end()
	l.must("take in the second end", take)
	l.must("close", func(c *Archive) error { return c.close() })
}

// verify looks at what is left at the end.
func (l *life) verify() {
	l.t.Helper()
	l.crashAt = nil
	l.c = nil
	var s *Snapshot
	l.must("load at the end", func(c *Archive) error { s = c.Snapshot(); return nil })
	var length int64
	for i, seg := range s.Segments {
		msn := s.First + uint64(i)
		length += int64(seg.Duration)
		if seg.Flags&Gap != 0 {
			if !l.power {
				l.t.Fatalf("%s: MSN %d is a gap", l.name, msn)
			}
			continue
		}
		stat, err := os.Stat(filepath.Join(l.dir, "front", SegmentURI(msn, seg.Start)))
		if err != nil || stat.Size() != int64(seg.Size) {
			l.t.Fatalf("%s: MSN %d: %v, %v", l.name, msn, stat, err)
		}
	}
	if length < 9_000_000 {
		l.t.Fatalf("%s: only %d µs are left of a window of 9 s", l.name, length)
	}
	total := 0
	for _, g := range l.seen {
		total += int(g.length / 100_000)
	}
	if total != l.frames && !l.power {
		l.t.Fatalf("%s: %d frames were written, %d could be seen", l.name, l.frames, total)
	}
	if runs, _ := spool.Runs(spool.CameraDir(l.dir, "front")); len(runs) > 0 {
		l.t.Fatalf("%s: the spool still holds %v", l.name, runs)
	}
	findings, err := Check(CheckOptions{MediaDir: l.dir, Camera: "front"})
	if err != nil || len(findings) > 0 {
		l.t.Fatalf("%s: %v, %v", l.name, findings, err)
	}
}

// Whatever change of the disk is the program's last: nothing that was shown is
// taken back or shown as something else, and nothing that was written is lost.
func TestKilledAtEveryChange(t *testing.T) {
	whole := newLife(t, "undisturbed")
	whole.story()
	changes := whole.count
	whole.verify()
	if changes < 40 {
		t.Fatalf("the story has only %d changes of the disk", changes)
	}
	for _, v := range []struct {
		name  string
		kill  bool
		cuts  int
		again int // the next life ends after so many changes, 0: it does not
	}{
		{"killed", false, 0, 0}, {"killed twice", false, 0, 1}, {"killed soon after", false, 0, 3},
		{"killed with the recorder", true, 0, 0}, {"killed twice with the recorder", true, 0, 2},
		{"power cut", true, 1, 0}, {"two power cuts", true, 2, 2}, {"power cut and killed", true, 1, 5},
	} {
		step := 1
		if v.again > 0 {
			step = 3
		}
		t.Run(v.name, func(t *testing.T) {
			for k := 1; k <= changes; k += step {
				l := newLife(t, fmt.Sprintf("at change %d", k))
				l.kill, l.power, l.cuts = v.kill, v.cuts > 0, v.cuts
				if l.crashAt = []int{k}; v.again > 0 {
					l.crashAt = append(l.crashAt, k+v.again)
				}
				l.story()
				l.verify()
				os.RemoveAll(l.dir)
			}
		})
	}
}
