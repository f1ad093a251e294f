package recorder

import (
	"time"
)

// evidence is what a judge may look at: a picture that has arrived, a report of
// ffmpeg, or neither, several times a second.
type evidence struct {
	at     time.Duration // monotonic
	unit   *unit         // nil where it is something else
	report *progress     // likewise
	awake  bool          // this program has been running since the report before
}

// judge looks at all that arrives, and may name a cause for which ffmpeg is to
// end: the code of a [camera.Reason], "" for none.
type judge interface {
	look(e evidence) (cause string)
}

// attention is when this program was running. What happened while it stood still
// says nothing of the camera.
type attention struct {
	checked time.Duration // when clocks were last looked at, monotonic
	absent  period        // when they were not, the last time
}

// period is the time from one monotonic instant to another.
type period struct{ from, to time.Duration }

// look notes that the clocks are looked at.
func (a *attention) look(now time.Duration) {
	if a.checked > 0 && now-a.checked > 3*checkInterval {
		a.absent = period{a.checked, now}
	}
	a.checked = now
}

// awakeSince reports whether the program has been running since an instant.
func (a *attention) awakeSince(from, to time.Duration) bool {
	return to-a.checked <= 3*checkInterval && (a.absent.to <= from || a.absent.from >= to)
}
