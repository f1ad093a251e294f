package recorder

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"time"

	"lookback/controller/fmp4"
)

// packet is one frame of sound, or the configuration of those that follow.
type packet struct {
	config  bool
	stamp   time.Duration // of ffmpeg's clock, milliseconds exactly
	arrival time.Duration // monotonic
	data    []byte
}

// maxPacket is far more than an AAC frame needs, bytes.
const maxPacket = 1 << 16

var errFLV = errors.New("the sound is no AAC in FLV")

// readFLV hands out the AAC of an FLV stream (Adobe's Video File Format
// Specification 10.1, annex E) as it comes.
func readFLV(r io.Reader, clock func() time.Duration, each func(packet)) error {
	br := bufio.NewReader(r)
	head := make([]byte, 13) // with the size of the tag before the first
	if _, err := io.ReadFull(br, head); err != nil {
		return err
	}
	if string(head[:3]) != "FLV" {
		return errFLV
	}
	var last, stamp int64
	for tag := head[:11]; ; {
		if _, err := io.ReadFull(br, tag); err != nil {
			return err
		}
		size := int(binary.BigEndian.Uint32(tag[:4]) & 0xffffff)
		// 31 bits of milliseconds begin again after 24 days.
		now := int64(tag[7]&0x7f)<<24 | int64(binary.BigEndian.Uint32(tag[3:7])&0xffffff)
		stamp += int64(int32(uint32(now-last)<<1)) >> 1
		last = now
		if size > maxPacket {
			return errFLV
		}
		data := make([]byte, size+4)
		if _, err := io.ReadFull(br, data); err != nil {
			return err
		}
		if tag[0]&0x1f != 8 { // not sound
			continue
		}
		if size < 2 || data[0]>>4 != 10 {
			return errFLV
		}
		if size > 2 {
			each(packet{data[1] == 0, time.Duration(stamp) * time.Millisecond, clock(), data[2:size]})
		}
	}
}

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
	queue []placed
	next  int64 // where the next frame belongs, samples
	away  bool  // silence goes on until sound comes again
}

// placed is a frame with the time at which it belongs, in samples of the run.
type placed struct {
	at   int64
	data []byte
}

func (t *soundTrack) samples(d time.Duration) int64 {
	return int64(math.Round(d.Seconds() * float64(t.aac.Rate)))
}

// push takes a frame that belongs to the given time of the run.
func (t *soundTrack) push(at time.Duration, data []byte) {
	t.away = false
	if t.queue = append(t.queue, placed{t.samples(at), data}); len(t.queue) > maxSound {
		t.queue = t.queue[len(t.queue)-maxSound:]
	}
}

// upTo returns the frames that go with the picture that ends at the given time,
// and where the first of them belongs.
func (t *soundTrack) upTo(end time.Duration) (first uint64, frames [][]byte) {
	first = uint64(t.next)
	for limit := t.samples(end); t.next+fmp4.AACFrame <= limit; t.next += fmp4.AACFrame {
		frame := t.pick(limit)
		if frame == nil {
			break
		}
		frames = append(frames, frame)
	}
	return first, frames
}

// pick is the frame for the next place; nil when it may still come.
func (t *soundTrack) pick(limit int64) []byte {
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
	if t.away || limit-t.next > t.samples(soundPatience) {
		t.away = true
		return t.aac.Silence()
	}
	return nil
}

// soundClock tells at which time of the run a packet belongs.
//
// Where sound and picture have time stamps of one clock, those decide: picture
// tells at which stamp which time of the run was. Elsewhere the earliest of the
// arrivals does, as with pictures.
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

// picture notes that a fragment with this stamp begins at this time of the run.
func (c *soundClock) picture(stamp, at time.Duration) { c.ahead, c.known = at-stamp, true }

// place is the packet's time in a run whose time 0 was at origin, monotonic;
// false when that is not known yet.
func (c *soundClock) place(p packet, origin, frame time.Duration) (time.Duration, bool) {
	if c.timed {
		return p.stamp + c.ahead, c.known
	}
	by := p.arrival - p.stamp
	if !c.begun {
		c.offset, c.begun = by, true
	} else {
		c.offset = min(by, c.offset+(p.arrival-c.last)/soundDrift)
	}
	c.last = p.arrival
	return p.stamp + c.offset - frame - origin, true
}
