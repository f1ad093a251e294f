package config

import (
	"bytes"
	"reflect"
	"slices"
	"strings"

	"github.com/kelseyhightower/envconfig"

	"lookback/controller/camera"
)

// Nothing is accepted and ignored. What can't be in force beside everything else that
// is set is told in a line of its own, and counts as not set. It is no mistake that ends
// the program: recording goes on as it would without it. What nobody can know before
// the camera was asked is told by its plan, see camera.MakePlan.

// ofKinds are the camera's own settings that only some kinds of addresses have a use for.
var ofKinds = []struct {
	key   string
	kinds []camera.Kind
	only  string
}{
	{"RTSP_TRANSPORT", []camera.Kind{camera.RTSP}, "an address with rtsp:// or rtsps:// has a choice of it"},
	{"POLL", []camera.Kind{camera.HTTP}, "an address with http:// or https:// that gives single pictures is asked again and again"},
	{"INPUT_FORMAT", []camera.Kind{camera.Device}, "a device, /dev/video0, is asked for it"},
	{"INPUT_SIZE", []camera.Kind{camera.Device}, "a device, /dev/video0, is asked for it"},
	{headersKey, []camera.Kind{camera.HTTP}, "an address with http:// or https:// is asked with headers"},
}

// The settings of recorders in containers, of one camera and of all.
var (
	ofCameraContainers = []string{"CPUS", "MEMORY"}
	ofContainers       = []string{"DOCKER_ENGINE", "LEASE", "RECORDER_CPUS", "RECORDER_MEMORY", "RECORDER_PROCESSES", "DOCKER_GID", "DOCKER_SOCKET"}
)

// usual are the defaults of all variables, by name.
var usual = func() map[string]string {
	all := map[string]string{}
	for _, spec := range []any{&settings{}, &compose{}} {
		var out bytes.Buffer
		if err := envconfig.Usagef("", spec, &out, "{{range .}}{{usage_key .}}={{usage_default .}}\n{{end}}"); err != nil {
			panic(err) // spec is one of ours, and a pointer to a struct
		}
		for line := range strings.Lines(out.String()) {
			name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
			all[name] = value
		}
	}
	return all
}()

const (
	withoutContainers = "nothing while RUNNER is process: recorders have no containers then"
	withoutWebhook    = "nothing without ALERT_WEBHOOK: nobody is told"
	withoutDemo       = "nothing beside CAMERAS: the demo camera is what there is without a camera"
)

// idle are the camera's own settings that can't be in force, which are put back to what
// they would be without.
func (o *cameraSettings) idle(s *settings, env environment, e entry) (errs []*Error) {
	kind, _ := camera.KindOf(e.url.Reveal())
	for _, k := range ofKinds {
		if !slices.Contains(k.kinds, kind) {
			errs = append(errs, o.putBack(k.key, "nothing here: only "+k.only, s, env, e)...)
		}
	}
	if !secure(e) {
		errs = append(errs, o.putBack(tlsKey, "nothing here: only an address with https:// or rtsps:// has a certificate", s, env, e)...)
	}
	if s.Runner != "docker" {
		for _, key := range ofCameraContainers {
			errs = append(errs, o.putBack(key, withoutContainers, s, env, e)...)
		}
	}
	return errs
}

// putBack undoes a setting where somebody has said it, and says so.
func (o *cameraSettings) putBack(key, accepted string, s *settings, env environment, e entry) []*Error {
	value := env[prefix(e.name)+"_"+key]
	err := &Error{Setting: prefix(e.name) + "_" + key, Value: shown(key, value), Accepted: accepted}
	if value == "" {
		i := slices.IndexFunc(e.words, func(w word) bool { return w.key == key && w.value != "" })
		if i < 0 {
			return nil
		}
		err = e.wrong(key+"="+shown(key, e.words[i].value), accepted)
	}
	field, without := slices.Index(cameraKeys, key), s.inherit(e.name)
	reflect.ValueOf(o).Elem().Field(field).Set(reflect.ValueOf(without).Field(field))
	return []*Error{err}
}

// idle are the settings for everything that can't be in force beside the others. One
// that says what holds anyway is not told.
func (s *settings) idle(env environment) (errs []*Error) {
	tell := func(accepted string, names ...string) {
		for _, name := range names {
			if env[name] != "" && env[name] != usual[name] {
				errs = append(errs, &Error{Setting: name, Accepted: accepted})
			}
		}
	}
	if s.Runner != "docker" {
		tell(withoutContainers, ofContainers...)
	}
	if !s.AlertWebhook.Set() {
		tell(withoutWebhook, "ALERT_SECRET", "ALERT_AFTER")
	}
	if len(s.Cameras) > 0 {
		tell(withoutDemo, "DEMO_URL")
	}
	return append(errs, env.fixed()...)
}

// fixedBy is the variable in which Compose's files name the settings that they were
// given and set otherwise.
const fixedBy = "LOOKBACK_FIXED"

// insteadOf is what to set in a container, where such a setting is fixed.
var insteadOf = map[string]string{
	"MEDIA_DIR":      "MEDIA_PATH says where the recordings lie",
	"LISTEN":         "BIND_IP and HTTP_PORT say where the page can be opened",
	"METRICS_LISTEN": "METRICS_BIND_IP and METRICS_PORT say where the metrics are",
	"VIEWER_DIR":     "nginx serves the page",
	"PARTS_DIR":      "a volume in memory is for that",
	"DOCKER_ENGINE":  "the proxy is the Engine for the controller",
}

// fixed are the settings that the container's own have replaced.
func (env environment) fixed() (errs []*Error) {
	for _, name := range strings.Fields(env[fixedBy]) {
		if instead, ok := insteadOf[name]; ok {
			errs = append(errs, &Error{Setting: name, Accepted: "nothing in this container, whose Compose file sets it; " + instead})
		}
	}
	return errs
}
