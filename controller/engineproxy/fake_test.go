package engineproxy

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/events"
	"github.com/docker/docker/api/types/mount"
	"github.com/docker/docker/api/types/network"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"lookback/controller/recorder"
	"lookback/controller/runner"
	"lookback/controller/spool"
)

// Containers that are there before anybody asks for one.
var (
	proxyID      = strings.Repeat("1", 64)
	controllerID = strings.Repeat("2", 64)
	recorderID   = strings.Repeat("3", 64) // ours
	othersID     = strings.Repeat("4", 64) // of another stack, a recorder
	foreignID    = strings.Repeat("5", 64) // of somebody else
	viewerID     = strings.Repeat("6", 64) // of our stack, nginx
)

const media = "/var/lib/lookback"

// fakeEngine keeps containers in memory, and a list of all that changed something.
type fakeEngine struct {
	mu         sync.Mutex
	containers map[string]container.InspectResponse
	changes    []string // calls that change something, with all that they say
	made       int
	fails      error // what every call returns
	listeners  map[chan events.Message]bool
	since      []string
}

func newEngine() *fakeEngine {
	f := &fakeEngine{containers: map[string]container.InspectResponse{}, listeners: map[chan events.Message]bool{}}
	compose := func(project, service string) map[string]string {
		return map[string]string{labelProject: project, labelService: service, labelOneOff: "False"}
	}
	f.add(proxyID, compose("stack", "engine-proxy"))
	f.add(viewerID, compose("stack", "nginx"))
	f.add(foreignID, compose("bank", "database"))
	f.add(othersID, map[string]string{runner.LabelProject: "other", runner.LabelCamera: "front"})
	// Labels of the image are those of its container too.
	f.add(recorderID, map[string]string{runner.LabelProject: "stack", runner.LabelCamera: "old", labelProject: "stack", labelService: "controller"})
	f.add(controllerID, compose("stack", "controller"))
	proxy := f.containers[proxyID]
	proxy.Mounts = []container.MountPoint{
		{Type: mount.TypeVolume, Name: "stack_engine", Source: "/var/lib/docker/volumes/stack_engine/_data", Destination: "/run/engine", RW: true},
		{Type: mount.TypeBind, Source: "/run/docker.sock", Destination: "/var/run/docker.sock", RW: true},
	}
	f.containers[proxyID] = proxy
	c := f.containers[controllerID]
	c.Image = "sha256:" + strings.Repeat("a", 64)
	c.Config.User = "10001:10001"
	c.Config.Env = []string{"PATH=/usr/bin:/bin", "MEDIA_DIR=" + media, "CAMERAS=front=http://u:secret@h/", "TZ=Europe/Berlin", "NVIDIA_VISIBLE_DEVICES=all",
		"LISTEN=unix:/run/lookback/controller.sock", "DOCKER_ENGINE=unix:///run/engine/docker.sock"}
	*c.HostConfig = container.HostConfig{
		NetworkMode: "stack_cameras", LogConfig: container.LogConfig{Type: "json-file", Config: map[string]string{"max-size": "10m", "max-file": "3"}},
		RestartPolicy: container.RestartPolicy{Name: container.RestartPolicyUnlessStopped}, ReadonlyRootfs: true,
		CapDrop: []string{"ALL"}, SecurityOpt: []string{"no-new-privileges:true"}, GroupAdd: []string{"44", "29"},
		ExtraHosts: []string{"host.docker.internal:host-gateway"}, Tmpfs: map[string]string{"/tmp": ""},
		MaskedPaths: []string{"/proc/kcore"}, ReadonlyPaths: []string{"/proc/sys"},
		Resources: container.Resources{Memory: 1e9, Devices: []container.DeviceMapping{{PathOnHost: "/dev/video0", PathInContainer: "/dev/video0", CgroupPermissions: "rwm"}}},
	}
	c.Mounts = []container.MountPoint{
		{Type: mount.TypeVolume, Name: "stack_media", Source: "/var/lib/docker/volumes/stack_media/_data", Destination: media, RW: true},
		{Type: mount.TypeVolume, Name: "stack_run", Source: "/var/lib/docker/volumes/stack_run/_data", Destination: "/run/lookback", RW: true},
		{Type: mount.TypeVolume, Name: "stack_engine", Source: "/var/lib/docker/volumes/stack_engine/_data", Destination: "/run/engine", RW: true},
		{Type: mount.TypeBind, Source: "/srv/clips", Destination: "/clips", Propagation: mount.PropagationRPrivate},
		{Type: mount.TypeBind, Source: "/srv/shared", Destination: "/shared", RW: true, Propagation: mount.PropagationRPrivate},
		{Type: mount.TypeBind, Source: "/srv/shared/inside", Destination: "/inside", Propagation: mount.PropagationRPrivate},
	}
	c.NetworkSettings = &container.NetworkSettings{Networks: map[string]*network.EndpointSettings{
		"stack_cameras": {NetworkID: "id-of-cameras"}, "stack_web": {NetworkID: "id-of-web"}}}
	f.containers[controllerID] = c
	return f
}

func (f *fakeEngine) add(id string, labels map[string]string) {
	f.containers[id] = container.InspectResponse{
		ContainerJSONBase: &container.ContainerJSONBase{ID: id, Name: "/" + id[:4], State: &container.State{Status: container.StateRunning, Running: true}, HostConfig: &container.HostConfig{}},
		Config:            &container.Config{Labels: labels},
		NetworkSettings:   &container.NetworkSettings{},
	}
}

// enter is the beginning of each call; the caller unlocks.
func (f *fakeEngine) enter() error {
	f.mu.Lock()
	return f.fails
}

// change notes a call with what it says.
func (f *fakeEngine) change(call string, a ...any) {
	for _, v := range a {
		text, _ := json.Marshal(v)
		call += " " + string(text)
	}
	f.changes = append(f.changes, call)
}

// said are the changes since the last time.
func (f *fakeEngine) said() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	defer func() { f.changes = nil }()
	return f.changes
}

func (f *fakeEngine) Ping(context.Context) (types.Ping, error) {
	defer f.mu.Unlock()
	return types.Ping{APIVersion: "1.99", OSType: "linux"}, f.enter()
}

func (f *fakeEngine) ContainerInspect(_ context.Context, id string) (container.InspectResponse, error) {
	err := f.enter()
	defer f.mu.Unlock()
	c, there := f.containers[id]
	if err == nil && !there {
		err = fmt.Errorf("no such container: %w", errdefs.ErrNotFound)
	}
	return c, err
}

func (f *fakeEngine) ContainerList(_ context.Context, o container.ListOptions) (all []container.Summary, err error) {
	err = f.enter()
	defer f.mu.Unlock()
	for _, c := range f.containers {
		if o.Filters.MatchKVList("label", c.Config.Labels) && (o.All || c.State.Running) {
			all = append(all, container.Summary{ID: c.ID, Names: []string{c.Name}, Labels: c.Config.Labels, State: c.State.Status, ImageID: c.Image})
		}
	}
	return all, err
}

func (f *fakeEngine) ContainerCreate(_ context.Context, c *container.Config, h *container.HostConfig, n *network.NetworkingConfig, p *ocispec.Platform, name string) (container.CreateResponse, error) {
	err := f.enter()
	defer f.mu.Unlock()
	if err != nil {
		return container.CreateResponse{}, err
	}
	f.change("create", name, c, h, n, p)
	f.made++
	id := fmt.Sprintf("%064x", 0xc0000+f.made)
	f.add(id, c.Labels)
	f.containers[id].State.Status, f.containers[id].State.Running = container.StateCreated, false
	return container.CreateResponse{ID: id}, nil
}

func (f *fakeEngine) ContainerStart(_ context.Context, id string, o container.StartOptions) error {
	defer f.mu.Unlock()
	return f.turn(f.enter(), "start", id, o, container.StateRunning, events.ActionStart)
}

func (f *fakeEngine) ContainerStop(_ context.Context, id string, o container.StopOptions) error {
	defer f.mu.Unlock()
	return f.turn(f.enter(), "stop", id, o, container.StateExited, events.ActionDie)
}

func (f *fakeEngine) turn(err error, call, id string, o any, state container.ContainerState, action events.Action) error {
	if err != nil {
		return err
	}
	f.change(call, id, o)
	c := f.containers[id]
	c.State.Status, c.State.Running = state, state == container.StateRunning
	f.tell(id, action)
	return nil
}

func (f *fakeEngine) ContainerRemove(_ context.Context, id string, o container.RemoveOptions) error {
	err := f.enter()
	defer f.mu.Unlock()
	if err == nil {
		f.change("remove", id, o)
		f.tell(id, events.ActionDestroy)
		delete(f.containers, id)
	}
	return err
}

func (f *fakeEngine) NetworkConnect(_ context.Context, network, id string, e *network.EndpointSettings) error {
	err := f.enter()
	defer f.mu.Unlock()
	if err == nil {
		f.change("connect", network, id, e)
	}
	return err
}

func (f *fakeEngine) Events(ctx context.Context, o events.ListOptions) (<-chan events.Message, <-chan error) {
	happened, over := make(chan events.Message, 1000), make(chan error, 1)
	err := f.enter()
	defer f.mu.Unlock()
	if err != nil {
		over <- err
		return happened, over
	}
	f.since = append(f.since, o.Since)
	f.listeners[happened] = true
	context.AfterFunc(ctx, func() { over <- ctx.Err() })
	return happened, over
}

// tell brings an event to all listeners, whatever they have filtered. The lock is held.
func (f *fakeEngine) tell(id string, action events.Action) {
	for l := range f.listeners {
		l <- events.Message{Type: events.ContainerEventType, Action: action, Actor: events.Actor{ID: id, Attributes: f.containers[id].Config.Labels}}
	}
}

// serve runs a proxy before the engine, and returns where it listens.
func (f *fakeEngine) serve(t testing.TB) (socket string) {
	t.Helper()
	return listening(t, f.proxy())
}

// listening has a proxy listen until the test ends.
func listening(t testing.TB, p *Proxy) (socket string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "proxy") // a short path, as sockets need
	if err != nil {
		t.Fatal(err)
	}
	socket = filepath.Join(dir, "s")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- p.Serve(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		os.RemoveAll(dir)
	})
	return socket
}

func (f *fakeEngine) proxy() *Proxy {
	return New(Options{Engine: f, Self: func() (string, error) { return proxyID, nil }, Log: slog.New(slog.DiscardHandler)})
}

// send sends bytes as they are, and returns the answer.
func send(t testing.TB, socket, request string) (status int, body string) {
	t.Helper()
	status, body, err := try(t, socket, request)
	if err != nil {
		t.Fatalf("%q: %v", shortened(request), err)
	}
	return status, body
}

// try is send for what may be hung up on.
func try(t testing.TB, socket, request string) (status int, body string, err error) {
	t.Helper()
	conn, err := net.Dial("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(20 * time.Second))
	go io.WriteString(conn, request)
	method, _, _ := strings.Cut(request, " ")
	answer, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
	if err != nil {
		return 0, "", err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	return answer.StatusCode, string(text), err
}

// plain is a request as the client of a controller writes it.
func plain(method, target, body string) string {
	if body == "" {
		return fmt.Sprintf("%s %s HTTP/1.1\r\nHost: api.moby.localhost\r\n\r\n", method, target)
	}
	return fmt.Sprintf("%s %s HTTP/1.1\r\nHost: api.moby.localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", method, target, len(body), body)
}

const createTarget = "/v1.41/containers/create?name=stack-recorder-front"

// wish is what a controller asks for, to have a recorder of the camera front: by the
// runner's own code, which asks an Engine here that only listens.
func wish(t testing.TB, f *fakeEngine) []byte {
	t.Helper()
	alone := newEngine()
	alone.containers = maps.Clone(f.containers)
	delete(alone.containers, recorderID) // else it would be ended
	w := &wishing{fakeEngine: alone, wished: make(chan container.CreateRequest, 1)}
	run(t, runner.Options{Engine: w, Self: func() (string, error) { return controllerID, nil }, MediaDir: mediaDir(t)}, "front")
	r := <-w.wished
	// The path of this machine is not the one that the controller knows.
	for i, v := range r.Env {
		if strings.HasPrefix(v, "MEDIA_DIR=") {
			r.Env[i] = "MEDIA_DIR=" + media
		}
	}
	// Nobody may have this one, see TestMounts.
	r.HostConfig.Mounts = slices.DeleteFunc(r.HostConfig.Mounts, func(m mount.Mount) bool { return m.Target == "/inside" })
	for i := range r.HostConfig.Mounts {
		r.HostConfig.Mounts[i].ReadOnly = r.HostConfig.Mounts[i].Target != media
	}
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// wishing keeps what is to be made, and makes nothing.
type wishing struct {
	*fakeEngine
	wished chan container.CreateRequest
}

func (w *wishing) ContainerCreate(_ context.Context, c *container.Config, h *container.HostConfig, n *network.NetworkingConfig, _ *ocispec.Platform, _ string) (container.CreateResponse, error) {
	select {
	case w.wished <- container.CreateRequest{Config: c, HostConfig: h, NetworkingConfig: n}:
	default:
	}
	return container.CreateResponse{}, errdefs.ErrConflict
}

func mediaDir(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Mkdir(spool.Root(dir), 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// run keeps recorders of some cameras until the test ends.
func run(t testing.TB, o runner.Options, cameras ...string) {
	t.Helper()
	o.Version, o.Log = "1.2.3 go1.26", slog.New(slog.DiscardHandler)
	o.Hidden = []string{"/run/lookback/controller.sock", "/run/engine/docker.sock"}
	d, err := runner.NewDocker(o)
	if err != nil {
		t.Fatal(err)
	}
	var jobs []runner.Job
	for _, name := range cameras {
		jobs = append(jobs, runner.Job{Name: name, Assignment: recorder.Assignment{Lease: time.Minute}, Limits: runner.Limits{CPUs: 1.5, Memory: 256e6, Processes: 500}})
	}
	d.Set(jobs)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); d.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-ended })
}
