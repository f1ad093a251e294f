// Package config is every setting: its default, unit, bounds and error text,
// and the redaction of the credentials that a camera's URL carries.
//
// Settings come from the environment, where an empty variable counts as unset.
// [envconfig] reads them; the types in settings.go decode and bound them. It is
// fixed that envconfig does that, and it was made for less, so three things bend it:
//
//   - It stops at the first mistake, and people want to hear of all. So a mistaken
//     variable is put aside and envconfig asked again (environment.process).
//   - It reads the process's environment and nothing else. So the variables are
//     lent to the process while it runs (environment.lend), also for tests and for
//     the settings in the file of cameras.
//   - It takes one value per variable. So what is accepted, and the error, come
//     from the Decode methods, and a list of cameras returns many errors at once.
package config

import (
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"lookback/controller/camera"
)

// Config is all settings, complete and within their bounds.
type Config struct {
	Cameras       []Camera      // those of CAMERAS, then those of the file, each in the order written; empty when all of them are wrong lines
	Demo          bool          // no camera is configured: Cameras is the demo camera alone
	Warnings      []*Error      // what was left out: wrong lines of the file, what something else overrides, what can't be in force
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
	CamerasFile   string        // a file with more cameras, a clean path; see [Config.Reread]
	MediaDir      string        // where the archive and the spool lie, a clean path
	Listen        string        // host:port or unix:/path
	MetricsListen string        // host:port or unix:/path
	ViewerDir     string        // where the viewer's files lie, "" = nginx serves them
	PartsDir      string        // where the newest parts are left for nginx, "" = nowhere
	CORSOrigins   []string      // scheme://host[:port] in lower case, or "*"
	AllowedHosts  []string      // names in a request's Host beside the local ones, in lower case, or "*"
	LogLevel      slog.Level
	LogFormat     string // text or json

	// start is what it was read from: a function, since fmt shows what a pointer
	// points at, and it holds what is secret.
	start func() *start
}

// Camera is one source with its settings resolved: its own, else the global ones.
type Camera struct {
	Name        string  // [a-z0-9-]{1,32}; in every URL, label and folder
	Title       string  // for people
	TimeZone    string  // where it stands, by the IANA database; "" = not said
	URL         *Source // never nil
	Headers     Secret  // a line "Name: value" each; none: only what every request has
	Window      time.Duration
	WindowBytes int64
	// Request is what its recorder is asked for; what is secret is not in it, see [Camera.Recorded].
	camera.Request
	CPUs   float64 // cores that its recorder's container may use, 0 = all
	Memory int64   // bytes likewise, 0 = unlimited
}

// Recorded is the request with the camera's address and headers, credentials
// included: for its recorder alone.
func (c Camera) Recorded() camera.Request {
	r := c.Request
	r.URL, r.Headers = c.URL.Reveal(), c.Headers.Reveal()
	return r
}

// Same reports whether nothing at all differs between two cameras.
func (c Camera) Same(other Camera) bool {
	if c.URL.Reveal() != other.URL.Reveal() || c.Headers.Reveal() != other.Headers.Reveal() {
		return false
	}
	c.URL, c.Headers = other.URL, other.Headers
	return c == other
}

// Error is one mistake in the settings.
type Error struct {
	Setting  string // the variable
	Line     int    // of the file CAMERAS_FILE, from 1; 0 = it is about the variable itself
	Value    string // what it says, without credentials; "" when it can't be shown or doesn't matter
	Accepted string // what would be accepted
}

// maxShown is how many runes of a value an error shows.
const maxShown = 120

// Error is one line, whatever the environment holds.
func (e *Error) Error() string {
	name, form := oneLine(e.Setting), "%s=%q: accepted is %s"
	if e.Line > 0 {
		name, form = fmt.Sprintf("%s line %d", name, e.Line), "%s: %q: accepted is %s"
	}
	if e.Value == "" {
		return fmt.Sprintf("%s: %s", name, e.Accepted)
	}
	shown := e.Value
	if r := []rune(shown); len(r) > maxShown {
		shown = string(r[:maxShown]) + "…"
	}
	return fmt.Sprintf(form, name, shown, e.Accepted)
}

// oneLine is a variable's name as it is, or quoted when it would forge a line.
func oneLine(name string) string {
	if quoted := strconv.Quote(name); quoted[1:len(quoted)-1] != name {
		return quoted
	}
	return name
}

// config is all settings but the cameras.
func (s *settings) config() *Config {
	return &Config{
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
		CamerasFile:   string(s.CamerasFile),
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
}

// conflicts are the mistakes that lie between two settings.
func (s *settings) conflicts() []*Error {
	var errs []*Error
	if s.Listen == s.MetricsListen && !strings.HasSuffix(string(s.Listen), ":0") {
		errs = append(errs, &Error{Setting: "METRICS_LISTEN", Value: string(s.MetricsListen), Accepted: "an address other than that of LISTEN"})
	}
	if e := partTooLong("PART", s.Part, s.Segment); e != nil {
		errs = append(errs, e)
	}
	return errs
}

func partTooLong(setting string, p partLength, s segmentLength) *Error {
	part, segment := time.Duration(p), time.Duration(s)
	if part <= segment/2 {
		return nil
	}
	return &Error{Setting: setting, Value: part.String(), Accepted: fmt.Sprintf("at most half a segment, %v with SEGMENT %v", segment/2, segment)}
}
