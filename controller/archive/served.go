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
	for range mostAside {
		f, instead, err := openUnlinked(mediaDir, name)
		if instead == "" {
			return f, err
		}
		name = instead
	}
	return nil, &fs.PathError{Op: "open", Path: filepath.Join(mediaDir, name), Err: spool.ErrIrregular}
}

// openUnlinked opens a file whose path has no link in it. Where a part of the path
// is a link of the archive's it returns what the name stands for instead.
func openUnlinked(mediaDir, name string) (f *os.File, instead string, err error) {
	failed := func(err error) (*os.File, string, error) {
		return nil, "", &fs.PathError{Op: "open", Path: filepath.Join(mediaDir, name), Err: err}
	}
	at, err := openat(unix.AT_FDCWD, mediaDir, unix.O_PATH|unix.O_DIRECTORY)
	if err != nil {
		return failed(err)
	}
	defer func() { unix.Close(at) }()
	parts := strings.Split(path.Clean(name), "/")
	for i, part := range parts {
		next, err := openat(at, part, unix.O_PATH|unix.O_NOFOLLOW)
		if err != nil {
			return failed(err)
		}
		kind, err := kindOf(next)
		switch {
		case err != nil:
		case kind == unix.S_IFLNK:
			instead, err = throughLink(next, parts, i)
		case i < len(parts)-1 && kind == unix.S_IFDIR:
			unix.Close(at)
			at = next
			continue
		case i < len(parts)-1:
			err = unix.ENOTDIR
		case kind != unix.S_IFREG:
			err = spool.ErrIrregular
		}
		unix.Close(next)
		if err != nil {
			return failed(err)
		}
		if instead != "" {
			return nil, instead, nil
		}
	}
	last, err := openat(at, parts[len(parts)-1], unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK)
	if err != nil {
		return failed(err)
	}
	if kind, err := kindOf(last); err != nil || kind != unix.S_IFREG { // it was replaced meanwhile
		unix.Close(last)
		return failed(spool.ErrIrregular)
	}
	return os.NewFile(uintptr(last), filepath.Join(mediaDir, name)), "", nil
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
	dir, base := path.Split(string(text[:n]))
	aside := strings.TrimSuffix(strings.TrimPrefix(dir, "../"), "/")
	ours := dir == "../"+aside+"/" && !strings.Contains(aside, "/") && isAside(aside) && base != ""
	if !ours || i < 2 || unaside(base) != unaside(parts[i]) || unaside(aside) != unaside(parts[i-1]) {
		return "", spool.ErrIrregular
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
