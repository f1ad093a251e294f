package recorder

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"lookback/controller/camera"
	"lookback/controller/fmp4"
	"lookback/controller/spool"
)

const (
	// minStall and startGrace are how long no fragment may come, later and at first.
	minStall   = 5 * time.Second
	startGrace = 15 * time.Second
	// keyGrace is startGrace where nobody knows when the first key frame comes.
	keyGrace = 40 * time.Second
	// trusted is for how long an ffmpeg must have delivered for its plan to be
	// used again without probing.
	trusted = 2 * time.Second
	// maxStep is how far the wall clock may move against the monotonic one.
	maxStep = 500 * time.Millisecond
	// checkInterval is how often clocks and stalls are looked at.
	checkInterval = 200 * time.Millisecond
	// diskRetry is how often a disk that failed is tried again.
	diskRetry = time.Second
	// maxHeldBytes bounds what is held back while the epoch is unknown.
	maxHeldBytes = 32 << 20
	// queued is how many fragments may wait for a slow disk before the pipe fills.
	queued = 256
)

// arrival is one fragment on its way from the pipe to the spool.
type arrival struct {
	stamp
	fragment *fmp4.Fragment
}

// session is one life of ffmpeg and the runs it makes. One goroutine owns it;
// readers of the pipes only send to it.
type session struct {
	*Recorder
	plan     camera.Plan
	study    *camera.Study // nil once the camera is known
	confirm  *camera.Study // while what is known is provisional
	init     *fmp4.Init
	track    fmp4.Track
	timeline *timeline
	held     []arrival
	heldSize int
	writer   *writer

	started   time.Duration // monotonic
	first     time.Duration // arrival of the first fragment, monotonic
	last      atomic.Int64  // arrival of the last one, monotonic ns
	resized   atomic.Int64  // pictures that had another size than the first
	checked   time.Duration // when the loop last looked at its clocks, monotonic
	absent    period        // when it did not, the last time
	fragments uint64
	offset    time.Duration // wall clock less monotonic clock when the run began
	slept     time.Duration // for how long the machine had been suspended then
	diskUntil time.Duration // fragments are dropped until then, monotonic
	rate      rateWatch
	pace      paceWatch
	still     standstill
	piles     pileWatch
	usualLag  time.Duration // how late pictures come while all is well
	flaws     []fmp4.Event  // to be written before the next fragment
	flawsSeen uint32
	reports   int // of ffmpeg's progress

	parameters []byte // sequence parameter set of the first key frame that had one
	counted    fpsMeter

	sound  listener
	sounds packets

	begun func()             // the start is over: others may start
	stop  context.CancelFunc // interrupts ffmpeg
	kill  func()
	cause camera.Reason // why we ended it; zero: it ended by itself
	end   outcome
}

// runOnce runs one ffmpeg to its end.
func (r *Recorder) runOnce(ctx context.Context, plan camera.Plan) outcome {
	begun := r.turn(ctx, plan.Copy)
	defer begun()
	procCtx, stop := context.WithCancel(ctx)
	defer stop()
	p, err := startProcess(procCtx, r.FFmpeg, plan.Args(r.URL))
	if err != nil {
		return outcome{reason: camera.Classify(nil, err), err: err}
	}
	wall, mono := r.clock()
	s := &session{Recorder: r, sounds: make(packets, maxSound), plan: plan, started: mono, offset: offset(wall, mono), slept: r.asleep(), begun: begun, stop: stop, kill: p.kill,
		rate: rateWatch{plan: plan}, pace: paceWatch{planned: plan.SourceRate.Float()}}
	s.last.Store(int64(mono))
	s.beginStudy()
	r.status.PID = p.pid

	inits, fragments, reports := make(chan *fmp4.Init, 1), make(chan arrival, queued), make(chan progress, 4)
	var stderr ring
	var readErr error
	var readers sync.WaitGroup
	readers.Go(func() { readErr = s.read(p.out, inits, fragments) })
	readers.Go(func() { readProgress(p.progress, func(p progress) { latest(reports, p) }) })
	readers.Go(func() { readLines(p.stderr, func(l string) { s.keep(&stderr, l) }) })
	readers.Go(func() {
		defer discard(p.sound)
		if err := readFLV(p.sound, s.now, s.sounds.push); errors.Is(err, errFLV) {
			s.Log.Warn("the sound can't be read; recording goes on without it", "error", err)
		}
	})
	readers.Go(p.finish)
	s.loop(ctx, inits, fragments, reports)
	// Its output has ended or is garbage: so has it, or it is of no use.
	select {
	case <-p.done:
	case <-time.After(interruptGrace):
		p.kill()
	}
	readers.Wait()
	p.close()
	return s.conclude(ctx, stderr.last(), p.err, readErr)
}

// latest leaves a report for the loop unless it is busy; the next one says more.
func latest(to chan<- progress, p progress) {
	select {
	case to <- p:
	default:
	}
}

func offset(wall time.Time, mono time.Duration) time.Duration {
	return time.Duration(wall.UnixNano()) - mono
}

// keep takes a line of ffmpeg's stderr. Warnings, of which some cameras cause
// one a picture, are only counted when they tell of another size.
func (s *session) keep(own *ring, line string) {
	if strings.Contains(line, "[warning] ") {
		if strings.Contains(line, resizeWarning) {
			s.resized.Add(1)
		}
		return
	}
	line = s.Redact(errorLevel.ReplaceAllString(line, ""))
	own.add(line)
	s.stderr.add(line)
	s.Log.Debug("ffmpeg", "line", line)
}

const (
	// resizeWarning is what ffmpeg says of each picture that has not the size
	// or the colours of the first.
	resizeWarning = "Changing video frame properties on the fly"
	// resizedAfter is how many such pictures are no accident.
	resizedAfter = 3
	// resizeSpacing is the least time between two plans made for another size;
	// until then pictures are scaled to the planned one.
	resizeSpacing = time.Minute
)

// errorLevel is how ffmpeg marks other lines.
var errorLevel = regexp.MustCompile(`\[(error|fatal|panic)\] `)

// checkSize answers a camera that sends another size with a new plan.
func (s *session) checkSize() {
	_, now := s.clock()
	if s.resized.Load() < resizedAfter || s.lastSize != 0 && now-s.lastSize < resizeSpacing {
		return
	}
	s.lastSize = now
	s.finish(camera.StreamChanged)
}

// read brings init section and fragments from the pipe into the channels, and
// closes them at its end. Whatever happens, the pipe is read to its end.
func (s *session) read(out io.Reader, inits chan<- *fmp4.Init, fragments chan<- arrival) error {
	defer discard(out)
	defer close(fragments)
	scanner := fmp4.NewScanner(out, fmp4.Limits{})
	init, err := scanner.Init()
	if err != nil {
		return err
	}
	track, ok := init.Video()
	if !ok {
		return fmt.Errorf("%w: no video track", errFormat)
	}
	inits <- init
	for {
		f, err := scanner.Next()
		if err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
		_, now := s.clock()
		t, ok := f.Track(track.ID)
		if !ok || t.Samples == 0 {
			continue
		}
		s.last.Store(int64(now))
		own := &fmp4.Fragment{Raw: append([]byte(nil), f.Raw...), Tracks: append([]fmp4.TrackFragment(nil), f.Tracks...), PRFT: f.PRFT}
		fragments <- arrival{stamp{t.DecodeTime, t.Duration, now, t.Sync}, own}
	}
}

// loop takes what comes until the pipe has ended.
func (s *session) loop(ctx context.Context, inits <-chan *fmp4.Init, fragments <-chan arrival, reports <-chan progress) {
	check, publish := time.NewTicker(checkInterval), time.NewTicker(statusInterval)
	defer check.Stop()
	defer publish.Stop()
	for {
		select {
		case a, ok := <-fragments:
			if !ok {
				return
			}
			if s.init == nil {
				s.begin(<-inits)
			}
			s.take(a)
		case p := <-s.sounds:
			s.hear(p)
		case p := <-reports:
			s.progress(p)
		case <-check.C:
			if ctx.Err() == nil {
				s.check()
			}
		case <-publish.C:
			s.noteLast()
			s.publish()
		}
	}
}

// begin is called with the init section, before the first fragment.
func (s *session) begin(init *fmp4.Init) {
	s.init = init
	s.track, _ = init.Video()
	if s.study == nil {
		s.checkPicture()
		s.beginTimeline()
	}
}

// beginTimeline is called when the init section is there and the plan is final.
func (s *session) beginTimeline() {
	s.timeline = newTimeline(timelineConfig{
		timescale:   s.track.Timescale,
		copied:      s.plan.Copy,
		frame:       s.plan.FrameRate.Frames(1),
		maxDuration: time.Duration(s.plan.Constants.PartTarget) * time.Microsecond,
	})
	source := s.plan.SourceRate.Frames(1)
	s.still, s.piles = newStandstill(source, s.plan.FrameRate.Frames(1)), pileWatch{frame: source}
}

// finish ends ffmpeg for a reason of ours.
func (s *session) finish(code string) {
	if s.cause.Code == "" {
		s.cause = camera.ReasonFor(code)
		s.stop()
	}
}

// check looks for a clock that was changed and for an ffmpeg that stalls.
func (s *session) check() {
	s.checkClock()
	s.checkSize()
	_, now := s.clock()
	if now-s.checked > s.stall/2 && s.checked > 0 { // it was this program that stood still
		s.last.Store(int64(now))
	}
	s.look(now)
	limit := max(s.stall, 3*s.plan.SourceRate.Frames(1))
	if s.fragments == 0 {
		limit = max(limit, startGrace)
		if s.plan.Copy && !s.facts.KeyIntervalKnown {
			limit = keyGrace
		}
	}
	if now-time.Duration(s.last.Load()) > limit && s.cause.Code == "" {
		s.cause = camera.ReasonFor(camera.Stalled)
		s.kill()
	}
}

// period is the time from one monotonic instant to another.
type period struct{ from, to time.Duration }

// look notes that the loop has looked at its clocks.
func (s *session) look(now time.Duration) {
	if s.checked > 0 && now-s.checked > 3*checkInterval {
		s.absent = period{s.checked, now}
	}
	s.checked = now
}

// awakeSince tells that the loop has been running since an instant.
func (s *session) awakeSince(from, to time.Duration) bool {
	return to-s.checked <= 3*checkInterval && (s.absent.to <= from || s.absent.from >= to)
}

// checkClock notices a step of the wall clock, by which program date time
// would be wrong from now on. An encoded camera's ffmpeg stamps frames by the
// wall clock: it would answer a step with thousands of repeated frames, or none.
// A machine that was suspended shows as a step too, since the monotonic clock
// stood still; its connections are dead.
func (s *session) checkClock() {
	wall, mono := s.clock()
	step := offset(wall, mono) - s.offset
	if step.Abs() <= maxStep {
		return
	}
	slept := s.asleep() - s.slept
	s.offset += step
	s.slept += slept
	noted := spool.ClockStep{At: wall.UTC(), By: step.Seconds(), Slept: slept > maxStep && step > 0}
	s.status.Clock = &noted
	s.Log.Warn("the clock was changed", "by", step.Round(time.Millisecond), "asleep", slept.Round(time.Millisecond))
	switch {
	case noted.Slept:
		s.finish(camera.Resumed)
	case !s.plan.Copy:
		s.finish(camera.ClockJump)
	case s.timeline != nil:
		s.timeline.requestRun()
	}
}

// asleep is by how much the clock that counts suspended time is ahead of the
// one that does not.
func asleep() time.Duration {
	var with, without unix.Timespec
	if unix.ClockGettime(unix.CLOCK_BOOTTIME, &with) != nil || unix.ClockGettime(unix.CLOCK_MONOTONIC, &without) != nil {
		return 0
	}
	return time.Duration(with.Nano() - without.Nano())
}

// noteLast tells when the newest picture came, by the wall clock.
func (s *session) noteLast() {
	if s.fragments == 0 {
		return
	}
	wall, mono := s.clock()
	last := wall.Add(time.Duration(s.last.Load()) - mono).UTC()
	s.status.Last = &last
}

// take handles one fragment in the order of arrival.
func (s *session) take(a arrival) {
	if s.cause.Code != "" {
		return // what comes after our own verdict belongs nowhere
	}
	if s.fragments++; s.fragments == 1 {
		s.first = a.arrival
		s.begun()
	}
	s.counted.add(a.arrival)
	if s.checkClock(); s.cause.Code != "" {
		return
	}
	s.pictures.offer(s.init, a.fragment, a.sync, s.plan.Width*s.plan.Height, a.arrival)
	if s.checkParameters(a); s.cause.Code != "" {
		return
	}
	if a.arrival < s.diskUntil {
		return
	}
	if s.study != nil {
		s.learn(a)
		return
	}
	if s.confirmFacts(a); s.cause.Code != "" {
		return
	}
	s.place(a)
}

// place gives a fragment its place in time, and puts it there.
func (s *session) place(a arrival) {
	t := s.timeline.add(a.stamp)
	if t.verdict == begin {
		s.endRun(s.whyAnew(), "")
		t = s.timeline.add(a.stamp)
	}
	switch t.verdict {
	case hold:
		s.hold(a)
	case write:
		s.write(a, t)
	}
}

// hold keeps a fragment until the timeline knows when its time began.
func (s *session) hold(a arrival) {
	s.held = append(s.held, a)
	s.heldSize += len(a.fragment.Raw)
	if s.heldSize > maxHeldBytes {
		s.letGo()
		s.timeline.restart()
		return
	}
	if !s.soundReady(a.arrival) || !s.timeline.anchored() {
		return
	}
	if err := s.beginRun(); err != nil {
		s.diskFailed(err)
		return
	}
	held := s.held
	s.letGo()
	for _, a := range held {
		if s.writer == nil {
			return
		}
		if t := s.timeline.place(a.stamp); t.verdict == write {
			s.write(a, t)
		}
	}
}

func (s *session) letGo() { s.held, s.heldSize = nil, 0 }

// beginRun makes the folder of a run whose time begins at the timeline's origin.
func (s *session) beginRun() error {
	wall, mono := s.clock()
	s.offset = offset(wall, mono)
	epoch := (s.offset + s.timeline.origin).Microseconds()
	// A new run that overlaps the last one a little would show the same
	// instant twice; a clock that was set back is another matter.
	if over := time.Duration(s.lastEnd-epoch) * time.Microsecond; over > 0 && over < 2*time.Second {
		epoch = s.lastEnd
	}
	init := s.beginSound()
	run := spool.Run{
		ID: spool.NewRunID(wall), Epoch: epoch, Constants: s.plan.Constants, Segment: s.plan.Segment.Microseconds(),
		TrackID: s.track.ID, Timescale: s.track.Timescale, Codecs: init.Codecs(),
		Width: s.track.Width, Height: s.track.Height, FrameRate: s.plan.FrameRate.Float(), Plan: s.plan.Line, PlanReasons: s.plan.Reasons,
	}
	var w *writer
	err := s.onDisk(func() (err error) {
		w, err = newWriter(s.dir, run, init.Raw, s.plan.SegmentFrames, s.open)
		return err
	})
	if err != nil {
		return err
	}
	s.writer, s.constants = w, &run.Constants
	s.flaws, s.still.going, s.usualLag = nil, false, 0
	s.rememberRun()
	s.Log.Info("recording", "run", run.ID, "plan", run.Plan)
	s.enter(spool.Recording, camera.Reason{})
	return nil
}

// write puts a fragment with its output times into the spool.
func (s *session) write(a arrival, t timed) {
	err := a.fragment.Retime(s.track.ID, t.decode, t.duration)
	if err == nil {
		s.addSound(a, t)
		s.flawed(a, t)
		err = s.onDisk(func() error { return s.writer.add(picture{a.fragment.Raw, a.sync, t.decode, t.duration, s.flaws}) })
		s.flaws = s.flaws[:0]
	}
	switch {
	case err == nil:
		if s.writer.worthRinging(t.duration) {
			s.bell.Press()
		}
	case errors.Is(err, errTooLong):
		s.overran = true
		s.endRun(camera.KeyFramesTooFar, "")
		s.finish(camera.KeyFramesTooFar)
	case errors.Is(err, errKeyFrame):
		s.endRun(camera.TimestampJump, err.Error())
		s.timeline.restart()
	default:
		s.diskFailed(err)
	}
}

// diskFailed gives up the run, and fragments with it, until the disk is tried
// again. ffmpeg goes on.
func (s *session) diskFailed(err error) {
	code := camera.DiskError
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		code = camera.DiskFull
	}
	s.endRun(code, err.Error())
	s.letGo()
	s.timeline.restart()
	_, now := s.clock()
	s.diskUntil = now + diskRetry
	if s.status.Code != code {
		s.Log.Error("the spool cannot be written", "reason", code, "error", err)
		s.status.Restarts[code]++
	}
	s.enter(spool.Waiting, camera.ReasonFor(code))
}

// endRun closes the run, if there is one.
func (s *session) endRun(code, detail string) {
	if s.writer == nil {
		return
	}
	s.lastEnd = s.writer.endMicros()
	err := s.onDisk(func() error { return s.writer.close(time.Now(), code, s.Redact(detail)) })
	if err != nil && !errors.Is(err, os.ErrClosed) {
		s.Log.Warn("run not closed properly", "run", s.writer.run.ID, "error", err)
	}
	s.writer = nil
	s.bell.Press()
}

// progress takes note of ffmpeg's own figures.
func (s *session) progress(p progress) {
	_, now := s.clock()
	s.status.Speed = p.speed
	s.status.FPS = s.counted.fps(now)
	if s.timeline == nil {
		return
	}
	s.watchPace(now, p)
	s.piled(now, p)
	recently := s.lastRate != 0 && now-s.lastRate < rateSpacing
	if s.FPS > 0 || s.plan.Copy || recently || s.pace.behind() {
		return
	}
	if rate, changed := s.rate.add(now, p); changed {
		s.Log.Warn("the camera's frame rate has changed", "planned", s.plan.SourceRate.Human(), "now", rate)
		s.lastRate = now
		s.end.reprobe = true
		s.finish(camera.RateChanged)
	}
}

// conclude closes the run and says how it went.
func (s *session) conclude(ctx context.Context, stderr []string, procErr, readErr error) outcome {
	_, now := s.clock()
	end := s.end
	end.lived = now - s.started
	end.delivered = s.fragments > 1 && time.Duration(s.last.Load())-s.first >= min(trusted, end.lived/2)
	end.reason, end.err = s.cause, procErr
	switch {
	case ctx.Err() != nil:
		end.reason = camera.ReasonFor(camera.Stopped)
	case slices.Contains(ownWish, s.cause.Code):
		end.atOnce = true
	case s.cause.Code == camera.RateChanged, s.cause.Code == camera.KeyFramesTooFar, s.cause.Code == camera.StreamChanged:
		end.atOnce, end.reprobe = true, true
	case s.cause.Code != "":
	default:
		end.reason = camera.Classify(stderr, procErr)
		if s.fragments > 0 && end.reason.Code == camera.NotAStream {
			end.reason = camera.ReasonFor(camera.InvalidData)
		}
		if format := (*fmp4.FormatError)(nil); errors.As(readErr, &format) {
			end.reason, end.err = camera.ReasonFor(camera.InvalidData), readErr
		}
	}
	s.endRun(end.reason.Code, lastLine(stderr))
	return end
}

// ownWish are the reasons for which ffmpeg is started anew though nothing ails the camera.
var ownWish = []string{camera.ClockJump, camera.Resumed, camera.Overload, camera.LoadEased, camera.DiskSlow, camera.PlanChanged}

func lastLine(lines []string) string {
	if len(lines) == 0 {
		return ""
	}
	return lines[len(lines)-1]
}
