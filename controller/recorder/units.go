package recorder

import (
	"context"
	"slices"

	"lookback/controller/camera"
)

// runUnits has ffmpeg encode what an RTSP camera that is read here sends, until that
// ends, or until another plan is to be made. Where its frame rate is not known, it is
// learnt from the pictures that come meanwhile.
func (r *Recorder) runUnits(ctx context.Context, going *connection[*rtspSource], facts camera.Facts, known bool) outcome {
	source, begun := going.source, r.now()
	source.encoded.Store(true)
	to := source.feeder
	if to == nil {
		to = newFeeder(r.now, facts.NoKeyFrames)
		to.keeps = source.rate.Num > 0
		for _, u := range source.early {
			to.add(u)
		}
		source.early = nil
	}
	if source.rate.Num > 0 { // as the plan before had it
		facts.FrameRate, facts.Knowledge, known = source.rate, camera.Known, true
	}
	if !known {
		learnt, ok := r.learnRate(source, to, facts)
		if !ok {
			going.end()
			return r.notDescribed(source.feed, r.now()-begun)
		}
		facts = learnt
	}
	r.fresh = r.unknown() || facts != *r.facts
	r.facts, r.doubts, r.notes = &facts, 0, source.notes(r.Source)
	if err := r.chooseEncoder(ctx); err != nil {
		going.end()
		return outcome{reason: camera.ReasonOf(err), err: err}
	}
	plan := r.plan()
	if !plan.Units { // its frame rate lets it be copied after all
		going.end()
		return outcome{reason: camera.ReasonFor(camera.PlanChanged), atOnce: true}
	}
	r.follow(plan, "the camera is read, ffmpeg starts")
	started := r.awaitStart(ctx, false)
	defer started()
	change := &changeJudge{plan: plan, codec: facts.Codec, fresh: r.fresh, last: &r.lastSize, seenResized: source.resized.Load}
	drain, err := r.attachUnits(going, to, plan, change)
	if err != nil {
		going.end()
		return outcome{reason: camera.Classify(nil, err), err: err}
	}
	s := r.newSession(plan, change, source.feed)
	s.begun, s.stop = started, going.cancel
	s.replans, s.drain = pipedReplans, drain
	s.judges = append(s.judges, newStuckJudge(to.writing.lasts, s, change, r.stall))
	s.loop(ctx)
	if s.replanned() && ctx.Err() == nil {
		source.again(s.cause.Code, plan.SourceRate, r.rates.now)
		source.endFFmpeg()
		r.going = going
		return s.conclude(ctx)
	}
	going.end()
	return s.conclude(ctx)
}

// again prepares another plan, which is made for a reason. Before, pictures came at a
// rate, and now at another one where that is the reason.
func (s *rtspSource) again(code string, before camera.Rate, now float64) {
	if s.rate = before; code == camera.RateChanged {
		s.rate = camera.SnapArrived(now)
	}
	s.resized.Store(0)
}

// learnRate waits until pictures have told how many there are a second; false where
// they end before.
func (r *Recorder) learnRate(source *rtspSource, to *feeder, facts camera.Facts) (learnt camera.Facts, ok bool) {
	study, done := camera.NewStudy(facts, nil), make(chan struct{})
	look := &stamps{}
	see := func(u unit) bool {
		for _, u := range look.add(u) {
			study.Add(u.time(), u.format.time(u.pts-u.dts), u.sync)
			study.Reordered = study.Reordered || u.pts != u.dts
		}
		learnt, ok = study.Rate()
		return ok
	}
	go func() {
		defer close(done)
		if slices.ContainsFunc(source.early, see) {
			return
		}
		for u := range source.units {
			if to.add(u); see(u) {
				return
			}
		}
	}()
	r.publishUntil(done)
	known := look.trust
	if known.done != "" {
		known.done = datedByArrival // all that is encoded is
	}
	r.distrust(known)
	return learnt, ok
}

// attachUnits starts the ffmpeg that encodes what the source brings. Drain has it end
// behind the pictures that it was given; those that come are kept for the next one.
func (r *Recorder) attachUnits(going *connection[*rtspSource], to *feeder, plan camera.Plan, change *changeJudge) (drain func(), err error) {
	source := going.source
	ctx, stop := context.WithCancel(going.ctx)
	p, err := startPiped(ctx, r.FFmpeg, plan.Args(r.URL), plan.Memory)
	if err != nil {
		stop()
		return nil, err
	}
	p.narrow(feederPipe)
	f := source.feed
	if f.feeder == nil {
		f.feeder = to
		to.passing.Go(func() { to.pass(source.units, f) })
	}
	f.process, f.pictures = p, make(chan unit, queued)
	r.status.PID = p.pid
	to.begin()
	end := f.give(ctx, stop, p, source.over, func(done <-chan struct{}) { to.run(p.in, done) })
	source.speak(going.ctx, r, plan)
	f.read(r, plan, change)
	return func() { to.keep(); end() }, nil
}
