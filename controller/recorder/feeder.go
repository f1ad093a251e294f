package recorder

import (
	"io"
	"sync"
	"time"

	"lookback/controller/fmp4"
)

const (
	// feederUnits and feederBytes are what waits before ffmpeg's pipe at most. When
	// it is more all of it is left out, and what follows up to a key frame.
	feederUnits = 300
	feederBytes = 16 << 20
	// feederPipe is what the kernel keeps on the way to ffmpeg, bytes: what waits
	// there would be late, and nobody would know.
	feederPipe = 16 << 10
	// mostStep is how far apart two access units may be for ffmpeg.
	mostStep = time.Second
)

// feeder hands an encoding ffmpeg the access units of a camera, as fragmented MP4:
// each is decoded as soon as it is there, without the next one.
type feeder struct {
	clock   func() time.Duration
	keyless bool // the camera sends no key frames: decoding begins with a refresh
	wake    chan struct{}
	writing pending // a write to ffmpeg

	mu      sync.Mutex
	begun   bool // ffmpeg takes what comes
	queue   []unit
	size    int    // of it, bytes
	lacks   bool   // what comes up to the next key frame builds on what was left out
	refused uint64 // how many were left out
	number  uint32 // of fragments
	decode  uint64 // of the last one, ticks
	last    int64  // its stamp
}

func newFeeder(clock func() time.Duration, keyless bool) *feeder {
	return &feeder{clock: clock, keyless: keyless, wake: make(chan struct{}, 1), lacks: true}
}

// add takes a picture; it never waits. Before ffmpeg takes any, those since the
// newest key frame are kept.
func (f *feeder) add(u unit) {
	f.mu.Lock()
	begins := u.sync || f.keyless && u.refresh
	if begins && !f.begun || len(f.queue) >= feederUnits || f.size+len(u.data) > feederBytes {
		if f.begun {
			f.refused += uint64(len(f.queue))
		}
		f.queue, f.size, f.lacks = nil, 0, true
	}
	if f.lacks = f.lacks && !begins; f.lacks {
		f.refused++
	} else {
		f.queue, f.size = append(f.queue, u), f.size+len(u.data)
	}
	f.mu.Unlock()
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

// pass takes all pictures of a camera, and counts those of another size than the first.
func (f *feeder) pass(from <-chan unit, count *feed) {
	var first *format
	for u := range from {
		if first == nil {
			first = u.format
		}
		if p, q := u.format.picture, first.picture; p.Width != q.Width || p.Height != q.Height {
			count.resized.Add(1)
		}
		f.add(u)
	}
}

// run writes until that fails or done is closed.
func (f *feeder) run(out io.Writer, done <-chan struct{}) error {
	f.mu.Lock()
	f.begun, f.refused = true, 0
	f.mu.Unlock()
	for {
		u, ok := f.take()
		if !ok {
			select {
			case <-f.wake:
			case <-done:
				return nil
			}
			continue
		}
		err := f.write(out, u)
		f.writing.end()
		if err != nil {
			return err
		}
	}
}

// take is the next picture to be written, and notes since when it is.
func (f *feeder) take() (unit, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.queue) == 0 {
		return unit{}, false
	}
	u := f.queue[0]
	f.queue, f.size = f.queue[1:], f.size-len(u.data)
	f.writing.begin(f.clock())
	return u, true
}

// write hands ffmpeg a picture. Parameter sets that change are in the camera's
// pictures, so one header is enough.
func (f *feeder) write(out io.Writer, u unit) error {
	step := int64(1)
	if f.number == 0 {
		init, err := fmp4.NewInit(u.format.picture, u.format.timescale, nil)
		if err != nil {
			return err
		}
		if _, err := out.Write(init.Raw); err != nil {
			return err
		}
	} else {
		step = min(max(step, u.dts-f.last), int64(mostStep.Seconds()*float64(u.format.timescale)))
	}
	f.number, f.decode, f.last = f.number+1, f.decode+uint64(step), u.dts
	sample := fmp4.Sample{Duration: uint32(step), Shift: int32(max(0, u.pts-u.dts)), Sync: u.sync, Data: u.data}
	_, err := out.Write(fmp4.AppendFragment(nil, f.number, fmp4.Piece{Track: fmp4.VideoTrack, DecodeTime: f.decode, Samples: []fmp4.Sample{sample}}))
	return err
}

// report counts what ffmpeg was not even given as left out.
func (f *feeder) report(p progress) progress {
	f.mu.Lock()
	defer f.mu.Unlock()
	p.drop, p.refused = p.drop+f.refused, f.refused
	return p
}

// waiting is what ffmpeg has not taken, bytes.
func (f *feeder) waiting() int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.queue) < 3 {
		return 0
	}
	return max(backlog, int64(f.size))
}
