package recorder

import (
	"io"
	"math"
	"sync"
	"time"

	"lookback/controller/camera"
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
	// mostStep is how long an access unit is said to last at most, ticks: the next one's
	// own time counts.
	mostStep = camera.UnitsTimescale
)

// feeder hands an encoding ffmpeg the access units of a camera, as fragmented MP4:
// each is decoded as soon as it is there, without the next one. It outlives an ffmpeg.
// What the next one needs to decode what was not recorded, it is given once more.
type feeder struct {
	clock   func() time.Duration
	keyless bool // the camera sends no key frames: decoding begins with a refresh
	wake    chan struct{}
	writing pending // a write to ffmpeg
	letGo   chan struct{}
	passing sync.WaitGroup

	mu      sync.Mutex
	begun   bool // ffmpeg takes what comes
	keeps   bool // another one will
	queue   []unit
	size    int     // of it, bytes
	lacks   bool    // what comes up to the next key frame builds on what was left out
	refused uint64  // how many were left out
	first   *format // of what this ffmpeg is given
	newest  *format
	given   []unit // those since the newest key frame that this ffmpeg was given; nil: too many
	weighs  int    // of it, bytes
	again   int    // of queue: what was recorded, and is only decoded
	lead    int    // of queue: what came before the picture was whole for the first time, likewise
	zero    time.Duration
	started bool // zero is set: the arrival of the first that is recorded, monotonic
	// Of the goroutine that writes:
	number uint32 // of fragments
	last   int64  // time of the last one
}

func newFeeder(clock func() time.Duration, keyless bool) *feeder {
	return &feeder{clock: clock, keyless: keyless, wake: make(chan struct{}, 1), lacks: true, letGo: make(chan struct{})}
}

// starts reports whether decoding can begin with a picture.
func (f *feeder) starts(u unit) bool { return u.sync || f.keyless && u.refresh }

// add takes a picture; it never waits. Before the first ffmpeg takes any, those since
// the newest key frame are kept.
func (f *feeder) add(u unit) {
	f.mu.Lock()
	begins := f.starts(u)
	if begins && !f.begun && !f.keeps && f.keyless && f.lead < len(f.queue) {
		// The picture is whole when the next refresh begins.
		f.queue = f.queue[f.lead:]
		f.lead, f.size = len(f.queue), 0
		for _, u := range f.queue {
			f.size += len(u.data)
		}
	} else if begins && !f.begun && !f.keeps || len(f.queue) >= feederUnits || f.size+len(u.data) > feederBytes {
		if f.begun {
			f.refused += uint64(len(f.queue))
		}
		f.queue, f.size, f.lacks, f.again, f.lead, f.given = nil, 0, true, 0, 0, nil
	}
	if f.lacks = f.lacks && !begins; f.lacks {
		f.refused++
	} else {
		f.queue, f.size = append(f.queue, u), f.size+len(u.data)
	}
	f.newest = u.format
	f.mu.Unlock()
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

// pass takes all pictures of a camera until it is released, and counts those of another
// size than the first that this ffmpeg was given.
func (f *feeder) pass(from <-chan unit, count *feed) {
	for {
		select {
		case u, ok := <-from:
			if !ok {
				return
			}
			f.mu.Lock()
			if f.first == nil {
				f.first = u.format
			}
			p, q := u.format.picture, f.first.picture
			f.mu.Unlock()
			if p.Width != q.Width || p.Height != q.Height {
				count.resized.Add(1)
			}
			f.add(u)
		case <-f.letGo:
			return
		}
	}
}

// keep has what comes wait for another ffmpeg.
func (f *feeder) keep() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.keeps, f.begun = true, false
}

// release ends the passing. It is what was not given to any ffmpeg.
func (f *feeder) release() []unit {
	close(f.letGo)
	f.passing.Wait()
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.queue
}

// begin has another ffmpeg take what comes. It is given once more what that builds on.
func (f *feeder) begin() {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case len(f.queue) > 0 && f.starts(f.queue[0]):
		f.again, f.lead = f.lead, 0
	case len(f.given) > 0:
		f.again = len(f.given)
		f.queue, f.size = append(f.given, f.queue...), f.size+f.weighs
	default:
		f.queue, f.size, f.lacks = nil, 0, true
	}
	f.given, f.weighs, f.number = nil, 0, 0
	f.begun, f.keeps, f.refused, f.started = true, false, 0, false
	if f.first = f.newest; f.again < len(f.queue) {
		f.first = f.queue[f.again].format
	}
}

// run writes until that fails or done is closed.
func (f *feeder) run(out io.Writer, done <-chan struct{}) error {
	for {
		u, recorded, ok := f.take()
		if !ok {
			select {
			case <-f.wake:
			case <-done:
				return nil
			}
			continue
		}
		err := f.write(out, u, recorded)
		f.writing.end()
		if err != nil {
			return err
		}
	}
}

// take is the next picture to be written, and notes since when it is. false: there is
// none, or another ffmpeg is to have it.
func (f *feeder) take() (u unit, recorded, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.queue) == 0 || !f.begun {
		return unit{}, false, false
	}
	u = f.queue[0]
	f.queue, f.size = f.queue[1:], f.size-len(u.data)
	f.writing.begin(f.clock())
	switch {
	case f.starts(u):
		f.given, f.weighs = []unit{u}, len(u.data)
	case f.given != nil && len(f.given) < feederUnits && f.weighs+len(u.data) <= feederBytes:
		f.given, f.weighs = append(f.given, u), f.weighs+len(u.data)
	default:
		f.given = nil
	}
	if recorded = f.again == 0; !recorded {
		f.again--
	} else if !f.started {
		f.zero, f.started = u.arrival, true
	}
	return u, recorded, true
}

// at is when a frame of what this ffmpeg makes was, monotonic.
func (f *feeder) at(frame time.Duration) time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.zero + frame
}

// write hands ffmpeg a picture. Parameter sets that change are in the camera's
// pictures, so one header is enough.
func (f *feeder) write(out io.Writer, u unit, recorded bool) error {
	if f.number == 0 {
		init, err := fmp4.NewInit(u.format.picture, camera.UnitsTimescale, nil)
		if err != nil {
			return err
		}
		if _, err := out.Write(init.Raw); err != nil {
			return err
		}
		f.last = 0
	}
	at := f.last + 1
	if recorded {
		at = max(at, camera.UnitsFrom+unitsTicks(u.arrival-f.at(0)))
	}
	step := at - f.last
	f.number, f.last = f.number+1, at
	sample := fmp4.Sample{Duration: uint32(min(step, mostStep)), Sync: u.sync, Data: u.data}
	if recorded { // else it would be shown among those that are
		sample.Shift = int32(unitsTicks(u.format.time(max(0, u.pts-u.dts))))
	}
	_, err := out.Write(fmp4.AppendFragment(nil, f.number, fmp4.Piece{Track: fmp4.VideoTrack, DecodeTime: uint64(at), Samples: []fmp4.Sample{sample}}))
	return err
}

// unitsTicks is a time as ffmpeg is told it.
func unitsTicks(d time.Duration) int64 {
	return int64(math.Round(d.Seconds() * camera.UnitsTimescale))
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
