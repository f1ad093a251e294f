package archive

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"lookback/controller/spool"
)

// look is called before each reading of the file system.
func (d disk) look(op, path string) error {
	if d.reads == nil {
		return nil
	}
	return d.reads(op, path)
}

// open opens a regular file for reading; spool.ErrIrregular for anything else,
// which might be waited for without end.
func (d disk) open(path string) (*os.File, error) {
	if err := d.look("open", path); err != nil {
		return nil, err
	}
	return d.openRegular(path, unix.O_RDONLY)
}

// read reads a small regular file.
func (d disk) read(path string) ([]byte, error) {
	f, err := d.open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return spool.ReadAll(f, spool.SmallFile)
}

// readDir lists a folder in the order of names.
func (d disk) readDir(path string) ([]fs.DirEntry, error) {
	entries, err := d.readUnsorted(path)
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return entries, err
}

// readUnsorted lists a folder in any order, which is quicker.
func (d disk) readUnsorted(path string) ([]fs.DirEntry, error) {
	if err := d.look("readdir", path); err != nil {
		return nil, err
	}
	f, err := d.openFolder(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return f.ReadDir(-1)
}

// usable tells why a folder is none in which files can be read and made, nil
// for one in which they can.
func (d disk) usable(path string) error {
	if err := d.look("access", path); err != nil {
		return err
	}
	stat, err := lookThrough(path)
	switch {
	case err != nil:
		return err
	case !stat.IsDir():
		return &fs.PathError{Op: "open", Path: path, Err: unix.ENOTDIR}
	}
	if err := unix.Faccessat(unix.AT_FDCWD, path, unix.R_OK|unix.W_OK|unix.X_OK, unix.AT_EACCESS); err != nil {
		return &fs.PathError{Op: "access", Path: path, Err: err}
	}
	return nil
}

// folder tells why what a listing names is no folder, nil for one. Of links those of
// the archive count.
func folder(path string, e fs.DirEntry) error {
	if e.IsDir() {
		return nil
	}
	if stat, err := os.Stat(path); e.Type()&fs.ModeSymlink == 0 || err != nil || !stat.IsDir() {
		return notFolder(path)
	}
	_, err := lookThrough(path)
	return err
}

// isOdd reports whether something lies there which is no regular file, nor a link of the
// archive's to one.
func isOdd(path string) bool {
	stat, err := lookThrough(path)
	if errors.Is(err, fs.ErrNotExist) {
		return !isGone(path) // a link to nothing
	}
	return errors.Is(err, errLink) || err == nil && !stat.Mode().IsRegular()
}

// asideName is what is added to the name of what was put aside.
const asideName = ".left-out"

// putAside renames what lies in the place of a file or folder of ours, so that
// nothing of it is lost: to <path>.left-out, or <path>.left-out-2 and so on.
func (d disk) putAside(path string) (to string, err error) {
	to = path + asideName
	for n := 2; n < 100; n++ {
		if err = d.rename(path, to); !errors.Is(err, fs.ErrExist) {
			return to, err
		}
		to = path + asideName + "-" + strconv.Itoa(n)
	}
	return to, err
}

// isAside reports whether a name is one that putAside gives.
func isAside(name string) bool {
	_, number, ok := strings.Cut(name, asideName)
	return ok && (number == "" || number[0] == '-')
}

// PutAsideFrom is where something lay that was put aside, or is in a folder that
// was, and reports whether it is such a thing.
func PutAsideFrom(path string) (from string, aside bool) {
	before, after, aside := strings.Cut(path, asideName)
	if !aside {
		return "", false
	}
	_, below, _ := strings.Cut(after, "/")
	dir, name := filepath.Split(before)
	return filepath.Join(dir, strings.TrimPrefix(name, "."), below), true
}

// lasting reports whether an error is one that waiting does not mend: something is no file or no
// folder, or belongs to somebody else.
func lasting(err error) bool {
	for _, kind := range []error{spool.ErrIrregular, spool.ErrTooLarge, fs.ErrPermission, unix.ENOTDIR, unix.EISDIR, unix.ELOOP, unix.ENOTEMPTY, unix.ENXIO} {
		if errors.Is(err, kind) {
			return true
		}
	}
	return false
}
