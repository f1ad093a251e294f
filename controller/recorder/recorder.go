// Package recorder brings a camera into the spool, for ever: it learns what comes,
// plans, takes pictures from a feed, judges and times them, and begins again when
// that ends. A feed is an ffmpeg, a reader of ours, or both. See "Recorder: camera →
// spool" in docs/design.md.
package recorder

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"lookback/controller/camera"
	"lookback/controller/relay"
	"lookback/controller/semaphore"
	"lookback/controller/spool"
)

// Options of a Recorder.
type Options struct {
	MediaDir string // the spool lies in its .spool folder
	Camera   string // the camera's name
	camera.Request
	// Encoders remembers for all cameras which encoders work here; may be nil.
	Encoders *camera.Encoders
	Promise  func() *spool.Promised // what the playlists promise, nil while nothing; may be nil
	Redact   func(string) string    // takes credentials out of a text; may be nil
	Log      *slog.Logger           // may be nil
	// Tell has the doorbell say the status too, for a listener in another process.
	Tell    bool
	FFmpeg  string // path or name, "ffmpeg" when empty
	FFprobe string // path or name, "ffprobe" when empty
}

// Recorder records one camera.
type Recorder struct {
	Options
	dir          string // the camera's spool
	bell         *spool.Ring
	status       spool.Status                 // owned by whoever records
	said         atomic.Pointer[spool.Status] // what others may read, never changed
	changed      chan struct{}                // there is news in said
	stderr       ring
	pictures     *observer
	load         load
	facts        *camera.Facts   // nil: probe before the next attempt
	fresh        bool            // they are from just now
	remembered   camera.Facts    // what facts.json says
	doubts       int             // attempts in a row that may speak against them; from maxDoubts on they are to be proven
	held         *spool.Promised // the newest that is known, nil before the camera's first run
	renewed      renewals
	keyless      bool     // the camera sends no key frames
	rated        renewals // when the frame rate of a copied camera was found to be another
	trust        trust    // in the camera's time stamps
	trusted      trust    // as facts.json says
	keys         keyWatch
	slowest      slowHours          // how long pictures of a copied camera lasted in the last day
	slowNews     bool               // they are not in facts.json
	least        camera.Knowledge   // that the next probe must bring: Rough, or Known after a study has failed
	foreign      string             // why ffmpeg has to read an RTSP camera; "" while it need not
	forSound     string             // the codec of the sound for whose sake alone ffmpeg has to; "": that is not so
	mute         string             // the same, where ffmpeg could not either
	relay        *relay.Relay       // through which ffmpeg reads an HTTP camera; nil: it has not yet
	conn         net.Conn           // on which the camera has answered dialOrSleep; nil: none
	away         bool               // the last connection that was tried did not come about
	going        interface{ end() } // a connection of a camera for which another plan is made; nil: none
	notes        []string           // on how it is read without, sentences
	chosen, note string             // the encoder, and why it
	rates        rateChanges        // those for which ffmpeg was started anew
	lastSize     time.Duration      // when the size of the picture did, monotonic
	lastEnd      int64              // program date time at which the last run ended, µs; 0 before
	backoff      backoff
	unsound      int           // attempts in a row that failed though the camera answered
	lastGood     time.Duration // when an ffmpeg that had delivered pictures ended, monotonic

	disk     pending // what the disk was given to do
	diskSlow bool    // it took too long: what has gathered meanwhile is not worth recording

	// Seams for tests.
	clock       func() (wall time.Time, mono time.Duration)
	asleep      func() time.Duration // how long the machine has been suspended since it was switched on
	unread      func(pid int) int64
	starts      *semaphore.Semaphore
	retries     *semaphore.Semaphore
	dial        func(ctx context.Context, address string, listen bool) (net.Conn, error)
	open        func(path string) (segmentFile, error)
	stall       time.Duration // how long no picture may come
	maxDiskTime time.Duration // how long the disk may take for one thing
	fewerAfter  time.Duration // how long an overload must last before fewer frames are recorded
	slowHour    time.Duration // of which a low rate counts for a day's number
}

// New prepares a recorder; nothing happens before Run.
func New(o Options) *Recorder {
	if o.Promise == nil {
		o.Promise = func() *spool.Promised { return nil }
	}
	if o.Redact == nil {
		o.Redact = func(s string) string { return s }
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Encoders == nil {
		o.Encoders = &camera.Encoders{}
	}
	if o.FFmpeg == "" {
		o.FFmpeg = "ffmpeg"
	}
	if o.FFprobe == "" {
		o.FFprobe = "ffprobe"
	}
	started := time.Now()
	return &Recorder{
		Options: o,
		dir:     spool.CameraDir(o.MediaDir, o.Camera),
		status:  spool.Status{Restarts: map[string]uint64{}, Flaws: map[string]float64{}},
		changed: make(chan struct{}, 1),
		clock: func() (time.Time, time.Duration) {
			now := time.Now()
			return now, now.Sub(started)
		},
		pictures:    newObserver(o.PictureChecks, o.FFmpeg, o.Log),
		asleep:      asleep,
		unread:      unread,
		starts:      allStarts,
		retries:     allRetries,
		dial:        dialCamera,
		open:        openSegment,
		stall:       minStall,
		maxDiskTime: maxDiskTime,
		fewerAfter:  fewerAfter,
		slowHour:    time.Hour,
		keys:        keyWatch{spell: firstSpell},
		rates:       rateChanges{slow: firstSlow},
		least:       camera.Rough,
	}
}

// now is monotonic.
func (r *Recorder) now() time.Duration {
	_, mono := r.clock()
	return mono
}

// lastWords is how long the last status may take to get onto the disk.
const lastWords = 2 * time.Second

// Run records until ctx ends, and then returns nil once ffmpeg is gone and the
// run is closed. Trouble with the camera or the disk never ends it. A disk that
// hangs at the end is not waited for: what waits for it, waits on.
func (r *Recorder) Run(ctx context.Context) error {
	recording, looking, stop, published := make(chan struct{}), make(chan struct{}), make(chan struct{}), make(chan struct{})
	go func() { defer close(published); r.keepStatus(stop) }()
	go func() { defer close(looking); r.pictures.run(ctx) }()
	go func() { defer close(recording); r.record(ctx) }()
	if !r.await(ctx, recording) {
		r.Log.Error("the disk hangs; recording ends without closing its run")
	}
	<-looking
	close(stop)
	select {
	case <-published:
	case <-time.After(lastWords):
		r.Log.Error("the disk hangs; the last status is not written")
	}
	return nil
}

func (r *Recorder) record(ctx context.Context) {
	r.bell = spool.NewRing(r.MediaDir, r.Camera)
	defer r.bell.Close()
	if lock := r.lock(ctx); lock != nil {
		defer lock.Close()
	}
	defer r.closeRelay()
	r.recall()
	r.recallPromise()
	for ctx.Err() == nil {
		r.wait(ctx, r.attempt(ctx))
	}
	r.letGo()
	r.enter(spool.Stopped, camera.ReasonFor(camera.Stopped))
}

// attempt reads the camera once. It returns how long to wait before the next.
func (r *Recorder) attempt(ctx context.Context) time.Duration {
	r.adoptPromise(r.Promise())
	defer func() { closeConn(r.takeConn()) }()
	r.dials()
	if !r.direct() {
		r.letGo()
	} else {
		end := r.read(ctx)
		switch {
		case ctx.Err() != nil:
			return 0
		case end.foreign != "":
			r.turnedAway(end)
		case r.facts == nil:
			return r.failed(end.reason, end.err, end.said)
		default:
			return r.ended(end)
		}
	}
	closeConn(r.takeConn()) // before ffmpeg makes one of its own
	if r.unknown() {
		if delay, known := r.learn(ctx); !known {
			return delay
		}
		if r.direct() {
			return 0
		}
	}
	return r.encode(ctx)
}

// learn probes the camera; where that fails, delay is how long to wait.
func (r *Recorder) learn(ctx context.Context) (delay time.Duration, known bool) {
	r.enter(spool.Starting, camera.Reason{})
	facts, err := r.probe(ctx)
	if ctx.Err() != nil {
		return 0, false
	}
	if err != nil {
		r.unproven(camera.ReasonOf(err).Code)
		r.muteFor(camera.ReasonOf(err).Code)
		return r.failed(camera.ReasonOf(err), err, r.probeSaid(err)), false
	}
	r.keyless = r.keyless || facts.NoKeyFrames
	facts.NoKeyFrames = r.keyless
	r.facts, r.fresh, r.doubts = &facts, true, 0
	return 0, true
}

// encode runs one ffmpeg, which reads the camera. It returns how long to wait
// before the next.
func (r *Recorder) encode(ctx context.Context) time.Duration {
	if err := r.chooseEncoder(ctx); err != nil {
		return r.failed(camera.ReasonOf(err), err, nil)
	}
	plan := r.plan()
	if !plan.Stamped { // ffmpeg goes by arrivals
		r.distrust(trust{})
	}
	r.follow(plan, "ffmpeg starts")
	end := r.runOnce(ctx, plan)
	if ctx.Err() != nil {
		return 0
	}
	if !end.delivered {
		r.muteFor(end.reason.Code)
	}
	return r.ended(end)
}

// chooseEncoder finds out what is to encode, if anything is to.
func (r *Recorder) chooseEncoder(ctx context.Context) error {
	encodes, err := camera.Encodes(*r.facts, r.settings())
	if err != nil {
		r.facts = nil // it may send something else next time
		return err
	}
	if encodes {
		r.chosen, r.note = r.Encoders.Choose(ctx, r.Encoder, camera.Tools{FFmpeg: r.FFmpeg})
	}
	return nil
}

// probe keeps the status fresh meanwhile.
func (r *Recorder) probe(ctx context.Context) (facts camera.Facts, err error) {
	source := r.Source
	if source.URL, err = r.forFFmpeg(); err != nil {
		return facts, err
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer r.starting(ctx, lightStart)()
		tools := camera.Tools{FFmpeg: r.FFmpeg, FFprobe: r.FFprobe, Redact: r.redacted, Enough: r.mayStudy, Pace: r.mayEncode}
		facts, err = camera.Probe(ctx, source, tools)
	}()
	r.publishUntil(done)
	return facts, r.relayed(err)
}

// probeSaid keeps what a tool said whose probe has failed, for the API too.
func (r *Recorder) probeSaid(err error) []string {
	failure := (*camera.Failure)(nil)
	if !errors.As(err, &failure) {
		return nil
	}
	for _, line := range failure.Said {
		r.stderr.add(line)
	}
	return failure.Said
}

// failed counts and reports the end of an attempt that brought nothing.
func (r *Recorder) failed(reason camera.Reason, err error, said []string) time.Duration {
	delay := r.backoff.next()
	if !slices.Contains(away, reason.Code) {
		r.unsound++
	}
	if slices.Contains(answered, reason.Code) {
		delay = r.soon(delay)
	}
	r.report(reason, err, said, delay)
	return delay
}

// ended decides what follows the end of an ffmpeg.
func (r *Recorder) ended(end outcome) time.Duration {
	r.status.Restarts[end.reason.Code]++
	r.fresh = false
	r.status.PID, r.status.FPS, r.status.Speed = 0, 0, 0
	r.backoff.lived(end.lived)
	if end.delivered {
		r.unsound = 0
	}
	r.review(end)
	switch {
	case r.going != nil:
		r.Log.Info("another plan is made", "reason", end.reason.Code)
		return 0
	case end.atOnce:
		r.report(end.reason, end.err, end.said, minDelay/2)
		return minDelay / 2
	case end.delivered:
		_, r.lastGood = r.clock()
		delay := r.backoff.nextQuick()
		r.report(end.reason, end.err, end.said, delay)
		return delay
	}
	return r.failed(end.reason, end.err, end.said)
}

// lastSaid is how many lines of a tool stand in the log with an interruption.
const lastSaid = 5

// report says why nothing is recorded; said are the last lines of the tool that
// has ended, without credentials.
func (r *Recorder) report(reason camera.Reason, err error, said []string, delay time.Duration) {
	retry := time.Now().Add(delay).UTC()
	r.status.Retry = &retry
	plain := camera.Reason{}
	told := err != nil && !errors.As(err, &plain)
	words := said
	if len(words) == 0 && told {
		words = []string{r.Redact(err.Error())}
	}
	reason = reason.For(r.URL).Quoting(words)
	attrs := []any{"reason", reason.Code, "title", reason.Title, "next_attempt_in", delay.Round(time.Millisecond)}
	if told {
		attrs = append(attrs, "error", r.Redact(err.Error()))
	}
	if len(said) > 0 {
		attrs = append(attrs, "said", strings.Join(said[max(0, len(said)-lastSaid):], " | "))
	}
	r.Log.Warn("recording interrupted", attrs...)
	r.enter(spool.Waiting, reason)
}

// wait passes the time until the next attempt, keeping the status fresh.
func (r *Recorder) wait(ctx context.Context, delay time.Duration) {
	if delay <= 0 {
		return
	}
	over := make(chan struct{})
	go func() { defer close(over); r.dialOrSleep(ctx, delay) }()
	r.publishUntil(over)
}

// outcome is how one life of ffmpeg went.
type outcome struct {
	reason    camera.Reason
	err       error
	lived     time.Duration
	delivered bool     // pictures, for long enough to trust the plan
	reprobe   bool     // the plan no longer fits the camera
	atOnce    bool     // the end was our own decision
	said      []string // the last lines of ffmpeg, or of who read the camera
	foreign   string   // why ffmpeg is to read the camera from now on; "": no matter
}

// discard keeps a process from blocking on a pipe that nobody understands.
func discard(rd io.Reader) { io.Copy(io.Discard, rd) }
