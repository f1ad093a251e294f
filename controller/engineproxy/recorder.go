package engineproxy

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/mount"

	"lookback/controller/config"
	"lookback/controller/runner"
)

var (
	containerID = regexp.MustCompile(`^[0-9a-f]{64}$`)
	settings    = regexp.MustCompile(`^[0-9a-f]{32}$`)
	format      = regexp.MustCompile(`^[0-9]{1,4}$`)
	version     = regexp.MustCompile(`^[ -~]{1,100}$`)
)

// create makes a recorder's container. What is asked for has to be all that this proxy
// would make of it: a field of which it does not know is one that differs.
func (s *stack) create(ctx context.Context, a *asked) (*container.CreateResponse, error) {
	var body container.CreateRequest
	if err := decode(a.body, &body); err != nil {
		return nil, err
	}
	if body.Config == nil || body.HostConfig == nil {
		return nil, refuse("not a recorder's container")
	}
	camera := body.Labels[runner.LabelCamera]
	name := runner.ContainerName(s.project, camera)
	if config.CheckName(camera) != nil || a.query.Get("name") != name {
		return nil, refuse("not a recorder's name")
	}
	controllers, err := s.controllers(ctx)
	if err != nil {
		return nil, err
	}
	var differs string
	for _, c := range controllers {
		made := s.recorder(body, camera, c)
		if differs = difference(body, made); differs != "" {
			continue
		}
		created, err := s.engine.ContainerCreate(ctx, made.Config, made.HostConfig, nil, nil, name)
		return &created, err
	}
	return nil, refuse("%s is not what a recorder may have", differs)
}

// recorder is the container of which a request is the wish. It has what the controller's
// own container has, or a part of that where the controller keeps something to itself.
// Of the wish there are the camera, limits, and labels for the controller.
func (s *stack) recorder(wish container.CreateRequest, camera string, c container.InspectResponse) container.CreateRequest {
	own, h := c.HostConfig, wish.HostConfig
	yes, seconds := true, runner.StopSeconds
	memory := max(0, h.Memory)
	return container.CreateRequest{
		Config: &container.Config{
			Image: c.Image, User: c.Config.User, Cmd: []string{"record", camera}, StopTimeout: &seconds,
			Env: part(wish.Env, environment(c.Config.Env)),
			Labels: map[string]string{
				runner.LabelProject: s.project, runner.LabelCamera: camera,
				runner.LabelSettings: like(settings, wish.Labels[runner.LabelSettings]),
				runner.LabelFormat:   like(format, wish.Labels[runner.LabelFormat]),
				runner.LabelVersion:  like(version, wish.Labels[runner.LabelVersion]),
			},
		},
		HostConfig: &container.HostConfig{
			// What every recorder has.
			CapDrop: []string{"ALL"}, ReadonlyRootfs: true, Init: &yes, SecurityOpt: runner.SecurityOf(own.SecurityOpt),
			RestartPolicy: container.RestartPolicy{Name: container.RestartPolicyOnFailure},
			// What the controller has.
			LogConfig: own.LogConfig, Runtime: own.Runtime, UsernsMode: own.UsernsMode,
			ExtraHosts: own.ExtraHosts, DNS: own.DNS, DNSOptions: own.DNSOptions, DNSSearch: own.DNSSearch,
			Tmpfs: own.Tmpfs, ShmSize: own.ShmSize, Sysctls: own.Sysctls,
			// A part of it.
			NetworkMode: joined(h.NetworkMode, c), GroupAdd: part(h.GroupAdd, own.GroupAdd), Mounts: part(h.Mounts, s.mounts(c)),
			Resources: container.Resources{
				Devices: own.Devices, DeviceRequests: own.DeviceRequests, DeviceCgroupRules: own.DeviceCgroupRules,
				NanoCPUs: max(0, h.NanoCPUs), Memory: memory, MemorySwap: memory, PidsLimit: positive(h.PidsLimit),
			},
		},
	}
}

// environment is what a recorder's may hold: which folder the media are in, and what
// drivers and libraries read.
func environment(own []string) []string {
	all := runner.PassedOn(own)
	for _, pair := range own {
		if dir, ok := strings.CutPrefix(pair, "MEDIA_DIR="); ok {
			all = append(all, "MEDIA_DIR="+filepath.Clean(dir))
		}
	}
	return all
}

// joined is the network that is wished, where the controller is in it too.
func joined(wish container.NetworkMode, c container.InspectResponse) container.NetworkMode {
	own := c.HostConfig.NetworkMode
	if own.IsHost() || own.IsNone() || own.IsContainer() || networksOf(c)[string(wish)] == nil {
		return own
	}
	return wish
}

// mounts are those of the controller, each as it may be in a recorder: also read-only.
func (s *stack) mounts(c container.InspectResponse) (all []mount.Mount) {
	for _, m := range c.Mounts {
		made, ok := runner.MountOf(m)
		if !ok || holdsSocket(m, c.Config.Env) || s.isOwn(m) || replaceable(m, c.Mounts) {
			continue
		}
		for _, readOnly := range []bool{true, false} {
			if made.ReadOnly = readOnly; readOnly || m.RW {
				all = append(all, made)
			}
		}
	}
	return all
}

// holdsSocket reports whether there is a socket in a mount that the controller's settings
// name (LISTEN, DOCKER_ENGINE), or the mount is one. What holds the media is needed.
func holdsSocket(m container.MountPoint, env []string) bool {
	if strings.HasSuffix(m.Source, ".sock") || strings.HasSuffix(m.Destination, ".sock") {
		return true
	}
	socket := false
	for _, pair := range env {
		name, value, _ := strings.Cut(pair, "=")
		path, isSocket := strings.CutPrefix(value, "unix:")
		switch {
		case isSocket && within(path, m.Destination):
			socket = true
		case name == "MEDIA_DIR" && within(value, m.Destination):
			return false
		}
	}
	return socket
}

// isOwn reports whether this proxy has a mount as well.
func (s *stack) isOwn(m container.MountPoint) bool {
	return slices.ContainsFunc(s.own, func(o container.MountPoint) bool {
		return o.Type == m.Type && o.Source == m.Source && o.Name == m.Name
	})
}

// replaceable reports whether a folder of the host lies inside of another one into which
// the controller can write: it could be a link to anything by now.
func replaceable(m container.MountPoint, all []container.MountPoint) bool {
	return m.Type == mount.TypeBind && slices.ContainsFunc(all, func(o container.MountPoint) bool {
		return o.RW && o.Source != "" && filepath.Clean(o.Source) != filepath.Clean(m.Source) && within(m.Source, o.Source)
	})
}

// within reports whether a path is dir or lies below it.
func within(path, dir string) bool {
	rel, err := filepath.Rel(filepath.Clean(dir), filepath.Clean(path))
	return err == nil && filepath.IsLocal(rel)
}

// part is what of a wish is permitted. A list that is there stays there, if only empty.
func part[T any](wish, permitted []T) []T {
	return slices.DeleteFunc(slices.Clone(wish), func(w T) bool {
		return !slices.ContainsFunc(permitted, func(p T) bool { return reflect.DeepEqual(w, p) })
	})
}

// like is a value that has the form, else nothing.
func like(form *regexp.Regexp, value string) string {
	if !form.MatchString(value) {
		return ""
	}
	return value
}

func positive(n *int64) *int64 {
	if n == nil || *n <= 0 {
		return nil
	}
	return n
}

// difference names where two values differ, as JSON says them; "" where they do not. A
// list that is empty is another than one that is not there: for the Engine, too.
func difference(a, b any) string {
	first, err := json.Marshal(a)
	if err != nil {
		return "the request"
	}
	second, err := json.Marshal(b)
	if err != nil {
		return "the request"
	}
	if bytes.Equal(first, second) {
		return ""
	}
	if path := where(generic(first), generic(second)); path != "" {
		return path[1:]
	}
	return "the request"
}

// generic is JSON as maps and lists, with numbers as they are written.
func generic(text []byte) (v any) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if d.Decode(&v) != nil {
		return nil
	}
	return v
}

// where is the path of what differs first, in the order of names.
func where(a, b any) string {
	first, isMap := a.(map[string]any)
	second, both := b.(map[string]any)
	if !isMap || !both {
		return ""
	}
	names := slices.Concat(slices.Collect(maps.Keys(first)), slices.Collect(maps.Keys(second)))
	slices.Sort(names)
	for _, name := range names {
		x, there := first[name]
		if y, too := second[name]; there != too || !reflect.DeepEqual(x, y) {
			return "." + shortened(name) + where(x, y)
		}
	}
	return ""
}
