package recorder

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"lookback/controller/camera"
)

// queued is how many pictures may wait for a slow disk before the pipe fills.
const queued = 256

// feed is where a session's units come from: one ffmpeg with those who read its
// pipes, or who reads the camera itself. They only send; the session takes.
type feed struct {
	process   *process // nil: the camera is read without ffmpeg
	clock     func() time.Duration
	pictures  chan unit // closed when there are no more
	sounds    chan unit
	reports   chan progress
	last      atomic.Int64 // arrival of the newest picture, monotonic ns
	stderr    ring
	readErr   error // why ffmpeg's pictures have ended, once they have
	sourceErr error // why who reads the camera here, or relays it, has ended, once it has
	// Of a camera that is read here:
	pump    *pump        // hands an ffmpeg what is to be encoded; nil: nothing is
	feeder  *feeder      // likewise, of an RTSP camera
	alive   atomic.Int64 // when it last said that it is there, monotonic ns
	resized atomic.Int64 // pictures that had another size than the first
	// untrusted reports whether the picture's time stamps tell nothing of where its sound belongs.
	untrusted atomic.Bool
	readers   sync.WaitGroup // of the camera
	tenders   sync.WaitGroup // of ffmpeg
}

func newFeed(clock func() time.Duration) *feed {
	f := &feed{clock: clock, pictures: make(chan unit, queued), sounds: make(chan unit, maxSound), reports: make(chan progress, 4)}
	f.last.Store(int64(clock()))
	return f
}

// errNoReport is what an RTSP camera is that sends nothing at all.
var errNoReport = errors.New("no sender report comes")

// reported fails where a camera that is read here has not said for long that it is
// there, though it sends no pictures (RFC 3550, section 6.4.1).
func (f *feed) reported() error {
	if f.clock()-time.Duration(f.alive.Load()) > reportsFor {
		return errNoReport
	}
	return nil
}

// startFeed starts ffmpeg; it is interrupted when ctx ends.
func (r *Recorder) startFeed(ctx context.Context, plan camera.Plan, change *changeJudge) (*feed, error) {
	address, err := r.forFFmpeg()
	if err != nil {
		return nil, err
	}
	p, err := startProcess(ctx, r.FFmpeg, plan.Args(address), plan.List(address), plan.Memory)
	if err != nil {
		return nil, err
	}
	f := newFeed(r.now)
	f.process = p
	f.read(r, plan, change)
	return f, nil
}

// read has ffmpeg's pipes read.
func (f *feed) read(r *Recorder, plan camera.Plan, change *changeJudge) {
	p := f.process
	f.tenders.Go(func() { f.readErr = f.readPictures(plan) })
	if f.feeder == nil { // else it comes by itself
		f.tenders.Go(func() { f.readSound(r) })
	} else {
		f.tenders.Go(func() { discard(p.sound) })
	}
	f.tenders.Go(func() { readProgress(p.progress, f.report) })
	f.tenders.Go(func() { readLines(p.stderr, func(l string) { r.keep(&f.stderr, change, l) }) })
	f.tenders.Go(p.finish)
}

// readPictures brings pictures from their pipe into the channel, and closes that
// at its end. Whatever happens, the pipe is read to its end.
func (f *feed) readPictures(plan camera.Plan) error {
	defer discard(f.process.out)
	defer close(f.pictures)
	var from source
	if plan.Copy {
		from = newMP4Pictures(f.process.out, f.clock)
	} else {
		from = newFLVPictures(f.process.out, plan.FrameRate, f.clock)
	}
	for {
		u, err := from.next()
		if err != nil {
			return err
		}
		if f.pump == nil { // else it is the camera's own that count
			f.last.Store(int64(u.arrival))
		}
		f.pictures <- u
	}
}

// readSound never waits: sound is not to hold up anything.
func (f *feed) readSound(r *Recorder) {
	defer discard(f.process.sound)
	from := newFLVSound(f.process.sound, f.clock)
	for {
		u, err := from.next()
		if err != nil {
			if errors.Is(err, errFLV) {
				r.Log.Warn("the sound can't be read; recording goes on without it", "error", err)
			}
			return
		}
		f.offerSound(u)
	}
}

// offerSound leaves a frame of sound for the session unless that is busy.
func (f *feed) offerSound(u unit) {
	select {
	case f.sounds <- u:
	default:
	}
}

// report leaves a report for the session unless it is busy; the next one says more.
func (f *feed) report(p progress) {
	switch {
	case f.pump != nil:
		p = f.pump.report(p)
	case f.feeder != nil:
		p = f.feeder.report(p)
	}
	select {
	case f.reports <- p:
	default:
	}
}

// kill ends ffmpeg at once. Who reads the camera without it ends with its context.
func (f *feed) kill() {
	if f.process != nil {
		f.process.kill()
	}
}

// failure is how ffmpeg has ended.
func (f *feed) failure() error {
	if f.process == nil {
		return nil
	}
	return f.process.err
}

// end waits until ffmpeg and all readers are gone.
func (f *feed) end() {
	f.endFFmpeg()
	f.readers.Wait()
}

// endFFmpeg waits until ffmpeg and its readers are gone. Its output has ended or is
// garbage: so has it, or it is of no use.
func (f *feed) endFFmpeg() {
	if f.process == nil {
		return
	}
	select {
	case <-f.process.done:
	case <-time.After(interruptGrace):
		f.process.kill()
	}
	f.tenders.Wait()
	f.process.close()
}
