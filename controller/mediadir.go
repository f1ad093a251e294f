package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"lookback/controller/config"
	"lookback/controller/spool"
)

// lockMediaDir makes sure that the media directory can be written and that no other
// controller writes it.
func lockMediaDir(mediaDir string) (*os.File, error) {
	if err := os.MkdirAll(spool.Root(mediaDir), 0o755); err != nil {
		return nil, &config.Error{Setting: "MEDIA_DIR", Value: mediaDir,
			Accepted: fmt.Sprintf("a folder that user %d may write (%v)", os.Getuid(), errors.Unwrap(err))}
	}
	lock, err := spool.LockFile(controllerLock(mediaDir))
	if err != nil {
		return nil, &config.Error{Setting: "MEDIA_DIR", Value: mediaDir,
			Accepted: fmt.Sprintf("a folder that no other controller uses (%v)", err)}
	}
	return lock, nil
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
