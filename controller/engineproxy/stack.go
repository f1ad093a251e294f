package engineproxy

import (
	"context"
	"net/http"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/network"
	"github.com/docker/docker/api/types/versions"

	"lookback/controller/runner"
)

// Labels that Compose gives each container. The last one is in no image, as the
// first two may be, so nothing that is made of an image alone counts as Compose's.
const (
	labelProject = "com.docker.compose.project"
	labelService = "com.docker.compose.service"
	labelOneOff  = "com.docker.compose.oneoff"
)

// service is how docker-compose.yml calls the controller.
const service = "controller"

// stack is the Compose project to which this proxy belongs.
type stack struct {
	engine  Engine
	project string
	// own are the proxy's mounts, the Engine's socket among them: they are for nobody else.
	own []container.MountPoint
}

// stack finds out whose proxy this is, until it knows.
func (p *Proxy) stack(ctx context.Context) (*stack, error) {
	if s := p.found.Load(); s != nil {
		return s, nil
	}
	id, err := p.Self()
	if err != nil {
		return nil, err
	}
	self, err := p.Engine.ContainerInspect(ctx, id)
	if errdefs.IsNotFound(err) {
		return nil, refuse("the engine proxy does not run in a container of this Docker Engine")
	}
	if err != nil {
		return nil, err
	}
	if self.Config == nil || self.Config.Labels[labelProject] == "" || self.Config.Labels[labelOneOff] == "" {
		return nil, refuse("the engine proxy was not started by Compose, so it does not know whose it is")
	}
	s := &stack{engine: p.Engine, project: self.Config.Labels[labelProject], own: self.Mounts}
	if p.found.CompareAndSwap(nil, s) {
		p.Log.Info("keeping recorders' containers", "project", s.project)
	}
	return s, nil
}

// ping tells the version of the API of which both know.
func (p *Proxy) ping(ctx context.Context, w http.ResponseWriter) (any, error) {
	engine, err := p.Engine.Ping(ctx)
	if err != nil {
		return nil, err
	}
	version := engine.APIVersion
	if versions.GreaterThan(version, api.DefaultVersion) {
		version = api.DefaultVersion
	}
	w.Header().Set("Api-Version", version)
	w.Header().Set("Ostype", engine.OSType)
	return "OK", nil
}

// filter selects the recorders of this stack.
func (s *stack) filter() filters.Args { return runner.OfProject(s.project) }

// filtered reports whether a request's own filters, where it has some, are these.
func filtered(a *asked, own filters.Args) error {
	if !a.query.Has("filters") {
		return nil
	}
	var theirs map[string]map[string]bool
	if err := decode([]byte(a.query.Get("filters")), &theirs); err != nil {
		return err
	}
	given := filters.NewArgs()
	for key, values := range theirs {
		for value, is := range values {
			if !is {
				return refuse("filters that a controller does not use")
			}
			given.Add(key, value)
		}
	}
	if difference(given, own) != "" {
		return refuse("filters that a controller does not use")
	}
	return nil
}

// list is the recorders' containers.
func (s *stack) list(ctx context.Context, a *asked) ([]container.Summary, error) {
	if err := filtered(a, s.filter()); err != nil {
		return nil, err
	}
	all, err := s.engine.ContainerList(ctx, container.ListOptions{All: a.query.Has("all"), Filters: s.filter()})
	if all == nil {
		all = []container.Summary{}
	}
	return all, err
}

// inspect is one container, a recorder's or the controller's.
func (s *stack) inspect(ctx context.Context, id string) (*container.InspectResponse, error) {
	c, err := s.engine.ContainerInspect(ctx, id)
	if err != nil {
		return nil, err
	}
	if !s.isRecorder(c) && !s.isController(c) {
		return nil, refuse("not a container of the project %s", s.project)
	}
	return &c, nil
}

func (s *stack) isRecorder(c container.InspectResponse) bool {
	return c.Config != nil && c.Config.Labels[runner.LabelProject] == s.project
}

// isController is also true of one that "docker compose run" has made. Labels of
// recorders are checked when they are made, and none of these are among them.
func (s *stack) isController(c container.InspectResponse) bool {
	return c.Config != nil && c.Config.Labels[labelProject] == s.project && c.Config.Labels[labelService] == service &&
		c.Config.Labels[labelOneOff] != "" && c.Config.Labels[runner.LabelProject] == ""
}

// controllers are the controller's containers that run: one, but for those who scale it.
func (s *stack) controllers(ctx context.Context) (all []container.InspectResponse, err error) {
	running, err := s.engine.ContainerList(ctx, container.ListOptions{Filters: filters.NewArgs(
		filters.Arg("label", labelProject+"="+s.project), filters.Arg("label", labelService+"="+service), filters.Arg("label", labelOneOff+"=False"))})
	if err != nil {
		return nil, err
	}
	for _, r := range running {
		c, err := s.engine.ContainerInspect(ctx, r.ID)
		if errdefs.IsNotFound(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if s.isController(c) && c.HostConfig != nil {
			all = append(all, c)
		}
	}
	if len(all) == 0 {
		return nil, refuse("no container of the service %s runs in the project %s", service, s.project)
	}
	return all, nil
}

// change starts, stops or removes a recorder's container.
func (s *stack) change(ctx context.Context, a *asked) error {
	if err := s.recorders(ctx, a.object); err != nil {
		return err
	}
	switch a.call {
	case "start":
		return s.engine.ContainerStart(ctx, a.object, container.StartOptions{})
	case "stop":
		return s.engine.ContainerStop(ctx, a.object, container.StopOptions{})
	case "remove":
		return s.engine.ContainerRemove(ctx, a.object, container.RemoveOptions{Force: a.query.Has("force")})
	}
	return refuse("no call that a controller makes")
}

// recorders returns an error unless the container is one of the recorders'.
func (s *stack) recorders(ctx context.Context, id string) error {
	c, err := s.engine.ContainerInspect(ctx, id)
	if err != nil {
		return err
	}
	if !s.isRecorder(c) {
		return refuse("not a recorder's container of the project %s", s.project)
	}
	return nil
}

// connect adds a recorder's container to a network in which the controller is.
func (s *stack) connect(ctx context.Context, a *asked) error {
	var body network.ConnectOptions
	if err := decode(a.body, &body); err != nil {
		return err
	}
	if !containerID.MatchString(body.Container) {
		return refuse("Container is not the id of one")
	}
	if differs := difference(body, network.ConnectOptions{Container: body.Container, EndpointConfig: &network.EndpointSettings{}}); differs != "" {
		return refuse("%s is not as a controller sets it", differs)
	}
	if err := s.recorders(ctx, body.Container); err != nil {
		return err
	}
	controllers, err := s.controllers(ctx)
	if err != nil {
		return err
	}
	for _, c := range controllers {
		if n := networksOf(c)[a.object]; n != nil && n.NetworkID != "" {
			return s.engine.NetworkConnect(ctx, n.NetworkID, body.Container, &network.EndpointSettings{})
		}
	}
	return refuse("a network in which the controller is not")
}

func networksOf(c container.InspectResponse) map[string]*network.EndpointSettings {
	if c.NetworkSettings == nil {
		return nil
	}
	return c.NetworkSettings.Networks
}
