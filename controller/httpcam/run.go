package httpcam

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"lookback/controller/camera"
)

const (
	// stillWait is how long is waited for more behind a picture that may be all.
	stillWait = time.Second
	// leastMisses is how many stills in a row are missing at least when that is
	// the end.
	leastMisses = 3
	// firstRetry is the pause behind a missed still, where polls are longer; it doubles.
	firstRetry = time.Second
	// maxIdle is how long a connection is kept between polls: it may be the only
	// place that a camera has.
	maxIdle = 5 * time.Second
	// maxRepeat is the largest picture that is kept to be repeated, bytes.
	maxRepeat = 4 << 20
	// maxHuge is how many pictures in a row that are too large end a stream.
	maxHuge = 3
)

// run is one Run of a Source. One goroutine owns it.
type run struct {
	source *Source
	start  address
	poll   time.Duration
	limits Limits
	emit   func(Picture) error

	conn    net.Conn // to be used for the first connection
	tlsStep int      // of tlsSteps
	wire    *wire    // nil: none
	unwatch func() bool
	logins  map[string]*login // by host
	cookies cookies
	extent  string // value of Range; "" for the whole

	split   splitter
	room    [readSize]byte
	answers int
	one     bool      // this answer is one picture, whatever lies behind it
	stills  bool      // an answer was a still: a failure is a missed picture
	misses  int       // in a row
	last    Picture   // the last one, at first only the time of the beginning; without Data where that is too large to keep
	whole   time.Time // since when the next picture is waited for
}

func (r *run) close() {
	r.hangUp()
	if r.conn != nil {
		r.conn.Close()
	}
}

// everything asks again and again, for as long as each answer is a still.
func (r *run) everything(ctx context.Context) error {
	r.last.Arrival = time.Now()
	for {
		asked := time.Now()
		err := r.once(ctx)
		pause := r.poll
		if err != nil {
			if err = r.missed(ctx, err); err != nil {
				return err
			}
			pause = min(r.poll, firstRetry<<min(r.misses-1, 10))
		}
		if pause > maxIdle {
			r.hangUp()
		}
		if err := sleepUntil(ctx, asked.Add(pause)); err != nil {
			return err
		}
	}
}

// missed takes a failure: nil when it is only a still that is missing.
func (r *run) missed(ctx context.Context, err error) error {
	if errors.As(err, new(*streamError)) || errors.As(err, new(*emitError)) || !r.stills || ctx.Err() != nil {
		return bare(err)
	}
	r.misses++
	if r.misses >= leastMisses && time.Since(r.last.Arrival) > r.limits.Still {
		return bare(err)
	}
	return nil
}

// streamError is the end of a stream, which is none of a still.
type streamError struct{ error }

// bare is the error without what only this file knows of.
func bare(err error) error {
	if e := (*emitError)(nil); errors.As(err, &e) {
		return e.err
	}
	if e := (*streamError)(nil); errors.As(err, &e) {
		return e.error
	}
	return err
}

func sleepUntil(ctx context.Context, t time.Time) error {
	timer := time.NewTimer(time.Until(t))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// once is one answer. nil: it was a still.
func (r *run) once(ctx context.Context) error {
	h, _, err := r.fetch(ctx, r.start)
	if err != nil {
		return err
	}
	r.answers++
	r.whole = time.Now()
	if h.status == 304 {
		r.drain(h)
		return r.repeat()
	}
	s := sniffer{mediaType: h.mediaType()}
	r.one = s.image() && h.length() > 0 && h.length() <= maxPicture && !h.says("transfer-encoding", "chunked")
	r.split.begin()
	b := newBody(r.wire, h)
	err = r.read(b, &s)
	if err != nil || !b.finish() || !reusable(h) {
		r.hangUp()
	}
	return err
}

// repeat hands over the last picture again: the camera says it is still that.
func (r *run) repeat() error {
	if r.last.Data == nil {
		return statusError(304)
	}
	p := r.last
	p.Arrival, p.Repeated, p.Broken = time.Now(), true, 0
	return r.deliver(p)
}

// take is given each picture by the splitter.
func (r *run) take(p Picture) error {
	if r.one && r.split.whole > 1 {
		return nil // such as the second picture of a phone's, which tells its light
	}
	return r.deliver(p)
}

func (r *run) deliver(p Picture) error {
	p.Answer, p.Missed = r.answers, r.misses
	r.misses, r.last = 0, p
	if len(p.Data) > maxRepeat {
		r.last.Data = nil
	}
	err := r.emit(p)
	r.whole = time.Now() // the time that emit took is not the camera's
	if err != nil {
		return &emitError{err}
	}
	return nil
}

// read goes through one body. nil: it was a still.
func (r *run) read(b *body, s *sniffer) error {
	for beyond := false; ; {
		r.patience(s, beyond)
		n, err := b.Read(r.room[:])
		now := time.Now()
		s.add(r.room[:n])
		if err := r.split.feed(r.room[:n], now); err != nil {
			return err
		}
		if err := r.judge(s); err != nil {
			return err
		}
		switch {
		case err == nil:
		case err == io.EOF && !beyond && r.promisedTooLittle(b, s):
			b.goOn()
			beyond = true
		default:
			return r.ended(b, s, err, beyond, now)
		}
	}
}

// patience sets how long is waited for what comes next.
func (r *run) patience(s *sniffer, beyond bool) {
	w := r.wire
	w.silence, w.until = r.limits.Silence, r.whole.Add(r.limits.Picture)
	if r.split.whole == 0 && !r.stills {
		w.until = r.whole.Add(r.limits.First)
	}
	switch {
	case r.split.whole > 0 && r.one:
		w.until = r.whole.Add(stillWait)
	case beyond, r.split.whole == 1 && !s.multipart():
		w.silence = min(w.silence, stillWait)
	case r.split.whole > 0 && !r.split.unfinished():
		w.silence = max(w.silence, r.limits.Between)
	}
}

// judge ends what is no picture, or too much of one.
func (r *run) judge(s *sniffer) error {
	p := &r.split
	switch {
	case p.huge > 0 && (p.whole == 0 || p.huge >= maxHuge || p.barren > maxBarren):
		return p.hugeError()
	case p.barren > maxBarren:
		return fmt.Errorf("%d MB without a whole picture: %w", maxBarren>>20, camera.ReasonFor(camera.InvalidData))
	case p.whole == 0 && p.picture == nil:
		return s.judge(p.junk, p.total)
	}
	return nil
}

// promisedTooLittle reports whether a body ended by its length, and its picture or
// its stream did not.
func (r *run) promisedTooLittle(b *body, s *sniffer) bool {
	if _, counted := b.frame.(*counted); !counted || !b.plain || r.split.total == 0 {
		return false
	}
	return r.split.unfinished() && !r.split.writesNoEnds() || s.multipart() && !s.closed()
}

// ended judges an answer that is over. nil: it was a still.
func (r *run) ended(b *body, s *sniffer, err error, beyond bool, now time.Time) error {
	cutShort := r.split.unfinished()
	if err := r.split.end(now); err != nil {
		return err
	}
	p := &r.split
	still := !s.multipart() || b.ended() || s.closed()
	switch {
	case p.whole == 1 && still, p.whole > 0 && r.one:
		r.stills = true
		return nil
	case p.whole > 0 && silent(err):
		return &streamError{fmt.Errorf("no more pictures: %w", camera.ReasonFor(camera.Stalled))}
	case p.whole > 0:
		return &streamError{failed("the stream", err)}
	case cutShort && beyond:
		// All that was promised came. It may be a camera that writes no end
		// markers, which shows after some pictures.
		r.stills = true
		return fmt.Errorf("a picture without an end: %w", camera.ReasonFor(camera.InvalidData))
	case silent(err) && p.total > 0 && !r.wire.until.After(now):
		return fmt.Errorf("%d bytes came, and no whole picture in time: %w", p.total, camera.ReasonFor(camera.NoUsablePicture))
	case !silent(err) && p.total > 0 && !p.begun && !errors.As(err, new(camera.Reason)):
		return s.verdict(p.total)
	case cutShort && !silent(err):
		return fmt.Errorf("a picture was cut short: %w", camera.ReasonFor(camera.StreamEnded))
	}
	return failed("the first picture", err)
}
