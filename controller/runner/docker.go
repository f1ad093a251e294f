package runner

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/docker/docker/api/types/container"

	"lookback/controller/health"
	"lookback/controller/spool"
)

// Options of a Docker runner.
type Options struct {
	MediaDir string
	Address  string   // of the Engine, as DOCKER_ENGINE has it
	Hidden   []string // paths in this container that are none of a recorder's business
	Version  string   // of this program
	Log      *slog.Logger
	Engine   Engine                 // nil: a client of Address
	Self     func() (string, error) // the id of this container; nil: from the mounts
}

// Docker keeps each camera's recorder in a container of its own, which goes on
// when this program ends.
type Docker struct {
	Options
	// Ended counts an end that nobody here asked for; set it before Run.
	Ended   func(camera, reason string)
	trouble atomic.Pointer[health.Reason] // why the Engine can't be asked
	changed chan struct{}                 // desired has changed
	replan  chan struct{}                 // the session is to look at it

	mu      sync.Mutex
	desired []Job
	watched map[string]*watched // by name

	// Of keep, for all its sessions:
	ours map[string]bool // containers whose end is our doing, by id
	last int64           // when the last event happened, ns since 1970 by the Engine's clock; 0: there was none
}

// NewDocker prepares a runner; nothing happens before Run. The error is about an
// Address that is none, not about an Engine that does not answer.
func NewDocker(o Options) (*Docker, error) {
	if o.Engine == nil {
		e, err := Dial(o.Address)
		if err != nil {
			return nil, fmt.Errorf("DOCKER_ENGINE=%q: %w", o.Address, err)
		}
		o.Engine = e
	}
	if o.Self == nil {
		o.Self = OwnID
	}
	return &Docker{Options: o, changed: make(chan struct{}, 1), replan: make(chan struct{}, 1), watched: map[string]*watched{}, ours: map[string]bool{}, Ended: func(string, string) {}}, nil
}

// Set has these cameras recorded from now on.
func (d *Docker) Set(cameras []Job) {
	d.mu.Lock()
	defer d.mu.Unlock()
	before := d.watched
	d.desired, d.watched = cameras, map[string]*watched{}
	for _, c := range cameras {
		k := before[c.Name]
		if k == nil {
			k = &watched{dir: spool.CameraDir(d.MediaDir, c.Name), lease: c.Lease, log: d.Log.With("camera", c.Name), begun: time.Now()}
		}
		d.watched[c.Name] = k
	}
	select {
	case d.changed <- struct{}{}:
	default:
	}
}

// camera is what is known of one that is to be recorded, nil of others.
func (d *Docker) camera(name string) *watched {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.watched[name]
}

// attended is the care for one camera, which has a goroutine of its own.
type attended struct {
	*watched
	end  context.CancelFunc
	over chan struct{}
}

// Run keeps the containers until ctx ends, and leaves them running. Before the
// first Set it does nothing, since nobody knows then which are desired. It returns
// nil: an Engine that is away is told by Keeping, and asked again.
func (d *Docker) Run(ctx context.Context) error {
	var all sync.WaitGroup
	defer all.Wait()
	var care map[string]*attended
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-d.changed:
		}
		first := care == nil
		care = d.attend(ctx, care, &all)
		if first {
			all.Go(d.endOrphans)
			all.Go(func() { d.keep(ctx) })
			continue
		}
		select {
		case d.replan <- struct{}{}:
		default:
		}
	}
}

// attend begins to care for cameras that are new, and ends it for those that are
// gone, whose recorders are told to end. No Engine is needed for either.
func (d *Docker) attend(ctx context.Context, before map[string]*attended, all *sync.WaitGroup) map[string]*attended {
	d.mu.Lock()
	desired := d.watched
	d.mu.Unlock()
	now := map[string]*attended{}
	for name, a := range before {
		if now[name] = a; desired[name] != a.watched {
			a.end()
		}
	}
	for name, k := range desired {
		last := before[name]
		if last != nil && last.watched == k {
			continue
		}
		own, end := context.WithCancel(ctx)
		a := &attended{k, end, make(chan struct{})}
		now[name] = a
		all.Go(func() {
			defer close(a.over)
			if last != nil {
				<-last.over
			}
			k.attend(own)
			if ctx.Err() == nil {
				d.endLease(k.dir)
			}
		})
	}
	return now
}

func (d *Docker) endLease(dir string) {
	if err := spool.EndLease(dir); err != nil {
		d.Log.Warn("a recorder of a camera that is gone may go on", "error", err)
	}
}

// endOrphans takes the leases of cameras that went while nobody looked.
func (d *Docker) endOrphans() {
	dirs, err := os.ReadDir(spool.Root(d.MediaDir))
	if err != nil {
		d.Log.Warn("recorders of cameras that are gone may go on", "error", err)
	}
	for _, entry := range dirs {
		if name := entry.Name(); entry.IsDir() && d.camera(name) == nil {
			d.endLease(spool.CameraDir(d.MediaDir, name))
		}
	}
}

// Status is what a camera's recorder said last. The error says that it has said
// nothing yet, or that there is no such camera.
func (d *Docker) Status(camera string) (spool.Status, error) {
	if k := d.camera(camera); k != nil {
		return k.status()
	}
	return spool.Status{}, fmt.Errorf("no recorder of camera %q", camera)
}

// Receive takes what a recorder said through the doorbell.
func (d *Docker) Receive(camera string, s spool.Status) {
	if k := d.camera(camera); k != nil {
		k.receive(s)
	}
}

// Keeping is what is known of a camera's container.
func (d *Docker) Keeping(camera string) *health.Keeping {
	keeping := &health.Keeping{Engine: d.trouble.Load()}
	if k := d.camera(camera); k != nil {
		keeping.Recorder, keeping.Ended = k.recorder.Load(), k.ended.Load()
	}
	return keeping
}

const (
	// minAway and maxAway bound the pause before the Engine is asked again.
	minAway = 250 * time.Millisecond
	maxAway = 10 * time.Second
	// quietFor is how often the same trouble is logged.
	quietFor = 30 * time.Second
)

// keep talks with the Engine for ever; while that fails recorders go on by
// themselves.
func (d *Docker) keep(ctx context.Context) {
	pause, logged := minAway, time.Time{}
	for ctx.Err() == nil {
		s := &session{Docker: d, adopted: map[string]bool{}, pauses: map[string]*attempt{}, broken: map[string]string{}, hints: map[string]*hint{}}
		err := s.run(ctx)
		if ctx.Err() != nil {
			return
		}
		if s.well {
			pause, logged = minAway, time.Time{}
		}
		if !errors.Is(err, errStream) || forbidden(err) || refused(err) { // else the next answer says what is wrong, if anything is
			r := reason(err, d.Address)
			d.trouble.Store(&r)
			if time.Since(logged) > quietFor {
				logged = time.Now()
				d.Log.Error("the Docker Engine does not help", "reason", r.Code, "title", r.Title, "advice", r.Advice, "error", err, "next", "recording goes on, trying again")
			}
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
		pause = min(2*pause, maxAway)
	}
}

// List are the containers of recorders of a project, newest state.
func list(ctx context.Context, e Engine, project string) (all []container.Summary, err error) {
	err = call(ctx, callTime, func(ctx context.Context) (err error) {
		all, err = e.ContainerList(ctx, container.ListOptions{All: true, Filters: OfProject(project)})
		return err
	})
	slices.SortFunc(all, func(a, b container.Summary) int {
		return strings.Compare(a.Labels[LabelCamera], b.Labels[LabelCamera])
	})
	return all, err
}

func name(c *container.Summary) string {
	if len(c.Names) == 0 {
		return c.ID
	}
	return strings.TrimPrefix(c.Names[0], "/")
}
