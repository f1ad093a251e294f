// Package config is every setting: its default, unit, bounds and error text,
// and the redaction of the credentials that a camera's URL carries.
//
// Settings come from the environment, where an empty variable counts as unset.
// [envconfig] reads them; the types in settings.go decode and bound them.
package config

import (
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"lookback/controller/camera"
)

// Config is all settings, complete and within their bounds.
type Config struct {
	Cameras       []Camera      // in the order written, never empty
	Demo          bool          // no camera is configured: Cameras is the demo camera alone
	Window        time.Duration // how far back one can look, 1m to 366d
	WindowBytes   int64         // most bytes one camera's window may take; 0 = unlimited, else at least 100 MB
	DiskReserve   int64         // bytes of the disk to be left free; 0 = none
	Segment       time.Duration // duration of a media segment, 1s to 10s
	Part          time.Duration // duration of a part, 50ms to 2s, at most Segment/2
	Encoder       string        // auto, copy or one of camera.EncoderNames
	AlertWebhook  Secret        // where a lost camera is told, none: nowhere
	AlertSecret   Secret        // signs what is sent there, none: unsigned
	AlertAfter    time.Duration // how long a camera must be away before that, 5s to 24h
	Runner        string        // where recorders run: process or docker
	DockerEngine  string        // where the Docker Engine is: unix:///path or tcp://host:port
	Lease         time.Duration // how long a recorder's container goes on without a controller, 10s to 7d
	RecorderProcs int64         // processes and threads of a recorder's container, 0 = unlimited
	CamerasFile   string        // where the cameras come from, "" = CAMERAS
	MediaDir      string        // where the archive and the spool lie, a clean path
	Listen        string        // host:port or unix:/path
	MetricsListen string        // host:port or unix:/path
	ViewerDir     string        // where the viewer's files lie, "" = nginx serves them
	PartsDir      string        // where the newest parts are left for nginx, "" = nowhere
	CORSOrigins   []string      // scheme://host[:port] in lower case, or "*"
	AllowedHosts  []string      // names in a request's Host beside the local ones, in lower case, or "*"
	LogLevel      slog.Level
	LogFormat     string // text or json
}

// Camera is one source with its settings resolved: its own, else the global ones.
type Camera struct {
	Name        string  // [a-z0-9-]{1,32}; in every URL, label and folder
	Title       string  // for people
	URL         *Source // never nil
	Window      time.Duration
	WindowBytes int64
	// Request is what its recorder is asked for; the address is in URL alone, see [Camera.Recorded].
	camera.Request
	CPUs   float64 // cores that its recorder's container may use, 0 = all
	Memory int64   // bytes likewise, 0 = unlimited
}

// Recorded is the request with the camera's address, credentials included: for
// its recorder alone.
func (c Camera) Recorded() camera.Request {
	r := c.Request
	r.URL = c.URL.Reveal()
	return r
}

// Error is one mistake in the settings.
type Error struct {
	Setting  string // the variable
	Value    string // what it says, without credentials; "" when it can't be shown or doesn't matter
	Accepted string // what would be accepted
}

// maxShown is how many runes of a value an error shows.
const maxShown = 120

// Error is one line, whatever the environment holds.
func (e *Error) Error() string {
	name := oneLine(e.Setting)
	if e.Value == "" {
		return fmt.Sprintf("%s: %s", name, e.Accepted)
	}
	shown := e.Value
	if r := []rune(shown); len(r) > maxShown {
		shown = string(r[:maxShown]) + "…"
	}
	return fmt.Sprintf("%s=%q: accepted is %s", name, shown, e.Accepted)
}

// oneLine is a variable's name as it is, or quoted when it would forge a line.
func oneLine(name string) string {
	if quoted := strconv.Quote(name); quoted[1:len(quoted)-1] != name {
		return quoted
	}
	return name
}

// Load reads the settings from an environment of NAME=value pairs, as
// os.Environ returns it, and the file that CAMERAS_FILE names. The error joins
// one *Error for every mistake found, each of them one line.
func Load(environ []string) (*Config, error) {
	env := newEnvironment(environ)
	var s settings
	var c compose
	errs := env.process("", &s)
	errs = append(errs, env.process("", &c)...)

	list, sound := s.cameras(errs)
	own := make([]cameraSettings, len(list))
	for i, camera := range list {
		own[i] = s.inherit(camera.name)
		errs = append(errs, env.process(prefix(camera.name), &own[i])...)
	}
	errs = append(errs, s.conflicts()...)
	for i, camera := range list {
		errs = append(errs, own[i].conflicts(&s, camera.name)...)
	}
	errs = append(errs, env.strangers(list, sound)...)
	if len(errs) > 0 {
		return nil, join(errs)
	}
	return s.config(list, own), nil
}

func join(errs []*Error) error {
	all := make([]error, len(errs))
	for i, e := range errs {
		all[i] = e
	}
	return errors.Join(all...)
}

// cameras is the list of cameras to go on with, and whether it is what was
// meant rather than what mistakes have left of it.
func (s *settings) cameras(errs []*Error) (list []entry, sound bool) {
	sound = true
	for _, e := range errs {
		if e.Setting == "CAMERAS" || e.Setting == "CAMERAS_FILE" {
			sound = false
		}
	}
	list = append(append(list, s.Cameras...), s.CamerasFile.entries...)
	if len(list) == 0 && sound {
		list = []entry{{name: "demo", url: &s.DemoURL}}
	}
	return list, sound
}

// inherit is what a camera starts from before its own settings are read.
func (s *settings) inherit(name string) cameraSettings {
	return cameraSettings{
		Window: s.Window, WindowBytes: s.WindowBytes, Segment: s.Segment, Part: s.Part,
		Encoder: s.Encoder, Title: title(name), PictureChecks: s.PictureChecks,
		CPUs: s.RecorderCPUs, Memory: s.RecorderMem,
	}
}

func (s *settings) config(list []entry, own []cameraSettings) *Config {
	c := &Config{
		Demo:          len(s.Cameras)+len(s.CamerasFile.entries) == 0,
		Window:        time.Duration(s.Window),
		WindowBytes:   int64(s.WindowBytes),
		DiskReserve:   int64(s.DiskReserve),
		Segment:       time.Duration(s.Segment),
		Part:          time.Duration(s.Part),
		Encoder:       string(s.Encoder),
		AlertWebhook:  s.AlertWebhook.Secret,
		AlertSecret:   s.AlertSecret.Secret,
		AlertAfter:    time.Duration(s.AlertAfter),
		Runner:        string(s.Runner),
		DockerEngine:  string(s.DockerEngine),
		Lease:         time.Duration(s.Lease),
		RecorderProcs: int64(s.RecorderProcs),
		CamerasFile:   s.CamerasFile.path,
		MediaDir:      string(s.MediaDir),
		Listen:        string(s.Listen),
		MetricsListen: string(s.MetricsListen),
		ViewerDir:     string(s.ViewerDir),
		PartsDir:      string(s.PartsDir),
		CORSOrigins:   s.CORSOrigins,
		AllowedHosts:  s.Hosts,
		LogLevel:      slog.Level(s.LogLevel),
		LogFormat:     string(s.LogFormat),
	}
	for i, o := range own {
		c.Cameras = append(c.Cameras, Camera{
			Name:        list[i].name,
			Title:       string(o.Title),
			URL:         list[i].url,
			Window:      time.Duration(o.Window),
			WindowBytes: int64(o.WindowBytes),
			Request:     o.request(),
			CPUs:        float64(o.CPUs),
			Memory:      int64(o.Memory),
		})
	}
	return c
}

// conflicts are the mistakes that lie between two settings.
func (s *settings) conflicts() []*Error {
	var errs []*Error
	if len(s.Cameras) > 0 && s.CamerasFile.path != "" {
		errs = append(errs, &Error{"CAMERAS_FILE", s.CamerasFile.path, "CAMERAS or CAMERAS_FILE, not both"})
	}
	if s.Listen == s.MetricsListen && !strings.HasSuffix(string(s.Listen), ":0") {
		errs = append(errs, &Error{"METRICS_LISTEN", string(s.MetricsListen), "an address other than that of LISTEN"})
	}
	if e := partTooLong("PART", s.Part, s.Segment); e != nil {
		errs = append(errs, e)
	}
	return errs
}

// conflicts blames the camera's own settings only: what is wrong with the
// global ones has been said.
func (o *cameraSettings) conflicts(s *settings, name string) []*Error {
	if o.Part == s.Part && o.Segment == s.Segment {
		return nil
	}
	if e := partTooLong(prefix(name)+"_PART", o.Part, o.Segment); e != nil {
		return []*Error{e}
	}
	return nil
}

func partTooLong(setting string, p partLength, s segmentLength) *Error {
	part, segment := time.Duration(p), time.Duration(s)
	if part <= segment/2 {
		return nil
	}
	return &Error{setting, part.String(), fmt.Sprintf("at most half a segment, %v with SEGMENT %v", segment/2, segment)}
}
