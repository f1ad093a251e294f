package recorder

import (
	"context"
	"time"

	"lookback/controller/camera"
	"lookback/controller/spool"
)

// An HTTP camera that sends JPEGs is read here, and an ffmpeg encodes what it is
// given. The connection that learns what it sends is the one that records.

// runPiped reads the camera here, and has ffmpeg encode its pictures, until that
// ends, or until another plan is to be made. Where ffmpeg has to read it, foreign is why.
func (r *Recorder) runPiped(ctx context.Context) (end outcome) {
	r.enter(spool.Starting, camera.Reason{})
	begun := r.now()
	going := goOn(ctx, r, r.startHTTP)
	source := going.source
	if !r.introduced(source.said, source.over, nil) {
		going.end()
		return r.notDescribed(source.feed, r.now()-begun)
	}
	if err := r.pipeable(ctx, source); err != nil || source.foreign != "" {
		going.end()
		r.facts = nil
		return outcome{foreign: source.foreign, reason: camera.ReasonOf(err), err: err}
	}
	plan := r.plan()
	r.follow(plan, "the camera is read, ffmpeg starts")
	started := r.awaitStart(ctx, false)
	defer started()
	change := &changeJudge{plan: plan, codec: "mjpeg", fresh: r.fresh, last: &r.lastSize, seenResized: source.resized.Load}
	if r.FPS == 0 && r.facts.Kind != camera.Stills {
		// What is left out on purpose, since the promised parts or this machine want it, is no surge.
		source.pump.watch(max(plan.FrameRate.Float(), plan.SourceRate.Float()), camera.Idles(plan.SourceRate.Float()))
	}
	drain, err := r.attach(going, plan, change)
	if err != nil {
		going.end()
		return outcome{reason: camera.Classify(nil, err), err: err}
	}
	s := r.newSession(plan, change, source.feed)
	s.begun, s.stop = started, going.cancel
	s.replans, s.drain = pipedReplans, drain
	s.judges = append(s.judges, newStuckJudge(source.pump.writing.lasts, s, change, r.stall),
		&surgeJudge{source.pump.surged, plan.SourceRate, &r.rates, r.Log})
	s.loop(ctx)
	if s.replanned() && ctx.Err() == nil && source.again(s.cause.Code, r.rates.now) {
		source.endFFmpeg()
		source.facts.Bunch, r.going = r.facts.Bunch, going
		return s.conclude(ctx)
	}
	going.end()
	return s.conclude(ctx)
}

// pipeable notes what the camera sends, and finds out what is to encode it.
func (r *Recorder) pipeable(ctx context.Context, source *httpSource) error {
	if source.foreign != "" || source.failed != nil {
		return source.failed
	}
	r.fresh = r.unknown() || source.facts != *r.facts
	facts := source.facts
	r.facts, r.doubts = &facts, 0
	return r.chooseEncoder(ctx)
}

// attach starts the ffmpeg that encodes what the source brings. Drain has it end behind
// the pictures that it was given; those that come are kept for the next one.
func (r *Recorder) attach(going *connection[*httpSource], plan camera.Plan, change *changeJudge) (drain func(), err error) {
	source := going.source
	ctx, stop := context.WithCancel(going.ctx)
	p, err := startPiped(ctx, r.FFmpeg, plan.Args(r.URL), plan.Memory)
	if err != nil {
		stop()
		return nil, err
	}
	f := source.feed
	f.process, f.pictures = p, make(chan unit, queued)
	r.status.PID = p.pid
	still := newStandstill(plan.SourceRate.Frames(1), plan.FrameRate.Frames(1))
	end := f.give(ctx, stop, p, source.over, func(done <-chan struct{}) {
		if f.pump.wait(p.in, p.unread, done) == nil {
			f.pump.begin(plan.FrameRate.Frames(1), still.least)
			f.pump.run(p.in, done)
		}
	})
	f.read(r, plan, change)
	return func() { f.pump.keep(); end() }, nil
}

// give has write hand an ffmpeg what the source brings, until nothing more will come
// (over), or until ffmpeg ends, whose context is ctx. End has it end behind what it was
// given; where it does not, it is stopped.
func (f *feed) give(ctx context.Context, stop func(), p *process, over <-chan struct{}, write func(done <-chan struct{})) (end func()) {
	given, enough := context.WithCancel(ctx)
	f.tenders.Go(func() {
		defer p.in.Close()
		write(given.Done())
	})
	ended := context.AfterFunc(ctx, func() { p.in.Close() })
	f.tenders.Go(func() {
		select {
		case <-over:
			enough()
			<-p.done
		case <-p.done:
		}
		ended()
		stop()
		p.in.Close()
	})
	return func() {
		enough()
		time.AfterFunc(drainGrace, stop)
	}
}
