package runner

import (
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/mount"
	"github.com/docker/docker/api/types/network"
)

// own is a controller's container as Compose makes it.
func own(socket, media string) container.InspectResponse {
	return container.InspectResponse{
		ContainerJSONBase: &container.ContainerJSONBase{ID: "self", Name: "/stack-controller-1", Image: "sha256:new", HostConfig: &container.HostConfig{
			NetworkMode: "stack_cameras", LogConfig: container.LogConfig{Type: "json-file", Config: map[string]string{"max-size": "10m"}},
			GroupAdd: []string{"44", strconv.Itoa(os.Getgid())}, SecurityOpt: []string{"no-new-privileges:true", "seccomp=x"},
			ExtraHosts: []string{"host.docker.internal:host-gateway"}, Tmpfs: map[string]string{"/tmp": ""},
			Resources: container.Resources{Devices: []container.DeviceMapping{{PathOnHost: "/dev/video0"}}, Memory: 5},
		}},
		Mounts: []container.MountPoint{
			{Type: mount.TypeVolume, Name: "stack_run", Source: "/var/lib/docker/volumes/stack_run/_data", Destination: filepath.Dir(socket), RW: true},
			{Type: mount.TypeVolume, Name: "stack_media", Source: "/var/lib/docker/volumes/stack_media/_data", Destination: media, RW: true},
			{Type: mount.TypeBind, Source: "/srv/clips", Destination: "/clips", RW: true, Propagation: mount.PropagationRPrivate},
			{Type: mount.TypeBind, Source: "/srv/cameras", Destination: "/run/secrets/cameras"},
		},
		Config: &container.Config{User: "10001:10001", Env: []string{"CAMERAS=front=http://u:secret@h/", "TZ=Europe/Berlin", "ALERT_SECRET=secret", "PATH=/bin", "NVIDIA_DRIVER_CAPABILITIES=video"},
			Labels: map[string]string{"com.docker.compose.project": "stack"}},
		NetworkSettings: &container.NetworkSettings{Networks: map[string]*network.EndpointSettings{"stack_web": {}, "stack_cameras": {}}},
	}
}

func TestTemplateTakesOverWhatARecorderNeeds(t *testing.T) {
	dir := t.TempDir()
	socket, media := filepath.Join(dir, "run", "docker.sock"), filepath.Join(dir, "media")
	if err := os.Mkdir(filepath.Dir(socket), 0o755); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	got := makeTemplate(own(socket, media), media, []string{socket, "/run/secrets/cameras"})
	if got.project != "stack" || got.image != "sha256:new" || got.user != "10001:10001" {
		t.Errorf("got %+v", got)
	}
	if want := []string{"NVIDIA_DRIVER_CAPABILITIES=video", "TZ=Europe/Berlin"}; !slices.Equal(got.env, want) {
		t.Errorf("variables %v", got.env)
	}
	if want := []string{"stack_cameras", "stack_web"}; !slices.Equal(got.networks, want) || got.host.NetworkMode != "stack_cameras" {
		t.Errorf("networks %v, %s", got.networks, got.host.NetworkMode)
	}
	var mounts []string
	for _, m := range got.host.Mounts {
		mounts = append(mounts, m.Source+":"+m.Target+map[bool]string{true: ":ro"}[m.ReadOnly])
	}
	if want := []string{"/srv/clips:/clips:ro", "stack_media:" + media}; !slices.Equal(mounts, want) {
		t.Errorf("mounts %v, want %v", mounts, want)
	}
	h := got.host
	if !slices.Equal(h.GroupAdd, []string{"44"}) {
		t.Errorf("groups %v: that of the socket is for the controller", h.GroupAdd)
	}
	if !h.ReadonlyRootfs || !slices.Equal(h.CapDrop, []string{"ALL"}) || !slices.Equal(h.SecurityOpt, []string{"seccomp=x", "no-new-privileges:true"}) || h.Init == nil || !*h.Init || h.Privileged {
		t.Errorf("confinement %+v", h)
	}
	if h.Memory != 0 || len(h.Devices) != 1 || h.LogConfig.Config["max-size"] != "10m" || h.RestartPolicy.Name != "on-failure" || len(h.ExtraHosts) != 1 || len(h.Tmpfs) != 1 {
		t.Errorf("host %+v", h)
	}
}

func TestTemplateOfOtherNetworks(t *testing.T) {
	self := own("/run/x.sock", "/media")
	self.HostConfig.NetworkMode = "host"
	if got := makeTemplate(self, "/media", nil); len(got.networks) != 0 || got.host.NetworkMode != "host" {
		t.Errorf("networks %v, %s", got.networks, got.host.NetworkMode)
	}
	self.Config.Labels = nil
	if got := makeTemplate(self, "/media", nil); got.project != "stack-controller-1" {
		t.Errorf("project %q", got.project)
	}
}

func TestOwnIDIsFoundInMounts(t *testing.T) {
	line := "1234 1200 0:51 /var/lib/docker/containers/" + testID + "/hostname /etc/hostname rw,relatime - ext4 /dev/sda rw\n"
	if found := ownMounts.FindStringSubmatch(line); found == nil || found[1] != testID {
		t.Errorf("found %v", found)
	}
}

const testID = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
