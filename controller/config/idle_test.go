package config

import (
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// addresses are one of each kind of camera.
var addresses = []string{"http://h/", "https://h/", "rtsp://h/", "rtsps://h/", "rtmp://h/", "srt://h:9000", "udp://@:5004", "rtp://@:5004",
	"/dev/video0", "file:///a.mp4", "test:"}

// TestCameraSettingsInForceOrTold walks the settings of a camera, for each kind of
// address, runner, and place where they can be written. One that is changed changes the
// camera, or one line says why it does not, and never both.
func TestCameraSettingsInForceOrTold(t *testing.T) {
	told := 0
	for _, address := range addresses {
		for _, runner := range []string{"process", "docker"} {
			for _, key := range cameraKeys {
				value := anotherOfCamera[key].value
				if strings.Contains(value, " ") {
					value = "'" + value + "'"
				}
				dir := t.TempDir()
				path := filepath.Join(dir, "cameras")
				write(t, path, "a="+address+"\n")
				file := []string{"CAMERAS_FILE=" + path, "RUNNER=" + runner}
				before := configOf(t, file...)
				for where, load := range map[string]func() (*Config, error){
					"variable": func() (*Config, error) { return Load(append(file, "CAM_A_"+key+"="+strings.Trim(value, "'"))) },
					"word": func() (*Config, error) {
						write(t, path, "a="+address+" "+key+"="+value+"\n")
						return Load(file)
					},
				} {
					name := fmt.Sprintf("%s %s=%s as a %s, RUNNER=%s", address, key, value, where, runner)
					c, err := load()
					if err != nil || len(c.Cameras) != 1 { // one camera's idle setting must not stop any
						t.Errorf("%s: %v", name, err)
						continue
					}
					changed := !before.Cameras[0].Same(c.Cameras[0])
					lines := naming(c.Warnings, key)
					if changed != (len(lines) == 0) || len(lines) > 1 {
						t.Errorf("%s: in force: %v, told: %q", name, changed, lines)
					}
					told += len(lines)
				}
			}
		}
	}
	if told == 0 {
		t.Error("nothing was ever told")
	}
}

// naming are the warnings that name a setting.
func naming(warnings []*Error, key string) (lines []string) {
	for _, w := range warnings {
		if strings.Contains(w.Setting+" "+w.Value, key) {
			lines = append(lines, w.Error())
		}
	}
	return lines
}

// TestIdleSettings says which of the settings for everything need others, and that
// each is in force beside those without a word.
func TestIdleSettings(t *testing.T) {
	for _, c := range []struct{ set, needs, want string }{
		{"LEASE=16m", "RUNNER=docker", `LEASE: nothing while RUNNER is process: recorders have no containers then`},
		{"RECORDER_CPUS=2", "RUNNER=docker", `RECORDER_CPUS: nothing while RUNNER is process: recorders have no containers then`},
		{"RECORDER_MEMORY=2GB", "RUNNER=docker", `RECORDER_MEMORY: nothing while RUNNER is process: recorders have no containers then`},
		{"RECORDER_PROCESSES=600", "RUNNER=docker", `RECORDER_PROCESSES: nothing while RUNNER is process: recorders have no containers then`},
		{"DOCKER_ENGINE=tcp://u:p@engine:2375", "RUNNER=docker", `DOCKER_ENGINE: nothing while RUNNER is process: recorders have no containers then`},
		{"DOCKER_GID=1", "RUNNER=docker", `DOCKER_GID: nothing while RUNNER is process: recorders have no containers then`},
		{"DOCKER_SOCKET=/s", "RUNNER=docker", `DOCKER_SOCKET: nothing while RUNNER is process: recorders have no containers then`},
		{"ALERT_SECRET=correct horse", "ALERT_WEBHOOK=https://h/", `ALERT_SECRET: nothing without ALERT_WEBHOOK: nobody is told`},
		{"ALERT_AFTER=31s", "ALERT_WEBHOOK=https://h/", `ALERT_AFTER: nothing without ALERT_WEBHOOK: nobody is told`},
		{"DEMO_URL=http://d/", "CAMERAS=", `DEMO_URL: nothing beside CAMERAS: the demo camera is what there is without a camera`},
	} {
		others := []string{"CAMERAS=a=http://h/", c.set}
		if got := naming(configOf(t, others...).Warnings, strings.Split(c.set, "=")[0]); !slices.Equal(got, []string{c.want}) {
			t.Errorf("%s: got %q, want %s", c.set, got, c.want)
		}
		if got := configOf(t, append(others, c.needs)...).Warnings; len(got) > 0 {
			t.Errorf("%s beside %s: got %v", c.set, c.needs, got)
		}
	}
	// What says what holds anyway is no news.
	if got := configOf(t, "LEASE=15m", "ALERT_AFTER=30s", "DOCKER_GID=999").Warnings; len(got) > 0 {
		t.Errorf("got %v", got)
	}
}

// TestIdleSettingsOfACamera shows the lines, in CAMERAS' case and in the file's, also
// when the file is read again.
func TestIdleSettingsOfACamera(t *testing.T) {
	c := configOf(t, "CAMERAS=a=http://u:p@h/", "CAM_A_RTSP_TRANSPORT=udp", "CAM_A_MEMORY=1GB")
	want := `CAM_A_RTSP_TRANSPORT="udp": accepted is nothing here: only an address with rtsp:// or rtsps:// has a choice of it` + "\n" +
		`CAM_A_MEMORY="1GB": accepted is nothing while RUNNER is process: recorders have no containers then`
	if got := join(c.Warnings).Error(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	r := beginWith(t, "a=http://h/")
	write(t, r.path, "\na=rtsp://h/ POLL=2s")
	_, _, warnings, err := r.config.Reread()
	want = `CAMERAS_FILE line 2: "POLL=2s": accepted is nothing here: only an address with http:// or https:// that gives single pictures is asked again and again`
	if err != nil || len(warnings) != 1 || warnings[0].Error() != want {
		t.Errorf("got  %v %v\nwant %s", warnings, err, want)
	}
}

// TestFixedSettings: those that a Compose file sets otherwise are told.
func TestFixedSettings(t *testing.T) {
	var names []string
	for name := range insteadOf {
		names = append(names, name)
	}
	slices.Sort(names)
	c := configOf(t, fixedBy+"= "+strings.Join(names, "  "))
	var told []string
	for _, w := range c.Warnings {
		told = append(told, w.Setting)
		if !strings.Contains(w.Error(), "nothing in this container") {
			t.Error(w)
		}
	}
	if !reflect.DeepEqual(told, names) {
		t.Errorf("told are %v of %v", told, names)
	}
}
