package recorder

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"lookback/controller/camera"
	"lookback/controller/child"
	"lookback/controller/fmp4"
	"lookback/controller/spool"
)

const (
	// lookSeldom is how often a key frame is decoded while nothing is odd, and
	// lookOften while something is. A look costs what starting ffmpeg does,
	// 0.1 to 0.2 s of a core: 0.07 % seldom, 0.3 % often.
	lookSeldom, lookOften = 5 * time.Minute, time.Minute
	// lookLater is how often once it has been odd for lookSettled.
	lookLater, lookSettled = 3 * time.Minute, 15 * time.Minute
	// lookTimeout is how long a look may take.
	lookTimeout = 20 * time.Second
	// lookNice is the priority of a look: below all that is live.
	lookNice = 15

	// gridWidth and gridHeight are how many pixels are looked at. They are
	// picked and not averaged: averages hide a sensor's noise, which is what
	// tells a still scene from a frozen picture.
	gridWidth, gridHeight = 160, 90

	// frameOverhead is what a frame of nothing takes, bytes.
	frameOverhead = 50
	// macroblock is 16x16 pixels. A frame without a change takes hundredths of
	// a byte for each, one with the noise of the best sensor a fifth.
	macroblock = 256
)

// observer looks at a key frame now and then. Sizes tell for nothing whether
// one is worth decoding: a frozen picture makes frames of almost no bytes, a
// black one small key frames.
type observer struct {
	on     bool
	ffmpeg string
	log    *slog.Logger
	looks  chan look
	now    atomic.Pointer[spool.Picture]
	odd    atomic.Int64 // since when it has been odd, Unix seconds, 0: it is not

	// Owned by whoever calls offer.
	looked   bool
	last     time.Duration // when a key frame was given to decode, monotonic
	bytes    int           // of the frames since the last key frame
	frames   int
	previous []byte // owned by run: the last grid
}

// look is a key frame to decode.
type look struct {
	format *format
	data   []byte
	at     time.Time
}

// media is the key frame as a file.
func (l look) media() ([]byte, error) {
	init, err := fmp4.NewInit(l.format.picture, l.format.timescale, nil)
	if err != nil {
		return nil, err
	}
	return fmp4.AppendFragment(init.Raw, 1, fmp4.Piece{Track: fmp4.VideoTrack, Samples: []fmp4.Sample{{Duration: 1, Sync: true, Data: l.data}}}), nil
}

func newObserver(on bool, ffmpeg string, log *slog.Logger) *observer {
	return &observer{on: on, ffmpeg: ffmpeg, log: log, looks: make(chan look, 1)}
}

// seen is what looking has shown, nil when nobody looked yet.
func (p *observer) seen() *spool.Picture { return p.now.Load() }

// offer takes every picture in order, and keeps one that is to be looked at. It
// never waits.
func (p *observer) offer(u unit) {
	if !p.on {
		return
	}
	if !u.sync {
		p.bytes += len(u.data)
		p.frames++
		return
	}
	pixels := u.format.picture.Width * u.format.picture.Height
	odd := p.frames > 0 && p.bytes/p.frames <= frameOverhead+pixels/macroblock/10 || len(u.data) <= pixels/80
	p.bytes, p.frames = 0, 0
	if p.looked && u.arrival-p.last < p.every(odd, time.Now()) {
		return
	}
	select {
	case p.looks <- look{u.format, u.data, time.Now().UTC()}:
		p.looked, p.last = true, u.arrival
	default: // the last look is not done yet
	}
}

// every is how often to look.
func (p *observer) every(odd bool, now time.Time) time.Duration {
	since := p.odd.Load()
	switch {
	case since != 0 && now.Unix()-since > int64(lookSettled/time.Second):
		return lookLater
	case since != 0 || odd:
		return lookOften
	}
	return lookSeldom
}

// run looks until ctx ends.
func (p *observer) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case l := <-p.looks:
			media, err := l.media()
			var grid []byte
			if err == nil {
				grid, err = glance(ctx, p.ffmpeg, media)
			}
			if err != nil {
				if ctx.Err() == nil {
					p.log.Debug("key frame not decoded", "error", err)
				}
				continue
			}
			p.note(grid, l.at)
		}
	}
}

// note assesses a grid and publishes what it shows.
func (p *observer) note(grid []byte, at time.Time) {
	next := assess(grid, p.previous, at, p.now.Load())
	p.previous = grid
	p.now.Store(&next)
	odd := int64(0)
	for _, since := range []*time.Time{next.Dark, next.Blank, next.Frozen} {
		if since != nil {
			odd = max(1, since.Unix())
		}
	}
	p.odd.Store(odd)
}

const (
	// darkest is the brightness that 95 % of a black picture don't exceed, of
	// 255. A street at night has lamps; a dark room has nothing.
	darkest = 16
	// plain is what 96 % of the brightnesses of a picture of one colour span at most.
	plain = 6
	// sameShare of the samples may differ in a frozen picture, since encoding
	// the same picture twice does not always give the same. The noise of good
	// sensors makes 1 % differ in the dark and 20 % by day.
	sameShare = 0.005
	// sameLeast is the difference that no sample of a frozen picture has: a
	// running clock in a corner makes few samples differ, but by much.
	sameLeast = 16
)

// assess tells what a grid shows. before is the grid before it and known what
// was known then; both may be nil.
func assess(grid, before []byte, at time.Time, known *spool.Picture) spool.Picture {
	if known == nil {
		known = &spool.Picture{At: at}
	}
	var counts [256]int
	for _, v := range grid {
		counts[v]++
	}
	share := func(s float64) uint8 {
		left := int(s * float64(len(grid)))
		for v, n := range counts {
			if left -= n; left < 0 {
				return uint8(v)
			}
		}
		return 255
	}
	next := spool.Picture{At: at, Luma: share(0.5), Spread: share(0.95) - share(0.05)}
	switch {
	case share(0.95) <= darkest:
		next.Dark = since(known.Dark, at)
	case share(0.98)-share(0.02) <= plain:
		next.Blank = since(known.Blank, at)
	case same(grid, before):
		next.Frozen = since(known.Frozen, known.At)
	}
	return next
}

// since goes on with an earlier time.
func since(earlier *time.Time, otherwise time.Time) *time.Time {
	if earlier != nil {
		return earlier
	}
	return &otherwise
}

// same reports whether two grids are of one picture.
func same(a, b []byte) bool {
	if len(a) != len(b) {
		return false
	}
	differ := 0
	for i, v := range a {
		d := max(v, b[i]) - min(v, b[i])
		if d > sameLeast {
			return false
		}
		if d > 0 {
			differ++
		}
	}
	return float64(differ) <= sameShare*float64(len(a))
}

// glance decodes the first picture of a piece of media into a grid of
// brightnesses, 0 black to 255 white.
func glance(ctx context.Context, ffmpeg string, media []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	var out, said bytes.Buffer
	cmd := child.Command(ctx, ffmpeg, "-nostdin", "-hide_banner", "-loglevel", "error", "-threads", "1", "-f", "mp4", "-i", "pipe:0",
		"-frames:v", "1", "-filter_threads", "1", "-vf", fmt.Sprintf("scale=%d:%d:flags=neighbor,format=gray", gridWidth, gridHeight), "-f", "rawvideo", "pipe:1")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(media), &out, &said
	cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
	cmd.WaitDelay = drainGrace
	if err := child.Start(cmd, child.Memory(camera.MaxPixels)); err != nil {
		return nil, err
	}
	unix.Setpriority(unix.PRIO_PROCESS, cmd.Process.Pid, lookNice) // without it, it is merely not polite
	if err := cmd.Wait(); err != nil {
		return nil, fmt.Errorf("%w: %.200s", err, said.String())
	}
	if out.Len() != gridWidth*gridHeight {
		return nil, fmt.Errorf("%d bytes instead of %d", out.Len(), gridWidth*gridHeight)
	}
	return out.Bytes(), nil
}
