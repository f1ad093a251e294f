package recorder

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"lookback/controller/camera"
	"lookback/controller/httpcam"
	"lookback/controller/rtsp"
	"lookback/controller/spool"
)

// An RTSP camera is read here: the connection that learns what it sends is the one
// that records. Without any ffmpeg where it is copied; else ffmpeg has its pictures
// from a pipe. What can't be read so is left to ffmpeg once that connection is closed.

// unknown reports whether nothing is known of the camera that can be relied on.
func (r *Recorder) unknown() bool { return r.facts == nil || r.doubts >= maxDoubts }

// direct reports whether the camera is to be read here.
func (r *Recorder) direct() bool {
	if r.unknown() {
		return r.least == camera.Rough && camera.MayRead(r.settings())
	}
	plan := r.plan()
	return plan.Direct || plan.Piped || plan.Units
}

// read has the camera read here until that ends. Where ffmpeg has to read it, the
// outcome says why.
func (r *Recorder) read(ctx context.Context) outcome {
	if kind, _ := camera.KindOf(r.URL); kind == camera.RTSP {
		return r.runDirect(ctx)
	}
	return r.runPiped(ctx)
}

// runDirect reads the camera here until that ends, or until another plan is to be made
// for it. Where ffmpeg has to read it, foreign is why.
func (r *Recorder) runDirect(ctx context.Context) (end outcome) {
	r.enter(spool.Starting, camera.Reason{})
	begun := r.now()
	going := goOn(ctx, r, r.startRTSP)
	source := going.source
	if !r.introduced(source.described, source.over, &source.keyless) {
		going.end()
		end := r.notDescribed(source.feed, r.now()-begun)
		if reason, ok := source.keyless.reason(r.now()); ok && end.reason.Code == camera.Stalled {
			end.reason = reason
		}
		return end
	}
	facts := r.merged(source.facts())
	r.keyless = r.keyless || source.description.NoKeyFrames
	facts.NoKeyFrames = r.keyless
	if why := whyForeign(facts, r.settings()); why != "" {
		going.end()
		r.facts = nil // ffprobe knows more of such
		quiet := r.settings()
		quiet.Audio, r.forSound = "off", ""
		if whyForeign(facts, quiet) == "" {
			r.forSound = facts.Sound.Codec
		}
		return outcome{foreign: why}
	}
	known := !r.unknown() && facts.Knowledge != camera.Rough
	if encodes, _ := camera.Encodes(facts, r.settings()); encodes {
		return r.runUnits(ctx, going, facts, known)
	}
	r.facts, r.doubts, r.notes = &facts, 0, source.notes(r.Source)
	plan := r.plan()
	r.follow(plan, "the camera is read")
	source.copied()
	source.pictures = source.units
	source.speak(going.ctx, r, plan)
	s := r.newSession(plan, &changeJudge{plan: plan, codec: facts.Codec, fresh: true, last: &r.lastSize}, source.feed)
	s.begun, s.stop = func() {}, going.cancel
	s.replans, s.early = copiedReplans, source.early
	s.loop(ctx)
	if s.replanned() && ctx.Err() == nil {
		source.early, r.going = s.left, going
		source.again(s.cause.Code, s.plan.SourceRate, 0)
		return s.conclude(ctx)
	}
	going.end()
	return s.conclude(ctx)
}

// whyForeign is why ffmpeg has to read a camera that has just said what it sends.
func whyForeign(f camera.Facts, s camera.Settings) string {
	if f.PixelFormat == "" {
		return "its picture is of a rare kind"
	}
	return camera.WhyFFmpeg(f, s)
}

// notDescribed is the end of a connection on which nothing was described: it has
// failed, or no key frame has come for long.
func (r *Recorder) notDescribed(f *feed, lived time.Duration) outcome {
	end := outcome{reason: camera.ReasonFor(camera.Stalled), lived: lived}
	r.readError(f, &end)
	end.said = f.stderr.last()
	code := end.reason.Code
	nobody := code == camera.TooMuchMemory || code == camera.TooLarge || errors.Is(end.err, httpcam.ErrPixels)
	if r.facts == nil && !nobody && !slices.Contains(away, code) && !slices.Contains(doubtful, code) {
		r.least = camera.Known
	}
	return end
}

// readError is why a camera that is read here has ended its stream.
func (r *Recorder) readError(f *feed, end *outcome) {
	e, not, reason := (*rtsp.Error)(nil), (*httpcam.NotPictures)(nil), camera.Reason{}
	r.away = r.away || unanswered(f.sourceErr)
	switch err := f.sourceErr; {
	case errors.As(err, &e):
		end.reason, end.err = e.Reason(), e
		if e.FFmpeg {
			r.keyless = r.keyless || e.Detail == rtsp.NoKeyFrames
			end.foreign = r.Redact(e.Detail)
		}
	case errors.As(err, &not) && not.TooLarge() != "":
		end.reason, end.err = camera.ReasonFor(camera.TooLarge), fmt.Errorf("%s: %w", not.TooLarge(), camera.ReasonFor(camera.TooLarge))
	case errors.As(err, &not):
		end.reason, end.err, end.foreign = camera.ReasonFor(camera.NotAStream), not, "it sends no pictures one by one"
	case errors.As(err, &reason):
		end.reason, end.err = reason, err
	default:
		return
	}
	line := r.Redact("camera: " + end.err.Error())
	f.stderr.add(line)
	r.stderr.add(line)
}

// merged are the facts of a camera that has just said what it sends: what is
// known of it, if it is the same.
func (r *Recorder) merged(said camera.Facts) camera.Facts {
	if r.unknown() || r.facts.Codec != said.Codec || r.facts.Width != said.Width || r.facts.Height != said.Height || strings.Replace(r.facts.PixelFormat, "yuvj", "yuv", 1) != said.PixelFormat {
		return said
	}
	facts := *r.facts
	facts.Sound = said.Sound
	return facts
}

// turnedAway has ffmpeg read the camera from now on.
func (r *Recorder) turnedAway(end outcome) {
	r.review(end)
	r.foreign = end.foreign
	r.Log.Info("ffmpeg is to read the camera", "why", end.foreign)
}

// muteFor leaves out sound for whose sake ffmpeg was to read the camera, where it fails
// for a reason that may lie in that: sound never costs the picture.
func (r *Recorder) muteFor(code string) {
	if r.forSound == "" || slices.Contains(away, code) || slices.Contains(doubtful, code) || slices.Contains(deliberate, code) {
		return
	}
	r.Log.Warn("ffmpeg can't read the camera with its sound, which is left out", "sound", r.forSound)
	r.mute, r.forSound, r.foreign, r.facts = r.forSound, "", "", nil
}

// lateAfter is how many pictures in a row must have come late to say so.
const lateAfter = 50

// tellLate says once that the camera's packets don't tell where a picture ends.
func (s *session) tellLate(u unit) {
	if s.plan.Direct && u.unended {
		s.lates++
	} else {
		s.lates = 0
	}
	if s.lates == lateAfter {
		r := s.recorder
		r.notes = append(r.notes, "Its packets don't tell where a picture ends, so pictures come one frame late.")
		r.status.PlanReasons = append(slices.Clone(r.status.PlanReasons), r.notes[len(r.notes)-1])
	}
}
