package config

import (
	"errors"
	"log/slog"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"lookback/controller/camera"
)

func TestDefaults(t *testing.T) {
	c, err := Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	demo, err := ParseSource("http://demo:8081/stream.mjpg")
	if err != nil {
		t.Fatal(err)
	}
	want := &Config{
		Cameras: []Camera{{
			Name: "demo", Title: "demo", URL: demo, Window: 2 * time.Hour,
			Request: camera.Request{Segment: 2 * time.Second, Part: 100 * time.Millisecond, Encoder: "auto", PictureChecks: true}, Memory: 1e9,
		}},
		Demo: true, Window: 2 * time.Hour, DiskReserve: 2e9,
		Segment: 2 * time.Second, Part: 100 * time.Millisecond, Encoder: "auto",
		AlertAfter: 30 * time.Second, Runner: "process", DockerEngine: "unix:///var/run/docker.sock", Lease: 15 * time.Minute, RecorderProcs: 500,
		CamerasFile: "/config/cameras", MediaDir: "/var/lib/lookback", Listen: ":8090", MetricsListen: ":9464",
		LogLevel: slog.LevelInfo, LogFormat: "text",
	}
	if c.start = nil; !reflect.DeepEqual(c, want) {
		t.Errorf("got  %+v\nwant %+v", c, want)
	}
}

func TestEmptyMeansUnset(t *testing.T) {
	var environ []string
	for _, name := range append(variables("", &settings{}), variables("", &compose{})...) {
		environ = append(environ, name+"= ")
	}
	environ = append(environ, "CAM_DEMO_WINDOW=", "CAM_NOBODY_WINDOW=", "WINDOWS=")
	got, err := Load(environ)
	if err != nil {
		t.Fatal(err)
	}
	want, _ := Load(nil)
	got.start, want.start = nil, nil
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestCamerasKeepTheirOrderAndInherit(t *testing.T) {
	c, err := Load([]string{
		"CAMERAS= front-door=http://u:p@10.0.0.1/v?a=1&b=$x#f\n\tbench=https://[fe80::1]:8443/a=b ",
		"WINDOW=1d12h", "WINDOW_BYTES=50GiB", "SEGMENT=4s",
		"CAM_FRONT_DOOR_WINDOW=1w", "CAM_FRONT_DOOR_WINDOW_BYTES=0", "CAM_FRONT_DOOR_PART=1.5s",
		"CAM_BENCH_TITLE=Bänk", "CAM_BENCH_FPS=29.97", "CAM_BENCH_ENCODER=libx264", "CAM_BENCH_SEGMENT=1500ms",
		"RUNNER=docker", "RECORDER_CPUS=1.5", "RECORDER_MEMORY=512MiB", "CAM_BENCH_CPUS=0", "CAM_BENCH_MEMORY=2GB",
	})
	if err != nil {
		t.Fatal(err)
	}
	if c.Demo || len(c.Cameras) != 2 {
		t.Fatalf("got %+v", c)
	}
	front, bench := c.Cameras[0], c.Cameras[1]
	if got, want := front.URL.Reveal(), "http://u:p@10.0.0.1/v?a=1&b=$x#f"; got != want {
		t.Errorf("front's URL is %q, want %q", got, want)
	}
	if got, want := bench.URL.Reveal(), "https://[fe80::1]:8443/a=b"; got != want {
		t.Errorf("bench's URL is %q, want %q", got, want)
	}
	front.URL, bench.URL = nil, nil
	if want := (Camera{Name: "front-door", Title: "front-door", Window: 7 * day, Request: camera.Request{Segment: 4 * time.Second, Part: 1500 * time.Millisecond, Encoder: "auto", PictureChecks: true}, CPUs: 1.5, Memory: 512 << 20}); front != want {
		t.Errorf("got  %+v\nwant %+v", front, want)
	}
	if want := (Camera{Name: "bench", Title: "Bänk", Window: 36 * time.Hour, WindowBytes: 50 << 30, Request: camera.Request{Segment: 1500 * time.Millisecond, Part: 100 * time.Millisecond, Encoder: "libx264", Source: camera.Source{FPS: 29.97}, PictureChecks: true}, Memory: 2e9}); bench != want {
		t.Errorf("got  %+v\nwant %+v", bench, want)
	}
}

// No setting of a camera may end in _ and another one: CAM_A_X_Y would belong
// to camera a and to camera a-x.
func TestCameraSettingsCannotBeMistaken(t *testing.T) {
	names := variables("", &cameraSettings{})
	for _, long := range names {
		for _, short := range names {
			if strings.HasSuffix(long, "_"+short) {
				t.Errorf("%s ends in _%s", long, short)
			}
		}
	}
}

// A new setting of a camera is a field that decodes itself, and nothing else.
func TestEveryCameraSettingIsAField(t *testing.T) {
	if fields := reflect.TypeFor[cameraSettings]().NumField(); fields != len(cameraKeys) {
		t.Fatalf("%d fields, but the keys are %q", fields, cameraKeys)
	}
	for _, key := range cameraKeys {
		if err := new(cameraSettings).set(key, "\x00"); err == nil {
			t.Errorf("%s accepts anything", key)
		}
	}
}

func TestGoodValues(t *testing.T) {
	for _, c := range []struct {
		set  string
		got  func(*Config) any
		want any
	}{
		{"WINDOW=1m", func(c *Config) any { return c.Window }, time.Minute},
		{"WINDOW=90m", func(c *Config) any { return c.Window }, 90 * time.Minute},
		{"WINDOW=366d", func(c *Config) any { return c.Window }, 366 * day},
		{"WINDOW=1h30m", func(c *Config) any { return c.Window }, 90 * time.Minute},
		{"WINDOW_BYTES=100MB", func(c *Config) any { return c.WindowBytes }, int64(100e6)},
		{"WINDOW_BYTES=50 GB", func(c *Config) any { return c.WindowBytes }, int64(50e9)},
		{"WINDOW_BYTES=1.5GiB", func(c *Config) any { return c.WindowBytes }, int64(3 << 29)},
		{"DISK_RESERVE=0", func(c *Config) any { return c.DiskReserve }, int64(0)},
		{"SEGMENT=10s", func(c *Config) any { return c.Segment }, 10 * time.Second},
		{"PART=1s", func(c *Config) any { return c.Part }, time.Second},
		{"ENCODER=LibX264", func(c *Config) any { return c.Encoder }, "libx264"},
		{"MEDIA_DIR=media/", func(c *Config) any { return c.MediaDir }, "media"},
		{"LISTEN=unix:/run/lookback/controller.sock", func(c *Config) any { return c.Listen }, "unix:/run/lookback/controller.sock"},
		{"LISTEN=[::1]:0", func(c *Config) any { return c.Listen }, "[::1]:0"},
		{"METRICS_LISTEN=localhost:9000", func(c *Config) any { return c.MetricsListen }, "localhost:9000"},
		{"CORS_ORIGINS=https://Home.example.org, http://10.0.0.1:3000", func(c *Config) any { return c.CORSOrigins }, []string{"https://home.example.org", "http://10.0.0.1:3000"}},
		{"HOSTS=Cameras.example.org other", func(c *Config) any { return c.AllowedHosts }, []string{"cameras.example.org", "other"}},
		{"HOSTS=*", func(c *Config) any { return c.AllowedHosts }, []string{"*"}},
		{"PICTURE_CHECKS=OFF", func(c *Config) any { return c.Cameras[0].PictureChecks }, false},
		{"CAM_DEMO_TIME_ZONE=Europe/Berlin", func(c *Config) any { return c.Cameras[0].TimeZone }, "Europe/Berlin"},
		{"CAM_DEMO_PICTURE_CHECKS=off", func(c *Config) any { return c.Cameras[0].PictureChecks }, false},
		{"ALERT_AFTER=5m", func(c *Config) any { return c.AlertAfter }, 5 * time.Minute},
		{"ALERT_WEBHOOK=https://u:p@example.org:8443/T0/B1?x=y", func(c *Config) any { return c.AlertWebhook.Reveal() + " " + c.AlertWebhook.String() },
			"https://u:p@example.org:8443/T0/B1?x=y https://example.org:8443/***"},
		{"ALERT_WEBHOOK=http://home:8123", func(c *Config) any { return c.AlertWebhook.String() }, "http://home:8123"},
		{"ALERT_SECRET=correct horse", func(c *Config) any { return c.AlertSecret.Reveal() }, "correct horse"},
		{"ALERT_SECRET=", func(c *Config) any { return c.AlertSecret.Set() || c.AlertWebhook.Set() }, false},
		{"LOG_LEVEL=Warn", func(c *Config) any { return c.LogLevel }, slog.LevelWarn},
		{"LOG_FORMAT=json", func(c *Config) any { return c.LogFormat }, "json"},
		{"BIND_IP=0.0.0.0", func(c *Config) any { return c.Demo }, true},
		{"BIND_IP=[::]", func(c *Config) any { return c.Demo }, true},
		{"MEDIA_PATH=./recordings", func(c *Config) any { return c.Demo }, true},
		{"CAM_DEMO_TITLE=A = b", func(c *Config) any { return c.Cameras[0].Title }, "A = b"},
		{"CAMERAS=a=rtsp://h/|CAM_A_RTSP_TRANSPORT=UDP", func(c *Config) any { return c.Cameras[0].Source }, camera.Source{Transport: "udp"}},
		{"CAM_DEMO_POLL=500ms", func(c *Config) any { return c.Cameras[0].Source }, camera.Source{Poll: 500 * time.Millisecond}},
		{"CAMERAS=a=/dev/video0|CAM_A_INPUT_FORMAT=MJPEG", func(c *Config) any { return c.Cameras[0].Source }, camera.Source{InputFormat: "mjpeg"}},
		{"CAMERAS=a=/dev/video0|CAM_A_INPUT_SIZE=1280x720", func(c *Config) any { return c.Cameras[0].Source }, camera.Source{InputSize: "1280x720"}},
		{"CAM_DEMO_AUDIO=On", func(c *Config) any { return c.Cameras[0].Source }, camera.Source{Audio: "on"}},
		{"CAM_DEMO_AUDIO=alsa:hw:1,0", func(c *Config) any { return c.Cameras[0].Source }, camera.Source{Audio: "alsa:hw:1,0"}},
		{"CAM_DEMO_COPY=h265", func(c *Config) any { return c.Cameras[0].PictureOptions }, camera.PictureOptions{CopyH265: true}},
		{"CAM_DEMO_QUALITY=18", func(c *Config) any { return c.Cameras[0].PictureOptions }, camera.PictureOptions{Quality: 18}},
		{"CAM_DEMO_BITRATE=1.5M", func(c *Config) any { return c.Cameras[0].PictureOptions }, camera.PictureOptions{Bitrate: 1_500_000}},
		{"CAM_DEMO_SCALE=720p", func(c *Config) any { return c.Cameras[0].PictureOptions }, camera.PictureOptions{Height: 720}},
		{"CAM_DEMO_SCALE=640x360", func(c *Config) any { return c.Cameras[0].PictureOptions }, camera.PictureOptions{Width: 640, Height: 360}},
		{"CAM_DEMO_ROTATE=90", func(c *Config) any { return c.Cameras[0].PictureOptions }, camera.PictureOptions{Rotate: 90}},
		{"ENCODER=h264_vaapi", func(c *Config) any { return c.Encoder }, "h264_vaapi"},
		{"CAM_DEMO_FPS=0", func(c *Config) any { return c.Cameras[0].FPS }, 0.0},
	} {
		config, err := Load(strings.Split(c.set, "|"))
		if err != nil {
			t.Errorf("%s: %v", c.set, err)
		} else if got := c.got(config); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: got %v, want %v", c.set, got, c.want)
		}
	}
}

func TestEveryScheme(t *testing.T) {
	for _, address := range strings.Fields(`http://h/ https://h/x rtsp://u:p@h:8554/s rtsps://h/s rtmp://h/live/x rtmps://h/live/x srt://h:9000?passphrase=abc
		srt://:9000?mode=listener udp://@:5004 udp://239.0.0.1:5004 rtp://@:5004 /dev/video0 file:///media/clip.mp4 test: test:640x360@15`) {
		if c, err := Load([]string{"CAMERAS=a=" + address}); err != nil || c.Cameras[0].URL.Reveal() != address {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func TestOrdinaryEnvironmentIsNoMistake(t *testing.T) {
	for _, name := range strings.Fields(`PATH HOSTNAME HOST HOME LANG LC_ALL TERM USER UID GID EUID PORT PARTY SHELL PWD
		OLDPWD SHLVL _ TZ TMPDIR EDITOR PAGER DISPLAY WINDOWID LINES COLUMNS MAIL LOGNAME LISTEN_FDS LISTEN_PID HTTP_PROXY
		http_proxy https_proxy no_proxy CI DEBIAN_FRONTEND GOPATH GOFLAGS XDG_RUNTIME_DIR SSH_AUTH_SOCK LS_COLORS
		DOCKER_HOST COMPOSE_PROJECT_NAME CONTROLLER_PORT DEMO_PORT CAMERA_MODEL NODE_ENV`) {
		if _, err := Load([]string{name + "=x"}); err != nil {
			t.Error(err)
		}
	}
}

func TestLoadLeavesTheEnvironmentAlone(t *testing.T) {
	t.Setenv("WINDOW", "7d")
	t.Setenv("SEGMENT", "")
	before := os.Environ()
	c, err := Load([]string{"SEGMENT=3s"})
	if err != nil {
		t.Fatal(err)
	}
	if c.Window != 2*time.Hour || c.Segment != 3*time.Second {
		t.Errorf("got window %v and segment %v of the process", c.Window, c.Segment)
	}
	after := os.Environ()
	if strings.Join(sorted(before), "\n") != strings.Join(sorted(after), "\n") {
		t.Errorf("environment was %q, is %q", before, after)
	}
}

func TestErrorIsTyped(t *testing.T) {
	_, err := Load([]string{"WINDOW=soon"})
	var e *Error
	if !errors.As(err, &e) || e.Setting != "WINDOW" || e.Value != "soon" || e.Accepted == "" {
		t.Errorf("got %#v", e)
	}
}
