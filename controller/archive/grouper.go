package archive

import "lookback/controller/spool"

// grouper collects the fragments of one segment into parts. It is a pure
// function of the fragments' times, so that a segment read again after a crash
// falls into the same parts.
//
// A part closes when [spool.PartFull] says so: waiting for the next fragment
// would cost every part a frame of delay. One that turns out longer than
// expected closes the part before it.
type grouper struct {
	target int64 // PART-TARGET, microseconds

	part  Part
	start int64 // of the part being collected, microseconds
	end   int64 // of its last fragment
}

// reset begins a segment at the given time, microseconds.
func (g *grouper) reset(start int64) {
	g.part = Part{}
	g.start, g.end = start, start
}

// add takes the next fragment, which ends at end, microseconds, and occupies
// [offset, offset+size) of the segment's file. It returns the parts that are
// now complete, usually none or one.
func (g *grouper) add(end, offset, size int64, sync bool) (closed []Part) {
	if g.part.Size > 0 && end-g.start > g.target+1 {
		closed = append(closed, g.flush()...)
	}
	last := end - g.end
	if g.part.Size == 0 {
		g.part.Offset = uint32(offset)
	}
	g.part.Size += uint32(size)
	g.part.Independent = g.part.Independent || sync
	g.end = end
	if spool.PartFull(end-g.start, last, g.target) {
		closed = append(closed, g.flush()...)
	}
	return closed
}

// flush closes the part being collected; none when it is empty.
func (g *grouper) flush() []Part {
	if g.part.Size == 0 {
		return nil
	}
	p := g.part
	p.Duration = uint32(g.end - g.start)
	g.part, g.start = Part{}, g.end
	return []Part{p}
}
