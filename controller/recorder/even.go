package recorder

const (
	// maxMadeUp is how much made-up time longer frames are to make up for, in
	// frames; more of it at a stretch is a jump, which nothing makes up for.
	maxMadeUp = 15
	// madeUpFor is how many frames behind a short one may do so.
	madeUpFor = 32
)

// evener gives each fragment of a copied camera a duration that can be true.
// Zero and one-tick durations come from time stamps that jumped back, which
// ffmpeg raises to one tick each, and from cameras that round theirs: 30
// pictures a second with the stamps of 25 have every sixth twice. Both get a
// frame's length, but a rounded one has it from the frames beside it, which are
// longer in turn: without taking it back, time would run ahead of the clock.
// A long duration is a jump forward, or frames that were lost, and is cut.
type evener struct {
	frame, longest uint64 // ticks
	shortest       uint64 // that no camera's pictures are shorter than, ticks
	madeUp         uint64 // that longer frames are to make up for, ticks
	since          int    // frames since the last short one
	jumped         bool   // too much was made up at a stretch
	cut            uint64 // off the last one, ticks
}

// next is the duration of the next fragment.
func (e *evener) next(d uint64) uint64 {
	e.cut = 0
	frame := min(e.frame, e.longest)
	if d < min(e.frame/8, e.shortest) {
		e.madeUp, e.since = e.madeUp+frame-d, 0
		e.jumped = e.jumped || e.madeUp > maxMadeUp*frame
		return frame
	}
	if e.since++; e.jumped || e.since > madeUpFor {
		e.madeUp, e.jumped = 0, false
	}
	if d > frame {
		back := min(e.madeUp, d-frame)
		d, e.madeUp = d-back, e.madeUp-back
	}
	e.cut = d - min(d, e.longest)
	return d - e.cut
}

// late ends the taking back: who is behind the clock has nothing to give.
func (e *evener) late() { e.madeUp = 0 }
