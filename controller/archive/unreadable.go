package archive

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"lookback/controller/spool"
)

// UnreadableError says that a camera's archive can't be used at all: its folder
// can't be made, read or written, or a newer program wrote it.
type UnreadableError struct {
	Path string // what is the matter with
	Err  error
}

func (e *UnreadableError) Error() string {
	var newer *newerError
	if errors.As(e.Err, &newer) {
		return e.Err.Error()
	}
	return fmt.Sprintf("MEDIA_DIR: %s can't be used: %v; accepted is a folder that user %d may read and write", e.Path, cause(e.Err), os.Geteuid())
}

func (e *UnreadableError) Unwrap() error { return e.Err }

// cause is an error without the path that its sentence names already.
func cause(err error) error {
	var p *os.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

// newerError says that a newer program wrote a file.
type newerError struct {
	path          string
	format, known int
}

func (e *newerError) Error() string {
	return fmt.Sprintf("%s: format %d is newer than this program understands (%d): use the version of Lookback that wrote it, or a newer one", e.path, e.format, e.known)
}

// unreadable is an error of loading as Load returns it.
func (c *Camera) unreadable(err error) error {
	var known *UnreadableError
	var newer *newerError
	switch {
	case errors.As(err, &known):
		return known
	case errors.As(err, &newer):
		return &UnreadableError{newer.path, newer}
	}
	return &UnreadableError{c.root, err}
}

// makeFolders makes sure of the folders without which nothing can be recorded.
func (c *Camera) makeFolders() error {
	for _, dir := range []string{c.root, spool.CameraDir(c.MediaDir, c.Camera)} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return &UnreadableError{dir, err}
		}
		err := c.disk.usable(dir)
		if err == nil {
			_, err = c.disk.readDir(dir)
		}
		if err != nil {
			return &UnreadableError{dir, err}
		}
	}
	return c.makeInit()
}

// makeInit makes init/. One that can't be used is put aside, and what can be read
// of it is copied. The rest of what was recorded so far is left out until
// somebody puts its files back.
func (c *Camera) makeInit() error {
	dir := filepath.Join(c.root, "init")
	err := os.MkdirAll(dir, 0o755)
	if err == nil {
		err = c.disk.usable(dir)
	}
	if err == nil {
		_, err = c.disk.readDir(dir)
	}
	if err == nil {
		return nil
	}
	aside, done := c.putAside(dir, err)
	if !done {
		return &UnreadableError{dir, err}
	}
	c.blind = true
	if err := os.Mkdir(dir, 0o755); err != nil {
		return &UnreadableError{dir, err}
	}
	c.copyFiles(aside, dir)
	return nil
}

// copyFiles copies what it can of a folder of small files.
func (c *Camera) copyFiles(from, to string) {
	files, _ := c.disk.readDir(from)
	for _, f := range files {
		if data, err := c.disk.read(filepath.Join(from, f.Name())); err == nil {
			c.complain("can't copy what init/ held", c.disk.replace(filepath.Join(to, f.Name()), data))
		}
	}
}
