package recorder

import (
	"sync"
	"time"

	"lookback/controller/rtsp"
)

const (
	// nearArrival is how far what sender reports tell may be from what arrivals tell:
	// cameras' clocks are wrong often.
	nearArrival = 500 * time.Millisecond
	// newCount is by how much a track's stamps may differ from its arrivals, since
	// the last one, before they are taken to be counted anew.
	newCount = 2 * time.Second
)

// tie says where the sound of a camera belongs beside its picture. Both count time
// by clocks that begin anywhere: arrivals tell how these lie to each other, and
// sender reports tell it better where they don't differ from that.
type tie struct {
	mu             sync.Mutex
	picture, sound trackClock
}

// of is the clock of a track, for as long as unlock has not been called.
func (t *tie) of(track rtsp.Track) (c *trackClock, unlock func()) {
	t.mu.Lock()
	if track == rtsp.Sound {
		return &t.sound, t.mu.Unlock
	}
	return &t.picture, t.mu.Unlock
}

// came notes that what ends at a stamp was there at an instant, monotonic.
func (t *tie) came(track rtsp.Track, stamp, arrival time.Duration) {
	c, unlock := t.of(track)
	defer unlock()
	c.came(stamp, arrival)
}

// reported notes what the sender's clock was at a stamp.
func (t *tie) reported(track rtsp.Track, stamp time.Duration, clock time.Time) {
	c, unlock := t.of(track)
	defer unlock()
	c.reported(stamp, clock)
}

// trackClock is what is known of the clock of one track.
type trackClock struct {
	offset      time.Duration // least arrival less stamp of late, monotonic
	stamp, at   time.Duration // of the last one
	begun       bool
	ntp         time.Duration // by the last sender report: the sender's clock less stamp
	hasReported bool
}

// came notes that what ends at a stamp was there at an instant, monotonic.
func (c *trackClock) came(stamp, arrival time.Duration) {
	by := arrival - stamp
	step := (stamp - c.stamp) - (arrival - c.at)
	if !c.begun || step.Abs() > newCount {
		*c = trackClock{offset: by, begun: true}
	} else {
		c.offset = min(by, c.offset+(arrival-c.at)/soundDrift)
	}
	c.stamp, c.at = stamp, arrival
}

// reported notes what the sender's clock was at a stamp.
func (c *trackClock) reported(stamp time.Duration, clock time.Time) {
	if c.begun {
		c.ntp, c.hasReported = time.Duration(clock.UnixNano())-stamp, true
	}
}

// sent is where a stamp of the picture is on the monotonic clock.
func (t *tie) sent(stamp time.Duration) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	return stamp + t.picture.offset
}

// place is where a stamp of the sound is on the monotonic clock, by when the picture
// came that it belongs to. False while that is not known. Beside pictures whose
// stamps can't be trusted its own arrivals alone tell it.
func (t *tie) place(stamp time.Duration, alone bool) (time.Duration, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.picture.begun || !t.sound.begun {
		return 0, false
	}
	between := t.sound.offset - t.picture.offset
	if t.picture.hasReported && t.sound.hasReported && !alone {
		if reports := t.sound.ntp - t.picture.ntp; (reports - between).Abs() <= nearArrival {
			between = reports
		}
	}
	return stamp + between + t.picture.offset, true
}
