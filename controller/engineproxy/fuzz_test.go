package engineproxy

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/mount"

	"lookback/controller/engineproxy/ways"
)

// FuzzRequest: whatever is asked for, the Engine is told nothing but what a recorder needs.
func FuzzRequest(f *testing.F) {
	engine := newEngine()
	p := place(f, engine)
	f.Add("POST", createTarget, p.Wish)
	for _, w := range slices.Concat(ways.Shown(p), ways.More(p)) {
		if len(w.Body) < maxBody {
			f.Add(w.Method, w.Target, []byte(w.Body))
		}
	}
	f.Fuzz(func(t *testing.T, method, target string, body []byte) {
		engine := newEngine()
		r, err := http.ReadRequest(reader(method, target, body))
		if err != nil {
			return
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel() // the stream of events is over at once
		answer := httptest.NewRecorder()
		engine.proxy().ServeHTTP(answer, r.WithContext(ctx))
		for _, said := range engine.said() {
			if strings.HasPrefix(said, "create ") {
				checkMade(t, strings.TrimPrefix(said, "create "))
			} else if !slices.Contains([]string{
				`start "` + recorderID + `" {"CheckpointID":"","CheckpointDir":""}`,
				`stop "` + recorderID + `" {}`,
				`remove "` + recorderID + `" {"RemoveVolumes":false,"RemoveLinks":false,"Force":false}`,
				`remove "` + recorderID + `" {"RemoveVolumes":false,"RemoveLinks":false,"Force":true}`,
			}, said) && !strings.HasPrefix(said, `connect "id-of-web" "`+recorderID+`" `) && !strings.HasPrefix(said, `connect "id-of-cameras" "`+recorderID+`" `) {
				t.Errorf("%s %s: the Engine is told %s", method, target, said)
			}
		}
	})
}

// reader is a request on the wire.
func reader(method, target string, body []byte) *bufio.Reader {
	return bufio.NewReader(strings.NewReader(fmt.Sprintf("%s %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", method, target, len(body), body)))
}

// checkMade looks at what the Engine makes as the Engine reads it.
func checkMade(t *testing.T, said string) {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(said))
	var name string
	var c container.Config
	var h container.HostConfig
	for _, v := range []any{&name, &c, &h} {
		if err := d.Decode(v); err != nil {
			t.Fatal(err)
		}
	}
	camera := strings.TrimPrefix(name, "stack-recorder-")
	if !strings.HasPrefix(name, "stack-recorder-") || !slices.Equal(c.Cmd, []string{"record", camera}) || c.Labels["lookback.project"] != "stack" || len(c.Labels) != 5 ||
		c.Image != "sha256:"+strings.Repeat("a", 64) || c.User != "10001:10001" || c.Entrypoint != nil || c.Healthcheck != nil || c.WorkingDir != "" || c.ExposedPorts != nil || c.Volumes != nil {
		t.Errorf("made %s %+v", name, c)
	}
	for _, v := range c.Env {
		if !slices.Contains([]string{"MEDIA_DIR=" + media, "TZ=Europe/Berlin", "NVIDIA_VISIBLE_DEVICES=all"}, v) {
			t.Errorf("a variable %q", v)
		}
	}
	if h.Privileged || h.CapAdd != nil || !slices.Equal(h.CapDrop, []string{"ALL"}) || !slices.Equal(h.SecurityOpt, []string{"no-new-privileges:true"}) || !h.ReadonlyRootfs ||
		h.Binds != nil || h.VolumesFrom != nil || h.Links != nil || h.PortBindings != nil || h.PublishAllPorts || h.PidMode != "" || h.IpcMode != "" || h.UTSMode != "" || h.UsernsMode != "" ||
		h.CgroupParent != "" || h.MaskedPaths != nil || h.ReadonlyPaths != nil || h.Sysctls != nil || len(h.Devices) != 1 || h.Runtime != "" || h.LogConfig.Type != "json-file" || len(h.Tmpfs) != 1 ||
		h.NetworkMode != "stack_cameras" && h.NetworkMode != "stack_web" {
		t.Errorf("made %+v", h)
	}
	for _, m := range h.Mounts {
		if !slices.Contains([]string{media, "/clips", "/shared"}, m.Target) || m.Target == "/clips" && !m.ReadOnly || m.VolumeOptions != nil && m.VolumeOptions.DriverConfig != nil ||
			m.Type == mount.TypeBind && m.Source != "/srv/clips" && m.Source != "/srv/shared" {
			t.Errorf("mounted %+v", m)
		}
	}
}

// FuzzDecode: what is taken for JSON here is understood so by the Engine, whose decoder
// is another one.
func FuzzDecode(f *testing.F) {
	p := place(f, newEngine())
	f.Add(p.Wish)
	for _, w := range slices.Concat(ways.Shown(p), ways.More(p)) {
		f.Add([]byte(w.Body))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var here, there container.CreateRequest
		if decode(data, &here) != nil {
			return
		}
		if err := json.Unmarshal(data, &there); err != nil {
			t.Fatalf("%q: the Engine does not read it: %v", data, err)
		}
		first, _ := json.Marshal(here)
		if second, _ := json.Marshal(there); !bytes.Equal(first, second) {
			t.Errorf("%q: read as\n%s\nand by the Engine as\n%s", data, first, second)
		}
	})
}
