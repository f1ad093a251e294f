package recorder

import (
	"context"

	"lookback/controller/camera"
	"lookback/controller/spool"
)

// An HTTP camera that sends JPEGs is read here, and an ffmpeg encodes what it is
// given. The connection that learns what it sends is the one that records.

// runPiped reads the camera here, and has ffmpeg encode its pictures, until that
// ends. Where ffmpeg has to read it, foreign is why.
func (r *Recorder) runPiped(ctx context.Context) (end outcome) {
	r.enter(spool.Starting, camera.Reason{})
	begun := r.now()
	reading, stop := context.WithCancel(ctx)
	defer stop()
	source := r.startHTTP(reading)
	if !r.introduced(source.said, source.over) {
		stop()
		source.readers.Wait()
		return r.notDescribed(source.feed, r.now()-begun)
	}
	if err := r.pipeable(ctx, source); err != nil || source.foreign != "" {
		stop()
		source.readers.Wait()
		r.facts = nil
		return outcome{foreign: source.foreign, reason: camera.ReasonOf(err), err: err}
	}
	plan := r.plan()
	r.follow(plan, "the camera is read, ffmpeg starts")
	started := r.awaitStart(ctx, false)
	defer started()
	change := &changeJudge{plan: plan, codec: "mjpeg", fresh: r.fresh, last: &r.lastSize, seenResized: source.resized.Load}
	if err := r.attach(reading, source, plan, change); err != nil {
		stop()
		source.readers.Wait()
		return outcome{reason: camera.Classify(nil, err), err: err}
	}
	s := r.newSession(plan, change, source.feed)
	s.begun, s.stop = started, stop
	s.judges = append(s.judges, newStuckJudge(source.pump.writing.lasts, s, change, r.stall))
	s.loop(ctx)
	stop()
	source.end()
	return s.conclude(ctx)
}

// pipeable notes what the camera sends, and finds out what is to encode it.
func (r *Recorder) pipeable(ctx context.Context, source *httpSource) error {
	if source.foreign != "" || source.failed != nil {
		return source.failed
	}
	r.fresh = r.unknown() || source.facts != *r.facts
	r.facts, r.doubts = &source.facts, 0
	return r.chooseEncoder(ctx)
}

// attach starts the ffmpeg that encodes what the source brings.
func (r *Recorder) attach(ctx context.Context, source *httpSource, plan camera.Plan, change *changeJudge) error {
	p, err := startPiped(ctx, r.FFmpeg, plan.Args(r.URL), plan.Memory)
	if err != nil {
		return err
	}
	f := source.feed
	f.process = p
	r.status.PID = p.pid
	still := newStandstill(plan.SourceRate.Frames(1), plan.FrameRate.Frames(1))
	f.readers.Go(func() {
		defer p.in.Close()
		if f.pump.wait(p.in, p.unread, source.over) == nil {
			f.pump.begin(plan.FrameRate.Frames(1), still.least)
			f.pump.run(p.in, source.over)
		}
	})
	stop := context.AfterFunc(ctx, func() { p.in.Close() })
	f.readers.Go(func() { <-p.done; stop(); p.in.Close() })
	f.read(r, plan, change)
	return nil
}
