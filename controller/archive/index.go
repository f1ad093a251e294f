package archive

import (
	"cmp"
	"errors"
	"path/filepath"
	"slices"
)

// errNumberTaken is why a segment is left out whose MSN another one has.
var errNumberTaken = errors.New("another segment has its number: was the history of another machine copied into this one?")

// next is the MSN after the newest archived segment.
func (c *Archive) next() uint64 { return c.first + uint64(len(c.segs)) }

// seg is the segment with an MSN from first to next.
func (c *Archive) seg(msn uint64) Segment { return c.segs[msn-c.first] }

// excerpt is the index as it is now.
func (c *Archive) excerpt() excerpt {
	return excerpt{c.first, c.segs[:len(c.segs):len(c.segs)], c.runs[:len(c.runs):len(c.runs)], flawsFrom(c.flaws, c.first), c.promises[:len(c.promises):len(c.promises)]}
}

// startAt makes msn the first of an empty index.
func (c *Archive) startAt(msn uint64) {
	c.first = msn
	c.retained.deleted, c.retained.from, c.retained.counted = msn, msn, msn
}

// append enters a complete segment into the index, and the flaws that it tells of.
func (c *Archive) append(s Segment, flaws []Flaw) {
	if len(c.segs) == cap(c.segs) {
		c.makeRoom(1024 + len(c.segs)/4)
	}
	c.flaws = append(c.flaws, numbered(flaws, c.next())...)
	c.segs = append(c.segs, s)
	c.bytes.Add(int64(s.Size))
}

// makeRoom moves what is on disk into a larger array and lets the memory of
// what has been deleted go. A week of 2 s segments moves every other day.
// Snapshots keep the old array as long as they need it.
func (c *Archive) makeRoom(room int) {
	live := c.segs[c.retained.deleted-c.first:]
	c.segs = append(make([]Segment, 0, len(live)+room), live...)
	c.first = c.retained.deleted
	c.forgetFlaws()
	c.forgetPromises()
}

// fillGap enters MSNs that were lost as GAPs, up to the given one, which starts
// at the given time: each as long as the missing time allows, at most a target
// duration.
func (c *Archive) fillGap(msn uint64, start int64) {
	if len(c.segs) == 0 {
		c.startAt(msn)
		return
	}
	for c.next() < msn {
		last := c.segs[len(c.segs)-1]
		missing := (start - last.End()) / int64(msn-c.next())
		limit := max(promiseOf(c.promises, c.next()).Constants.TargetDuration, 1)
		e := entry{c.next(), Segment{
			Start:    last.End(),
			Duration: uint32(min(max(missing, 1), limit)),
			Run:      last.Run,
			Flags:    Gap,
		}, nil}
		settle(c.runs, &e)
		c.append(e.Segment, nil)
	}
}

// enter appends an entry that was found on disk. It reports false for one that
// is out of order.
func (c *Archive) enter(e entry) bool {
	if len(c.segs) > 0 && e.msn < c.next() {
		return false
	}
	if len(c.segs) == 0 && e.Flags&Gap != 0 {
		return true // what is missing before the oldest file has been deleted
	}
	c.stretch(e)
	c.fillGap(e.msn, e.Start)
	c.append(e.Segment, e.flaws)
	return true
}

// stretch lets the newest segment last until e begins, which follows it in the
// same run: a power cut took its end. It must not be used once there are snapshots.
func (c *Archive) stretch(e entry) {
	if len(c.segs) == 0 || e.msn != c.next() {
		return
	}
	last := &c.segs[len(c.segs)-1]
	length := e.Start - last.Start
	if last.Run == e.Run && e.Start > last.End() && length <= promiseOf(c.promises, c.next()-1).Constants.TargetDuration {
		last.Duration = uint32(length)
	}
}

// reorder builds the index anew with entries that came out of order: a clock
// was set back, so that the order of the folders is not that of the MSNs.
func (c *Archive) reorder(late []entry) {
	all := make([]entry, 0, len(c.segs)+len(late))
	before := c.excerpt()
	for i := range c.segs {
		all = append(all, before.entry(c.first+uint64(i)))
	}
	all = append(all, late...)
	slices.SortStableFunc(all, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.msn, b.msn), cmp.Compare(a.Flags&Gap, b.Flags&Gap))
	})
	c.bytes.Store(0)
	c.flaws = nil
	c.segs = make([]Segment, 0, cap(c.segs)+len(late))
	for i, e := range all {
		if i == 0 || e.msn != all[i-1].msn {
			c.enter(e)
		} else if e.Flags&Gap == 0 && e.Start != all[i-1].Start {
			c.leaveOut(filepath.Join(c.root, SegmentURI(e.msn, e.Start)), errNumberTaken)
		}
	}
}
