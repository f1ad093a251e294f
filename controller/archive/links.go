package archive

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"lookback/controller/spool"
)

// Nothing is read, changed or deleted through a link that the archive did not make: it
// could lead anywhere. It is left out, as no viewer gets what lies behind it.

// errLink says why something that is a link is none of ours.
var errLink error = linkError{}

type linkError struct{}

func (linkError) Error() string        { return "it is a link, and no viewer is led through one" }
func (linkError) Is(target error) bool { return target == spool.ErrIrregular }

// noLink is errLink for a link.
func noLink(path string) error {
	if isLink(path) {
		return &os.PathError{Op: "open", Path: path, Err: errLink}
	}
	return nil
}

func isLink(path string) bool {
	stat, err := os.Lstat(path)
	return err == nil && stat.Mode()&os.ModeSymlink != 0
}

// ownLink tells of a link whether the archive made it (replaceFolder), by its text, its
// folder's name and its own. Then it leads to ../<aside>/<base>: its own name in its folder,
// both as they were called before either was put aside.
func ownLink(text, folder, name string) (aside, base string, ours bool) {
	dir, base := path.Split(text)
	aside = strings.TrimSuffix(strings.TrimPrefix(dir, "../"), "/")
	ours = dir == "../"+aside+"/" && !strings.Contains(aside, "/") && isAside(aside) && base != "" &&
		unaside(base) == unaside(name) && unaside(aside) == unaside(folder)
	return aside, base, ours
}

// throughOwn is what a path is without a link that the archive made, if it is one, in a
// day's or an hour's folder. Other parts of the path are not looked at.
func throughOwn(path string) (instead string, ours bool) {
	text, err := os.Readlink(path)
	if err != nil {
		return "", false
	}
	dir := filepath.Dir(path)
	above := filepath.Dir(dir)
	_, notDay := time.Parse(time.DateOnly, unaside(filepath.Base(dir)))
	_, isHour := dirHour(filepath.Join(unaside(filepath.Base(above)), unaside(filepath.Base(dir))))
	aside, base, ours := ownLink(text, filepath.Base(dir), filepath.Base(path))
	return filepath.Join(above, aside, base), ours && (notDay == nil || isHour)
}

// lookThrough is os.Lstat through links of the archive. The error is errLink for any other.
func lookThrough(path string) (fs.FileInfo, error) {
	for range mostAside {
		stat, err := os.Lstat(path)
		if err != nil || stat.Mode()&os.ModeSymlink == 0 {
			return stat, err
		}
		instead, ours := throughOwn(path)
		if !ours {
			break
		}
		path = instead
	}
	return nil, &fs.PathError{Op: "open", Path: path, Err: errLink}
}

// below is a path's name in the media directory, if it lies there.
func (d disk) below(path string) (name string, ok bool) {
	if d.media == "" {
		return "", false
	}
	name, err := filepath.Rel(d.media, path)
	return name, err == nil && name != ".." && !strings.HasPrefix(name, "../")
}

// folderOf opens the folder in which something lies, see folderBelow. It is to be closed.
func (d disk) folderOf(path string, through bool) (at int, base string, err error) {
	if name, ok := d.below(path); ok {
		return folderBelow(d.media, name, through)
	}
	at, err = openat(unix.AT_FDCWD, filepath.Dir(path), unix.O_PATH|unix.O_DIRECTORY)
	if err != nil {
		err = &fs.PathError{Op: "open", Path: path, Err: err}
	}
	return at, filepath.Base(path), err
}

// way tells whether a link stands in the way to the folder of a path: errLink.
func (d disk) way(path string) error {
	at, _, err := d.folderOf(path, false)
	if err == nil {
		unix.Close(at)
		return nil
	}
	if lasting(err) {
		return err
	}
	return nil // what the disk says to the change itself is told
}

// openRegular opens a regular file.
func (d disk) openRegular(path string, flags int) (*os.File, error) {
	at, base, err := d.folderOf(path, true)
	if err != nil {
		return nil, err
	}
	defer unix.Close(at)
	return openRegularAt(at, base, path, flags)
}

// openFolder opens a folder to list it.
func (d disk) openFolder(path string) (*os.File, error) {
	at, base, err := d.folderOf(path, true)
	if err != nil {
		return nil, err
	}
	defer unix.Close(at)
	fd, err := openat(at, base, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	return os.NewFile(uintptr(fd), path), nil
}

// unlink removes a name, with AT_REMOVEDIR that of an empty folder.
func (d disk) unlink(path string, flags int) error {
	at, base, err := d.folderOf(path, false)
	if err != nil {
		return err
	}
	defer unix.Close(at)
	if err := unix.Unlinkat(at, base, flags); err != nil {
		return &fs.PathError{Op: "remove", Path: path, Err: err}
	}
	return nil
}
