package config

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// start is what the settings are read from that stays for a process's life.
type start struct {
	env      environment
	settings settings
	idle     []*Error  // what can't be in force beside the rest
	seen     fileState // the file of cameras as it was read
}

// Load reads the settings from an environment of NAME=value pairs, as
// os.Environ returns it, and the file that CAMERAS_FILE names. The error joins
// one *Error for every mistake found, each of them one line. Wrong lines of the
// file are no mistakes here: they are left out, and told by Warnings.
func Load(environ []string) (*Config, error) {
	s, errs := begin(environ)
	s.seen = look(string(s.settings.CamerasFile))
	file, err := s.settings.CamerasFile.load()
	if err != nil && s.settings.CamerasFile == unnamed {
		// Nobody named it, so the cameras of CAMERAS are not to suffer. What it
		// would have said counts as one line that is wrong.
		file = camerasFile{there: true, lines: 1, wrong: []*Error{err}}
	} else if err != nil {
		errs = append(errs, err)
	}
	l := s.lineup(file, !mistaken(errs, "CAMERAS", "CAMERAS_FILE"))
	errs = append(errs, l.errs...)
	if !file.there && s.settings.CamerasFile == unnamed {
		errs = append(errs, l.unknown...)
		l.unknown = nil
	}
	if len(errs) > 0 {
		return nil, join(errs)
	}
	c := s.settings.config()
	c.start, c.Cameras, c.Demo = func() *start { return s }, l.cameras, l.demo
	c.Warnings = slices.Concat(l.wrong, l.overridden, l.idle, l.unknown, s.idle)
	if len(l.cameras) == 0 {
		c.Warnings = append(c.Warnings, &Error{Setting: "CAMERAS_FILE", Accepted: "nothing of it can be used, so there is no camera until it is corrected"})
	}
	return c, nil
}

// LoadWithoutCameras is [Load] for commands that need no camera, and so are not
// to fail because of the file. A Config from it can't be read again.
func LoadWithoutCameras(environ []string) (*Config, error) {
	s, errs := begin(environ)
	if len(errs) > 0 {
		return nil, join(errs)
	}
	return s.settings.config(), nil
}

// Reread reads the file of cameras anew, with the environment that [Load] was
// given, and returns what the list of cameras is now. While all goes well
// nothing is left out: any mistake in the file is an error, joined of one
// *Error each, after which the list of before is to be kept.
func (c *Config) Reread() (cameras []Camera, demo bool, warnings []*Error, err error) {
	file, unreadable := c.start().settings.CamerasFile.load()
	if unreadable != nil {
		return nil, false, nil, unreadable
	}
	l := c.start().lineup(file, true)
	if errs := append(l.wrong, l.errs...); len(errs) > 0 {
		return nil, false, nil, join(errs)
	}
	return l.cameras, l.demo, slices.Concat(l.overridden, l.idle, l.unknown), nil
}

// OneLine is the text of an error of several lines on one.
func OneLine(err error) string { return strings.ReplaceAll(err.Error(), "\n", "; ") }

// OtherSettings is what to say to somebody who had the cameras read anew.
const OtherSettings = "all other settings need: docker compose up -d"

// begin reads all settings but the cameras' own.
func begin(environ []string) (*start, []*Error) {
	s := &start{env: newEnvironment(environ)}
	var c compose
	errs := s.env.process("", &s.settings)
	errs = append(errs, s.env.process("", &c)...)
	errs = append(errs, s.settings.conflicts()...)
	s.idle = s.settings.idle(s.env)
	return s, append(errs, s.env.unknownVariables()...)
}

func mistaken(errs []*Error, settings ...string) bool {
	for _, e := range errs {
		for _, name := range settings {
			if e.Setting == name {
				return true
			}
		}
	}
	return false
}

func join(errs []*Error) error {
	all := make([]error, len(errs))
	for i, e := range errs {
		all[i] = e
	}
	return errors.Join(all...)
}

// lineup is the cameras of CAMERAS and of the file together.
type lineup struct {
	cameras    []Camera
	demo       bool     // nobody named a camera: it is the demo camera alone
	errs       []*Error // mistakes in the environment
	wrong      []*Error // mistakes in the file's lines, whose cameras are left out
	overridden []*Error // what of the file the environment overrides
	idle       []*Error // what of a camera's own settings can't be in force
	unknown    []*Error // variables of cameras that there aren't
}

// lineup puts the cameras together. When it is not sound, some are missing that
// somebody wanted.
func (s *start) lineup(file camerasFile, sound bool) *lineup {
	l := &lineup{wrong: file.wrong}
	list := slices.Clone([]entry(s.settings.Cameras))
	for _, e := range file.entries {
		if slices.ContainsFunc(s.settings.Cameras, func(c entry) bool { return c.name == e.name }) {
			l.overridden = append(l.overridden, e.note("camera "+e.name+" is in CAMERAS too, which wins"))
			continue
		}
		list = append(list, e)
	}
	if l.demo = len(list)+file.lines == 0 && sound; l.demo {
		list = []entry{{name: "demo", url: &s.settings.DemoURL}}
	}
	for _, e := range list {
		l.add(s, e)
	}
	slices.SortStableFunc(l.wrong, func(a, b *Error) int { return a.Line - b.Line })
	l.wrong = atMost(maxMistakes, l.wrong)
	l.unknown = s.env.ofUnknownCameras(list, sound && len(file.wrong) == 0)
	return l
}

// maxMistakes is how many mistakes of a file are reported: it may be no list at all.
const maxMistakes = 20

func atMost(n int, errs []*Error) []*Error {
	if len(errs) <= n {
		return errs
	}
	more := fmt.Sprintf("and %d mistakes more, from this line on", len(errs)-n)
	return append(errs[:n:n], &Error{Setting: "CAMERAS_FILE", Line: errs[n].Line, Accepted: more})
}

// add reads a camera's own settings: its line, then its variables, which win.
func (l *lineup) add(s *start, e entry) {
	own := s.settings.inherit(e.name)
	wrong := own.words(e)
	errs := own.variables(s.env, e.name)
	if len(wrong)+len(errs) == 0 {
		for _, err := range own.conflicts(&s.settings, s.env, e) {
			if err.Line > 0 {
				wrong = append(wrong, err)
			} else {
				errs = append(errs, err)
			}
		}
	}
	l.wrong, l.errs = append(l.wrong, wrong...), append(l.errs, errs...)
	if len(wrong)+len(errs) > 0 {
		return
	}
	for _, w := range e.words {
		if variable := prefix(e.name) + "_" + w.key; s.env[variable] != "" {
			l.overridden = append(l.overridden, e.note(fmt.Sprintf("%s is set by %s too, which wins", w.key, variable)))
		}
	}
	l.idle = append(l.idle, own.idle(&s.settings, s.env, e)...)
	l.cameras = append(l.cameras, own.camera(e))
}
