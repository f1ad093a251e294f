package recorder

import (
	"math"
	"time"
)

const (
	// mostBehind is how far time stamps may jump back before they are counted anew.
	mostBehind = time.Second
	// waitingPicture is how long pictures must last at times for each to wait until the
	// next one has come: to be wrong by less does not matter.
	waitingPicture = 400 * time.Millisecond
)

// durations completes pictures that come at once, of which nobody knows for how
// long they are to be shown: until the next one, by its time stamp. They are taken to
// last a frame, and what was wrong in that is put right by the next. Of a camera that
// idles that would be wrong by seconds, so there each waits for the next one. It is pure.
type durations struct {
	format *format
	newest int64         // stamp of the newest picture, ticks
	step   time.Duration // to it from the one before; 0 where it does not follow
	end    int64         // of the last one that is complete, ticks
	scale  uint32        // of those, ticks a second; 0: there is none
	held   *unit         // which waits
	idles  time.Duration // how long pictures last while it idles: tells the owner, who takes it back
}

// add takes pictures in the order in which they came. frame is what one lasts as far as
// is known; waits says that it may last much longer. What comes back is complete.
func (l *durations) add(all []unit, frame time.Duration, waits bool) (on []unit) {
	for _, u := range all {
		step := l.follow(u)
		if step == 0 {
			step = frame
		}
		on = append(on, l.release(step)...)
		l.held = &u
	}
	// The first long one may be a hole, where pictures were lost: the next one tells.
	if !waits && l.step < waitingPicture {
		on = append(on, l.release(frame)...)
	}
	return on
}

// follow is how far a picture is from the one before.
func (l *durations) follow(u unit) time.Duration {
	step := time.Duration(0)
	if l.format != nil && l.format.timescale == u.format.timescale {
		step = max(0, u.format.time(u.dts-l.newest))
	}
	if l.step >= waitingPicture && step >= waitingPicture {
		l.idles = min(l.step, step)
	}
	l.format, l.newest, l.step = u.format, u.dts, step
	return step
}

// overdue is what has waited for as long as a picture may last. frame is what one lasts.
func (l *durations) overdue(now, frame time.Duration) []unit {
	longest := max(slowestPicture, 2*frame)
	if l.held == nil {
		return nil
	}
	waited := now - l.held.arrival
	if l.held.unended { // it was handed out when the next one had begun, which is so, too
		waited -= max(frame, l.step)
	}
	if waited < longest {
		return nil
	}
	return l.release(longest)
}

// release completes what waits by how long it lasts.
func (l *durations) release(lasts time.Duration) []unit {
	if l.held == nil {
		return nil
	}
	u := *l.held
	l.held = nil
	ticks := func(d time.Duration) int64 { return int64(math.Round(d.Seconds() * float64(u.format.timescale))) }
	if l.scale != u.format.timescale || l.end-u.dts > ticks(mostBehind) {
		l.end, l.scale = u.dts, u.format.timescale
	}
	length := max(0, u.dts+max(1, ticks(lasts))-l.end)
	if lasts >= waitingPicture { // what is missing before it is made up for bit by bit
		length = min(length, ticks(max(lasts, slowestPicture)))
	}
	u.duration, l.end = uint64(length), l.end+length
	return []unit{u}
}
