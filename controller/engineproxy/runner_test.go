package engineproxy

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/events"
	"github.com/docker/docker/api/types/mount"
	"github.com/docker/docker/api/types/network"

	"lookback/controller/runner"
)

// eventually waits until something is so.
func eventually(t *testing.T, what string, so func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !so(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("never: " + what)
		}
	}
}

// keeps runs the runner's own code and client against an engine, through the proxy or
// not, and returns what the engine was told: a recorder made, started again, removed.
func keeps(t *testing.T, f *fakeEngine, media string, through bool) (all []string) {
	t.Helper()
	c := f.containers[controllerID]
	c.Config.Env[1] = "MEDIA_DIR=" + media
	c.Mounts[0].Destination = media
	o := runner.Options{Engine: f, MediaDir: media, Self: func() (string, error) { return controllerID, nil }}
	if through {
		o.Engine, o.Address = nil, "unix://"+f.serve(t)
	}
	run(t, o, "front")
	is := func(what string, said func(changes []string) bool) {
		t.Helper()
		eventually(t, what, func() bool { all = append(all, f.said()...); return said(all) })
	}
	begins := func(with string, times int) func([]string) bool {
		return func(changes []string) bool {
			n := 0
			for _, c := range changes {
				if strings.HasPrefix(c, with) {
					n++
				}
			}
			return n >= times
		}
	}
	// The one that is there is of a camera that is gone.
	is("the old one is removed", begins("remove", 1))
	is("it is made and started", begins("start", 1))
	var id string
	f.mu.Lock()
	for _, c := range f.containers {
		if c.Config.Labels[runner.LabelCamera] == "front" && c.Config.Labels[runner.LabelProject] == "stack" {
			id = c.ID
		}
	}
	f.containers[id].State.Status, f.containers[id].State.Running = container.StateExited, false
	f.tell(id, events.ActionDie)
	f.mu.Unlock()
	is("it is started again", begins("start", 2))
	return all
}

// What the runner needs goes, and comes to the Engine as it would without the proxy.
func TestRunnerIsServed(t *testing.T) {
	for name, edit := range map[string]func(*container.InspectResponse){
		"as Compose makes it": func(*container.InspectResponse) {},
		"the network of the host": func(c *container.InspectResponse) {
			c.HostConfig.NetworkMode = "host"
			c.NetworkSettings.Networks = map[string]*network.EndpointSettings{"host": {NetworkID: "id-of-host"}}
		},
		"the network of another container": func(c *container.InspectResponse) {
			c.HostConfig.NetworkMode = container.NetworkMode("container:" + foreignID)
			c.NetworkSettings.Networks = nil
		},
		"a graphics card": func(c *container.InspectResponse) {
			c.HostConfig.Runtime = "nvidia"
			c.HostConfig.DeviceRequests = []container.DeviceRequest{{Driver: "nvidia", Count: 1, Capabilities: [][]string{{"gpu", "video"}}}}
			c.HostConfig.DeviceCgroupRules = []string{"c 81:* rw"}
		},
		"a folder for the media, and root": func(c *container.InspectResponse) {
			c.Mounts[0] = container.MountPoint{Type: mount.TypeBind, Source: "/srv/media", RW: true, Propagation: mount.PropagationRPrivate, Destination: c.Mounts[0].Destination}
			c.Config.User = "0:0"
		},
		"a profile of one's own": func(c *container.InspectResponse) {
			c.HostConfig.SecurityOpt = []string{"seccomp={\"defaultAction\":\"SCMP_ACT_ERRNO\"}", "no-new-privileges"}
			c.HostConfig.Sysctls = map[string]string{"net.ipv4.tcp_keepalive_time": "60"}
			c.HostConfig.UsernsMode, c.HostConfig.ShmSize = "host", 1<<26
			c.HostConfig.DNS, c.HostConfig.DNSSearch = []string{"192.0.2.1"}, []string{}
			c.HostConfig.LogConfig = container.LogConfig{Type: "local"}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			engines := [2]*fakeEngine{newEngine(), newEngine()}
			media := mediaDir(t)
			var told [2][]string
			for i, f := range engines {
				c := f.containers[controllerID]
				c.Mounts = slices.DeleteFunc(c.Mounts, func(m container.MountPoint) bool { return m.Destination == "/inside" })
				edit(&c)
				f.containers[controllerID] = c
				told[i] = keeps(t, f, media, i == 1)
			}
			for i := range told { // the id of a network is its name for the runner
				for k := range told[i] {
					told[i][k] = strings.ReplaceAll(told[i][k], `"id-of-web"`, `"stack_web"`)
				}
			}
			if !slices.Equal(told[0], told[1]) {
				t.Errorf("without the proxy\n%s\nwith it\n%s", strings.Join(told[0], "\n"), strings.Join(told[1], "\n"))
			}
		})
	}
}

// Events come as they happen, and none of a container that is not ours.
func TestEventsComeAtOnce(t *testing.T) {
	f := newEngine()
	e, err := runner.Dial("unix://" + f.serve(t))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	happened, over := e.Events(ctx, events.ListOptions{Since: "1700000000.000000001"})
	eventually(t, "it listens", func() bool { f.mu.Lock(); defer f.mu.Unlock(); return len(f.listeners) == 1 })
	f.mu.Lock()
	if !slices.Equal(f.since, []string{"1700000000.000000001"}) {
		t.Errorf("since %q", f.since)
	}
	f.tell(foreignID, events.ActionDie)
	f.tell(othersID, events.ActionDie)
	f.tell(recorderID, events.ActionDie)
	f.mu.Unlock()
	select {
	case e := <-happened:
		if e.Actor.ID != recorderID || e.Action != events.ActionDie || e.Actor.Attributes[runner.LabelCamera] != "old" {
			t.Errorf("told %+v", e)
		}
	case err := <-over:
		t.Fatal(err)
	case <-time.After(20 * time.Second):
		t.Fatal("no event came")
	}
}

func TestOnlyRecordersAreListedAndOnlyOursInspected(t *testing.T) {
	f := newEngine()
	e, err := runner.Dial("unix://" + f.serve(t))
	if err != nil {
		t.Fatal(err)
	}
	all, err := e.ContainerList(t.Context(), container.ListOptions{All: true}) // without a filter
	if err != nil || len(all) != 1 || all[0].ID != recorderID {
		t.Errorf("listed %+v, %v", all, err)
	}
	for id, want := range map[string]bool{controllerID: true, recorderID: true, othersID: false, foreignID: false, viewerID: false, proxyID: false} {
		got, err := e.ContainerInspect(t.Context(), id)
		if (err == nil) != want {
			t.Errorf("%s: %v", id, err)
		}
		if want && got.ID != id {
			t.Errorf("%s: got %+v", id, got)
		}
	}
	// All of the controller's own is told as the Engine tells it.
	got, _ := e.ContainerInspect(t.Context(), controllerID)
	one, _ := json.Marshal(got)
	other, _ := json.Marshal(f.containers[controllerID])
	if string(one) != string(other) {
		t.Errorf("told\n%s\nand it is\n%s", one, other)
	}
}

// What the Engine says no to the controller hears as the Engine says it.
func TestEngineErrorsAreTold(t *testing.T) {
	f := newEngine()
	e, err := runner.Dial("unix://" + f.serve(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := e.ContainerStop(t.Context(), recorderID, container.StopOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := e.ContainerInspect(t.Context(), strings.Repeat("9", 64)); !errdefs.IsNotFound(err) {
		t.Errorf("of a container that is not there: %v", err)
	}
	for _, c := range []struct {
		err error
		is  func(error) bool
	}{
		{errdefs.ErrConflict, errdefs.IsConflict}, {errdefs.ErrInvalidArgument, errdefs.IsInvalidArgument}, {errdefs.ErrNotFound, errdefs.IsNotFound},
		{errdefs.ErrInternal, errdefs.IsInternal}, {errdefs.ErrUnavailable, errdefs.IsUnavailable}, {errdefs.ErrPermissionDenied, errdefs.IsPermissionDenied},
	} {
		f.mu.Lock()
		f.fails = fmt.Errorf("Error response from daemon: the disk is full: %w", c.err)
		f.mu.Unlock()
		if err := e.ContainerStart(t.Context(), recorderID, container.StartOptions{}); !c.is(err) || strings.Count(err.Error(), "Error response from daemon: ") != 1 || !strings.Contains(err.Error(), "the disk is full") {
			t.Errorf("%v is told as %v", c.err, err)
		}
	}
}

// A stream does not keep the proxy from ending.
func TestStreamsEndWithTheProxy(t *testing.T) {
	f := newEngine()
	socket := filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	ctx, end := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- f.proxy().Serve(ctx, l) }()
	e, err := runner.Dial("unix://" + socket)
	if err != nil {
		t.Fatal(err)
	}
	_, over := e.Events(t.Context(), events.ListOptions{})
	begun := time.Now()
	end()
	if err := <-over; err != io.EOF {
		t.Errorf("the stream ends with %v", err)
	}
	if err := <-ended; err != nil || time.Since(begun) > endTime {
		t.Errorf("it ends after %v with %v", time.Since(begun), err)
	}
}

// An Engine that is away is told as such, and no caller is left without an answer.
func TestEngineAway(t *testing.T) {
	e, err := Dial("unix:///nowhere/docker.sock")
	if err != nil {
		t.Fatal(err)
	}
	p := New(Options{Engine: e, Self: func() (string, error) { return proxyID, nil }, Log: newEngine().proxy().Log})
	socket := listening(t, p)
	for _, target := range []string{"/_ping", "/v1.41/containers/json", "/v1.41/containers/" + recorderID + "/json", "/v1.41/events"} {
		if status, body := send(t, socket, plain("GET", target, "")); status != http.StatusServiceUnavailable {
			t.Errorf("%s: %d %s", target, status, body)
		}
	}
}
