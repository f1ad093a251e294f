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
// stdin: a row of samples as it comes, or frames in fragmented MP4. What becomes of it
// never holds up or ends anything else.
type voice struct {
	feed   *feed
	placed func(stamp time.Duration) (time.Duration, bool)
	given  chan packet
	rate   int    // of a row of samples, bytes a second; 0: it is made of frames
	head   []byte // of frames: their init section
	begun  bool

	mu    sync.Mutex // placed, and:
	marks []mark
}

// packet is sound as it came, with its stamp on the camera's clock.
type packet struct {
	stamp, lasts time.Duration
	data         []byte
}

// mark ties what ffmpeg counts to the camera's clock, from here on.
type mark struct{ count, stamp time.Duration }

func newVoice(f *feed, placed func(time.Duration) (time.Duration, bool), rate int) *voice {
	return &voice{feed: f, placed: placed, rate: rate, given: make(chan packet, voiceQueue)}
}

// give takes a packet unless too many wait.
func (v *voice) give(p packet) {
	select {
	case v.given <- p:
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
	if _, err := p.in.Write(v.head); err != nil {
		return
	}
	for number := uint32(1); ; number++ {
		select {
		case <-p.done:
			return
		case g := <-v.given:
			if off := g.stamp - next; written == 0 || off.Abs() > voiceHole {
				v.mark(mark{written, g.stamp})
				next = g.stamp
			}
			if _, err := p.in.Write(v.wrapped(g, number, written)); err != nil {
				return
			}
			written, next = written+g.lasts, next+g.lasts
		}
	}
}

// wrapped is how ffmpeg takes a packet that begins at an instant of what it counts.
func (v *voice) wrapped(p packet, number uint32, at time.Duration) []byte {
	if v.rate > 0 {
		return p.data
	}
	begin, end := at.Microseconds(), (at + p.lasts).Microseconds()
	sample := fmp4.Sample{Duration: uint32(end - begin), Sync: true, Data: p.data}
	return fmp4.AppendFragment(nil, number, fmp4.Piece{Track: fmp4.SoundTrack, DecodeTime: uint64(begin), Samples: []fmp4.Sample{sample}})
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
