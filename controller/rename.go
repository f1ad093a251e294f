package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"lookback/controller/archive"
	"lookback/controller/config"
	"lookback/controller/spool"
)

// patience is how long a recorder in a container may take to end.
const patience = 20 * time.Second

// rename gives what a camera has recorded to another name: its spool, then its
// archive. Nothing in them says whose they are. It is for when no controller
// runs; a recorder that goes on in a container of its own is ended. What an
// interruption left is finished by doing it again.
func rename(cfg *config.Config, args []string, stdout io.Writer) error {
	if len(args) != 2 {
		return fmt.Errorf("%w: rename takes the camera's name and the new one", errUsage)
	}
	from, to := args[0], args[1]
	for _, name := range args {
		if err := config.CheckName(name); err != nil {
			return fmt.Errorf("%w: %q: accepted is %w", errUsage, name, err)
		}
	}
	lock, err := lockMediaDir(cfg.MediaDir)
	if err != nil {
		return fmt.Errorf("%w; renaming is for when none runs", err)
	}
	defer lock.Close()
	ways, err := waysOf(cfg.MediaDir, from, to)
	if err != nil {
		return err
	}
	recorder, err := endRecorder(spool.CameraDir(cfg.MediaDir, from), patience)
	if err != nil {
		return fmt.Errorf("camera %q is being recorded; end that first: controller recorders remove %s (%w)", from, from, err)
	}
	defer recorder.Close()
	if err := vacate(cfg.MediaDir, to, ways); err != nil {
		return err
	}
	for _, w := range ways {
		if err := os.Rename(w.from, w.to); err != nil {
			return fmt.Errorf("renaming camera %q: %w", from, err)
		}
	}
	fmt.Fprintf(stdout, "%s is %s now; its settings have to follow: its name in CAMERAS or the file, and its variables\n", from, to)
	return nil
}

// way is one folder's.
type way struct{ from, to string }

// waysOf are those of the camera's folders that are still under the old name.
func waysOf(mediaDir, from, to string) (ways []way, err error) {
	for _, w := range []way{
		{spool.CameraDir(mediaDir, from), spool.CameraDir(mediaDir, to)},
		{filepath.Join(mediaDir, from), filepath.Join(mediaDir, to)},
	} {
		if !exists(w.from) {
			continue
		}
		if exists(w.to) && !archive.Vacant(mediaDir, to) {
			return nil, fmt.Errorf("%w: %q: accepted is a name under which nothing is recorded; there is %s", errUsage, to, w.to)
		}
		ways = append(ways, w)
	}
	if len(ways) == 0 {
		return nil, fmt.Errorf("%w: %q: accepted is a camera that has been recorded in MEDIA_DIR=%q", errUsage, from, mediaDir)
	}
	return ways, nil
}

// vacate removes what stands in the ways, of a camera of which nothing is left but its
// numbers. They may begin anew, since addresses have the archive's identity.
func vacate(mediaDir, camera string, ways []way) error {
	if !slices.ContainsFunc(ways, func(w way) bool { return exists(w.to) }) {
		return nil
	}
	recorder, err := endRecorder(spool.CameraDir(mediaDir, camera), patience)
	if err != nil {
		return fmt.Errorf("camera %q is being recorded; end that first: controller recorders remove %s (%w)", camera, camera, err)
	}
	if recorder != nil {
		defer recorder.Close()
	}
	if !archive.Vacant(mediaDir, camera) { // its recorder began something meanwhile
		return fmt.Errorf("%w: %q: accepted is a name under which nothing is recorded", errUsage, camera)
	}
	for _, path := range []string{spool.CameraDir(mediaDir, camera), filepath.Join(mediaDir, camera)} {
		if err := os.RemoveAll(path); err != nil {
			return fmt.Errorf("removing what is left of camera %q: %w", camera, err)
		}
	}
	return nil
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return !errors.Is(err, fs.ErrNotExist)
}

// endRecorder makes sure that nobody records into a camera's spool: a recorder
// that has a lease is told to end, and waited for. Where there is no spool the
// file returned is nil.
func endRecorder(dir string, patience time.Duration) (*os.File, error) {
	if !exists(dir) {
		return nil, nil
	}
	lock, err := spool.LockCamera(dir)
	if err == nil || !exists(spool.LeasePath(dir)) { // one without a lease is a controller's
		return lock, err
	}
	if err := spool.EndLease(dir); err != nil {
		return nil, err
	}
	for end := time.Now().Add(patience); err != nil && time.Now().Before(end); lock, err = spool.LockCamera(dir) {
		<-time.After(50 * time.Millisecond)
	}
	return lock, err
}
