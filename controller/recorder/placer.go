package recorder

import (
	"time"

	"lookback/controller/camera"
	"lookback/controller/fmp4"
)

// maxHeldBytes bounds what is held back while it is not known how to go on.
const maxHeldBytes = 32 << 20

// placed is a picture with its place in a run.
type placed struct {
	unit
	start          *beginning // of its run
	decode, length uint64     // output, ticks
	cut            uint64     // of its own duration, since that can't be true, ticks
	soundAt        uint64     // where its sound begins, samples
	sound          [][]byte
	flaws          []flaw // that were over before it
	part           int64  // the part target by which it was given its length, µs
}

// beginning is what all pictures of a run have in common.
type beginning struct {
	origin time.Duration // monotonic time of output decode time 0
	format *format
	sound  *fmp4.AAC // nil for none
}

// placer gives pictures their places in runs. A run's time 0 is known when pictures
// come in real time and the sound is there. Until then it holds them back.
type placer struct {
	plan     camera.Plan
	ready    func(waited time.Duration) bool // the sound is
	taken    func(tick int64) time.Duration  // when a frame's picture came, monotonic; nil: not known
	first    time.Duration                   // arrival of the first picture, monotonic
	begun    bool                            // it has come
	timeline *timeline                       // nil before
	format   *format
	expected int64 // decode time of the next picture of a constant rate
	start    *beginning
	held     []unit
	size     int    // of what is held, bytes
	reason   string // why a run was requested
}

// add takes the next picture. over is why the run so far has ended before it, ""
// while it has not; ready are those whose places are known now.
func (p *placer) add(u unit) (over string, ready []placed) {
	over = p.breaks(u)
	t := p.timeline.add(u.stamp())
	if t.verdict == begin {
		over = p.reason
		if over == "" {
			over = camera.TimestampJump
		}
		p.letGo()
		t = p.timeline.add(u.stamp())
	}
	switch t.verdict {
	case write:
		ready = []placed{p.at(u, t)}
	case hold:
		p.hold(u)
		ready = p.release(u.arrival)
	}
	return over, ready
}

// breaks notices a picture that can't belong to the same run as those before it.
func (p *placer) breaks(u unit) (over string) {
	jumped := p.timeline != nil && !p.plan.Copy && u.dts != p.expected
	p.expected = u.dts + int64(u.duration)
	switch {
	case u.format != p.format:
		if p.format != nil {
			over = camera.StreamChanged
		}
	case jumped:
		over = camera.TimestampJump
	default:
		return ""
	}
	if !p.begun {
		p.begun, p.first = true, u.arrival
	}
	p.format = u.format
	p.letGo()
	p.timeline = newTimeline(timelineConfig{
		timescale:   u.format.timescale,
		copied:      p.plan.Copy,
		frame:       p.plan.FrameRate.Frames(1),
		maxDuration: time.Duration(p.plan.Constants.PartTarget) * time.Microsecond,
	})
	return over
}

// letGo forgets what is held.
func (p *placer) letGo() { p.held, p.size, p.reason = nil, 0, "" }

// request has another run begin at the next key frame.
func (p *placer) request(reason string) {
	if p.timeline != nil {
		p.reason = reason
		p.timeline.requestRun()
	}
}

// hold keeps a picture back. When that becomes too much, the newest key frame and
// what follows is all that is kept.
func (p *placer) hold(u unit) {
	p.held, p.size = append(p.held, u), p.size+len(u.data)
	if p.size <= maxHeldBytes {
		return
	}
	newest := newestKey(p.held, func(u unit) bool { return u.sync })
	p.letGo()
	p.timeline.restart()
	for _, u := range newest {
		p.timeline.add(u.stamp())
		p.held, p.size = append(p.held, u), p.size+len(u.data)
	}
}

// newestKey is what is kept from the newest key frame on, nothing when that is all.
func newestKey[T any](kept []T, sync func(T) bool) []T {
	for i := len(kept) - 1; i > 0; i-- {
		if sync(kept[i]) {
			return append([]T(nil), kept[i:]...)
		}
	}
	return nil
}

// release begins a run with all that is held, once that may be.
func (p *placer) release(now time.Duration) (ready []placed) {
	if len(p.held) == 0 || !p.ready(now-p.first) || !p.timeline.anchored() {
		return nil
	}
	if first := p.held[0]; p.taken != nil && first.duration > 0 {
		p.timeline.from(p.taken(first.dts / int64(first.duration)))
	}
	p.start = &beginning{origin: p.timeline.origin, format: p.format}
	for _, u := range p.held {
		if t := p.timeline.place(u.stamp()); t.verdict == write {
			ready = append(ready, p.at(u, t))
		}
	}
	p.letGo()
	return ready
}

func (p *placer) at(u unit, t timed) placed {
	return placed{unit: u, start: p.start, decode: t.decode, length: t.duration, cut: t.cut, part: p.plan.Constants.PartTarget}
}

// parts has parts be so long from the next picture on.
func (p *placer) parts(target time.Duration) {
	p.plan.Constants.PartTarget = target.Microseconds()
	if p.timeline != nil {
		p.timeline.allow(target)
	}
}

// rate has pictures be so long usually from the next one on.
func (p *placer) rate(frame time.Duration) {
	if t := p.timeline; t != nil {
		t.frame, t.even.frame = frame, t.ticks(frame)
	}
}

// lag is by how much even the earliest of the last pictures were late.
func (p *placer) lag() time.Duration {
	if p.timeline == nil {
		return 0
	}
	return p.timeline.lag()
}
