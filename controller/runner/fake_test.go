package runner

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/events"
	"github.com/docker/docker/api/types/network"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// fakeEngine keeps containers in memory.
type fakeEngine struct {
	mu         sync.Mutex
	containers map[string]*container.Summary
	made       int
	calls      map[string]int
	fails      map[string]error // by call; "" for all
	hangs      bool
	listeners  map[chan events.Message]bool
	ended      func(camera, reason string) // nil: nobody counts
	stopped    func(running int)           // is told at each stop how many others run; may be nil
}

func newFake() *fakeEngine {
	return &fakeEngine{containers: map[string]*container.Summary{}, calls: map[string]int{}, fails: map[string]error{}, listeners: map[chan events.Message]bool{}}
}

// enter is the beginning of each call; the caller unlocks.
func (f *fakeEngine) enter(ctx context.Context, call string) error {
	f.mu.Lock()
	f.calls[call]++
	if f.hangs {
		f.mu.Unlock()
		<-ctx.Done()
		f.mu.Lock()
		return ctx.Err()
	}
	if err := f.fails[""]; err != nil {
		return err
	}
	return f.fails[call]
}

func (f *fakeEngine) set(call string, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fails[call] = err
}

// emit tells all listeners. The lock is held.
func (f *fakeEngine) emit(c *container.Summary, action events.Action, more map[string]string) {
	attributes := map[string]string{"name": name(c)}
	for k, v := range c.Labels {
		attributes[k] = v
	}
	for k, v := range more {
		attributes[k] = v
	}
	for l := range f.listeners {
		l <- events.Message{Type: events.ContainerEventType, Action: action, Actor: events.Actor{ID: c.ID, Attributes: attributes}}
	}
}

// end lets a container end, as the Engine tells it.
func (f *fakeEngine) end(camera, exit string, before ...events.Message) {
	f.mu.Lock()
	defer f.mu.Unlock()
	c := f.of(camera)
	for _, b := range before {
		f.emit(c, b.Action, b.Actor.Attributes)
	}
	c.State = container.StateExited
	f.emit(c, events.ActionDie, map[string]string{"exitCode": exit})
}

// change alters a container and says so.
func (f *fakeEngine) change(camera, state string, action events.Action) {
	f.mu.Lock()
	defer f.mu.Unlock()
	c := f.of(camera)
	c.State = state
	f.emit(c, action, nil)
}

func (f *fakeEngine) of(camera string) *container.Summary {
	for _, c := range f.containers {
		if c.Labels[LabelCamera] == camera {
			return c
		}
	}
	return nil
}

// look is a copy of a camera's container, nil when there is none.
func (f *fakeEngine) look(camera string) *container.Summary {
	f.mu.Lock()
	defer f.mu.Unlock()
	if c := f.of(camera); c != nil {
		copied := *c
		return &copied
	}
	return nil
}

func (f *fakeEngine) count(call string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls[call]
}

func (f *fakeEngine) ContainerInspect(ctx context.Context, id string) (container.InspectResponse, error) {
	err := f.enter(ctx, "inspect")
	defer f.mu.Unlock()
	return own("/run/x/docker.sock", "/media"), err
}

func (f *fakeEngine) ContainerList(ctx context.Context, o container.ListOptions) (all []container.Summary, err error) {
	err = f.enter(ctx, "list")
	defer f.mu.Unlock()
	for _, c := range f.containers {
		if o.Filters.ExactMatch("label", LabelProject+"="+c.Labels[LabelProject]) {
			all = append(all, *c)
		}
	}
	return all, err
}

func (f *fakeEngine) ContainerCreate(ctx context.Context, c *container.Config, _ *container.HostConfig, _ *network.NetworkingConfig, _ *ocispec.Platform, called string) (container.CreateResponse, error) {
	err := f.enter(ctx, "create")
	defer f.mu.Unlock()
	if err == nil {
		err = f.fails["create "+c.Labels[LabelCamera]]
	}
	if err != nil {
		return container.CreateResponse{}, err
	}
	f.made++
	id := fmt.Sprintf("%064d", f.made)
	f.containers[id] = &container.Summary{ID: id, Names: []string{"/" + called}, ImageID: c.Image, State: container.StateCreated, Labels: c.Labels}
	return container.CreateResponse{ID: id}, nil
}

func (f *fakeEngine) ContainerStart(ctx context.Context, id string, _ container.StartOptions) error {
	err := f.enter(ctx, "start")
	defer f.mu.Unlock()
	if err == nil {
		f.containers[id].State = container.StateRunning
		f.emit(f.containers[id], events.ActionStart, nil)
	}
	return err
}

func (f *fakeEngine) ContainerStop(ctx context.Context, id string, _ container.StopOptions) error {
	err := f.enter(ctx, "stop")
	defer f.mu.Unlock()
	if err == nil {
		f.containers[id].State = container.StateExited
		f.emit(f.containers[id], events.ActionKill, map[string]string{"signal": "15"})
		f.emit(f.containers[id], events.ActionDie, map[string]string{"exitCode": "0"})
		if f.stopped != nil {
			f.stopped(f.running())
		}
	}
	return err
}

// running counts the containers that do. The lock is held.
func (f *fakeEngine) running() (n int) {
	for _, c := range f.containers {
		if c.State == container.StateRunning {
			n++
		}
	}
	return n
}

func (f *fakeEngine) ContainerRemove(ctx context.Context, id string, _ container.RemoveOptions) error {
	err := f.enter(ctx, "remove")
	defer f.mu.Unlock()
	if err == nil {
		c := f.containers[id]
		delete(f.containers, id)
		f.emit(c, events.ActionDestroy, nil)
	}
	return err
}

func (f *fakeEngine) NetworkConnect(ctx context.Context, _, _ string, _ *network.EndpointSettings) error {
	defer f.mu.Unlock()
	return f.enter(ctx, "connect")
}

func (f *fakeEngine) Events(ctx context.Context, _ events.ListOptions) (<-chan events.Message, <-chan error) {
	happened, over := make(chan events.Message, 1000), make(chan error, 1)
	err := f.enter(ctx, "events")
	defer f.mu.Unlock()
	if err != nil {
		over <- err
		return happened, over
	}
	f.listeners[happened] = true
	context.AfterFunc(ctx, func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		delete(f.listeners, happened)
	})
	return happened, over
}

// start runs a runner of some cameras until the function returned is called.
func (f *fakeEngine) start(t *testing.T, mediaDir string, cameras ...Job) (*Docker, func()) {
	t.Helper()
	d, err := NewDocker(Options{MediaDir: mediaDir, Version: "1", Log: slog.New(slog.DiscardHandler),
		Engine: f, Self: func() (string, error) { return testID, nil }})
	if err != nil {
		t.Fatal(err)
	}
	if f.ended != nil {
		d.Ended = f.ended
	}
	d.Set(cameras)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); d.Run(ctx) }()
	return d, func() { cancel(); <-ended }
}
