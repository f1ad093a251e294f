//go:build stack

package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/mount"
	"github.com/docker/docker/api/types/network"
	"github.com/docker/docker/api/types/volume"

	"lookback/controller/engineproxy/ways"
)

// testProxy asks for all that would be more than a recorder, as somebody who has taken
// over the controller could. Each request differs in one thing from one that goes.
func (r *runnerStack) testProxy(t *testing.T) {
	ctx := context.Background()
	p := r.strangers(t)
	controller := r.inspect(t, "controller").ID
	// Else it would remove what is made for a camera that it does not have.
	must(t, r.engine.ContainerPause(ctx, controller))
	defer func() { must(t, r.engine.ContainerUnpause(ctx, controller)) }()
	before := r.everything(t)

	shown := ways.Shown(p)
	all := slices.Concat(shown, ways.More(p))
	for i, a := range r.ask(t, all) {
		if !slices.Contains(ways.Refused, a.status) {
			t.Errorf("%s: %d %s", all[i].Way, a.status, a.body)
		}
	}
	if after := r.everything(t); after != before {
		t.Errorf("there was\n%s\nand now there is\n%s", before, after)
	}
	t.Logf("%d of %d ways were shown; all are refused", len(shown), len(all))

	lists := r.ask(t, []ways.Request{{Method: "GET", Target: "/v1.41/containers/json?all=1"}, {Method: "GET", Target: "/v1.41/containers/" + controller + "/json"}, p.Create("", string(p.Wish))})
	if l := lists[0]; l.status != 200 || strings.Contains(l.body, p.Foreign) || !strings.Contains(l.body, p.Recorder) || strings.Contains(l.body, controller) {
		t.Errorf("it lists %s", l.body)
	}
	var made struct{ ID string }
	if l := lists[2]; lists[1].status != 200 || l.status != 201 || json.Unmarshal([]byte(l.body), &made) != nil {
		t.Fatalf("what a controller asks for: %+v", lists[1:])
	}
	one := "/v1.41/containers/" + made.ID
	for i, a := range r.ask(t, []ways.Request{{Method: "GET", Target: one + "/json"}, {Method: "POST", Target: one + "/start"}, {Method: "POST", Target: one + "/stop"}, {Method: "DELETE", Target: one + "?force=1"}, {Method: "GET", Target: one + "/json"}}) {
		if want := []int{200, 204, 204, 204, 404}[i]; a.status != want {
			t.Errorf("request %d to a container that was made: %+v, want %d", i, a, want)
		}
	}
}

// strangers is the place: with a container, a network and a volume of somebody else.
func (r *runnerStack) strangers(t *testing.T) ways.Place {
	t.Helper()
	ctx := context.Background()
	name := r.project + "-stranger"
	_, err := r.engine.NetworkCreate(ctx, name, network.CreateOptions{})
	must(t, err)
	t.Cleanup(func() { r.engine.NetworkRemove(ctx, name) })
	_, err = r.engine.VolumeCreate(ctx, volume.CreateOptions{Name: name})
	must(t, err)
	t.Cleanup(func() { r.engine.VolumeRemove(ctx, name, true) })
	foreign, err := r.engine.ContainerCreate(ctx, &container.Config{Image: r.project + "-nginx", Entrypoint: []string{"sleep", "1000"}},
		&container.HostConfig{NetworkMode: container.NetworkMode(name)}, nil, nil, name)
	must(t, err)
	t.Cleanup(func() { r.engine.ContainerRemove(ctx, foreign.ID, container.RemoveOptions{Force: true}) })
	must(t, r.engine.ContainerStart(ctx, foreign.ID, container.StartOptions{}))

	p := ways.Place{Project: r.project, Camera: "extra", Recorder: r.recorder(t).ID, Foreign: foreign.ID,
		Network: r.project + "_cameras", ForeignNetwork: name, ForeignVolume: name}
	p.Wish, err = json.Marshal(r.wish(t, p.Camera))
	must(t, err)
	return p
}

// wish is a recorder's container as a controller asks for one.
func (r *runnerStack) wish(t *testing.T, camera string) container.CreateRequest {
	t.Helper()
	c := r.inspect(t, "controller")
	own, yes, seconds, processes := c.HostConfig, true, 15, int64(100)
	return container.CreateRequest{
		Config: &container.Config{
			Image: c.Image, User: c.Config.User, Env: []string{"MEDIA_DIR=/var/lib/lookback"}, Cmd: []string{"record", camera}, StopTimeout: &seconds,
			Labels: map[string]string{"lookback.project": r.project, "lookback.camera": camera, "lookback.settings": strings.Repeat("0", 32), "lookback.format": "1", "lookback.version": "test"},
		},
		HostConfig: &container.HostConfig{
			NetworkMode: own.NetworkMode, LogConfig: own.LogConfig, Runtime: own.Runtime, ExtraHosts: own.ExtraHosts, Tmpfs: own.Tmpfs, ShmSize: own.ShmSize,
			DNS: own.DNS, DNSOptions: own.DNSOptions, DNSSearch: own.DNSSearch, GroupAdd: own.GroupAdd,
			CapDrop: []string{"ALL"}, SecurityOpt: []string{"no-new-privileges:true"}, ReadonlyRootfs: true, Init: &yes,
			RestartPolicy: container.RestartPolicy{Name: container.RestartPolicyOnFailure},
			Resources: container.Resources{Memory: 256e6, MemorySwap: 256e6, NanoCPUs: 1e9, PidsLimit: &processes,
				Devices: own.Devices, DeviceRequests: own.DeviceRequests, DeviceCgroupRules: own.DeviceCgroupRules},
			Mounts: []mount.Mount{{Type: mount.TypeBind, Source: r.media, Target: "/var/lib/lookback", BindOptions: &mount.BindOptions{Propagation: mount.PropagationRPrivate}}},
		},
	}
}

// everything is what somebody who has got through could have changed: containers, each
// with its state and networks, and volumes.
func (r *runnerStack) everything(t *testing.T) string {
	t.Helper()
	ctx := context.Background()
	containers, err := r.engine.ContainerList(ctx, container.ListOptions{All: true, Filters: filters.NewArgs(filters.Arg("name", r.project))})
	must(t, err)
	var all []string
	for _, c := range containers {
		info, err := r.engine.ContainerInspect(ctx, c.ID)
		must(t, err)
		all = append(all, fmt.Sprint(info.Name, info.ID, info.State.Status, info.State.StartedAt, slices.Sorted(slices.Values(keys(info.NetworkSettings.Networks)))))
	}
	volumes, err := r.engine.VolumeList(ctx, volume.ListOptions{})
	must(t, err)
	for _, v := range volumes.Volumes {
		if v.Name == "made-by-nobody" || strings.HasPrefix(v.Name, r.project) {
			all = append(all, v.Name)
		}
	}
	slices.Sort(all)
	return strings.Join(all, "\n")
}

type told struct {
	status int
	body   string
}

// ask sends requests to the proxy's socket from a container that has it, as the
// controller has.
func (r *runnerStack) ask(t *testing.T, requests []ways.Request) []told {
	t.Helper()
	dir := t.TempDir()
	script := ""
	for i, q := range requests {
		how := "-X '" + q.Method + "'"
		if q.Method == "HEAD" {
			how = "--head"
		}
		if q.Body != "" {
			must(t, os.WriteFile(filepath.Join(dir, fmt.Sprint(i, ".json")), []byte(q.Body), 0o644))
			how += fmt.Sprintf(" -H 'Content-Type: application/json' -H 'Expect:' --data-binary @/asks/%d.json", i)
		}
		script += fmt.Sprintf("curl -sS --max-time 20 --globoff --path-as-is -o /asks/%d.answer -w '%%{http_code}\\n' --unix-socket /run/engine/docker.sock %s 'http://engine%s'\n",
			i, how, strings.ReplaceAll(q.Target, `"`, "%22"))
	}
	must(t, os.WriteFile(filepath.Join(dir, "script"), []byte(script), 0o644))
	out, err := exec.Command("docker", "run", "--rm", "--network=none", "--user=0", "--volume", r.project+"_engine:/run/engine", "--volume", dir+":/asks",
		"--entrypoint=sh", r.project+"-nginx", "/asks/script").Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	lines := strings.Fields(string(out))
	if len(lines) != len(requests) {
		t.Fatalf("%d answers to %d requests: %s", len(lines), len(requests), out)
	}
	answers := make([]told, len(requests))
	for i, line := range lines {
		body, err := os.ReadFile(filepath.Join(dir, fmt.Sprint(i, ".answer")))
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		answers[i].body = string(body)
		answers[i].status, err = strconv.Atoi(line)
		must(t, err)
	}
	return answers
}

// testMounts: with the proxy the controller has every mount that it has without, but the
// Engine's socket, which the Compose file has to say again.
func (r *runnerStack) testMounts(t *testing.T) {
	mounts := func(files ...string) (all []string) {
		r.composeFiles(files...)
		defer r.composeFiles(runnerFiles...)
		var config struct {
			Services map[string]struct {
				Volumes []struct{ Source, Target string }
			}
		}
		must(t, json.Unmarshal([]byte(r.compose(t, "config", "--format", "json")), &config))
		for _, v := range config.Services["controller"].Volumes {
			all = append(all, v.Source+":"+v.Target)
		}
		slices.Sort(all)
		return all
	}
	plain, with := mounts(runnerFiles[:1]...), mounts(runnerFiles...)
	if want := append(plain, "engine:/run/engine"); len(plain) < 4 || !slices.Equal(with, slices.Sorted(slices.Values(want))) {
		t.Errorf("with the proxy %q, want %q", with, want)
	}
}
