package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"

	"lookback/controller/archive"
	"lookback/controller/config"
	"lookback/controller/spool"
)

// check verifies the archives below MEDIA_DIR and prints what it finds, a line
// each; status 1 when something is wrong. Arguments are --mend and cameras'
// names, all cameras without any. It changes nothing unless it is to mend.
func check(cfg *config.Config, args []string, stdout, stderr io.Writer) int {
	mend, names, err := checkArguments(cfg.MediaDir, args)
	if err != nil {
		fmt.Fprintln(stderr, "controller check:", err)
		return exitUsage
	}
	running := false
	if mend {
		lock, err := lockMediaDir(cfg.MediaDir)
		if err != nil {
			return status(stderr, err)
		}
		defer lock.Close()
	} else if running, err = spool.Locked(controllerLock(cfg.MediaDir)); err != nil {
		return status(stderr, err)
	}
	log := slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	wrong := 0
	for _, name := range names {
		n, err := checkCamera(archive.CheckOptions{MediaDir: cfg.MediaDir, Camera: name, Running: running}, mend, stdout, log)
		if err != nil {
			return status(stderr, fmt.Errorf("checking camera %q: %w", name, err))
		}
		wrong += n
	}
	if wrong > 0 {
		return exitFailure
	}
	return exitOK
}

// checkCamera returns how many findings are left.
func checkCamera(o archive.CheckOptions, mend bool, stdout io.Writer, log *slog.Logger) (int, error) {
	found, err := archive.Check(o)
	if err != nil {
		return 0, err
	}
	if o.Running && len(found) > 0 { // what is gone at a second look was under way at the first
		again, err := archive.Check(o)
		if err != nil {
			return 0, err
		}
		found = slices.DeleteFunc(found, func(f archive.Finding) bool { return !slices.Contains(again, f) })
	}
	for _, f := range found {
		fmt.Fprintln(stdout, f)
	}
	if !mend || len(found) == 0 {
		fmt.Fprintf(stdout, "%s: %d findings\n", o.Camera, len(found))
		return len(found), nil
	}
	if err := archive.Mend(context.Background(), o.MediaDir, o.Camera, found, log); err != nil {
		return 0, err
	}
	left, err := archive.Check(o)
	if err != nil {
		return 0, err
	}
	fmt.Fprintf(stdout, "%s: %d findings, after mending %d\n", o.Camera, len(found), len(left))
	for _, f := range left {
		fmt.Fprintln(stdout, "left:", f)
	}
	return len(left), nil
}

func checkArguments(mediaDir string, args []string) (mend bool, names []string, err error) {
	all, err := archive.CheckCameras(mediaDir)
	if err != nil {
		return false, nil, fmt.Errorf("MEDIA_DIR=%q: accepted is a folder that can be read (%w)", mediaDir, err)
	}
	for _, arg := range args {
		switch {
		case arg == "--mend" || arg == "-mend":
			mend = true
		case slices.Contains(all, arg):
			names = append(names, arg)
		default:
			return false, nil, fmt.Errorf("%q: accepted are --mend and the cameras that MEDIA_DIR holds: %q", arg, all)
		}
	}
	if names == nil {
		names = all
	}
	return mend, names, nil
}

// checkCommand runs check with the settings of the environment.
func checkCommand(args []string, stdout, stderr io.Writer) int {
	cfg, err := config.LoadWithoutCameras(os.Environ())
	if err != nil {
		return status(stderr, err)
	}
	return check(cfg, args, stdout, stderr)
}
