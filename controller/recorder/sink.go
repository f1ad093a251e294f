package recorder

import (
	"errors"
	"os"
	"syscall"
	"time"

	"lookback/controller/camera"
	"lookback/controller/fmp4"
	"lookback/controller/spool"
)

const (
	// maxKeptBytes bounds what of each camera is kept while the disk takes nothing.
	maxKeptBytes = 8 << 20
	// diskSoon and diskRetry are how often a disk that takes nothing is tried
	// again, at first and in the end.
	diskSoon, diskRetry = 250 * time.Millisecond, time.Second
)

// sink puts pictures into the spool. What the disk does not take waits in its
// queue: then the run has ended, and the oldest key frame in the queue begins the
// next one as soon as the disk takes it.
type sink struct {
	recorder *Recorder
	plan     camera.Plan
	parts    func(time.Duration)  // has the pictures to come fit shorter parts
	offset   func() time.Duration // wall clock less monotonic clock, for a run that begins now

	queue  []placed
	size   int        // of the queue, bytes
	writer *writer    // of the run, nil when there is none
	start  *beginning // of the run
	zero   uint64     // where the run begins on the timeline, ticks
	number uint32     // fragments of the run so far
	buf    []byte
	fresh  bool          // that it records is not said yet
	gone   time.Duration // since when the disk takes nothing, 0: it does, monotonic
	until  time.Duration // it is not tried again before, monotonic
}

func (k *sink) writing() bool { return k.writer != nil }

// put takes the next picture. A cause is one for which ffmpeg is to end.
func (k *sink) put(p placed) (cause string) {
	k.queue, k.size = append(k.queue, p), k.size+len(p.data)
	if k.size > maxKeptBytes {
		k.keep(newestKey(k.queue, func(p placed) bool { return p.sync }))
	}
	for len(k.queue) > 0 && p.arrival >= k.until && cause == "" {
		cause = k.first(p.arrival)
	}
	if k.fresh && len(k.queue) == 0 && k.writer != nil {
		k.say()
	}
	if k.recorder.diskSlow {
		return camera.DiskSlow
	}
	return cause
}

// keep forgets what is not kept.
func (k *sink) keep(kept []placed) {
	k.queue, k.size = kept, 0
	for _, p := range kept {
		k.size += len(p.data)
	}
}

// first writes the first of the queue, or forgets it where it can't begin a run.
func (k *sink) first(now time.Duration) (cause string) {
	p := k.queue[0]
	if p.start != k.start {
		k.end(camera.TimestampJump, "")
	}
	var err error
	switch {
	case k.writer != nil:
		err = k.write(p)
	case p.sync:
		if err = k.begin(p); err == nil {
			err = k.write(p)
		}
	}
	switch {
	case err == nil:
	case errors.Is(err, errKeyFrame):
		k.end(camera.TimestampJump, err.Error())
	default:
		k.failed(err, now)
		return ""
	}
	k.size -= len(p.data)
	k.queue = k.queue[1:]
	return cause
}

// begin makes the folder of a run that begins with a picture.
func (k *sink) begin(p placed) error {
	r := k.recorder
	wall, _ := r.clock()
	wallLess := k.offset()
	epoch := (wallLess + p.start.origin + p.format.time(int64(p.decode))).Microseconds()
	// A new run that overlaps the last one a little would show the same
	// instant twice; a clock that was set back is another matter.
	if over := time.Duration(r.lastEnd-epoch) * time.Microsecond; over > 0 && over < 2*time.Second {
		epoch = r.lastEnd
	}
	init, err := fmp4.NewInit(p.format.picture, p.format.timescale, p.start.sound)
	if err != nil {
		return err
	}
	k.plan.Constants.PartTarget = max(k.plan.Constants.PartTarget, p.part)
	promise := r.promiseOf(k.plan.Constants)
	run := spool.Run{
		ID: spool.NewRunID(wall), Epoch: epoch, Constants: promise.Constants, Promise: promise.Number, Requested: promise.Requested, Segment: k.plan.Segment.Microseconds(),
		TrackID: fmp4.VideoTrack, Timescale: p.format.timescale, Codecs: init.Codecs(),
		Width: p.format.picture.Width, Height: p.format.picture.Height, FrameRate: k.plan.FrameRate.Float(), Plan: k.plan.Line, PlanReasons: k.plan.Reasons,
	}
	var w *writer
	err = r.onDisk(func() (err error) {
		w, err = newWriter(r.dir, run, init.Raw, k.plan.SegmentFrames, r.open)
		return err
	})
	if err != nil {
		return err
	}
	w.soon = r.begins(promise)
	w.keys, w.renew = &r.keys, k.renew
	part := func() int64 { return r.partOf(*r.facts) }
	if !k.plan.Copy {
		part = func() int64 { return 0 } // parts stay as they are
	}
	w.wanted = part
	r.keys.begin(part())
	k.writer, k.start, k.zero, k.number, k.fresh = w, p.start, p.decode, 0, true
	r.promise(promise)
	r.rememberRun()
	k.sendRun(init.Raw, wallLess)
	return nil
}

// write appends a picture to the run.
func (k *sink) write(p placed) error {
	k.number++
	video := fmp4.Piece{Track: fmp4.VideoTrack, DecodeTime: p.decode - k.zero,
		Samples: []fmp4.Sample{{Duration: uint32(p.length), Shift: int32(p.pts - p.dts), Sync: p.sync, Data: p.data}}}
	sound := k.sound(p)
	k.buf = fmp4.AppendFragment(k.buf[:0], k.number, video, sound)
	fragment := picture{raw: k.buf, sync: p.sync, decode: p.decode - k.zero, duration: p.length, part: p.part, flaws: k.events(p)}
	err := k.recorder.onDisk(func() error { return k.writer.add(fragment) })
	if err == nil {
		k.send(p, sound)
	}
	if err == nil && k.writer.worthRinging(p.length) {
		k.recorder.bell.Press()
	}
	return err
}

// sound is that of a picture, in the time of the run.
func (k *sink) sound(p placed) fmp4.Piece {
	if p.start.sound == nil || len(p.sound) == 0 {
		return fmp4.Piece{}
	}
	rate := float64(p.start.sound.Rate)
	at := int64(p.soundAt) - int64(p.format.time(int64(k.zero)).Seconds()*rate)
	frames := p.sound
	for ; at < 0 && len(frames) > 0; at += fmp4.AACFrame { // of before the run
		frames = frames[1:]
	}
	piece := fmp4.Piece{Track: fmp4.SoundTrack, DecodeTime: uint64(max(0, at))}
	for _, f := range frames {
		piece.Samples = append(piece.Samples, fmp4.Sample{Duration: fmp4.AACFrame, Sync: true, Data: f})
	}
	return piece
}

// events tell of the flaws before a picture, in the time of the run.
func (k *sink) events(p placed) (events []fmp4.Event) {
	for _, f := range p.flaws {
		if from := max(f.from, k.zero); from < f.to {
			events = append(events, fmp4.Event{Scheme: spool.FlawScheme, Value: f.kind, Timescale: p.format.timescale,
				Time: from - k.zero, Duration: uint32(f.to - from), ID: f.id})
		}
	}
	return events
}

// say tells that it records.
func (k *sink) say() {
	k.fresh, k.gone = false, 0
	k.recorder.Log.Info("recording", "run", k.writer.run.ID, "plan", k.writer.run.Plan)
	k.recorder.enter(spool.Recording, camera.Reason{})
}

// end closes the run, if there is one.
func (k *sink) end(code, detail string) {
	if k.writer == nil {
		return
	}
	r, w := k.recorder, k.writer
	k.writer = nil
	if w.end == 0 {
		if err := r.onDisk(w.discard); err != nil {
			r.Log.Debug("a run without a picture is left behind", "run", w.run.ID, "error", err)
		}
		return
	}
	r.lastEnd = w.endMicros()
	err := r.onDisk(func() error { return w.close(time.Now(), code, r.Redact(detail)) })
	if err != nil && !errors.Is(err, os.ErrClosed) {
		r.Log.Warn("run not closed properly", "run", w.run.ID, "error", err)
	}
	r.bell.Press()
}

// failed gives up the run until the disk is tried again. ffmpeg goes on.
func (k *sink) failed(err error, now time.Duration) {
	r, code := k.recorder, camera.DiskError
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		code = camera.DiskFull
	}
	k.end(code, err.Error())
	if k.gone == 0 {
		k.gone = now
	}
	k.until = now + min(diskRetry, max(diskSoon, (now-k.gone)/8))
	if r.status.Code != code {
		r.Log.Error("the spool cannot be written", "reason", code, "error", err)
		r.status.Restarts[code]++
	}
	r.enter(spool.Waiting, camera.ReasonFor(code))
}
