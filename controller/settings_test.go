package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"lookback/controller/config"
)

// settingsOfExample are the names in .env.example: those of everything, and those of a
// camera without CAM_FRONT_DOOR_.
func settingsOfExample(t *testing.T) (all, ofCamera []string) {
	t.Helper()
	text, err := os.ReadFile("../.env.example")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`(?m)^(?:# )?([A-Z_]+)=`).FindAllStringSubmatch(string(text), -1) {
		all = append(all, m[1])
	}
	for _, m := range regexp.MustCompile(`(?m)^#   CAM_FRONT_DOOR_([A-Z_]+)=`).FindAllStringSubmatch(string(text), -1) {
		ofCamera = append(ofCamera, m[1])
	}
	if len(all) < 40 || len(ofCamera) < 20 {
		t.Fatalf("%d and %d settings are found", len(all), len(ofCamera))
	}
	return all, ofCamera
}

// change is a setting that is another at the second start, and how one sees that.
type change struct {
	set  string // NAME=value
	seen func() bool
}

// told is a change of which a line of the log says why it is not in force.
func (h *house) told(set string) change {
	name, _, _ := strings.Cut(set, "=")
	return change{set, func() bool {
		return regexp.MustCompile(`left out of the settings.*\b` + name + `\b.*nothing`).MatchString(h.log.String())
	}}
}

// api is what the API says of a camera, by a path of keys; nil for nothing.
func (h *house) api(camera string, keys ...string) (value any) {
	if json.Unmarshal([]byte(h.get("/api/cameras/"+camera).body), &value) != nil {
		return nil
	}
	for _, key := range keys {
		of, ok := value.(map[string]any)
		if !ok {
			return nil
		}
		value = of[key]
	}
	return value
}

// says reports whether what the API says there is so, or has such a text in it.
func (h *house) says(want any, camera string, keys ...string) func() bool {
	return func() bool {
		got := h.api(camera, keys...)
		if text, ok := want.(string); ok {
			return strings.Contains(fmt.Sprint(got), text)
		}
		return got == want
	}
}

// holds reports whether a link of a camera's health does.
func (h *house) holds(camera, link string) func() bool {
	return func() bool {
		return slices.ContainsFunc(h.cameras()[camera].Health, func(l struct {
			Code, State, Severity string
			Told                  bool
			Reason                *struct{ Code, Title, Advice string }
		}) bool {
			return l.Code == link && l.State == "ok"
		})
	}
}

// has reports whether a file has a text in it.
func has(path, text string) func() bool {
	return func() bool {
		data, err := os.ReadFile(path)
		return err == nil && strings.Contains(string(data), text)
	}
}

// works reports whether a child of this process has such arguments.
func works(arguments string) func() bool {
	return func() bool {
		all, _ := filepath.Glob("/proc/[0-9]*/cmdline")
		return slices.ContainsFunc(all, func(path string) bool {
			data, _ := os.ReadFile(path)
			return strings.Contains(strings.ReplaceAll(string(data), "\x00", " "), arguments)
		})
	}
}

// asked is what a request with a header gets.
func (h *house) asked(name, value string) *http.Response {
	r, _ := http.NewRequest(http.MethodGet, "http://lookback/api/cameras", nil)
	r.Header.Set(name, value)
	if name == "Host" {
		r.Host = value
	}
	got, err := h.http.Do(r)
	if err != nil {
		return &http.Response{}
	}
	got.Body.Close()
	return got
}

// between starts a controller, and another one with what is changed, and waits until all
// of that is seen. None is seen before.
func (h *house) between(base []string, changes []change) (names []string) {
	h.t.Helper()
	h.serve(base...)
	h.untilLive("a")
	for _, c := range changes {
		if c.seen() {
			h.t.Errorf("%s is seen before it is set", c.set)
		}
	}
	h.stop()
	set := slices.Clone(base)
	for _, c := range changes {
		set = append(set, c.set)
		name, _, _ := strings.Cut(c.set, "=")
		names = append(names, name)
	}
	cfg, err := config.Load(append(slices.Clone(h.env), set...))
	if err != nil {
		h.t.Fatal(err)
	}
	log := newLogger(cfg.LogLevel, cfg.LogFormat, &h.log) // as serveCommand does
	for _, w := range cfg.Warnings {
		log.Warn("left out of the settings", "what", w)
	}
	h.serve(set...)
	for _, c := range changes {
		h.until(c.set+" is seen", c.seen)
	}
	h.stop()
	return names
}

// TestSettingsBetweenStarts walks .env.example: each setting that is another at the second
// start is in force, or a line says why not. What only Compose reads is walked by
// TestComposePassesEverySetting, and what a camera's kind decides by that of its plan.
func TestSettingsBetweenStarts(t *testing.T) {
	t.Parallel()
	var seen []string
	var alert atomic.Pointer[http.Header]
	hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		alert.Store(&r.Header)
	}))
	defer hook.Close()
	h := newHouse(t)
	dir := filepath.Dir(h.media)
	state := filepath.Join(h.media, "a", "state.json")
	page, parts, list := filepath.Join(dir, "page"), filepath.Join(dir, "parts"), filepath.Join(dir, "list")
	for _, folder := range []string{page, parts} {
		if err := os.Mkdir(folder, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for path, text := range map[string]string{filepath.Join(page, "index.html"): "<title>mine</title>", list: "filed=test:320x180@5\n", h.list: "", filepath.Join(dir, "empty"): ""} {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	base := []string{"LOG_LEVEL=error", "PICTURE_CHECKS=off", "CAMERAS=a=test:320x180@10 gone=http://127.0.0.1:1/", "CAMERAS_FILE=" + h.list}
	seen = append(seen, h.between(base, []change{
		{"CAMERAS=a=test:320x180@10 gone=http://127.0.0.1:1/ b=test:320x180@10", func() bool { return h.state("b") == "live" }},
		{"CAMERAS_FILE=" + list, func() bool { return h.state("filed") == "live" }},
		{"WINDOW=3h", has(state, `"window_us": 10800000000`)},
		{"WINDOW_BYTES=50GB", has(state, `"window_bytes": 50000000000`)},
		{"SEGMENT=3s", h.says(3.0, "a", "live", "segment_seconds")},
		{"PART=400ms", h.says(0.4, "a", "live", "part_target_seconds")},
		{"ENCODER=h264_vaapi", h.says("h264_vaapi does not", "a", "plan_reasons")},
		{"ALERT_WEBHOOK=" + hook.URL, func() bool { return alert.Load() != nil }},
		{"ALERT_AFTER=5s", func() bool { return alert.Load() != nil }}, // the usual 30 s are more than anything here is waited for
		{"ALERT_SECRET=correct horse", func() bool { return alert.Load() != nil && alert.Load().Get("Lookback-Signature") != "" }},
		{"LOG_LEVEL=info", func() bool { return strings.Contains(h.log.String(), "level=INFO") }},
		{"PICTURE_CHECKS=on", h.holds("a", "content")},
		{"PARTS_DIR=" + parts, func() bool { return exists(filepath.Join(parts, "a")) }},
		{"VIEWER_DIR=" + page, func() bool { return strings.Contains(h.get("/").body, "mine") }},
		{"CORS_ORIGINS=https://example.org", func() bool {
			return h.asked("Origin", "https://example.org").Header.Get("Access-Control-Allow-Origin") != ""
		}},
		{"HOSTS=example.org", func() bool { return h.asked("Host", "example.org").StatusCode == http.StatusOK }},
		h.told("DEMO_URL=http://elsewhere/"), h.told("LEASE=16m"), h.told("RECORDER_CPUS=2"), h.told("RECORDER_MEMORY=2GB"),
		h.told("RECORDER_PROCESSES=600"), h.told("DOCKER_ENGINE=tcp://engine:2375"), h.told("DOCKER_GID=998"), h.told("DOCKER_SOCKET=/s"),
	})...)

	// What changes where all of it is asked.
	base = append(base, "LOG_LEVEL=info")
	other := filepath.Join(dir, "other")
	seen = append(seen, h.between(base, []change{
		{"DISK_RESERVE=1000PB", func() bool {
			return strings.Contains(h.log.String(), "accepted is less than the disk of MEDIA_DIR holds")
		}},
		{"LISTEN=unix:" + filepath.Join(dir, "there"), func() bool { return exists(filepath.Join(dir, "there")) }},
		{"METRICS_LISTEN=unix:" + filepath.Join(dir, "elsewhere"), func() bool { return exists(filepath.Join(dir, "elsewhere")) }},
		{"MEDIA_DIR=" + other, func() bool { return exists(filepath.Join(other, "a", "state.json")) }},
		{"LOG_FORMAT=json", func() bool { return strings.Contains(h.log.String(), `"msg":"ready"`) }},
	})...)
	base = append(base, "DOCKER_ENGINE=unix://"+filepath.Join(dir, "no-engine"))
	seen = append(seen, h.between(base, []change{
		{"RUNNER=docker", func() bool { return strings.Contains(h.log.String(), "the Docker Engine does not help") }},
	})...)
	all, _ := settingsOfExample(t)
	for _, name := range all {
		if !slices.Contains(seen, name) && !slices.Contains(composeAlone, name) {
			t.Errorf("nobody has looked whether %s is in force", name)
		}
	}
}

// composeAlone are the settings that only Compose's files read.
var composeAlone = strings.Fields("BIND_IP HTTP_PORT METRICS_BIND_IP METRICS_PORT MEDIA_PATH PUID PGID DEMO_SIZE DEMO_FPS DEMO_BLOCKS")

// TestCameraSettingsBetweenStarts is the same for the settings of a camera.
func TestCameraSettingsBetweenStarts(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	state := filepath.Join(h.media, "a", "state.json")
	base := []string{"LOG_LEVEL=info", "PICTURE_CHECKS=off", "CAMERAS=a=test:320x180@10 q=test:320x180@10 s=test:320x180@10 r=test:320x180@10 f=test:320x180@10 e=test:320x180@10"}
	changes := []change{
		{"CAM_A_TITLE=Front door", h.says("Front door", "a", "title")},
		{"CAM_A_TIME_ZONE=Europe/Berlin", h.says("Europe/Berlin", "a", "time_zone")},
		{"CAM_A_WINDOW=3h", has(state, `"window_us": 10800000000`)},
		{"CAM_A_WINDOW_BYTES=50GB", has(state, `"window_bytes": 50000000000`)},
		{"CAM_A_SEGMENT=3s", h.says(3.0, "a", "live", "segment_seconds")},
		{"CAM_A_PART=400ms", h.says(0.4, "a", "live", "part_target_seconds")},
		{"CAM_A_PICTURE_CHECKS=on", h.holds("a", "content")},
		{"CAM_A_AUDIO=on", h.says("sends no sound", "a", "plan_reasons")},
		{"CAM_A_COPY=h265", h.says("COPY=h265 does nothing", "a", "plan_reasons")},
		{"CAM_E_ENCODER=h264_vaapi", h.says("h264_vaapi does not", "e", "plan_reasons")},
		{"CAM_Q_QUALITY=37", works("-crf 37 ")},
		{"CAM_Q_BITRATE=789k", works("-maxrate 789k ")},
		{"CAM_S_SCALE=144p", h.says(144.0, "s", "video", "height")},
		{"CAM_R_ROTATE=90", h.says(320.0, "r", "video", "height")},
		{"CAM_F_FPS=5", h.says(5.0, "f", "video", "frame_rate")},
		h.told("CAM_A_RTSP_TRANSPORT=udp"), h.told("CAM_A_POLL=2s"), h.told("CAM_A_INPUT_FORMAT=mjpeg"), h.told("CAM_A_INPUT_SIZE=640x480"),
		h.told("CAM_A_CPUS=2"), h.told("CAM_A_MEMORY=2GB"), h.told("CAM_A_HEADERS=X-Key: 1"), h.told("CAM_A_TLS=verify"),
	}
	seen := h.between(base, changes)
	_, ofCamera := settingsOfExample(t)
	for _, key := range ofCamera {
		if !slices.ContainsFunc(seen, func(name string) bool { return name[len("CAM_A_"):] == key }) {
			t.Errorf("nobody has looked whether %s is in force", key)
		}
	}
}
