package recorder

import "time"

// mostBehind is how far time stamps may jump back before they are counted anew.
const mostBehind = time.Second

// durations completes pictures that come at once, of which nobody knows for
// how long they are to be shown: until the next one, by its time stamp where it
// has come, else a frame long. What was wrong in that is put right by the next.
// It is pure.
type durations struct {
	format *format
	end    int64 // of the picture before, ticks
}

// give completes them in the order in which they came; frame is what one of
// them lasts.
func (l *durations) give(all []unit, frame time.Duration) {
	for i := range all {
		u := &all[i]
		if u.duration != 0 {
			continue
		}
		step := max(1, int64(frame.Seconds()*float64(u.format.timescale)))
		if l.format == nil || l.format.timescale != u.format.timescale || l.end-u.dts > int64(mostBehind.Seconds()*float64(u.format.timescale)) {
			l.end = u.dts
		}
		l.format = u.format
		next := u.dts + step
		if i+1 < len(all) && all[i+1].dts > u.dts {
			next = all[i+1].dts
		}
		u.duration = uint64(max(0, next-l.end))
		l.end = max(l.end, next)
	}
}
