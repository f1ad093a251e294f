package config

import (
	"path/filepath"
	"reflect"
	"testing"
)

// another is a value for each setting that is not its default.
var another = map[string]string{
	"CAMERAS": "a=http://192.168.1.20/", "DEMO_URL": "http://other:8081/stream.mjpg",
	"WINDOW": "3h", "WINDOW_BYTES": "50GB", "DISK_RESERVE": "3GB", "SEGMENT": "3s", "PART": "200ms", "ENCODER": "copy", "PICTURE_CHECKS": "off",
	"ALERT_WEBHOOK": "https://example.org/hook", "ALERT_SECRET": "correct horse", "ALERT_AFTER": "31s",
	"RUNNER": "docker", "DOCKER_ENGINE": "tcp://engine:2375", "LEASE": "16m", "RECORDER_CPUS": "2", "RECORDER_MEMORY": "2GB", "RECORDER_PROCESSES": "600",
	"MEDIA_DIR": "/media", "LISTEN": ":8091", "METRICS_LISTEN": ":9465", "VIEWER_DIR": "/viewer", "PARTS_DIR": "/parts",
	"CORS_ORIGINS": "https://example.org", "HOSTS": "example.org", "LOG_LEVEL": "debug", "LOG_FORMAT": "json",
}

// anotherOfCamera is the same for each setting of a camera; those that are not
// for every kind of camera name an address of one they are for.
var anotherOfCamera = map[string]struct{ value, address string }{
	"TITLE": {value: "Other"}, "TIME_ZONE": {value: "Europe/Berlin"},
	"WINDOW": {value: "3h"}, "WINDOW_BYTES": {value: "50GB"}, "SEGMENT": {value: "3s"}, "PART": {value: "200ms"}, "ENCODER": {value: "libx264"},
	"FPS": {value: "15"}, "PICTURE_CHECKS": {value: "off"}, "RTSP_TRANSPORT": {"udp", "rtsp://h/"}, "POLL": {value: "2s"},
	"INPUT_FORMAT": {"mjpeg", "/dev/video0"}, "INPUT_SIZE": {"640x480", "/dev/video0"}, "AUDIO": {value: "on"}, "HEADERS": {value: "X-Key: 1"},
	"TLS": {"verify", "https://h/"}, "COPY": {value: "h265"}, "QUALITY": {value: "20"}, "BITRATE": {value: "2M"}, "SCALE": {value: "720p"},
	"ROTATE": {value: "90"}, "CPUS": {value: "2"}, "MEMORY": {value: "2GB"},
}

// TestEverySettingArrives: none is accepted and ignored. Each changes what Load
// returns, whose fields the rest of the program reads.
func TestEverySettingArrives(t *testing.T) {
	another["CAMERAS_FILE"] = filepath.Join(t.TempDir(), "cameras")
	write(t, another["CAMERAS_FILE"], "a=http://192.168.1.20/\n")
	for _, name := range variables("", &settings{}) {
		value, ok := another[name]
		if !ok {
			t.Errorf("%s: no value to try it with", name)
			continue
		}
		if reflect.DeepEqual(configOf(t), configOf(t, name+"="+value)) {
			t.Errorf("%s=%s is accepted and changes nothing", name, value)
		}
	}
	for _, key := range cameraKeys {
		with, ok := anotherOfCamera[key]
		if !ok {
			t.Errorf("CAM_NAME_%s: no value to try it with", key)
			continue
		}
		if with.address == "" {
			with.address = "http://192.168.1.20/"
		}
		list := "CAMERAS=a=" + with.address
		if reflect.DeepEqual(configOf(t, list), configOf(t, list, "CAM_A_"+key+"="+with.value)) {
			t.Errorf("CAM_A_%s=%s is accepted and changes nothing", key, with.value)
		}
	}
}

// configOf is what an environment comes to.
func configOf(t *testing.T, environ ...string) *Config {
	t.Helper()
	c, err := Load(environ)
	if err != nil {
		t.Fatal(err)
	}
	c.start = nil // what it was read from
	return c
}
