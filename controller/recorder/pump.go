package recorder

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"os"
	"sync"
	"time"

	"lookback/controller/camera"
)

const (
	// pumpPictures and pumpBytes are what waits before ffmpeg's pipe at most: older
	// pictures are left out. Of a camera whose pictures come by the bunch a whole one may
	// wait besides, within those bytes.
	pumpPictures = 3
	pumpBytes    = 8 << 20
	// keptPictures and keptPicturesBytes are the same while another ffmpeg is started.
	keptPictures, keptPicturesBytes = 300, 16 << 20
)

// came is a picture with the time of its arrival, monotonic.
type came struct {
	at   time.Duration
	data []byte
}

// pump hands an encoding ffmpeg the pictures of a camera, one for each frame, as
// multipart with lengths: a raw row of JPEGs would be decoded one picture late.
type pump struct {
	clock func() time.Duration
	wake  chan struct{}
	// Of the goroutine that writes: the first part was begun; a part, of which ffmpeg is to
	// hear once; and what the pipe holds, bytes.
	parted  bool
	part    []byte
	holds   int
	writing pending // a write to ffmpeg

	mu      sync.Mutex
	ticks   ticks
	bunches camera.Bunches
	least   time.Duration // standstill from which on it is reported
	queue   []came
	size    int // of it, bytes
	last    []byte
	counted progress   // frames: ticks; drop: all that were left out
	refused uint64     // of those, since ffmpeg took nothing
	seen    uint64     // of those, when it was last asked
	stood   []period64 // standstills that are over
	surge   surge
	watched surge // as it begins with each ffmpeg
	keeps   bool  // one ffmpeg has ended, and another one has not caught up with what came since
}

func newPump(clock func() time.Duration) *pump {
	return &pump{clock: clock, wake: make(chan struct{}, 1)}
}

// add takes a picture. It never waits.
func (p *pump) add(c came) {
	p.mu.Lock()
	p.bunches.Add(c.at)
	p.ticks.span = p.bunches.Span()
	most, bytes := p.may(), pumpBytes
	if p.surge.came(c.at); p.keeps || p.surge.holds() {
		most, bytes = keptPictures, keptPicturesBytes
	}
	for len(p.queue) > 0 && (len(p.queue) >= most || p.size+len(c.data) > bytes) {
		p.pop()
		p.counted.drop++
		p.refused++
	}
	p.queue, p.size = append(p.queue, c), p.size+len(c.data)
	p.mu.Unlock()
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// may is how many pictures may wait.
func (p *pump) may() int {
	if p.ticks.frame == 0 {
		return pumpPictures
	}
	return pumpPictures + int(math.Ceil(float64(p.ticks.span)/float64(p.ticks.frame)))
}

// knows tells the span of a bunch, as it was known before.
func (p *pump) knows(span time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.bunches.Known = span
}

// span is that of a bunch now.
func (p *pump) span() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.bunches.Span()
}

func (p *pump) pop() came {
	c := p.queue[0]
	p.queue, p.size = p.queue[1:], p.size-len(c.data)
	return c
}

// surged is the rate of a surge, frames a second; 0: there is none, or it was told. What is
// held back for nothing goes on.
func (p *pump) surged(now time.Duration) float64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	held := p.surge.holds()
	rate := p.surge.look(now)
	p.keeps = p.keeps || held && !p.surge.holds() // it has to catch up
	return rate
}

// watch has it look for surges beyond a rate, pictures a second, from the next ffmpeg on.
func (p *pump) watch(rate float64, idles bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.watched = surge{rate: rate, idles: idles}
}

// keep has what comes wait for another ffmpeg.
func (p *pump) keep() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.keeps = true
}

// begin has ticks last for a frame. What was left out before does not count.
func (p *pump) begin(frame, least time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ticks, p.least, p.stood = ticks{frame: frame, span: p.bunches.Span()}, least, nil
	p.counted, p.refused, p.seen = progress{}, 0, 0
	p.last, p.parted, p.holds = nil, false, 0
	p.surge = p.watched
}

// readEvery is how often it is looked whether ffmpeg reads by now.
const readEvery = 5 * time.Millisecond

// wait returns when ffmpeg reads from its pipe, of which unread tells how many bytes lie
// in it. Until then pictures would take ticks that nobody encodes, and stand afterwards.
func (p *pump) wait(out io.Writer, unread func() (int, error), done <-chan struct{}) error {
	if _, err := io.WriteString(out, boundary); err != nil {
		return err
	}
	tick := time.NewTicker(readEvery)
	defer tick.Stop()
	for {
		if n, err := unread(); n == 0 || err != nil {
			return err
		}
		select {
		case <-tick.C:
		case <-done:
			return io.EOF
		}
	}
}

// run writes until that fails or done is closed.
func (p *pump) run(out io.Writer, done <-chan struct{}) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		data, missed, wait := p.choose(p.clock())
		if data == nil {
			timer.Reset(wait)
			select {
			case <-p.wake:
			case <-timer.C:
			case <-done:
				return nil
			}
			continue
		}
		if err := p.write(out, missed, data); err != nil {
			return err
		}
	}
}

// choose is the picture for the next tick, nil where there is none for so long.
// missed are the ticks before it that are over by now, since ffmpeg has not taken
// pictures in time.
func (p *pump) choose(now time.Duration) (data []byte, missed int, wait time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.surge.holds() {
		return nil, 0, checkInterval
	}
	p.keeps = p.keeps && len(p.queue) >= p.may()
	for len(p.queue) > 0 {
		c := p.pop()
		missed = p.pass(c.at)
		p.last = c.data
		stood, ok := p.ticks.take(c.at)
		if !ok {
			p.counted.drop++
			continue
		}
		p.counted.frames++
		if time.Duration(stood.to-stood.from+1)*p.ticks.frame >= p.least && stood.to > stood.from {
			p.stood = append(p.stood, stood)
		}
		return p.last, missed, 0
	}
	if p.last == nil {
		return nil, 0, time.Second
	}
	if wait = p.ticks.lapse() - now; wait >= 0 {
		return nil, 0, max(wait, time.Microsecond)
	}
	return p.last, p.pass(now) - 1, 0
}

// pass lets the ticks go by that are over before an instant. It is how many.
func (p *pump) pass(at time.Duration) (n int) {
	for p.last != nil && at > p.ticks.lapse() {
		p.ticks.repeat()
		p.counted.frames++
		p.counted.dup++
		n++
	}
	return n
}

// boundary stands before each part of what ffmpeg reads, multipart with lengths. The
// first is written long before its part.
const (
	boundary = "\r\n--frame\r\n"
	partHead = "Content-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n"
)

// noPicture is for a tick that has passed: nothing can be decoded of it, so its place
// is filled with the picture before. That costs next to nothing, where a picture that
// is repeated costs as much as any.
var noPicture = fmt.Appendf(nil, boundary+partHead+"\xFF\xD9", 2)

// write hands ffmpeg a picture, behind so many missed ones, and notes since when it
// is not taken.
func (p *pump) write(out io.Writer, missed int, data []byte) error {
	p.writing.begin(p.clock())
	defer p.writing.end()
	for missed > 0 {
		n := min(missed, 100)
		missed -= n
		if _, err := out.Write(bytes.Repeat(noPicture, n)); err != nil {
			return err
		}
	}
	form := boundary + partHead
	if !p.parted {
		form, p.parted = partHead, true
	}
	p.part = fmt.Appendf(p.part[:0], form, len(data))
	if len(data) > widestPipe { // it does not pay to copy it
		if _, err := out.Write(p.part); err != nil {
			return err
		}
		_, err := out.Write(data)
		return err
	}
	p.part = append(p.part, data...)
	p.widen(out, len(p.part))
	_, err := out.Write(p.part)
	return err
}

const (
	// usualPipe is what the kernel keeps on the way to ffmpeg unless told otherwise, and
	// widestPipe what it may be told, bytes.
	usualPipe, widestPipe = 64 << 10, 1 << 20
)

// widen has the pipe hold a part and no more: each time that it is full, this program
// falls asleep and is woken, which costs more than all else that is done to a picture.
func (p *pump) widen(out io.Writer, part int) {
	pipe, ok := out.(*os.File)
	holds := max(p.holds, usualPipe)
	if !ok || part <= holds || holds >= widestPipe {
		return
	}
	for holds < part && holds < widestPipe {
		holds *= 2
	}
	if p.holds = holds; setPipeSize(pipe, holds) != nil {
		p.holds = widestPipe // as it is, for good
	}
}

// report counts as ffmpeg does, but what the camera has sent.
func (p *pump) report(of progress) progress {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := p.counted
	n.speed, n.refused = of.speed, p.refused
	return n
}

// waiting is what ffmpeg has not taken, bytes; a backlog, too, where pictures were left
// out for that since it was asked before.
func (p *pump) waiting() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	before := p.seen
	if p.seen = p.refused; p.surge.holds() {
		return 0 // it is not ffmpeg's fault
	}
	if len(p.queue) == 0 && p.refused == before {
		return 0
	}
	return max(backlog, int64(p.size))
}

// at is when a tick was, monotonic: its picture may have come up to a frame before or after.
func (p *pump) at(tick int64) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.ticks.at(tick)
}

// standstill is the last one that was over before a tick; false: none since.
func (p *pump) standstill(tick int64) (s period64, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.stood) > 0 && p.stood[0].to <= tick {
		s, ok, p.stood = p.stood[0], true, p.stood[1:]
	}
	return s, ok
}
