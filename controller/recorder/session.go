package recorder

import (
	"context"
	"errors"
	"slices"
	"time"

	"lookback/controller/camera"
	"lookback/controller/fmp4"
)

const (
	// trusted is for how long an ffmpeg must have delivered for its plan to be
	// used again without probing.
	trusted = 2 * time.Second
	// checkInterval is how often clocks and stalls are looked at.
	checkInterval = 200 * time.Millisecond
)

// session is one life of a feed and the runs it makes. It keeps the order in
// which a picture goes from one to the next, and nothing else:
//
//	feed → judges → stamps → learner → slower → placer → mixer, flaws → sink
//
// One goroutine owns it and all of them; the feed's readers only send to it.
type session struct {
	recorder  *Recorder
	plan      camera.Plan
	feed      *feed
	judges    []judge
	clock     *clockJudge
	stamps    *stamps // nil: they are those of who reads the camera
	learner   learner
	durations durations
	slower    slower
	placer    *placer
	mixer     *mixer
	flaws     *flaws
	sink      *sink

	attention attention
	counted   fpsMeter
	begun     func()        // the start is over: others may start
	started   time.Duration // monotonic
	first     time.Duration // arrival of the first picture, monotonic
	pictures  uint64
	rated     time.Duration      // when it was looked at how many come, monotonic
	checked   bool               // the frame rate that the start has measured was
	lates     int                // pictures in a row that came when the next one did
	reported  time.Duration      // when ffmpeg's last report came, monotonic
	stop      context.CancelFunc // interrupts ffmpeg
	cause     camera.Reason      // why we ended it; zero: it ended by itself
	// Of a camera that is read here, which goes on sending while another plan is made:
	replans []string // the reasons for which that is so; nil: it never is
	drain   func()   // has ffmpeg end behind what it was given; nil: there is none
	early   []unit   // what came before this session, and was not recorded
	left    []unit   // likewise for the next one: pictures as they came
}

// runOnce runs an ffmpeg that reads the camera itself to its end.
func (r *Recorder) runOnce(ctx context.Context, plan camera.Plan) outcome {
	begun := r.awaitStart(ctx, plan.Copy)
	defer begun()
	processCtx, stop := context.WithCancel(ctx)
	defer stop()
	change := &changeJudge{plan: plan, codec: r.facts.Codec, fresh: r.fresh, last: &r.lastSize}
	feed, err := r.startFeed(processCtx, plan, change)
	if err != nil {
		return outcome{reason: startFailure(err), err: err}
	}
	r.status.PID = feed.process.pid
	s := r.newSession(plan, change, feed)
	s.begun, s.stop = begun, stop
	s.loop(ctx)
	feed.end()
	if code := camera.Classify(nil, feed.failure()).Code; code != camera.Killed && code != camera.FFmpegCrashed {
		feed.sourceErr = r.relayFailure()
	}
	return s.conclude(ctx)
}

// newSession puts the line together.
func (r *Recorder) newSession(plan camera.Plan, change *changeJudge, from *feed) *session {
	s := &session{recorder: r, plan: plan, feed: from, started: r.now(), learner: newLearner(*r.facts, r.settings().Constants)}
	r.diskSlow = false
	sound := plan.Sound
	s.mixer = &mixer{wanted: sound != nil, clock: soundClock{timed: sound != nil && sound.Timed}, log: r.Log}
	if sound != nil && sound.Own {
		s.mixer.format = voiceFormat(r.facts.Sound.Channels)
	}
	s.placer = &placer{plan: plan, ready: s.mixer.ready}
	s.flaws = &flaws{copied: plan.Copy, awake: s.attention.awakeSince, timeline: func() *timeline { return s.placer.timeline }, count: r.countFlaw}
	s.flaws.plan(plan.SourceRate.Frames(1), plan.FrameRate.Frames(1))
	s.clock = newClockJudge(r, plan.Copy, func() { s.placer.request(camera.TimestampJump) })
	if s.stamps = r.newStamps(plan); s.stamps != nil {
		s.heed()
	}
	s.sink = &sink{recorder: r, plan: plan, offset: s.clock.begin, parts: s.placer.parts}
	overload := newOverloadJudge(r, plan, s.placer.lag)
	if from.pump != nil {
		overload.unread, s.flaws.standstill, s.placer.taken = from.pump.waiting, from.pump.standstill, from.pump.at
		s.flaws.bunch = from.pump.span
	}
	if from.feeder != nil {
		overload.unread = from.feeder.waiting
		s.placer.taken = func(tick int64) time.Duration { return from.feeder.at(plan.FrameRate.Frames(int(tick))) }
	}
	s.judges = []judge{s.clock, change, overload, &refreshJudge{copied: plan.Copy, found: r.noKeyFrames},
		&rateJudge{rateWatch: rateWatch{planned: plan.SourceRate}, known: r.FPS > 0 || plan.Copy || r.facts.Kind == camera.Stills, behind: overload.behind,
			changes: &r.rates, idles: r.saysIdles, log: r.Log},
		&renewJudge{renewable: !plan.Copy && camera.Renewable(*r.facts, r.settings()), may: r.mayRenew, recording: s.sink.writing},
	}
	return s
}

// saysIdles has the plan say that few pictures come at times.
func (r *Recorder) saysIdles() {
	r.status.PlanReasons = append(slices.Clone(r.status.PlanReasons), camera.FewerAtTimes)
	r.publish()
}

// loop takes what comes until the pictures have ended.
func (s *session) loop(ctx context.Context) {
	s.judges = append(s.judges, s.stallJudge(ctx))
	check, publish := time.NewTicker(checkInterval), time.NewTicker(statusInterval)
	defer check.Stop()
	defer publish.Stop()
	for _, u := range s.early {
		s.take(u)
	}
	for !s.replanned() || s.drain != nil {
		select {
		case u, ok := <-s.feed.pictures:
			if !ok {
				return
			}
			s.take(u)
		case u := <-s.feed.sounds:
			if s.mixer.add(u) {
				s.placer.request(camera.StreamChanged)
			}
		case p := <-s.feed.reports:
			s.report(p)
		case <-check.C:
			if ctx.Err() == nil {
				s.check(s.recorder.now())
			}
		case <-publish.C:
			s.noteLast()
			s.recorder.publish()
		}
	}
}

func (s *session) stallJudge(ctx context.Context) *stallJudge {
	j := &stallJudge{last: &s.feed.last, least: s.recorder.stall, rate: func() camera.Rate { return s.plan.SourceRate },
		patient: s.plan.Copy && !s.recorder.facts.KeyIntervalKnown}
	if !s.plan.Copy {
		return j
	}
	j.longest = func() time.Duration { return micro(s.placer.plan.Constants.PartTarget) }
	address, dial := camera.TCPAddress(s.recorder.URL), s.recorder.dial
	kind, _ := camera.KindOf(s.recorder.URL)
	switch {
	case s.plan.Direct: // a second connection might cost the first one
		j.ask = s.feed.reported
	case address != "" && kind == camera.HTTP: // likewise: of one that is gone, the relay's connection fails
		j.ask = s.recorder.relayFailure
	case kind == camera.RTSP: // ffmpeg's does
		j.ask = func() error { return nil }
	case address != "":
		j.ask = func() error {
			conn, err := dial(ctx, address, false)
			closeConn(conn)
			return err
		}
	}
	return j
}

// take has a picture go its way, from its arrival to the disk.
func (s *session) take(u unit) {
	drains := s.replanned() && s.drain != nil
	if s.cause.Code != "" && !drains {
		if s.replanned() {
			s.left = append(s.left, u)
		}
		return // else what comes after our own verdict belongs nowhere
	}
	s.note(u)
	if !drains && s.judged(evidence{at: u.arrival, unit: &u}) {
		s.left = append(s.left, u)
		return
	}
	if s.learner.holds() {
		s.left = append(s.left, u)
		defer s.recorded()
	}
	s.goOn(s.dated(u))
}

// goOn has pictures go their way of which it is known when they are.
func (s *session) goOn(all []unit) {
	for _, u := range all {
		on := s.known(u)
		if s.plan.Direct {
			on = s.lasting(on)
		}
		s.fit(on)
		s.ahead()
	}
}

// recorded forgets what came before the camera was known, once that is on its way.
func (s *session) recorded() {
	if !s.learner.holds() && s.cause.Code == "" {
		s.left = nil
	}
}

// lasting are the pictures of which it is known how long they last.
func (s *session) lasting(all []unit) []unit {
	r := s.recorder
	on := s.durations.add(all, s.plan.FrameRate.Frames(1), r.waits(s.plan))
	if long := s.durations.idles; long > 0 {
		s.durations.idles = 0
		if r.noteSlow(long) {
			r.retell()
		}
	}
	return on
}

// ahead has a picture played that waits until it is known how long it lasts.
func (s *session) ahead() {
	if u := s.durations.held; u != nil {
		s.sink.sendAhead(*u, max(s.durations.step, s.plan.FrameRate.Frames(1)))
	}
}

// fit has pictures go on once parts are as long as they are.
func (s *session) fit(all []unit) {
	for _, u := range all {
		for _, u := range s.fitting(u) {
			s.place(u)
		}
	}
}

// fitting are the pictures that go on with one, once parts are as long as they are.
func (s *session) fitting(u unit) []unit {
	if t := s.placer.timeline; !s.plan.Copy || t == nil || !t.placed {
		return append(s.slower.release(), u)
	}
	now := micro(s.placer.plan.Constants.PartTarget)
	on, part := s.slower.add(u, now)
	if part > 0 {
		if s.stamps != nil {
			part = camera.PartFor(s.stamps.unsteered(s.slower.longest))
		}
		s.recorder.noteSlow(s.slower.least)
		s.placer.parts(s.recorder.longerParts(u.arrival, part, now))
	}
	return on
}

// place has a picture go the rest of its way.
func (s *session) place(u unit) {
	over, ready := s.placer.add(u)
	if over != "" {
		s.sink.end(over, "")
		s.mixer.end()
	}
	for _, p := range ready {
		s.mixer.join(&p)
		s.flaws.join(&p)
		s.finish(s.sink.put(p))
	}
}

// note counts a picture.
func (s *session) note(u unit) {
	if s.pictures++; s.pictures == 1 {
		s.first = u.arrival
		s.begun()
	}
	s.counted.add(u.arrival)
	s.recorder.pictures.offer(u)
	s.tellLate(u)
}

// judged asks all judges; true: one of them has ended ffmpeg.
func (s *session) judged(e evidence) bool {
	for _, j := range s.judges {
		s.finish(j.look(e))
		if s.cause.Code != "" {
			return true
		}
	}
	return false
}

// report takes note of ffmpeg's own figures.
func (s *session) report(p progress) {
	now := s.recorder.now()
	s.recorder.status.Speed = p.speed
	if s.placer.timeline == nil {
		return
	}
	awake := s.attention.awakeSince(s.reported, now)
	s.reported = now
	s.flaws.piled(now, p, awake)
	if s.feed.pump != nil {
		s.recorder.noteBunch(s.feed.pump.span())
	}
	s.judged(evidence{at: now, report: &p, awake: awake})
}

// check has the judges look whether something does not come.
func (s *session) check(now time.Duration) {
	if s.cause.Code == "" && !s.judged(evidence{at: now}) {
		if s.stamps != nil {
			s.goOn(s.stamps.overdue(now))
		}
		s.fit(s.durations.overdue(now, s.plan.FrameRate.Frames(1)))
	}
	s.attention.look(now)
}

// finish ends ffmpeg for a reason of ours, "" for none.
func (s *session) finish(code string) {
	if code == "" || s.cause.Code != "" {
		return
	}
	s.cause = camera.ReasonFor(code)
	if code == camera.Stalled { // it would not heed an interrupt
		s.feed.kill()
	}
	switch {
	case !s.replanned():
		s.stop()
	case s.drain != nil:
		s.drain()
	}
}

// replanned reports whether the session has ended for another plan, while the camera
// goes on sending.
func (s *session) replanned() bool {
	return slices.Contains(s.replans, s.cause.Code)
}

// conclude closes the run and says how it went.
func (s *session) conclude(ctx context.Context) outcome {
	stderr, now := s.feed.stderr.last(), s.recorder.now()
	end := outcome{reason: s.cause, err: s.feed.failure(), lived: now - s.started}
	end.delivered = s.pictures > 1 && time.Duration(s.feed.last.Load())-s.first >= min(trusted, end.lived/2)
	if s.stamps != nil && s.stamps.sure && (len(s.left) == 0 || s.stamps.since() < s.left[0].arrival) {
		s.goOn(s.stamps.release())
	}
	s.fit(s.durations.release(max(s.durations.step, s.plan.FrameRate.Frames(1))))
	for _, u := range s.slower.release() {
		s.place(u)
	}
	code := s.cause.Code
	end.reprobe = slices.Contains(misfits, code)
	end.atOnce = end.reprobe || slices.Contains(deliberate, code)
	switch {
	case ctx.Err() != nil:
		end.reason = camera.ReasonFor(camera.Stopped)
	case code == "":
		s.byItself(&end, stderr)
	case code == camera.Stalled: // the relay may have seen why
		s.recorder.readError(s.feed, &end)
	}
	end.said = s.feed.stderr.last() // readError may have added one
	s.sink.end(end.reason.Code, lastLine(end.said))
	return end
}

// byItself finds out why ffmpeg has ended.
func (s *session) byItself(end *outcome, stderr []string) {
	end.reason = camera.Classify(stderr, end.err)
	if s.pictures > 0 && end.reason.Code == camera.NotAStream {
		end.reason = camera.ReasonFor(camera.InvalidData)
	}
	s.recorder.readError(s.feed, end)
	format := (*fmp4.FormatError)(nil)
	if err := s.feed.readErr; errors.As(err, &format) || errors.Is(err, errFLV) {
		end.reason, end.err = camera.ReasonFor(camera.InvalidData), err
	}
}

// deliberate are the reasons for which ffmpeg is started anew though nothing ails the
// camera, and misfits those for which the camera is probed before.
var (
	deliberate = []string{camera.ClockJump, camera.Resumed, camera.Overload, camera.LoadEased, camera.DiskSlow, camera.PlanChanged, camera.CopyAgain}
	misfits    = []string{camera.RateChanged, camera.StreamChanged, camera.CopyAgain}
)

// copiedReplans and pipedReplans are the reasons for which another plan is made while
// the same stream goes on.
var (
	copiedReplans = []string{camera.StreamChanged, camera.PlanChanged}
	pipedReplans  = []string{camera.StreamChanged, camera.RateChanged, camera.Overload, camera.LoadEased}
)

func lastLine(lines []string) string {
	if len(lines) == 0 {
		return ""
	}
	return lines[len(lines)-1]
}

// noteLast tells when the newest picture came, by the wall clock, and how many do.
func (s *session) noteLast() {
	if s.pictures == 0 {
		return
	}
	wall, mono := s.recorder.clock()
	last := wall.Add(time.Duration(s.feed.last.Load()) - mono).UTC()
	s.recorder.status.Last, s.recorder.status.FPS = &last, s.counted.fps(mono)
}
