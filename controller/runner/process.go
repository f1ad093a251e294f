package runner

import (
	"context"
	"fmt"
	"log/slog"
	"sync"

	"lookback/controller/camera"
	"lookback/controller/health"
	"lookback/controller/recorder"
	"lookback/controller/spool"
)

// Process runs recorders in this process.
type Process struct {
	mediaDir string
	redact   func(string) string
	log      *slog.Logger
	encoders camera.Encoders
	changed  chan struct{} // desired has changed

	mu      sync.Mutex
	desired []Job
	lives   map[string]*life // the newest of each camera
}

// life is one recorder from its beginning to its end.
type life struct {
	Job
	recorder *recorder.Recorder
	run      func() // until end is called
	end      context.CancelFunc
	ending   bool          // end has been called
	over     chan struct{} // closed when it has ended
}

// NewProcess prepares a runner; nothing happens before Run. redact takes
// credentials out of a text.
func NewProcess(mediaDir string, redact func(string) string, log *slog.Logger) *Process {
	return &Process{mediaDir: mediaDir, redact: redact, log: log, changed: make(chan struct{}, 1), lives: map[string]*life{}}
}

// Set has these cameras recorded from now on.
func (p *Process) Set(cameras []Job) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.desired = cameras
	select {
	case p.changed <- struct{}{}:
	default:
	}
}

// Run records until ctx ends, and then returns nil.
func (p *Process) Run(ctx context.Context) error {
	var all sync.WaitGroup
	defer all.Wait()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-p.changed:
			p.apply(ctx, &all)
		}
	}
}

// apply begins and ends what the specs ask for.
func (p *Process) apply(ctx context.Context, all *sync.WaitGroup) {
	p.mu.Lock()
	defer p.mu.Unlock()
	desired := map[string]bool{}
	for _, c := range p.desired {
		desired[c.Name] = true
		before := p.lives[c.Name]
		if before != nil && !before.ending && before.Assignment == c.Assignment {
			continue
		}
		before.stop()
		l := p.begin(ctx, c)
		p.lives[c.Name] = l
		all.Go(func() { p.live(l, before) })
	}
	for name, l := range p.lives {
		if !desired[name] {
			l.stop()
		}
	}
}

func (p *Process) begin(ctx context.Context, c Job) *life {
	o := c.Options(p.mediaDir, c.Name)
	o.Encoders, o.Promise, o.Redact, o.Log = &p.encoders, c.Promise, p.redact, p.log.With("camera", c.Name)
	l := &life{Job: c, recorder: recorder.New(o), over: make(chan struct{})}
	ctx, l.end = context.WithCancel(ctx)
	l.run = func() { l.recorder.Run(ctx) }
	return l
}

// live records until the life is to end, once the one before it is over. A
// recorder in a container that the other runner has left behind is told to end.
func (p *Process) live(l, before *life) {
	defer close(l.over)
	defer l.end()
	if before != nil {
		<-before.over
	}
	if err := spool.EndLease(spool.CameraDir(p.mediaDir, l.Name)); err != nil {
		p.log.Warn("a recorder's container that was left behind may go on", "camera", l.Name, "error", err)
	}
	l.run()
}

// stop has a recorder end, if there is one.
func (l *life) stop() {
	if l != nil {
		l.ending = true
		l.end()
	}
}

// Status is what a camera's recorder said last. The error says that it has said
// nothing yet, or that there is no such camera.
func (p *Process) Status(camera string) (spool.Status, error) {
	p.mu.Lock()
	l := p.lives[camera]
	p.mu.Unlock()
	if l == nil {
		return spool.Status{}, fmt.Errorf("no recorder of camera %q", camera)
	}
	return l.recorder.Status()
}

// Receive does nothing: the recorders of this process speak for themselves.
func (p *Process) Receive(string, spool.Status) {}

// Keeping is nil: there are no containers.
func (p *Process) Keeping(string) *health.Keeping { return nil }
