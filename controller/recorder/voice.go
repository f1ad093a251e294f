package recorder

import (
	"context"
	"io"
	"log/slog"
	"sync"
	"time"

	"lookback/controller/camera"
	"lookback/controller/child"
	"lookback/controller/fmp4"
)

const (
	// voiceQueue is how many packets may wait for the ffmpeg that encodes sound:
	// some seconds; what is more is left out.
	voiceQueue = 256
	// voiceAgain is how long it takes until an ffmpeg that has ended is followed
	// by another one.
	voiceAgain = 5 * time.Second
	// voiceHole is by how much stamps may be off what came before.
	voiceHole = 20 * time.Millisecond
	// voiceRate is the rate of what it encodes, samples a second.
	voiceRate = 48000
)

// voice has an ffmpeg of its own encode a camera's sound, which has it from its
// stdin as a row of samples. What becomes of it never holds up or ends anything else.
type voice struct {
	feed   *feed
	placed func(stamp time.Duration) (time.Duration, bool)
	given  chan packet
	rate   int // bytes a second; 0: it is of another kind
	begun  bool

	mu    sync.Mutex // placed, and:
	marks []mark
}

// packet is sound as it came, with its stamp on the camera's clock.
type packet struct {
	stamp time.Duration
	data  []byte
}

// mark ties what ffmpeg counts to the camera's clock, from here on.
type mark struct{ count, stamp time.Duration }

func newVoice(f *feed, placed func(time.Duration) (time.Duration, bool), rate int) *voice {
	return &voice{feed: f, placed: placed, rate: rate, given: make(chan packet, voiceQueue)}
}

// bytesPerSample are those of the kinds of sound that are rows of samples.
var bytesPerSample = map[string]int{"pcm_alaw": 1, "pcm_mulaw": 1, "pcm_s16be": 2}

// lasts is how long so much sound is.
func (v *voice) lasts(data []byte) time.Duration { return lasting(int64(len(data)), v.rate) }

// give takes a packet unless too many wait.
func (v *voice) give(stamp time.Duration, data []byte) {
	select {
	case v.given <- packet{stamp, data}:
	default:
	}
}

// run encodes until ctx ends.
func (v *voice) run(ctx context.Context, ffmpeg string, args []string, log *slog.Logger) {
	for ctx.Err() == nil {
		if err := v.once(ctx, ffmpeg, args); ctx.Err() == nil {
			log.Warn("the ffmpeg that encodes the sound has ended; recording goes on without it for now", "error", err)
		}
		sleep(ctx, voiceAgain)
	}
}

// once is one life of ffmpeg.
func (v *voice) once(ctx context.Context, ffmpeg string, args []string) error {
	p, err := startPiped(ctx, ffmpeg, args, child.Memory(0))
	if err != nil {
		return err
	}
	defer p.close()
	v.mu.Lock()
	v.marks = nil
	v.mu.Unlock()
	var readers sync.WaitGroup
	readers.Go(func() { discard(p.out) })
	readers.Go(func() { discard(p.progress) })
	readers.Go(func() { readLines(p.stderr, func(l string) { v.feed.stderr.add("sound: " + l) }) })
	readers.Go(func() { v.listen(p.sound) })
	readers.Go(p.finish)
	readers.Go(func() { defer p.in.Close(); v.write(p) })
	stop := context.AfterFunc(ctx, func() { p.in.Close() })
	<-p.done
	stop()
	p.in.Close()
	readers.Wait()
	return p.err
}

// write hands ffmpeg what comes, until it ends.
func (v *voice) write(p *process) {
	var written, next time.Duration
	for {
		select {
		case <-p.done:
			return
		case g := <-v.given:
			if off := g.stamp - next; written == 0 || off.Abs() > voiceHole {
				v.mark(mark{written, g.stamp})
				next = g.stamp
			}
			if _, err := p.in.Write(g.data); err != nil {
				return
			}
			written, next = written+v.lasts(g.data), next+v.lasts(g.data)
		}
	}
}

func (v *voice) mark(m mark) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.marks = append(v.marks, m); len(v.marks) > maxSound {
		v.marks = v.marks[1:]
	}
}

// stamp is when on the camera's clock something was that ffmpeg counts so.
func (v *voice) stamp(count time.Duration) (time.Duration, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for len(v.marks) > 1 && v.marks[1].count <= count {
		v.marks = v.marks[1:]
	}
	if len(v.marks) == 0 {
		return 0, false
	}
	return v.marks[0].stamp + count - v.marks[0].count, true
}

// listen brings frames into the session. The first one holds what comes before the
// first sample: AAC needs it.
func (v *voice) listen(r io.Reader) {
	defer discard(r)
	from := newFLVSound(r, v.feed.clock)
	for {
		u, err := from.next()
		if err != nil {
			return
		}
		stamp, ok := v.stamp(u.time() - lasting(fmp4.AACFrame, voiceRate))
		if at, known := v.placed(stamp); ok && known {
			u.clock = at
			v.feed.offerSound(u)
		}
	}
}

// voiceFormat is how its sound will be coded, so that no picture waits for it: AAC-LC
// of 48 kHz (an AudioSpecificConfig of ISO 14496-3 section 1.6.2.1).
func voiceFormat(channels int) *format {
	config := []byte{0x11, 0x88}
	if channels > 1 {
		config[1] = 0x90
	}
	aac, err := fmp4.ParseAAC(config)
	if err != nil {
		panic(err) // it is the same for all
	}
	return &format{timescale: 1000, sound: aac}
}

// speak has the sound encoded, if that is planned.
func (s *rtspSource) speak(ctx context.Context, r *Recorder, plan camera.Plan) {
	if s.voice == nil || s.voice.begun || plan.Sound == nil || !plan.Sound.Own {
		return
	}
	s.voice.begun = true
	args, ffmpeg, log := plan.SoundArgs(), r.FFmpeg, r.Log
	s.readers.Go(func() { s.voice.run(ctx, ffmpeg, args, log) })
}
