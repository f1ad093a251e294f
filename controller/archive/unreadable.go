package archive

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"lookback/controller/spool"
)

// UnreadableError says that a camera's archive can't be used at all: its folder
// can't be made, read or written, is a link, or a newer program wrote it.
type UnreadableError struct {
	Path  string // what is the matter with
	Err   error
	Spool bool // it is the spool's folder, so that nothing can be recorded
}

func (e *UnreadableError) Error() string {
	var newer *newerError
	if errors.As(e.Err, &newer) {
		return e.Err.Error()
	}
	return fmt.Sprintf("MEDIA_DIR: %s can't be used: %v; accepted is a folder that user %d may read and write", e.Path, cause(e.Err), os.Geteuid())
}

func (e *UnreadableError) Unwrap() error { return e.Err }

// Consequence says what comes of it.
func (e *UnreadableError) Consequence() string {
	if e.Spool {
		return "the spool can't be written; nothing is recorded"
	}
	return "the archive can't be read; recording goes on into the spool"
}

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
func (c *Archive) unreadable(err error) error {
	var known *UnreadableError
	var newer *newerError
	switch {
	case errors.As(err, &known):
		return known
	case errors.As(err, &newer):
		return &UnreadableError{Path: newer.path, Err: newer}
	}
	return &UnreadableError{Path: c.root, Err: err}
}

// makeFolders makes sure of the folders without which nothing can be recorded.
func (c *Archive) makeFolders() error {
	inSpool := spool.CameraDir(c.MediaDir, c.Camera)
	for _, dir := range []string{inSpool, c.root} {
		if err := c.makeFolder(dir); err != nil {
			return &UnreadableError{dir, err, dir == inSpool}
		}
	}
	return c.makeInit()
}

// makeFolder makes a folder, and tells why it is none in which files can be listed
// and made.
func (c *Archive) makeFolder(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if err := noLink(dir); err != nil {
		return err
	}
	if err := c.disk.usable(dir); err != nil {
		return err
	}
	_, err := c.disk.readDir(dir)
	return err
}

// makeInit makes init/. One that can't be used is put aside, and what can be read
// of it is copied. The rest of what was recorded so far is left out until
// somebody puts its files back.
func (c *Archive) makeInit() error {
	dir := filepath.Join(c.root, "init")
	err := c.makeFolder(dir)
	if err == nil {
		return nil
	}
	aside, done := c.putAside(dir, err)
	if !done {
		return &UnreadableError{Path: dir, Err: err}
	}
	c.blind = true
	if err := os.Mkdir(dir, 0o755); err != nil {
		return &UnreadableError{Path: dir, Err: err}
	}
	c.copyFiles(aside, dir)
	return nil
}

// copyFiles copies what it can of a folder of small files.
func (c *Archive) copyFiles(from, to string) {
	files, _ := c.disk.readDir(from)
	for _, f := range files {
		if data, err := c.disk.read(filepath.Join(from, f.Name())); err == nil {
			c.complain("can't copy what init/ held", c.disk.replace(filepath.Join(to, f.Name()), data))
		}
	}
}
