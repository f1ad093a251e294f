package archive

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

const (
	// leftOutLines is how many things that are left out are logged one by one.
	leftOutLines = 10
	// leftOutMost is how many of them are remembered.
	leftOutMost = 1000
)

// errAside says that something was put aside by an earlier start.
var errAside = errors.New("it was put aside, since it could not be used; put back what is good of it, or remove it")

// leftOut is what an archive goes on without. Jobs add to it beside Follow.
type leftOut struct {
	mu    sync.Mutex
	paths []string
	lines int
}

// add reports whether a path is new, and whether it is to be logged.
func (l *leftOut) add(path string) (added, logged bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.paths) >= leftOutMost || slices.Contains(l.paths, path) {
		return false, false
	}
	l.paths = append(l.paths, path)
	l.lines++
	return true, l.lines <= leftOutLines
}

func (l *leftOut) remove(path string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.paths = slices.DeleteFunc(l.paths, func(p string) bool { return p == path })
}

// moved enters that a path lies elsewhere now, with all that is below it. The path
// itself is to be added anew, with why.
func (l *leftOut) moved(from, to string) {
	l.remove(from)
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, p := range l.paths {
		if below, ok := strings.CutPrefix(p, from+"/"); ok {
			l.paths[i] = filepath.Join(to, below)
		}
	}
}

func (l *leftOut) any() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.paths) > 0
}

func (l *leftOut) all() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.paths)
}

// LeftOut are the paths of what the archive goes on without, since it can't be
// read or stood in the way; at most 1000. Nothing of it is deleted. Whoever
// mends it and starts anew has it back.
func (c *Archive) LeftOut() []string { return c.left.all() }

// leaveOut enters that the archive goes on without something, and logs it once.
func (c *Archive) leaveOut(path string, why error) {
	added, logged := c.left.add(path)
	switch {
	case logged:
		c.Log.Error("something in the archive is left out", "camera", c.Camera, "path", path, "error", why, "next", "the archive goes on without it")
	case added && len(c.LeftOut()) == leftOutLines+1:
		c.Log.Error("more is left out than is logged; controller check lists it", "camera", c.Camera)
	}
}

// putAside makes room where something can't be used. It is left out, and lies in
// to now.
func (c *Archive) putAside(path string, why error) (to string, done bool) {
	to, err := c.disk.putAside(path)
	if err != nil {
		c.leaveOut(path, errors.Join(why, err))
		return "", false
	}
	c.left.moved(path, to)
	c.leaveOut(to, why)
	return to, true
}
