package runner

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/mount"
)

// template is what recorders' containers take over from the controller's own.
type template struct {
	project  string
	image    string // id
	user     string
	env      []string
	host     container.HostConfig
	networks []string // names; none when host.NetworkMode says all
}

// ownMounts finds the id in what the Engine mounts into each container.
var ownMounts = regexp.MustCompile(`/([0-9a-f]{64})/(?:userdata/)?(?:hostname|hosts|resolv\.conf) `)

// OwnID is the id of the container in which this program runs.
func OwnID() (string, error) {
	info, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return "", err
	}
	if found := ownMounts.FindSubmatch(info); found != nil {
		return string(found[1]), nil
	}
	return "", errAlone
}

// introspect asks the Engine about the container with that id.
func introspect(ctx context.Context, e Engine, id string) (self container.InspectResponse, err error) {
	err = call(ctx, callTime, func(ctx context.Context) (err error) {
		self, err = e.ContainerInspect(ctx, id)
		return err
	})
	if errdefs.IsNotFound(err) {
		err = errAlone
	}
	return self, err
}

// projectOf is the Compose project of a container, else its name: it keeps
// stacks on one Engine apart.
func projectOf(self container.InspectResponse) string {
	if p := self.Config.Labels["com.docker.compose.project"]; p != "" {
		return p
	}
	return strings.TrimPrefix(self.Name, "/")
}

// makeTemplate copies what a recorder needs. hidden are paths in the
// controller's container that are none of its business.
func makeTemplate(self container.InspectResponse, mediaDir string, hidden []string) template {
	own := self.HostConfig
	t := template{project: projectOf(self), image: self.Image, user: self.Config.User, env: PassedOn(self.Config.Env)}
	t.host = container.HostConfig{
		NetworkMode: own.NetworkMode, LogConfig: own.LogConfig, Runtime: own.Runtime, UsernsMode: own.UsernsMode,
		ExtraHosts: own.ExtraHosts, DNS: own.DNS, DNSOptions: own.DNSOptions, DNSSearch: own.DNSSearch,
		GroupAdd: slices.DeleteFunc(slices.Clone(own.GroupAdd), func(g string) bool { return slices.Contains(groupsOf(hidden), g) }),
		Tmpfs:    own.Tmpfs, ShmSize: own.ShmSize, Sysctls: own.Sysctls,
		CapDrop: []string{"ALL"}, SecurityOpt: SecurityOf(own.SecurityOpt), ReadonlyRootfs: true,
		RestartPolicy: container.RestartPolicy{Name: container.RestartPolicyOnFailure},
		Mounts:        mountsOf(self.Mounts, mediaDir, hidden),
	}
	yes := true
	t.host.Init = &yes
	t.host.Devices, t.host.DeviceRequests, t.host.DeviceCgroupRules = own.Devices, own.DeviceRequests, own.DeviceCgroupRules
	if m := own.NetworkMode; !m.IsHost() && !m.IsContainer() && !m.IsNone() && self.NetworkSettings != nil {
		for name := range self.NetworkSettings.Networks {
			t.networks = append(t.networks, name)
		}
		slices.Sort(t.networks)
		// The first one: it is there from the beginning, the others are added.
		if len(t.networks) > 0 {
			t.host.NetworkMode = container.NetworkMode(t.networks[0])
		}
	}
	return t
}

// SecurityOf is what the controller's container has, and no new privileges.
func SecurityOf(own []string) []string {
	const sealed = "no-new-privileges"
	others := slices.DeleteFunc(slices.Clone(own), func(o string) bool { return strings.HasPrefix(o, sealed) })
	return append(others, sealed+":true")
}

// passed are the variables that drivers and libraries read. Ours are not among
// them: what a recorder has to know is in its assignment, where nobody sees it.
var passed = regexp.MustCompile(`^(TZ|LANG|LC_ALL|(NVIDIA|CUDA|LIBVA|VDPAU|MFX|ONEVPL)_[A-Z0-9_]+)=`)

// PassedOn are those of the controller's variables that a recorder gets.
func PassedOn(env []string) (watched []string) {
	for _, pair := range env {
		if passed.MatchString(pair) {
			watched = append(watched, pair)
		}
	}
	slices.Sort(watched)
	return watched
}

// MountOf is a mount as another container is made with it, one that may be written;
// false for a tmpfs, which is not among a recorder's mounts but in Tmpfs.
func MountOf(m container.MountPoint) (made mount.Mount, ok bool) {
	made = mount.Mount{Type: m.Type, Source: m.Source, Target: m.Destination}
	switch m.Type {
	case mount.TypeVolume:
		made.Source = m.Name
		made.VolumeOptions = &mount.VolumeOptions{NoCopy: true}
	case mount.TypeBind:
		if m.Propagation != "" {
			made.BindOptions = &mount.BindOptions{Propagation: m.Propagation}
		}
	default:
		return made, false
	}
	return made, true
}

// mountsOf are the controller's mounts, but for those on the way to a hidden
// path. Only the media directory can be written.
func mountsOf(own []container.MountPoint, mediaDir string, hidden []string) (mounts []mount.Mount) {
	for _, m := range own {
		media := within(mediaDir, m.Destination)
		if !media && slices.ContainsFunc(hidden, func(h string) bool { return within(h, m.Destination) }) {
			continue
		}
		made, ok := MountOf(m)
		if !ok {
			continue
		}
		made.ReadOnly = !m.RW || !media
		mounts = append(mounts, made)
	}
	slices.SortFunc(mounts, func(a, b mount.Mount) int { return strings.Compare(a.Target, b.Target) })
	return mounts
}

// within reports whether a path is dir or lies below it, also by way of links.
func within(path, dir string) bool {
	for _, p := range []string{path, resolved(path)} {
		for _, d := range []string{dir, resolved(dir)} {
			if rel, err := filepath.Rel(d, p); err == nil && filepath.IsLocal(rel) {
				return true
			}
		}
	}
	return false
}

func resolved(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	return path
}

// groupsOf are the groups that own sockets among the paths, as numbers: being in
// them is for the controller alone.
func groupsOf(paths []string) (groups []string) {
	for _, p := range paths {
		info, err := os.Stat(p)
		if err != nil || info.Mode()&os.ModeSocket == 0 {
			continue
		}
		if s, ok := info.Sys().(*syscall.Stat_t); ok {
			groups = append(groups, strconv.Itoa(int(s.Gid)))
		}
	}
	return groups
}
