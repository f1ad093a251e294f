package runner

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
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
	Cameras  []Camera
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
	// Ended counts an end that nobody here wished; set it before Run.
	Ended   func(camera, reason string)
	cameras map[string]*kept
	trouble atomic.Pointer[health.Reason] // why the Engine can't be asked

	// Of keep, for all its sessions:
	wished map[string]bool // containers whose end is our doing, by id
	last   int64           // when the last event happened, ns since 1970 by the Engine's clock; 0: there was none
}

// NewDocker prepares a runner; nothing happens before Run.
func NewDocker(o Options) (*Docker, error) {
	if o.Engine == nil {
		e, err := Dial(o.Address)
		if err != nil {
			return nil, fmt.Errorf("DOCKER_ENGINE=%q: %w", o.Address, err)
		}
		o.Engine = e
	}
	if o.Self == nil {
		o.Self = ownID
	}
	d := &Docker{Options: o, cameras: map[string]*kept{}, wished: map[string]bool{}, Ended: func(string, string) {}}
	for _, c := range o.Cameras {
		d.cameras[c.Name] = &kept{dir: spool.CameraDir(o.MediaDir, c.Name), lease: c.Lease, log: o.Log.With("camera", c.Name), begun: time.Now()}
	}
	return d, nil
}

// Run keeps the containers until ctx ends, and leaves them running.
func (d *Docker) Run(ctx context.Context) error {
	d.endOrphans()
	var all sync.WaitGroup
	for _, k := range d.cameras {
		all.Go(func() { k.attend(ctx) })
	}
	all.Go(func() { d.keep(ctx) })
	all.Wait()
	return nil
}

// endOrphans takes the leases of cameras that are gone, for which no Engine is needed.
func (d *Docker) endOrphans() {
	dirs, err := os.ReadDir(spool.Root(d.MediaDir))
	for _, entry := range dirs {
		if name := entry.Name(); entry.IsDir() && d.cameras[name] == nil {
			err = errors.Join(err, spool.EndLease(filepath.Join(spool.Root(d.MediaDir), name)))
		}
	}
	if err != nil {
		d.Log.Warn("a recorder of a camera that is gone may go on", "error", err)
	}
}

// Status is what a camera's recorder said last.
func (d *Docker) Status(camera string) (spool.Status, error) {
	k := d.cameras[camera]
	if k == nil {
		return spool.Status{}, fmt.Errorf("no camera %q", camera)
	}
	return k.status()
}

// Hear takes what a recorder said through the doorbell.
func (d *Docker) Hear(camera string, s spool.Status) {
	if k := d.cameras[camera]; k != nil {
		k.hear(s)
	}
}

// Keeping is what is known of a camera's container.
func (d *Docker) Keeping(camera string) health.Keeping {
	k := d.cameras[camera]
	return health.Keeping{Engine: d.trouble.Load(), Recorder: k.recorder.Load(), Ended: k.ended.Load()}
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
	pause, told := minAway, time.Time{}
	for ctx.Err() == nil {
		s := &session{Docker: d, pauses: map[string]*pace{}, broken: map[string]string{}}
		err := s.run(ctx)
		if ctx.Err() != nil {
			return
		}
		if s.well {
			pause, told = minAway, time.Time{}
		}
		if !errors.Is(err, errStream) || forbidden(err) || refused(err) { // else the next answer says what is wrong, if anything is
			r := reason(err, d.Address)
			d.trouble.Store(&r)
			if time.Since(told) > quietFor {
				told = time.Now()
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
		all, err = e.ContainerList(ctx, container.ListOptions{All: true, Filters: ofProject(project)})
		return err
	})
	slices.SortFunc(all, func(a, b container.Summary) int {
		return strings.Compare(a.Labels[labelCamera], b.Labels[labelCamera])
	})
	return all, err
}

func name(c *container.Summary) string {
	if len(c.Names) == 0 {
		return c.ID
	}
	return strings.TrimPrefix(c.Names[0], "/")
}
