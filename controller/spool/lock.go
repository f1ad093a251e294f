package spool

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// Lock takes the run's lock for as long as the returned file stays open. The
// kernel lets go of it when the process ends, however it ends.
func Lock(runDir string) (*os.File, error) {
	f, err := os.OpenFile(LockPath(runDir), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// Alive tells whether a recorder holds the run's lock.
func Alive(runDir string) (bool, error) {
	f, err := os.Open(LockPath(runDir))
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer f.Close()
	switch err := unix.Flock(int(f.Fd()), unix.LOCK_SH|unix.LOCK_NB); {
	case errors.Is(err, unix.EWOULDBLOCK):
		return true, nil
	default:
		return false, err
	}
}
