package engineproxy

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/network"

	"lookback/controller/engineproxy/ways"
)

func place(t testing.TB, f *fakeEngine) ways.Place {
	return ways.Place{Project: "stack", Wish: wish(t, f), Camera: "front", Recorder: recorderID, Foreign: foreignID,
		Network: "stack_web", ForeignNetwork: "bank_back", ForeignVolume: "bank_accounts"}
}

// Every way differs in one thing from what goes, and does not go.
func TestWaysThrough(t *testing.T) {
	f := newEngine()
	p := place(t, f)
	socket := f.serve(t)
	status, body := send(t, socket, plain("POST", createTarget, string(p.Wish)))
	if said := f.said(); status != http.StatusCreated || len(said) != 1 {
		t.Fatalf("what a controller asks for: %d %s %q", status, body, said)
	}
	shown := ways.Shown(p)
	if len(shown) != 18 {
		t.Errorf("%d ways were shown", len(shown))
	}
	names := map[string]bool{}
	for _, w := range slices.Concat(shown, ways.More(p)) {
		key := w.Way
		if names[key] {
			t.Errorf("%s is there twice", key)
		}
		names[key] = true
		status, body := send(t, socket, plain(w.Method, strings.ReplaceAll(w.Target, `"`, "%22"), w.Body))
		if said := f.said(); !slices.Contains(ways.Refused, status) || len(said) > 0 || strings.Contains(body, "secret") {
			t.Errorf("%s: %d %s; the Engine is told %q", w.Way, status, body, said)
		}
	}
	t.Logf("%d ways", len(names))
}

// A controller with more than a recorder has may be copied so far, and no farther.
func TestWaysOfAControllerThatHasMore(t *testing.T) {
	f := newEngine()
	c := f.containers[controllerID]
	c.Config.User = "0:0"
	c.HostConfig.Privileged, c.HostConfig.CapAdd, c.HostConfig.PidMode = true, []string{"SYS_ADMIN"}, "host"
	c.HostConfig.ReadonlyRootfs, c.HostConfig.CapDrop = false, nil
	c.HostConfig.Binds = []string{"/:/host"}
	c.HostConfig.ReadonlyPaths, c.HostConfig.MaskedPaths = []string{}, []string{}
	f.containers[controllerID] = c
	p := place(t, f)
	socket := f.serve(t)
	if status, body := send(t, socket, plain("POST", createTarget, string(p.Wish))); status != http.StatusCreated {
		t.Fatalf("%d %s", status, body)
	}
	said := f.said()
	for _, path := range []string{"Privileged", "CapAdd", "PidMode", "Binds", "CapDrop", "ReadonlyRootfs", "ReadonlyPaths", "MaskedPaths"} {
		value := map[string]any{"Privileged": true, "CapAdd": []any{"SYS_ADMIN"}, "PidMode": "host", "Binds": []any{"/:/host"}, "ReadonlyRootfs": false, "ReadonlyPaths": []any{}, "MaskedPaths": []any{}}[path]
		if status, body := send(t, socket, plain("POST", createTarget, ways.Set(p.Wish, "HostConfig."+path, value))); status != http.StatusForbidden || len(f.said()) > 0 {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
	for _, no := range []string{`"Privileged":true`, "SYS_ADMIN", `"PidMode":"host"`, "/:/host", `"ReadonlyPaths":[]`} {
		if strings.Contains(said[0], no) {
			t.Errorf("%s came to the Engine: %s", no, said[0])
		}
	}
}

// Of what the controller has a recorder may have less.
func TestLessThanTheControllerHas(t *testing.T) {
	f := newEngine()
	p := place(t, f)
	socket := f.serve(t)
	var mounts []any
	for way, body := range map[string]string{
		"no groups": ways.Set(p.Wish, "HostConfig.GroupAdd", nil), "one group": ways.Set(p.Wish, "HostConfig.GroupAdd", []any{"29"}),
		"no mounts": ways.Set(p.Wish, "HostConfig.Mounts", mounts), "no limits": ways.Set(zeros(p.Wish, "HostConfig.Memory", "HostConfig.MemorySwap", "HostConfig.NanoCpus"), "HostConfig.PidsLimit", nil),
		"the other network": ways.Set(p.Wish, "HostConfig.NetworkMode", "stack_web"), "no time zone": ways.Set(p.Wish, "Env", []any{"MEDIA_DIR=" + media}),
	} {
		status, answer := send(t, socket, plain("POST", createTarget, body))
		if said := f.said(); status != http.StatusCreated || len(said) != 1 {
			t.Errorf("%s: %d %s", way, status, answer)
		}
	}
}

// zeros is JSON with some numbers 0.
func zeros(text []byte, paths ...string) string {
	made := string(text)
	for _, p := range paths {
		made = ways.Set(made, p, 0)
	}
	return made
}

// A mount is passed on as it is, or read-only, and never more.
func TestMounts(t *testing.T) {
	f := newEngine()
	s := &stack{project: "stack", own: f.containers[proxyID].Mounts}
	got := map[string]bool{}
	for _, m := range s.mounts(f.containers[controllerID]) {
		got[fmt.Sprint(m.Target, m.ReadOnly)] = true
	}
	want := []string{"/clipstrue", "/sharedfalse", "/sharedtrue", media + "false", media + "true"}
	if names := slices.Sorted(maps.Keys(got)); !slices.Equal(names, want) {
		t.Errorf("mounts %q, want %q: no sockets, and nothing that the controller could have put there", names, want)
	}
	// A socket among the media does not keep the media away.
	c := f.containers[controllerID]
	c.Config.Env = append(c.Config.Env, "METRICS_LISTEN=unix:"+media+"/metrics.sock")
	if len(s.mounts(c)) != len(want) {
		t.Errorf("mounts %+v", s.mounts(c))
	}
}

// A mount that differs from the controller's in anything is refused.
func TestMountsAreNotChanged(t *testing.T) {
	f := newEngine()
	p := place(t, f)
	socket := f.serve(t)
	const clips, volume = `"Source":"/srv/clips","Target":"/clips","ReadOnly":true,"BindOptions":{"Propagation":"rprivate"}`, `"VolumeOptions":{"NoCopy":true}`
	for old, all := range map[string][]string{
		clips: {
			strings.Replace(clips, `"ReadOnly":true`, `"ReadOnly":false`, 1), strings.Replace(clips, `"ReadOnly":true,`, ``, 1),
			strings.Replace(clips, `rprivate`, `rshared`, 1), strings.Replace(clips, `/srv/clips`, `/srv/clips/..`, 1), strings.Replace(clips, `/srv/clips`, `/srv`, 1),
			strings.Replace(clips, `"Target":"/clips"`, `"Target":"/etc"`, 1), strings.Replace(clips, `"Target":"/clips"`, `"Target":"/usr/local/bin"`, 1),
			strings.Replace(clips, `rprivate"`, `rprivate","NonRecursive":true`, 1), strings.Replace(clips, `rprivate"`, `rprivate","CreateMountpoint":true`, 1),
			strings.Replace(clips, `rprivate"`, `rprivate","ReadOnlyNonRecursive":true`, 1), clips + `,"Consistency":"cached"`, clips + `,"VolumeOptions":{"DriverConfig":{"Name":"local"}}`,
			clips + `,"TmpfsOptions":{"Options":[["exec"]]}`,
		},
		volume: {
			`"VolumeOptions":{}`, `"VolumeOptions":{"NoCopy":true,"Subpath":"x"}`, `"VolumeOptions":{"NoCopy":true,"Labels":{"a":"b"}}`,
			`"VolumeOptions":{"NoCopy":true,"DriverConfig":{"Name":"local","Options":{"device":"/"}}}`, `"VolumeOptions":{"NoCopy":true,"DriverConfig":{}}`, volume + `,"BindOptions":{"Propagation":"shared"}`,
		},
	} {
		for _, now := range all {
			body := strings.Replace(string(p.Wish), old, now, 1)
			if body == string(p.Wish) {
				t.Fatalf("no %s in %s", old, body)
			}
			if status, answer := send(t, socket, plain("POST", createTarget, body)); status != http.StatusForbidden || !strings.Contains(answer, "Mounts") || len(f.said()) > 0 {
				t.Errorf("%s: %d %s", now, status, answer)
			}
		}
	}
}

// Only the controller that runs is copied: not what "docker compose run" has made, nor a
// recorder whose image has the controller's labels.
func TestWhoIsCopied(t *testing.T) {
	f := newEngine()
	p := place(t, f)
	socket := f.serve(t)
	c := f.containers[controllerID]
	c.State.Running, c.State.Status = false, container.StateExited
	recorder := f.containers[recorderID]
	recorder.HostConfig.Privileged = true
	f.add(strings.Repeat("7", 64), map[string]string{labelProject: "stack", labelService: "controller", labelOneOff: "True"})
	if status, body := send(t, socket, plain("POST", createTarget, string(p.Wish))); status != http.StatusForbidden || len(f.said()) > 0 {
		t.Errorf("%d %s", status, body)
	}
	// That one may look at itself all the same: "controller recorders" does.
	if status, body := send(t, socket, plain("GET", "/v1.41/containers/"+strings.Repeat("7", 64)+"/json", "")); status != http.StatusOK {
		t.Errorf("%d %s", status, body)
	}
}

// A network is the controller's by its id, whatever else has its name.
func TestNetworkIsMeantByItsID(t *testing.T) {
	f := newEngine()
	socket := f.serve(t)
	status, body := send(t, socket, plain("POST", "/v1.41/networks/stack_web/connect", `{"Container":"`+recorderID+`","EndpointConfig":{}}`))
	if said := f.said(); status != http.StatusOK && status != http.StatusNoContent || len(said) != 1 || !strings.HasPrefix(said[0], `connect "id-of-web" "`+recorderID) {
		t.Errorf("%d %s %q", status, body, said)
	}
	c := f.containers[controllerID]
	c.NetworkSettings.Networks = map[string]*network.EndpointSettings{"host": {}}
	if status, _ := send(t, socket, plain("POST", "/v1.41/networks/host/connect", `{"Container":"`+recorderID+`","EndpointConfig":{}}`)); status != http.StatusForbidden {
		t.Errorf("a network without an id: %d", status)
	}
}
