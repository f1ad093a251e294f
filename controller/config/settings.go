package config

import (
	"fmt"
	"log/slog"
	"math"
	"net"
	"net/netip"
	"net/url"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // for TIME_ZONE
	"unicode"
	"unicode/utf8"

	"github.com/dustin/go-humanize"
	"github.com/prometheus/common/model"

	"lookback/controller/camera"
)

// settings are the controller's variables. Each type says in Decode what it accepts.
type settings struct {
	Cameras       cameraList    `envconfig:"CAMERAS"`
	CamerasFile   camerasPath   `envconfig:"CAMERAS_FILE" default:"/config/cameras"`
	DemoURL       Source        `envconfig:"DEMO_URL" default:"http://demo:8081/stream.mjpg"`
	Window        windowLength  `envconfig:"WINDOW" default:"2h"`
	WindowBytes   windowBytes   `envconfig:"WINDOW_BYTES" default:"0"`
	DiskReserve   diskReserve   `envconfig:"DISK_RESERVE" default:"2GB"`
	Segment       segmentLength `envconfig:"SEGMENT" default:"2s"`
	Part          partLength    `envconfig:"PART" default:"100ms"`
	Encoder       encoder       `envconfig:"ENCODER" default:"auto"`
	PictureChecks onOff         `envconfig:"PICTURE_CHECKS" default:"on"`
	AlertWebhook  webhook       `envconfig:"ALERT_WEBHOOK"`
	AlertSecret   signingKey    `envconfig:"ALERT_SECRET"`
	AlertAfter    alertAfter    `envconfig:"ALERT_AFTER" default:"30s"`
	Runner        runnerKind    `envconfig:"RUNNER" default:"process"`
	DockerEngine  dockerEngine  `envconfig:"DOCKER_ENGINE" default:"unix:///var/run/docker.sock"`
	Lease         lease         `envconfig:"LEASE" default:"15m"`
	RecorderCPUs  cpus          `envconfig:"RECORDER_CPUS" default:"0"`
	RecorderMem   memory        `envconfig:"RECORDER_MEMORY" default:"1GB"`
	RecorderProcs processes     `envconfig:"RECORDER_PROCESSES" default:"500"`
	MediaDir      mediaDir      `envconfig:"MEDIA_DIR" default:"/var/lib/lookback"`
	Listen        listenAddress `envconfig:"LISTEN" default:":8090"`
	MetricsListen listenAddress `envconfig:"METRICS_LISTEN" default:":9464"`
	ViewerDir     viewerDir     `envconfig:"VIEWER_DIR"`
	PartsDir      partsDir      `envconfig:"PARTS_DIR"`
	CORSOrigins   origins       `envconfig:"CORS_ORIGINS"`
	Hosts         hosts         `envconfig:"HOSTS"`
	LogLevel      logLevel      `envconfig:"LOG_LEVEL" default:"info"`
	LogFormat     logFormat     `envconfig:"LOG_FORMAT" default:"text"`
}

// cameraSettings are the variables of one camera, read with the prefix
// CAM_<NAME>. They have no defaults: the fields hold the global settings
// before they are read, see settings.inherit.
type cameraSettings struct {
	Title         title
	TimeZone      timeZone `split_words:"true"`
	Window        windowLength
	WindowBytes   windowBytes `split_words:"true"`
	Segment       segmentLength
	Part          partLength
	Encoder       encoder
	FPS           frameRate
	PictureChecks onOff `split_words:"true"`
	// How it is read, and what its picture is to be like: see picture.go.
	RTSPTransport transport    `split_words:"true"`
	Poll          pollInterval // of an address that gives one picture
	InputFormat   deviceFormat `split_words:"true"`
	InputSize     deviceSize   `split_words:"true"`
	Audio         audio
	Headers       requestHeaders // of an HTTP camera, see headers.go
	TLS           tlsCheck
	Copy          copyCodec
	Quality       quality
	Bitrate       bitrate
	Scale         scale
	Rotate        rotation
	// Of its recorder's container: see runner.go.
	CPUs   cpus
	Memory memory
}

// compose are the variables that docker-compose.yml uses. The controller does
// not, but gets them all the same, and can say what is wrong with them.
type compose struct {
	BindIP        ipAddress `envconfig:"BIND_IP" default:"127.0.0.1"`
	HTTPPort      port      `envconfig:"HTTP_PORT" default:"8080"`
	MetricsBindIP ipAddress `envconfig:"METRICS_BIND_IP" default:"127.0.0.1"`
	MetricsPort   port      `envconfig:"METRICS_PORT" default:"9464"`
	MediaPath     hostPath  `envconfig:"MEDIA_PATH"`
	PUID          userID    `envconfig:"PUID" default:"10001"`
	PGID          userID    `envconfig:"PGID" default:"10001"`
	DockerGID     userID    `envconfig:"DOCKER_GID" default:"999"`
	DockerSocket  hostPath  `envconfig:"DOCKER_SOCKET" default:"/var/run/docker.sock"`
	DemoSize      frameSize `envconfig:"DEMO_SIZE" default:"1280x720"`
	DemoFPS       demoRate  `envconfig:"DEMO_FPS" default:"30"`
	DemoBlocks    onOff     `envconfig:"DEMO_BLOCKS" default:"off"`
}

// accepted is the error of a Decode method: what would have been right.
type accepted string

func (a accepted) Error() string { return string(a) }

const day = 24 * time.Hour

// duration reads 1h30m, 1.5s and 100ms as Go does, and 7d, 1d12h and 1w.
func duration(value string, min, max time.Duration) (time.Duration, bool) {
	d, err := time.ParseDuration(value)
	if err != nil {
		long, longErr := model.ParseDuration(value)
		d, err = time.Duration(long), longErr
	}
	return d, err == nil && min <= d && d <= max
}

type windowLength time.Duration

func (w *windowLength) Decode(value string) error {
	d, ok := duration(value, time.Minute, 366*day)
	if !ok {
		return accepted("a duration from 1m to 366d, such as 90m, 24h, 7d, 1d12h or 1w")
	}
	*w = windowLength(d)
	return nil
}

type segmentLength time.Duration

func (s *segmentLength) Decode(value string) error {
	d, ok := duration(value, time.Second, 10*time.Second)
	if !ok {
		return accepted("a duration from 1s to 10s, such as 2s or 1.5s")
	}
	*s = segmentLength(d)
	return nil
}

type partLength time.Duration

func (p *partLength) Decode(value string) error {
	d, ok := duration(value, 50*time.Millisecond, 2*time.Second)
	if !ok {
		return accepted("a duration from 50ms to 2s, at most half of SEGMENT, such as 100ms")
	}
	*p = partLength(d)
	return nil
}

// size reads 50GB (powers of 1000), 50GiB (powers of 1024) and plain bytes.
func size(value string) (int64, bool) {
	n, err := humanize.ParseBytes(value)
	return int64(n), err == nil && n <= 1e18
}

type windowBytes int64

func (b *windowBytes) Decode(value string) error {
	n, ok := size(value)
	if !ok || n != 0 && n < 100e6 {
		return accepted("a size of at least 100MB, such as 50GB or 50GiB, or 0 for unlimited")
	}
	*b = windowBytes(n)
	return nil
}

type diskReserve int64

func (b *diskReserve) Decode(value string) error {
	n, ok := size(value)
	if !ok {
		return accepted("a size such as 2GB, 500MB or 2GiB, or 0 for none")
	}
	*b = diskReserve(n)
	return nil
}

type encoder string

func (e *encoder) Decode(value string) error {
	return oneOf((*string)(e), value, append([]string{"auto", "copy"}, camera.EncoderNames()...)...)
}

type logFormat string

func (f *logFormat) Decode(value string) error {
	return oneOf((*string)(f), value, "text", "json")
}

func oneOf(to *string, value string, words ...string) error {
	for _, word := range words {
		if strings.EqualFold(value, word) {
			*to = word
			return nil
		}
	}
	last := len(words) - 1
	return accepted(strings.Join(words[:last], ", ") + " or " + words[last])
}

type logLevel slog.Level

func (l *logLevel) Decode(value string) error {
	var word string
	if err := oneOf(&word, value, "debug", "info", "warn", "error"); err != nil {
		return accepted("debug, info, warn or error")
	}
	return (*slog.Level)(l).UnmarshalText([]byte(word))
}

type onOff bool

func (o *onOff) Decode(value string) error {
	var word string
	if err := oneOf(&word, value, "on", "off"); err != nil {
		return err
	}
	*o = word == "on"
	return nil
}

type alertAfter time.Duration

func (a *alertAfter) Decode(value string) error {
	d, ok := duration(value, 5*time.Second, day)
	if !ok {
		return accepted("a duration from 5s to 24h, such as 30s or 5m")
	}
	*a = alertAfter(d)
	return nil
}

type mediaDir string

func (m *mediaDir) Decode(value string) error {
	if *m = mediaDir(filepath.Clean(value)); *m == "/" {
		return accepted("a folder of its own, such as /var/lib/lookback")
	}
	return nil
}

type viewerDir string

func (v *viewerDir) Decode(value string) error {
	*v = viewerDir(filepath.Clean(value))
	return nil
}

type partsDir string

func (p *partsDir) Decode(value string) error {
	if *p = partsDir(filepath.Clean(value)); *p == "/" {
		return accepted("a folder of its own, such as /run/lookback-parts")
	}
	return nil
}

type listenAddress string

// maxSocketPath is the longest path of a unix socket on Linux.
const maxSocketPath = 107

func (l *listenAddress) Decode(value string) error {
	*l = listenAddress(value)
	if path, ok := strings.CutPrefix(value, "unix:"); ok {
		if !filepath.IsAbs(path) || len(path) > maxSocketPath {
			return accepted(fmt.Sprintf("unix: and an absolute path of at most %d bytes, such as unix:/run/lookback/controller.sock", maxSocketPath))
		}
		return nil
	}
	host, number, err := net.SplitHostPort(value)
	if _, ok := portNumber(number, 0); err != nil || !ok || host != "" && !hostName(host) && !isIP(host) {
		return accepted("host:port with a port from 0 (any free one) to 65535, such as :8090 or 127.0.0.1:8090, or unix:/path")
	}
	return nil
}

func portNumber(value string, min int) (int, bool) {
	n, err := strconv.ParseUint(value, 10, 16)
	return int(n), err == nil && int(n) >= min
}

func isIP(value string) bool {
	_, err := netip.ParseAddr(value)
	return err == nil
}

var hostPattern = regexp.MustCompile(`^[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*$`)

func hostName(value string) bool { return len(value) <= 253 && hostPattern.MatchString(value) }

// words splits at white space and commas and puts into lower case.
func words(value string) []string {
	return strings.FieldsFunc(strings.ToLower(value), func(r rune) bool { return r == ',' || unicode.IsSpace(r) })
}

type origins []string

func (o *origins) Decode(value string) error {
	*o = nil
	for _, word := range words(value) {
		if !isOrigin(word) {
			return accepted("origins separated by spaces, each http:// or https:// with a host (no * in it) and no path, such as https://home.example.org, or * for any")
		}
		*o = append(*o, word)
	}
	return nil
}

func isOrigin(word string) bool {
	if word == "*" {
		return true
	}
	u, err := url.Parse(word)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && goodHost(u) && (hostName(u.Hostname()) || isIP(u.Hostname())) && u.Scheme+"://"+u.Host == word
}

// goodHost reports whether the URL names a host and, if any, a possible port.
func goodHost(u *url.URL) bool {
	if p := u.Port(); p != "" {
		if _, ok := portNumber(p, 1); !ok {
			return false
		}
	}
	return u.Hostname() != ""
}

type hosts []string

func (h *hosts) Decode(value string) error {
	*h = nil
	for _, word := range words(value) {
		if word != "*" && !hostName(word) {
			return accepted("host names separated by spaces, without scheme and port, such as cameras.example.org, or * for any")
		}
		*h = append(*h, word)
	}
	return nil
}

type title string

func (t *title) Decode(value string) error {
	bad := strings.ContainsFunc(value, func(r rune) bool { return !unicode.IsPrint(r) })
	if bad || !utf8.ValidString(value) || utf8.RuneCountInString(value) > 100 {
		return accepted("a title of at most 100 printable characters")
	}
	*t = title(value)
	return nil
}

type timeZone string

// Decode knows the names of the IANA database, which it brings along: the image
// has none of its own. "Local" is the controller's, which nobody else knows.
func (z *timeZone) Decode(value string) error {
	if _, err := time.LoadLocation(value); err != nil || value == "" || value == "Local" {
		return accepted("a time zone's name in the IANA database, such as Europe/Berlin or UTC")
	}
	*z = timeZone(value)
	return nil
}

type frameRate float64

func (f *frameRate) Decode(value string) error {
	n, err := strconv.ParseFloat(value, 64)
	if err != nil || math.IsNaN(n) || n != 0 && (n < 0.1 || n > camera.HighestRate) {
		return accepted("frames a second from 0.1 to 240, such as 15 or 29.97, or 0 to have them measured")
	}
	*f = frameRate(n)
	return nil
}
