package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"

	"lookback/controller/config"
	"lookback/controller/spool"
)

// lockMediaDir makes sure that the media directory can be written and that no other
// controller writes it.
func lockMediaDir(mediaDir string) (*os.File, error) {
	if err := os.MkdirAll(spool.Root(mediaDir), 0o755); err != nil {
		return nil, &config.Error{Setting: "MEDIA_DIR", Value: mediaDir,
			Accepted: writable(errors.Unwrap(err), os.Getuid(), ownerOf(mediaDir))}
	}
	lock, err := spool.LockFile(controllerLock(mediaDir))
	if err != nil {
		return nil, &config.Error{Setting: "MEDIA_DIR", Value: mediaDir, Accepted: lockable(err, mediaDir)}
	}
	return lock, nil
}

// lockable is what would be accepted where the lock of a media directory was not had.
// Without it nobody would know of another controller, and one would destroy what the
// other records.
func lockable(err error, mediaDir string) string {
	refused := (*spool.LockError)(nil)
	switch {
	case errors.Is(err, unix.EAGAIN):
		return fmt.Sprintf("a folder that no other controller uses (%v)", unix.EAGAIN)
	case errors.As(err, &refused):
		return fmt.Sprintf("a folder on a disk that locks files, which this one refuses (%v); of a network disk the way it is mounted decides: SMB with nobrl, NFS with local_lock=all, while no other machine records there", refused.Err)
	}
	return writable(err, os.Getuid(), ownerOf(mediaDir))
}

// owner is who a folder belongs to.
type owner struct{ user, group int }

// ownerOf is that of a folder, or of the one in which it would be made; nil where
// nothing is known.
func ownerOf(path string) *owner {
	for {
		info, err := os.Stat(path)
		if err == nil {
			if s, ok := info.Sys().(*syscall.Stat_t); ok {
				return &owner{int(s.Uid), int(s.Gid)}
			}
			return nil
		}
		if path == filepath.Dir(path) {
			return nil
		}
		path = filepath.Dir(path)
	}
}

// writable is what would be accepted where a user may not write. In the containers root
// has no rights over what belongs to others.
func writable(err error, user int, of *owner) string {
	says := fmt.Sprintf("a folder that user %d may write (%v)", user, err)
	if (errors.Is(err, unix.EACCES) || errors.Is(err, unix.EPERM)) && of != nil && of.user != user {
		says += fmt.Sprintf("; it belongs to user %d and group %d: with Docker set PUID=%d and PGID=%d, or give the folder of MEDIA_PATH to user %d", of.user, of.group, of.user, of.group, user)
	}
	return says
}

// lockSoon is lockMediaDir, and nil without an error when the context ends before a disk
// that hangs has answered.
func lockSoon(ctx context.Context, mediaDir string) (*os.File, error) {
	type locked struct {
		lock *os.File
		err  error
	}
	over := make(chan locked, 1)
	go func() {
		lock, err := lockMediaDir(mediaDir)
		over <- locked{lock, err}
	}()
	select {
	case c := <-over:
		return c.lock, c.err
	case <-ctx.Done():
		return nil, nil
	}
}

// controllerLock is held by the one controller that may write a media directory.
func controllerLock(mediaDir string) string {
	return filepath.Join(spool.Root(mediaDir), "controller.lock")
}
