package recorder

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"lookback/controller/camera"
	"lookback/controller/fmp4"
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
	// checkInterval is how often clocks and stalls are looked at.
	checkInterval = 200 * time.Millisecond
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
	diskGone  time.Duration // since when the disk takes nothing, 0: it does, monotonic
	diskUntil time.Duration // it is not tried again before, monotonic
	rate      rateWatch
	pace      paceWatch
	flaws     flaws
	reports   int           // of ffmpeg's progress
	reported  time.Duration // when the last one came, monotonic

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
		fragments <- arrival{stamp{t.DecodeTime, t.Duration, now, t.Sync}, f.Clone()}
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
	s.flaws = newFlaws(source, s.plan.FrameRate.Frames(1))
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
	if s.doubted && !s.keys.holds(now) && s.writer != nil {
		s.end.reprobe = true
		s.finish(camera.CopyAgain)
	}
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

// progress takes note of ffmpeg's own figures.
func (s *session) progress(p progress) {
	_, now := s.clock()
	s.status.Speed = p.speed
	s.status.FPS = s.counted.fps(now)
	if s.timeline == nil {
		return
	}
	awake := s.awakeSince(s.reported, now)
	s.reported = now
	if !awake {
		s.rate.samples = nil
	}
	s.watchPace(now, p)
	s.piled(now, p, awake)
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
var ownWish = []string{camera.ClockJump, camera.Resumed, camera.Overload, camera.LoadEased, camera.DiskSlow, camera.PlanChanged, camera.CopyAgain}

func lastLine(lines []string) string {
	if len(lines) == 0 {
		return ""
	}
	return lines[len(lines)-1]
}
