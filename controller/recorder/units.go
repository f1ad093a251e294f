package recorder

import (
	"context"
	"slices"

	"lookback/controller/camera"
)

// runUnits has ffmpeg encode what an RTSP camera that is read here sends, until that
// ends. Where its frame rate is not known, it is learnt from the pictures that come
// meanwhile.
func (r *Recorder) runUnits(ctx context.Context, going *connection[*rtspSource], facts camera.Facts, known bool) outcome {
	source, stop := going.source, going.cancel
	source.encoded.Store(true)
	defer source.readers.Wait()
	defer stop()
	feeder, begun := newFeeder(r.now, facts.NoKeyFrames), r.now()
	for _, u := range source.early {
		feeder.add(u)
	}
	if !known {
		learnt, ok := r.learnRate(source, feeder, facts)
		if !ok {
			stop()
			source.readers.Wait()
			return r.notDescribed(source.feed, r.now()-begun)
		}
		facts = learnt
	}
	r.fresh = r.unknown() || facts != *r.facts
	r.facts, r.doubts, r.notes = &facts, 0, source.notes(r.Source)
	if err := r.chooseEncoder(ctx); err != nil {
		return outcome{reason: camera.ReasonOf(err), err: err}
	}
	plan := r.plan()
	if !plan.Units { // its frame rate lets it be copied after all
		return outcome{reason: camera.ReasonFor(camera.PlanChanged), atOnce: true}
	}
	r.follow(plan, "the camera is read, ffmpeg starts")
	started := r.awaitStart(ctx, false)
	defer started()
	change := &changeJudge{plan: plan, codec: facts.Codec, fresh: r.fresh, last: &r.lastSize, seenResized: source.resized.Load}
	if err := r.attachUnits(source, feeder, plan, change); err != nil {
		return outcome{reason: camera.Classify(nil, err), err: err}
	}
	s := r.newSession(plan, change, source.feed)
	s.begun, s.stop = started, stop
	s.judges = append(s.judges, newStuckJudge(feeder.writing.lasts, s, change, r.stall))
	s.loop(ctx)
	stop()
	source.end()
	return s.conclude(ctx)
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

// attachUnits starts the ffmpeg that encodes what the source brings.
func (r *Recorder) attachUnits(source *rtspSource, to *feeder, plan camera.Plan, change *changeJudge) error {
	p, err := startPiped(source.ctx, r.FFmpeg, plan.Args(r.URL), plan.Memory)
	if err != nil {
		return err
	}
	p.narrow(feederPipe)
	f := source.feed
	f.process, f.feeder, f.pictures = p, to, make(chan unit, queued)
	r.status.PID = p.pid
	f.readers.Go(func() { to.pass(source.units, f) })
	f.readers.Go(func() {
		defer p.in.Close()
		to.run(p.in, source.over)
	})
	stop := context.AfterFunc(source.ctx, func() { p.in.Close() })
	f.readers.Go(func() { <-p.done; stop(); p.in.Close() })
	source.speak(source.ctx, r, plan)
	f.read(r, plan, change)
	return nil
}
