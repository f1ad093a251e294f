package main

import (
	"fmt"
	"io"
	"path/filepath"

	"lookback/controller/archive"
	"lookback/controller/config"
	"lookback/controller/spool"
)

// remove deletes all that cameras have recorded, for when no controller runs. A
// recorder that goes on in a container of its own is ended. What stays is a small
// state.json with the numbers that were used. What an interruption left is finished
// by doing it again. Nothing is deleted while one of the names is wrong.
func remove(cfg *config.Config, args []string, stdout io.Writer) error {
	if len(args) == 0 {
		return fmt.Errorf("%w: remove takes the names of cameras", errUsage)
	}
	lock, err := lockMediaDir(cfg.MediaDir)
	if err != nil {
		return fmt.Errorf("%w; removing is for when none runs", err)
	}
	defer lock.Close()
	for _, name := range args {
		if err := config.CheckName(name); err != nil {
			return fmt.Errorf("%w: %q: accepted is %w", errUsage, name, err)
		}
		if !exists(filepath.Join(cfg.MediaDir, name)) && !exists(spool.CameraDir(cfg.MediaDir, name)) {
			return fmt.Errorf("%w: %q: accepted is a camera that has been recorded in MEDIA_DIR=%q", errUsage, name, cfg.MediaDir)
		}
	}
	for _, name := range args {
		recorder, err := endRecorder(spool.CameraDir(cfg.MediaDir, name), patience)
		if err != nil {
			return fmt.Errorf("camera %q is being recorded; end that first: controller recorders remove %s (%w)", name, name, err)
		}
		if recorder != nil {
			recorder.Close()
		}
		if err := archive.Forget(cfg.MediaDir, name); err != nil {
			return err
		}
		fmt.Fprintf(stdout, "all that was recorded of %s is removed\n", name)
	}
	return nil
}
