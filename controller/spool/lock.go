package spool

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// Create makes a run's folder with its run.json, its init section and its lock,
// which is held until the returned file is closed or the process ends, however
// it ends. The folder appears under its name only when all that is in it, so
// that nobody takes a run that is being made for one whose recorder died. The error
// is the disk's, such as ENOSPC; then there is no folder of that name.
func Create(cameraDir string, r Run, init []byte) (dir string, lock *os.File, err error) {
	dir = filepath.Join(cameraDir, r.ID)
	making := filepath.Join(cameraDir, ".new")
	if err := os.RemoveAll(making); err != nil {
		return "", nil, err
	}
	if err := os.MkdirAll(making, 0o755); err != nil {
		return "", nil, err
	}
	defer func() {
		if err != nil {
			if lock != nil {
				lock.Close()
			}
			err = errors.Join(fmt.Errorf("making the run's folder: %w", err), os.RemoveAll(making))
		}
	}()
	if lock, err = LockFile(LockPath(making)); err != nil {
		return "", nil, err
	}
	if err = os.WriteFile(InitPath(making), init, 0o644); err != nil {
		return "", nil, err
	}
	if err = WriteRun(making, r); err != nil {
		return "", nil, err
	}
	if err = os.Rename(making, dir); err != nil {
		return "", nil, err
	}
	return dir, lock, nil
}

// LockCamera makes the caller the only recorder of a camera, until the file
// returned is closed or the process ends; unix.EAGAIN when there is another. Any
// other error is the disk's: it takes no file, or knows no locks.
func LockCamera(cameraDir string) (*os.File, error) {
	if err := os.MkdirAll(cameraDir, 0o755); err != nil {
		return nil, err
	}
	return LockFile(filepath.Join(cameraDir, "recorder.lock"))
}

// LockError says that a disk takes a file and refuses to lock it.
type LockError struct{ Err error } // such as unix.ENOLCK, ENOSYS, EOPNOTSUPP

func (e *LockError) Error() string { return "locking a file: " + e.Err.Error() }
func (e *LockError) Unwrap() error { return e.Err }

// fcntl is a seam for tests: a disk that knows no locks.
var fcntl = unix.FcntlFlock

// LockFile takes a lock on a file, made when it is not there, until the file
// returned is closed or the process ends; unix.EAGAIN when another has it. Any other
// error is the disk's: it takes no file, or refuses the lock (*LockError).
func LockFile(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|unix.O_NONBLOCK|unix.O_NOFOLLOW, 0o644)
	if err != nil {
		return nil, err
	}
	whole := unix.Flock_t{Type: unix.F_WRLCK, Whence: io.SeekStart}
	if err := fcntl(f.Fd(), unix.F_OFD_SETLK, &whole); err != nil {
		f.Close()
		if errors.Is(err, unix.EAGAIN) {
			return nil, err
		}
		return nil, &LockError{err}
	}
	return f, nil
}

// Alive reports whether a recorder holds the run's lock. Errors are as with [Locked].
func Alive(runDir string) (bool, error) { return Locked(LockPath(runDir)) }

// Locked reports whether anyone holds a lock on a file; nobody does on one that is
// not there. It only asks, so that asking can't keep anyone from taking it. After an
// error, which is the disk's, nobody knows.
func Locked(path string) (bool, error) {
	f, err := os.OpenFile(path, os.O_RDWR|unix.O_NONBLOCK|unix.O_NOFOLLOW, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer f.Close()
	whole := unix.Flock_t{Type: unix.F_WRLCK, Whence: io.SeekStart}
	if err := unix.FcntlFlock(f.Fd(), unix.F_OFD_GETLK, &whole); err != nil {
		return false, err
	}
	return whole.Type != unix.F_UNLCK, nil
}
