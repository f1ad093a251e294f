package web

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"

	"golang.org/x/sys/unix"
)

// PARTS_DIR has a folder for each camera, and that has playlists that were left and,
// in a folder for each identity, parts. Earlier versions had parts beside playlists.
// Nothing else is ever deleted there.
var (
	cameraFolder   = regexp.MustCompile(`^[a-z0-9-]{1,32}$`)
	identityFolder = regexp.MustCompile(`^[0-9a-f]{16}$`)
	leftFile       = regexp.MustCompile(`^(\.growing|\d{1,20}\.\d{1,5}\.m4s|live-\d{1,20}\.m3u8)$`)
	partFile       = regexp.MustCompile(`^\d{1,20}\.\d{1,5}\.m4s$`)
)

// ForeignError says that something in PARTS_DIR is none of ours.
type ForeignError struct{ Path string }

func (e *ForeignError) Error() string {
	return fmt.Sprintf("%s is neither a part nor a playlist that was left, and is not deleted", e.Path)
}

// ForeignIn finds in PARTS_DIR what is none of ours: *ForeignError. Any other error is
// that of reading it, such as fs.ErrNotExist.
func ForeignIn(partsDir string) error {
	entries, err := os.ReadDir(partsDir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		path := filepath.Join(partsDir, e.Name())
		if !e.IsDir() || !cameraFolder.MatchString(e.Name()) {
			return &ForeignError{path}
		}
		if _, err := leavings(path); errors.As(err, new(*ForeignError)) {
			return err // what can't be read is told when it is wanted
		}
	}
	return nil
}

// leavings lists what an earlier life left in a camera's folder, each file before the
// folder that it is in. *ForeignError: there is something else. Links are followed nowhere.
func leavings(dir string) (paths []string, err error) {
	folder, err := os.Lstat(dir)
	if err != nil {
		return nil, err
	}
	if !folder.IsDir() {
		return nil, &ForeignError{dir}
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		switch {
		case e.Type().IsRegular() && leftFile.MatchString(e.Name()):
		case e.IsDir() && identityFolder.MatchString(e.Name()):
			below, err := os.ReadDir(path)
			if err != nil {
				return nil, err
			}
			for _, b := range below {
				if !b.Type().IsRegular() || !partFile.MatchString(b.Name()) {
					return nil, &ForeignError{filepath.Join(path, b.Name())}
				}
				paths = append(paths, filepath.Join(path, b.Name()))
			}
		default:
			return nil, &ForeignError{path}
		}
		paths = append(paths, path)
	}
	return paths, nil
}

// makeReadable makes an empty folder that nginx, another user, may read. It removes
// what an earlier life left there, and nothing where anything else lies beside that.
func makeReadable(dir string) error {
	old, err := leavings(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, path := range old {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if err := makeFolder(dir); err != nil {
		return err
	}
	// It may be another user's, who left nothing in it.
	if err := unix.Faccessat(unix.AT_FDCWD, dir, unix.W_OK|unix.X_OK, unix.AT_EACCESS); err != nil {
		return &fs.PathError{Op: "access", Path: dir, Err: err}
	}
	return nil
}

// makeFolder makes a folder in one that is there, if it is not there itself.
func makeFolder(dir string) error {
	if err := os.Mkdir(dir, 0o755); err == nil {
		return os.Chmod(dir, 0o755) // whatever the umask is
	} else if !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}
