package democam

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"log/slog"
	"math"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"
)

// Options of a camera. The zero value is 1280x720 at 30 frames a second.
type Options struct {
	Width, Height int     // pixels, see [Options.Validate]
	FPS           float64 // frames a second, from 0.1 to 120
	Blocks        bool    // the time as blocks for programs too, over the top of the picture
	Log           *slog.Logger
}

const (
	minWidth, maxWidth   = 320, 3840
	minHeight, maxHeight = 180, 2160
	minFPS, maxFPS       = 0.1, 120
	sizeAccepted         = "WIDTHxHEIGHT, both even, 320 to 3840 wide, 180 to 2160 high, from square to three times as wide as high"
	fpsAccepted          = "a number from 0.1 to 120"
)

func (o Options) withDefaults() Options {
	if o.Width == 0 && o.Height == 0 {
		o.Width, o.Height = 1280, 720
	}
	if o.FPS == 0 {
		o.FPS = 30
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

// Validate says what is wrong with a size or rate that no camera can have:
// the picture must hold the block code, and 4:2:0 halves both sides.
func (o Options) Validate() error {
	o = o.withDefaults()
	return errors.Join(checkSize("size", o.Width, o.Height), checkFPS("fps", o.FPS))
}

func checkSize(name string, w, h int) error {
	if w < minWidth || w > maxWidth || h < minHeight || h > maxHeight || w%2 != 0 || h%2 != 0 || w < h || w > 3*h {
		return fmt.Errorf("%s %q: accepted is %s", name, fmt.Sprintf("%dx%d", w, h), sizeAccepted)
	}
	return nil
}

func checkFPS(name string, fps float64) error {
	if !(fps >= minFPS && fps <= maxFPS) {
		return fmt.Errorf("%s %q: accepted is %s", name, fmt.Sprint(fps), fpsAccepted)
	}
	return nil
}

// Server draws frames while somebody watches and serves them by HTTP. Its
// methods are safe for concurrent use.
type Server struct {
	options Options
	log     *slog.Logger
	handler http.Handler
	base    *scene // belongs to the loop

	ctx   context.Context // ends with Close
	close context.CancelFunc
	tasks sync.WaitGroup // the loop and the clients
	wake  chan struct{}  // something below has changed

	mu      sync.Mutex
	clients map[*client]struct{}
	faults  faults
	stats   Stats
}

// Stats count since the camera began.
type Stats struct {
	Clients int    `json:"clients"` // watching now
	Frames  uint64 `json:"frames"`  // drawn
	Dropped uint64 `json:"dropped"` // not sent to a client that was too slow, summed over clients
}

// frame is one picture, shared by all clients and never changed.
type frame struct {
	at   time.Time // as shown
	part []byte    // the multipart part, delimiter after it included
	jpeg []byte    // within part
}

// New begins a camera; Close ends it. It panics on options that
// [Options.Validate] refuses.
func New(o Options) *Server {
	if err := o.Validate(); err != nil {
		panic("democam: " + err.Error())
	}
	o = o.withDefaults()
	ctx, cancel := context.WithCancel(context.Background())
	c := &Server{
		options: o, log: o.Log,
		base: newScene(image.Pt(o.Width, o.Height), o.Blocks),
		ctx:  ctx, close: cancel,
		wake:    make(chan struct{}, 1),
		clients: make(map[*client]struct{}),
	}
	c.handler = c.routes()
	c.tasks.Go(c.loop)
	return c
}

// Close drops all clients and waits until nothing of the camera runs.
func (c *Server) Close() {
	c.close()
	c.mu.Lock()
	c.disconnect()
	c.mu.Unlock()
	c.tasks.Wait()
}

// Stats returns the counters.
func (c *Server) Stats() Stats {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.stats
	s.Clients = len(c.clients)
	return s
}

// changed lets the loop look again.
func (c *Server) changed() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// schedule is an absolute row of ticks on the monotonic clock, so that no
// delay adds up. Ticks that are already over are left out, not made up for.
type schedule struct {
	start time.Time
	fps   float64
	n     float64 // the last tick given
}

func (s *schedule) tick(n float64) time.Time {
	return s.start.Add(time.Duration(n * float64(time.Second) / s.fps))
}

// next is the first tick after now that has not been given yet.
func (s *schedule) next(now time.Time) time.Time {
	s.n = max(s.n+1, math.Ceil(now.Sub(s.start).Seconds()*s.fps))
	return s.tick(s.n)
}

// loop draws at every tick while somebody watches, until the camera is closed.
func (c *Server) loop() {
	var (
		ticks schedule
		tick  time.Time
		noise = rand.NewChaCha8([32]byte{})
		timer = time.NewTimer(0)
	)
	defer timer.Stop()
	for c.ctx.Err() == nil {
		p := c.plan()
		if !p.watched {
			ticks = schedule{}
			c.pause(nil)
			continue
		}
		if p.fps != ticks.fps {
			ticks = schedule{start: time.Now(), fps: p.fps}
			tick = ticks.start
		}
		if time.Now().Before(tick) {
			timer.Reset(time.Until(earlier(tick, p.expiry)))
			c.pause(timer.C)
			continue
		}
		c.shoot(p, noise)
		tick = ticks.next(time.Now())
	}
}

// pause waits for the timer, for a change or for the end.
func (c *Server) pause(timer <-chan time.Time) {
	select {
	case <-timer:
	case <-c.wake:
	case <-c.ctx.Done():
	}
}

func earlier(a, b time.Time) time.Time {
	if !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// plan is what the loop does next.
type plan struct {
	watched bool
	fps     float64
	scene   *scene
	expiry  time.Time // when the next fault ends; zero: none does
	faults  faults
}

func (c *Server) plan() plan {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.faults.expire(time.Now())
	p := plan{watched: len(c.clients) > 0, fps: c.options.FPS, scene: c.base,
		expiry: c.faults.expiry(), faults: c.faults}
	if c.faults.fps.active {
		p.fps = c.faults.fps.value
	}
	if c.faults.size.active {
		p.scene = c.faults.size.value
	}
	return p
}

// shoot makes one frame and hands it to everybody.
func (c *Server) shoot(p plan, noise io.Reader) {
	if p.faults.stall.active {
		return
	}
	at := p.scene.render(time.Now)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stats.Frames++
	f := newFrame(p.scene, at, p.faults, c.stats.Frames, noise)
	for cl := range c.clients {
		if !cl.offer(f) {
			c.stats.Dropped++
		}
	}
}

// newFrame assembles the count-th frame, with the faults that spoil it.
func newFrame(s *scene, at time.Time, spoil faults, count uint64, noise io.Reader) *frame {
	whole := s.size()
	n := whole
	if every(spoil.truncate, count) {
		n /= 2
	}
	part := appendPartHead(make([]byte, 0, whole+maxPartOverhead), n, at)
	head := len(part)
	part = s.appendJPEG(part)[:head+n]
	if every(spoil.garbage, count) {
		io.ReadFull(noise, part[head:]) // a generator that never fails
	}
	return &frame{at: at, jpeg: part[head:], part: append(part, delimiter...)}
}

// every reports whether a fault of every n-th frame strikes the count-th.
func every(f fault[int], count uint64) bool { return f.active && count%uint64(f.value) == 0 }
