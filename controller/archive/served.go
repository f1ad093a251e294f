package archive

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"lookback/controller/spool"
)

// mostAside is how many links of the archive may lie behind one another: a folder
// that was put aside may hold what links to one that was put aside before.
const mostAside = 8

// OpenServed opens a regular file below a media directory for viewers. It follows
// no links but those that an archive made of what it put aside, since any other
// could lead anywhere, and waits for no FIFO: spool.ErrIrregular. fs.ErrNotExist
// when it is not there.
func OpenServed(mediaDir, name string) (*os.File, error) {
	return openBelow(mediaDir, name, unix.O_RDONLY)
}

// openBelow is OpenServed for reading or writing.
func openBelow(mediaDir, name string, flags int) (*os.File, error) {
	at, base, err := folderBelow(mediaDir, name, true)
	if err != nil {
		return nil, err
	}
	defer unix.Close(at)
	return openRegularAt(at, base, filepath.Join(mediaDir, name), flags)
}

// folderBelow opens the folder in which something below a media directory lies, to name what is
// in it, and returns its name there. No link leads it but those of the archive. through:
// neither does the name itself, which then has to be there.
func folderBelow(mediaDir, name string, through bool) (at int, base string, err error) {
	for range mostAside {
		at, base, instead, err := belowUnlinked(mediaDir, name, through)
		if err != nil {
			return -1, "", &fs.PathError{Op: "open", Path: filepath.Join(mediaDir, name), Err: err}
		}
		if instead == "" {
			return at, base, nil
		}
		name = instead
	}
	return -1, "", &fs.PathError{Op: "open", Path: filepath.Join(mediaDir, name), Err: errLink}
}

// belowUnlinked is folderBelow up to the first link. If that is the archive's it returns what
// the name stands for instead.
func belowUnlinked(mediaDir, name string, through bool) (at int, base, instead string, err error) {
	at, err = openat(unix.AT_FDCWD, mediaDir, unix.O_PATH|unix.O_DIRECTORY)
	if err != nil {
		return -1, "", "", err
	}
	parts := strings.Split(path.Clean(name), "/")
	for i, part := range parts {
		last := i == len(parts)-1
		if last && !through {
			return at, part, "", nil
		}
		next, err := openat(at, part, unix.O_PATH|unix.O_NOFOLLOW)
		if err != nil {
			unix.Close(at)
			return -1, "", "", err
		}
		kind, err := kindOf(next)
		switch {
		case err != nil:
		case kind == unix.S_IFLNK:
			instead, err = throughLink(next, parts, i)
		case last:
			unix.Close(next)
			return at, part, "", nil
		case kind == unix.S_IFDIR:
			unix.Close(at)
			at = next
			continue
		default:
			err = unix.ENOTDIR
		}
		unix.Close(next)
		unix.Close(at)
		return -1, "", instead, err
	}
	return at, ".", "", nil // which no name comes to: it has one part at least
}

// openRegularAt opens a regular file in a folder. path is for the error alone.
func openRegularAt(at int, base, path string, flags int) (*os.File, error) {
	failed := func(err error) (*os.File, error) {
		return nil, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	looked, err := openat(at, base, unix.O_PATH|unix.O_NOFOLLOW)
	if err != nil {
		return failed(err)
	}
	kind, err := kindOf(looked)
	unix.Close(looked)
	switch {
	case err != nil:
		return failed(err)
	case kind == unix.S_IFLNK:
		return failed(errLink)
	case kind != unix.S_IFREG:
		return failed(spool.ErrIrregular)
	}
	fd, err := openat(at, base, flags|unix.O_NOFOLLOW|unix.O_NONBLOCK)
	if err != nil {
		return failed(err)
	}
	if kind, err := kindOf(fd); err != nil || kind != unix.S_IFREG { // it was replaced meanwhile
		unix.Close(fd)
		return failed(spool.ErrIrregular)
	}
	return os.NewFile(uintptr(fd), path), nil
}

// throughLink is the name that a path has without the link that is its i-th part,
// if the archive made it (replaceFolder): ../<folder>.left-out/<the link's own name>,
// both as they were called before either was put aside.
func throughLink(link int, parts []string, i int) (name string, err error) {
	var text [512]byte
	n, err := unix.Readlinkat(link, "", text[:])
	if err != nil {
		return "", err
	}
	aside, base, ours := ownLink(string(text[:n]), parts[max(i-1, 0)], parts[i])
	if !ours || i < 2 {
		return "", errLink
	}
	return path.Join(path.Join(parts[:i-1]...), aside, base, path.Join(parts[i+1:]...)), nil
}

// unaside is the name that a folder had before it was put aside.
func unaside(name string) string {
	before, _, _ := strings.Cut(name, asideName)
	return before
}

func kindOf(fd int) (kind uint32, err error) {
	var stat unix.Stat_t
	err = unix.Fstat(fd, &stat)
	return stat.Mode & unix.S_IFMT, err
}

// openat is openat(2) until no signal comes between.
func openat(at int, name string, flags int) (fd int, err error) {
	for {
		if fd, err = unix.Openat(at, name, flags|unix.O_CLOEXEC, 0); err != unix.EINTR {
			return fd, err
		}
	}
}
