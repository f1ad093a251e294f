package config

import (
	"slices"
	"strings"
	"testing"
)

func sorted(list []string) []string { return slices.Sorted(slices.Values(list)) }

const (
	acceptedWindow = `accepted is a duration from 1m to 366d, such as 90m, 24h, 7d, 1d12h or 1w`
	acceptedURL    = `accepted is a URL that begins with http://, https://, rtsp://, rtsps://, rtmp://, rtmps://, srt://, udp://, rtp://, /dev/video, file:/// or test:`
	acceptedHost   = `accepted is a URL with a host and a port from 1 to 65535, such as http://192.168.1.20:8080/video`
	acceptedForm   = `accepted is a well-formed URL (in a user name or password write %20 for a space, %23 for #, %25 for %, %2F for /, %3A for :, %3F for ? and %40 for @)`
	acceptedOne    = `accepted is one name=url, with a space and nothing else before the next (in a URL a comma is written %2C, a semicolon %3B, | %7C and & %26)`
	acceptedName   = `accepted is a camera's name of 1 to 32 characters a-z, 0-9 and -, which neither begins nor ends with -`
	acceptedEntry  = `accepted is name=url, such as front=http://192.168.1.20/video, separated by spaces`
	acceptedListen = `accepted is host:port with a port from 0 (any free one) to 65535, such as :8090 or 127.0.0.1:8090, or unix:/path`
	acceptedSize   = `accepted is width x height in even numbers of pixels from 320x180 to 3840x2160, from square to three times as wide as high, such as 1280x720`
	acceptedIP     = `accepted is an IP address of this machine, such as 127.0.0.1 (only itself), 0.0.0.0 (every network) or 192.168.1.5`
	acceptedOrigin = `accepted is origins separated by spaces, each http:// or https:// with a host (no * in it) and no path, such as https://home.example.org, or * for any`
	acceptedHosts  = `accepted is host names separated by spaces, without scheme and port, such as cameras.example.org, or * for any`
	acceptedBytes  = `accepted is a size of at least 100MB, such as 50GB or 50GiB, or 0 for unlimited`
)

// Each case is one environment, | between its variables, and every line of the error.
func TestMistakes(t *testing.T) {
	for environ, want := range map[string]string{
		"WINDOW=2 hours":                     `WINDOW="2 hours": ` + acceptedWindow,
		"WINDOW=59s":                         `WINDOW="59s": ` + acceptedWindow,
		"WINDOW=-2h":                         `WINDOW="-2h": ` + acceptedWindow,
		"WINDOW=367d":                        `WINDOW="367d": ` + acceptedWindow,
		"WINDOW=7200":                        `WINDOW="7200": ` + acceptedWindow,
		"WINDOW=99999999999999999999y":       `WINDOW="99999999999999999999y": ` + acceptedWindow,
		"WINDOW_BYTES=99MB":                  `WINDOW_BYTES="99MB": ` + acceptedBytes,
		"WINDOW_BYTES=-1GB":                  `WINDOW_BYTES="-1GB": ` + acceptedBytes,
		"WINDOW_BYTES=9EB":                   `WINDOW_BYTES="9EB": ` + acceptedBytes,
		"DISK_RESERVE=some":                  `DISK_RESERVE="some": accepted is a size such as 2GB, 500MB or 2GiB, or 0 for none`,
		"SEGMENT=2":                          `SEGMENT="2": accepted is a duration from 1s to 10s, such as 2s or 1.5s`,
		"SEGMENT=11s":                        `SEGMENT="11s": accepted is a duration from 1s to 10s, such as 2s or 1.5s`,
		"PART=49ms":                          `PART="49ms": accepted is a duration from 50ms to 2s, at most half of SEGMENT, such as 100ms`,
		"PART=1.1s":                          `PART="1.1s": accepted is at most half a segment, 1s with SEGMENT 2s`,
		"CAM_DEMO_SEGMENT=1s|PART=1s":        `CAM_DEMO_PART="1s": accepted is at most half a segment, 500ms with SEGMENT 1s`,
		"ENCODER=x265":                       `ENCODER="x265": accepted is auto, copy, libx264, h264_v4l2m2m, h264_qsv, h264_vaapi or h264_nvenc`,
		"MEDIA_DIR=/":                        `MEDIA_DIR="/": accepted is a folder of its own, such as /var/lib/lookback`,
		"LISTEN=8090":                        `LISTEN="8090": ` + acceptedListen,
		"LISTEN=:65536":                      `LISTEN=":65536": ` + acceptedListen,
		"LISTEN=a b:80":                      `LISTEN="a b:80": ` + acceptedListen,
		"LISTEN=unix:sock":                   `LISTEN="unix:sock": accepted is unix: and an absolute path of at most 107 bytes, such as unix:/run/lookback/controller.sock`,
		"LISTEN=:9464":                       `METRICS_LISTEN=":9464": accepted is an address other than that of LISTEN`,
		"CORS_ORIGINS=https://a/b":           `CORS_ORIGINS="https://a/…": ` + acceptedOrigin,
		"CORS_ORIGINS=https://*.example.org": `CORS_ORIGINS="https://…": ` + acceptedOrigin,
		"CORS_ORIGINS=https://u:p@a":         `CORS_ORIGINS="https://a/…": ` + acceptedOrigin,
		"HOSTS=a.example:8080":               `HOSTS="a.example:8080": ` + acceptedHosts,
		"LOG_LEVEL=loud":                     `LOG_LEVEL="loud": accepted is debug, info, warn or error`,
		"LOG_FORMAT=xml":                     `LOG_FORMAT="xml": accepted is text or json`,
		"DEMO_URL=demo:8081":                 `DEMO_URL="demo:8081": ` + acceptedURL,
		"DEMO_URL=http://u:p w@h/":           `DEMO_URL="http://…": ` + acceptedForm,

		"PICTURE_CHECKS=yes":       `PICTURE_CHECKS="yes": accepted is on or off`,
		"ALERT_AFTER=1s":           `ALERT_AFTER="1s": accepted is a duration from 5s to 24h, such as 30s or 5m`,
		"ALERT_SECRET=short":       `ALERT_SECRET: a secret of 8 to 500 bytes, such as the output of: openssl rand -hex 32`,
		"ALERT_WEBHOOK=mail:me@x":  `ALERT_WEBHOOK: a URL that begins with http:// or https:// and names a host, such as https://example.org/alerts (in a user name or password, special characters as %XX)`,
		"ALERT_WEBHOK=https://x/y": `ALERT_WEBHOK: unknown setting; did you mean ALERT_WEBHOOK?`,

		"BIND_IP=127.0.0.256":       `BIND_IP="127.0.0.256": ` + acceptedIP,
		"METRICS_BIND_IP=localhost": `METRICS_BIND_IP="localhost": ` + acceptedIP,
		"HTTP_PORT=0":               `HTTP_PORT="0": accepted is a port from 1 to 65535`,
		"METRICS_PORT=65536":        `METRICS_PORT="65536": accepted is a port from 1 to 65535`,
		"MEDIA_PATH=recordings":     `MEDIA_PATH="recordings": accepted is a folder of this machine that begins with / or ./, such as /srv/lookback`,
		"PUID=me":                   `PUID="me": accepted is the number of a user or group, such as 1000 (see the command id)`,
		"DEMO_SIZE=1281x720":        `DEMO_SIZE="1281x720": ` + acceptedSize,
		"DEMO_SIZE=720p":            `DEMO_SIZE="720p": ` + acceptedSize,
		"DEMO_SIZE=640x1280":        `DEMO_SIZE="640x1280": ` + acceptedSize,
		"DEMO_FPS=121":              `DEMO_FPS="121": accepted is frames a second from 0.1 to 120, such as 30`,

		"CAMERAS=front":                        `CAMERAS="entry 1": ` + acceptedEntry,
		"CAMERAS=http://u:p@h/?a=b":            `CAMERAS="entry 1": ` + acceptedEntry,
		"CAMERAS=Front=http://h/":              `CAMERAS="Front=http://h/": ` + acceptedName,
		"CAMERAS=-a=http://h/":                 `CAMERAS="-a=http://h/": ` + acceptedName,
		"CAMERAS=a-=http://h/":                 `CAMERAS="a-=http://h/": ` + acceptedName,
		"CAMERAS==http://h/":                   `CAMERAS="=http://h/": ` + acceptedName,
		"CAMERAS=.a=http://h/":                 `CAMERAS=".a=http://h/": ` + acceptedName,
		"CAMERAS=a=http://u:two s=x@h/":        `CAMERAS="a=http://…": ` + acceptedForm + "\n" + `CAMERAS="s=***@h/": ` + acceptedURL,
		"CAMERAS=a=http://u:two S=x@h/":        `CAMERAS="a=http://…": ` + acceptedForm + "\n" + `CAMERAS="entry 2": ` + acceptedEntry,
		"CAMERAS=a=mms://u:p@h/":               `CAMERAS="a=mms://h/": ` + acceptedURL,
		"CAMERAS=a=u:p@h/":                     `CAMERAS="a=***@h/": ` + acceptedURL,
		"CAMERAS=a=http:///x":                  `CAMERAS="a=http:///…": ` + acceptedHost,
		"CAMERAS=a=http://h:65536/":            `CAMERAS="a=http://h:65536/": ` + acceptedHost,
		"CAMERAS=a=http://u:p#x@h/":            `CAMERAS="a=http://…": ` + acceptedForm,
		"CAMERAS=a=http://u:p%zz@h/":           `CAMERAS="a=http://h/": ` + acceptedForm,
		"CAMERAS=a=http://h/ a=http://u:p@g/":  `CAMERAS="a=http://g/": accepted is each name once`,
		"CAMERAS=a=http://u:two words@h/":      `CAMERAS="a=http://…": ` + acceptedForm + "\n" + `CAMERAS="entry 2": ` + acceptedEntry,
		"CAMERAS=a=ftp://h/|CAM_B_WINDOW=soon": `CAMERAS="a=ftp://h/": ` + acceptedURL,

		"CAMERAS=a=http://g/,b=http://u:p@h/":   `CAMERAS="a=…": ` + acceptedOne,
		"CAMERAS=a=http://g/;b=http://u:p@h/":   `CAMERAS="a=…": ` + acceptedOne,
		"CAMERAS=a=http://g/&b=http://u:p@h/":   `CAMERAS="a=…": ` + acceptedOne,
		"CAMERAS=a=http://g/&":                  `CAMERAS="a=…": ` + acceptedOne,
		"CAMERAS=a=http://g/, b=http://h/":      `CAMERAS="a=…": ` + acceptedOne,
		"CAMERAS=a=rtsp://u:p@g/,b=/dev/video0": `CAMERAS="a=…": ` + acceptedOne,
		"CAMERAS=a=rtsp://g/1,rtsp://u:p@g/2":   `CAMERAS="a=…": ` + acceptedOne,
		"CAMERAS=a=/dev/video0,b=test:":         `CAMERAS="a=…": ` + acceptedOne,

		"CAM_DEMO_WINDOW=soon":         `CAM_DEMO_WINDOW="soon": ` + acceptedWindow,
		"CAM_DEMO_FPS=NaN":             `CAM_DEMO_FPS="NaN": accepted is frames a second from 0.1 to 240, such as 15 or 29.97, or 0 to have them measured`,
		"CAM_DEMO_FPS=241":             `CAM_DEMO_FPS="241": accepted is frames a second from 0.1 to 240, such as 15 or 29.97, or 0 to have them measured`,
		"CAM_DEMO_RTSP_TRANSPORT=http": `CAM_DEMO_RTSP_TRANSPORT="http": accepted is tcp or udp`,
		"CAM_DEMO_POLL=1h":             `CAM_DEMO_POLL="1h": accepted is a duration from 100ms to 1m, such as 1s`,
		"CAM_DEMO_INPUT_FORMAT=a b":    `CAM_DEMO_INPUT_FORMAT="a b": accepted is a pixel format or codec of the device, such as mjpeg, h264 or yuyv422`,
		"CAM_DEMO_INPUT_SIZE=720p":     `CAM_DEMO_INPUT_SIZE="720p": accepted is width x height in pixels, such as 1280x720`,
		"CAM_DEMO_AUDIO=loud":          `CAM_DEMO_AUDIO="loud": accepted is on, off, or a microphone beside the camera as alsa:DEVICE or pulse:SOURCE, such as alsa:hw:1`,
		"CAM_DEMO_COPY=vp9":            `CAM_DEMO_COPY="vp9": accepted is h265, which copies H.265 too, or h264`,
		"CAM_DEMO_QUALITY=0":           `CAM_DEMO_QUALITY="0": accepted is a number from 1 (best) to 51, such as 23`,
		"CAM_DEMO_BITRATE=4Mbit":       `CAM_DEMO_BITRATE="4Mbit": accepted is bits a second from 50k to 200M, such as 4M or 800k`,
		"CAM_DEMO_SCALE=half":          `CAM_DEMO_SCALE="half": accepted is width x height in pixels, such as 1280x720, or the height alone, such as 720p`,
		"CAM_DEMO_ROTATE=45":           `CAM_DEMO_ROTATE="45": accepted is 0, 90, 180 or 270 degrees clockwise`,
		"CAMERAS=a=udp://239.0.0.1/":   `CAMERAS="a=udp://239.0.0.1/": accepted is a URL with a port, such as udp://@:5004 or udp://239.0.0.1:5004`,
		"CAMERAS=a=srt://:9000":        `CAMERAS="a=srt://:9000": accepted is a URL with host and port, such as srt://192.168.1.20:9000, or srt://:9000?mode=listener`,
		"CAMERAS=a=test:big":           `CAMERAS="a=test:big": accepted is test: or test:WIDTHxHEIGHT@FPS, such as test:1280x720@30`,
		"CAM_DEMO_TITLE=a\nb":          `CAM_DEMO_TITLE="a\nb": accepted is a title of at most 100 printable characters`,
		"CAM_FRONT_WINDOW=7d":          `CAM_FRONT_WINDOW: no such camera; there is demo`,
		"CAM_DEMO_TIME_ZONE=CEST":      `CAM_DEMO_TIME_ZONE="CEST": accepted is a time zone's name in the IANA database, such as Europe/Berlin or UTC`,
		"CAM_DEMO_TIME_ZONE=Local":     `CAM_DEMO_TIME_ZONE="Local": accepted is a time zone's name in the IANA database, such as Europe/Berlin or UTC`,
		"CAM_DEMO_TIME_ZONE=../UTC":    `CAM_DEMO_TIME_ZONE="../UTC": accepted is a time zone's name in the IANA database, such as Europe/Berlin or UTC`,
		"CAM_DEMO_PASSWORD=x":          `CAM_DEMO_PASSWORD: unknown setting; camera demo has TITLE, TIME_ZONE, WINDOW, WINDOW_BYTES, SEGMENT, PART, ENCODER, FPS, PICTURE_CHECKS, RTSP_TRANSPORT, POLL, INPUT_FORMAT, INPUT_SIZE, AUDIO, HEADERS, TLS, COPY, QUALITY, BITRATE, SCALE, ROTATE, CPUS, MEMORY`,
		"CAM_DEMO_WINDOWS=7d":          `CAM_DEMO_WINDOWS: unknown setting; did you mean CAM_DEMO_WINDOW?`,
		"cam_demo_title=x":             `cam_demo_title: unknown setting; did you mean CAM_DEMO_TITLE?`,
		"Cam_Demo_Title=x":             `Cam_Demo_Title: unknown setting; did you mean CAM_DEMO_TITLE?`,
		"CAM-DEMO-TITLE=x":             `CAM-DEMO-TITLE: unknown setting; did you mean CAM_DEMO_TITLE?`,
		"CAM_DEMO-TITLE=x":             `CAM_DEMO-TITLE: unknown setting; did you mean CAM_DEMO_TITLE?`,
		"CAMDEMO_TITLE=x":              `CAMDEMO_TITLE: unknown setting; did you mean CAM_DEMO_TITLE?`,
		"metrics-bind-ip=127.0.0.1":    `metrics-bind-ip: unknown setting; did you mean METRICS_BIND_IP?`,
		"WINDOWS=7d":                   `WINDOWS: unknown setting; did you mean WINDOW?`,
		"WINODW=7d":                    `WINODW: unknown setting; did you mean WINDOW?`,
		"SEGMENTS=2s":                  `SEGMENTS: unknown setting; did you mean SEGMENT?`,
		"RUNNER=podman":                `RUNNER="podman": accepted is process or docker`,
		"LEASE=5s":                     `LEASE="5s": accepted is a duration from 10s to 7d, such as 15m or 1h`,
		"DOCKER_ENGINE=docker.sock":    `DOCKER_ENGINE="docker.sock": accepted is unix:///path or tcp://host:port of a Docker Engine, such as unix:///var/run/docker.sock`,
		"RECORDER_MEMORY=1MB":          `RECORDER_MEMORY="1MB": accepted is a size of at least 64MB, such as 1GB or 512MiB, or 0 for unlimited`,
		"RECORDER_CPUS=0.01":           `RECORDER_CPUS="0.01": accepted is a number of cores from 0.05 to 1024, such as 1.5, or 0 for all`,
		"RECORDER_PROCESSES=3":         `RECORDER_PROCESSES="3": accepted is a number from 50 to 100000, or 0 for unlimited`,
		"BINDIP=0.0.0.0":               `BINDIP: unknown setting; did you mean BIND_IP?`,
		"cameras=a=http://u:p@h/":      `cameras: unknown setting; did you mean CAMERAS?`,
		"CAMERA=http://u:p@h/":         `CAMERA: unknown setting; use CAMERAS, a list of name=url`,
		"HLS_TIME=2|HLS_LIST_SIZE=300": "HLS_LIST_SIZE: unknown setting; use WINDOW, such as 2h\nHLS_TIME: unknown setting; use SEGMENT, such as 2s",
		"WINDOW=x|SEGMENT=y|BIND_IP=z": `WINDOW="x": ` + acceptedWindow + "\n" + `SEGMENT="y": accepted is a duration from 1s to 10s, such as 2s or 1.5s` + "\n" + `BIND_IP="z": ` + acceptedIP,
	} {
		_, err := Load(strings.Split(environ, "|"))
		if err == nil {
			t.Errorf("%s: no error, want %s", environ, want)
		} else if got := err.Error(); got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", environ, got, want)
		}
	}
}

// TestBarBetweenCameras: | is between the variables of the cases above.
func TestBarBetweenCameras(t *testing.T) {
	for _, list := range []string{"a=http://g/|b=http://u:p@h/", "a=http://g/|http://h/", "a=test:|b=test:", "a=http://g/|"} {
		if _, err := Load([]string{"CAMERAS=" + list}); err == nil || err.Error() != `CAMERAS="a=…": `+acceptedOne {
			t.Errorf("%s: %v", list, err)
		}
	}
	// What only looks like it is one camera.
	for _, list := range []string{"a=http://g/?x=1&url=http://h/", "a=http://g/a&b", "a=http://g/b=c", "a=http://g/?list=1|2"} {
		if c, err := Load([]string{"CAMERAS=" + list}); err != nil || len(c.Cameras) != 1 {
			t.Errorf("%s: %v", list, err)
		}
	}
}
