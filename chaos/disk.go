package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// disk is a small file system in memory, so that a full disk is a full disk.
type disk struct{ path string }

// newDisk mounts one of that many bytes on a folder. What others need of it
// must be there afterwards, so it is open to all.
func newDisk(path string, bytes int64) (*disk, error) {
	if err := unix.Mount("tmpfs", path, "tmpfs", 0, fmt.Sprintf("size=%d,mode=1777", bytes)); err != nil {
		return nil, err
	}
	return &disk{path}, nil
}

// close takes it away, even while something still uses it.
func (d *disk) close() {
	if d != nil {
		unix.Unmount(d.path, unix.MNT_DETACH)
	}
}

func (d *disk) kinds() []Kind {
	if d == nil {
		return nil
	}
	return []Kind{
		{Name: "disk full", Weight: 2, Shortest: time.Second, Longest: 10 * time.Second, Strike: d.full},
		{Name: "disk nearly full", Weight: 1, Shortest: 2 * time.Second, Longest: 10 * time.Second, Strike: d.nearly},
	}
}

// full leaves nothing, and takes what becomes free meanwhile.
func (d *disk) full(ctx context.Context, lasts time.Duration, _ *rand.Rand) (time.Time, error) {
	return d.fill(ctx, lasts, 0)
}

// nearly leaves a few segments' room, once: what history gives up is for the recorder.
func (d *disk) nearly(ctx context.Context, lasts time.Duration, _ *rand.Rand) (time.Time, error) {
	return d.fill(ctx, lasts, 4<<20)
}

func (d *disk) fill(ctx context.Context, lasts time.Duration, leave int64) (time.Time, error) {
	name := filepath.Join(d.path, "in-the-way")
	file, err := os.Create(name)
	if err != nil {
		return time.Time{}, err
	}
	defer file.Close()
	for end := time.Now().Add(lasts); time.Now().Before(end) && err == nil; err = wait(ctx, min(100*time.Millisecond, time.Until(end))) {
		if err = grow(file, leave); err != nil {
			break
		}
	}
	err = errors.Join(err, os.Remove(name), file.Truncate(0))
	return time.Now(), err
}

// grow makes a file so large that the file system has only so much left.
func grow(file *os.File, leave int64) error {
	var s unix.Statfs_t
	if err := unix.Fstatfs(int(file.Fd()), &s); err != nil {
		return err
	}
	info, err := file.Stat()
	if err != nil {
		return err
	}
	more := int64(s.Bavail)*s.Bsize - leave
	if more <= 0 {
		return nil
	}
	err = unix.Fallocate(int(file.Fd()), 0, info.Size(), more)
	if errors.Is(err, unix.ENOSPC) { // somebody was quicker; the next round takes the rest
		return nil
	}
	return err
}
