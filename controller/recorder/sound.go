package recorder

import (
	"math"
	"time"

	"lookback/controller/fmp4"
)

const (
	// soundSlack is how far a frame may lie from its place before it is left
	// out, or silence put before it: the ear hardly notices, and time stamps
	// are uneven by as much.
	soundSlack = 60 * time.Millisecond
	// soundPatience is how far sound may lag behind the picture before silence
	// takes its place: a player shows the picture no further than both reach.
	soundPatience = 700 * time.Millisecond
	// maxSound bounds what waits for its picture, frames: 20 s.
	maxSound = 1000
	// soundWait is how long the beginning of a run waits for its sound.
	soundWait = 1500 * time.Millisecond
)

// soundTrack puts sound beside the picture: an unbroken row of frames, each
// 1024 samples long, in which frames that come too late are left out and
// silence stands for what is missing. So whatever becomes of the sound, the
// picture goes on. It is pure.
type soundTrack struct {
	aac   fmp4.AAC
	queue []soundFrame
	next  int64 // where the next frame belongs, samples
	away  bool  // silence goes on until sound comes again
}

// soundFrame is a frame with the time at which it belongs, in samples of the run.
type soundFrame struct {
	at   int64
	data []byte
}

func (t *soundTrack) samples(d time.Duration) int64 {
	return int64(math.Round(d.Seconds() * float64(t.aac.Rate)))
}

// push takes a frame that belongs to the given time of the run.
func (t *soundTrack) push(at time.Duration, data []byte) {
	t.away = false
	if t.queue = append(t.queue, soundFrame{t.samples(at), data}); len(t.queue) > maxSound {
		t.queue = t.queue[len(t.queue)-maxSound:]
	}
}

// upTo returns the frames that go with the picture that ends at the given time,
// and where the first of them belongs. Sound of after now can't have come yet.
func (t *soundTrack) upTo(now, end time.Duration) (first uint64, frames [][]byte) {
	first = uint64(t.next)
	due := t.samples(now)
	for limit := t.samples(end); t.next+fmp4.AACFrame <= limit; t.next += fmp4.AACFrame {
		frame := t.pick(due)
		if frame == nil {
			break
		}
		frames = append(frames, frame)
	}
	return first, frames
}

// pick is the frame for the next place; nil when it may still come.
func (t *soundTrack) pick(due int64) []byte {
	slack := t.samples(soundSlack)
	for len(t.queue) > 0 {
		head := t.queue[0]
		if head.at > t.next+slack {
			return t.aac.Silence()
		}
		t.queue = t.queue[1:]
		if head.at >= t.next-slack {
			return head.data
		}
	}
	if t.away && due >= t.next || due-t.next > t.samples(soundPatience) {
		t.away = true
		return t.aac.Silence()
	}
	return nil
}

// soundClock tells at which time of the run a frame belongs.
//
// Where sound and picture have time stamps of one clock, those decide: picture
// tells at which stamp which time of the run was. So does the time that the source
// gives its sound, by that clock or, where pictures are dated by their arrival,
// by the monotonic one. Elsewhere the earliest of the arrivals does, as with pictures.
type soundClock struct {
	timed  bool
	ahead  time.Duration // time of the run less stamp, by the pictures
	known  bool
	offset time.Duration // least arrival less stamp of late, monotonic
	last   time.Duration
	begun  bool
}

// soundDrift is by how much the least arrival is forgotten: both clocks drift
// less than 0.1 % from each other.
const soundDrift = 1000

// picture notes that a picture with this stamp begins at this time of the run.
func (c *soundClock) picture(stamp, at time.Duration) { c.ahead, c.known = at-stamp, true }

// place is a frame's time in a run whose time 0 was at origin, monotonic; false
// when that is not known yet. It is as long as it was under way before it came.
func (c *soundClock) place(u unit, origin, frame time.Duration) (time.Duration, bool) {
	stamp := u.time()
	switch {
	case u.clock != 0 && c.timed:
		return u.clock + c.ahead, c.known
	case u.clock != 0:
		return u.clock - origin, true
	case c.timed:
		return stamp + c.ahead, c.known
	}
	by := u.arrival - stamp
	if !c.begun {
		c.offset, c.begun = by, true
	} else {
		c.offset = min(by, c.offset+(u.arrival-c.last)/soundDrift)
	}
	c.last = u.arrival
	return stamp + c.offset - frame - origin, true
}
