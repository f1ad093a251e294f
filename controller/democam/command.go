package democam

import (
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// The parameters of POST /faults and what they accept. "off" takes a fault
// back; "for" says how long the others last, else until changed.
var accepted = map[string]string{
	"stall":    "on, off",
	"drop":     "on (close all streams once), refuse (and answer no new ones), off",
	"truncate": "on (every frame), n (every n-th frame, 1 to 10000), off",
	"garbage":  "on (every frame), n (every n-th frame, 1 to 10000), off",
	"size":     sizeAccepted + ", off",
	"fps":      fpsAccepted + ", off",
	"none":     "on (takes back all faults)",
	"for":      "a duration such as 500ms, 10s or 2m",
}

const (
	maxEvery   = 10_000
	maxCommand = 64 << 10 // bytes of a POST's body
)

// command is one parameter, understood.
type command func(*Server, time.Duration)

// parameterError names what can't be understood in a request.
type parameterError struct{ name, value string }

func (e parameterError) Error() string {
	if what, known := accepted[e.name]; known {
		return fmt.Sprintf("parameter %s=%q: accepted is %s", e.name, e.value, what)
	}
	return fmt.Sprintf("parameter %q (value %q) is unknown: accepted are stall, drop, truncate, garbage, size, fps, none, for", e.name, e.value)
}

// setFaults obeys a query, a form or a JSON object, wholly or not at all.
func (c *Server) setFaults(w http.ResponseWriter, r *http.Request) {
	values, err := parameters(w, r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	commands, d, err := parse(values)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	for _, do := range commands {
		do(c, d)
	}
	c.log.Info("faults set", "faults", values.Encode())
	c.showFaults(w, r)
}

// parameters reads a request's query together with its form or JSON object.
func parameters(w http.ResponseWriter, r *http.Request) (url.Values, error) {
	r.Body = http.MaxBytesReader(w, r.Body, maxCommand)
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != "application/json" {
		if err := r.ParseForm(); err != nil {
			return nil, fmt.Errorf("body: %w; accepted is a form or a JSON object", err)
		}
		return r.Form, nil
	}
	values := r.URL.Query()
	var object map[string]any
	decoder := json.NewDecoder(r.Body)
	decoder.UseNumber()
	if err := decoder.Decode(&object); err != nil {
		return nil, fmt.Errorf("body: %w; accepted is a form or a JSON object", err)
	}
	for name, v := range object {
		switch v := v.(type) {
		case bool:
			values.Set(name, map[bool]string{true: "on", false: "off"}[v])
		case nil:
			values.Set(name, "off")
		default:
			values.Set(name, fmt.Sprint(v))
		}
	}
	return values, nil
}

// parse understands all parameters or says which it doesn't.
func parse(values url.Values) (commands []command, d time.Duration, err error) {
	if len(values) == 0 {
		return nil, 0, fmt.Errorf("no parameter: accepted are stall, drop, truncate, garbage, size, fps, none, for")
	}
	for name, given := range values {
		value := given[len(given)-1]
		if name == "for" {
			if d, err = time.ParseDuration(value); err != nil || d <= 0 {
				return nil, 0, parameterError{name, value}
			}
			continue
		}
		do, ok := understand(name, value)
		if !ok {
			return nil, 0, parameterError{name, value}
		}
		if name == "none" {
			commands = append([]command{do}, commands...)
		} else {
			commands = append(commands, do)
		}
	}
	return commands, d, nil
}

// understand turns one parameter into what it asks for.
func understand(name, value string) (command, bool) {
	switch name + "=" + value {
	case "stall=on":
		return (*Server).Stall, true
	case "drop=on":
		return func(c *Server, _ time.Duration) { c.Drop() }, true
	case "drop=refuse":
		return (*Server).Refuse, true
	case "none=", "none=on":
		return func(c *Server, _ time.Duration) { c.Clear() }, true
	}
	if value == "off" {
		end, ok := takeBack[name]
		return func(c *Server, _ time.Duration) { c.change(end) }, ok
	}
	return understandNumber(name, value)
}

// takeBack is what "off" does.
var takeBack = map[string]func(*faults){
	"stall":    func(f *faults) { f.stall = fault[struct{}]{} },
	"drop":     func(f *faults) { f.refuse = fault[struct{}]{} },
	"truncate": func(f *faults) { f.truncate = fault[int]{} },
	"garbage":  func(f *faults) { f.garbage = fault[int]{} },
	"size":     func(f *faults) { f.size = fault[*scene]{} },
	"fps":      func(f *faults) { f.fps = fault[float64]{} },
}

func understandNumber(name, value string) (command, bool) {
	switch name {
	case "truncate", "garbage":
		n, err := strconv.Atoi(value)
		if value == "on" {
			n, err = 1, nil
		}
		if err != nil || n < 1 || n > maxEvery {
			return nil, false
		}
		if name == "truncate" {
			return func(c *Server, d time.Duration) { c.Truncate(n, d) }, true
		}
		return func(c *Server, d time.Duration) { c.Garbage(n, d) }, true
	case "size":
		width, height, err := ParseSize(value)
		// The size is checked, so that Resize can't fail.
		return func(c *Server, d time.Duration) { c.Resize(width, height, d) }, err == nil
	case "fps":
		fps, err := strconv.ParseFloat(value, 64)
		return func(c *Server, d time.Duration) { c.SetFPS(fps, d) }, err == nil && checkFPS(name, fps) == nil
	}
	return nil, false
}

// ParseSize reads WIDTHxHEIGHT and checks that a camera can have that size.
func ParseSize(s string) (width, height int, err error) {
	w, h, _ := strings.Cut(s, "x")
	width, werr := strconv.Atoi(w)
	height, herr := strconv.Atoi(h)
	if werr != nil || herr != nil {
		return 0, 0, fmt.Errorf("size %q: accepted is %s", s, sizeAccepted)
	}
	return width, height, checkSize("size", width, height)
}

// state is what GET /faults shows.
type state struct {
	Size   string               `json:"size"` // as sent now
	FPS    float64              `json:"fps"`  // as aimed at now
	Faults map[string]faultView `json:"faults"`
	Stats
}

type faultView struct {
	Value any        `json:"value"`
	Until *time.Time `json:"until"` // null: until changed
}

func show[T any](m map[string]faultView, name string, f fault[T], value any) {
	if !f.active {
		return
	}
	v := faultView{Value: value}
	if !f.until.IsZero() {
		until := f.until.UTC()
		v.Until = &until
	}
	m[name] = v
}

func (c *Server) showFaults(w http.ResponseWriter, _ *http.Request) {
	p := c.plan()
	pixels := fmt.Sprintf("%dx%d", p.scene.pixels.X, p.scene.pixels.Y)
	m := map[string]faultView{}
	show(m, "stall", p.faults.stall, "on")
	show(m, "drop", p.faults.refuse, "refuse")
	show(m, "truncate", p.faults.truncate, p.faults.truncate.value)
	show(m, "garbage", p.faults.garbage, p.faults.garbage.value)
	show(m, "size", p.faults.size, pixels)
	show(m, "fps", p.faults.fps, p.fps)
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	json.NewEncoder(w).Encode(state{Size: pixels, FPS: p.fps, Faults: m, Stats: c.Stats()})
}
