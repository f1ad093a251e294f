package main

import (
	"context"
	"log/slog"
	"os"

	"lookback/controller/config"
	"lookback/controller/runner"
	"lookback/controller/station"
)

// list is the list of cameras, which may change while the program runs.
type list struct {
	*config.Config
	stations  *station.Directory
	recorders runner.Runner
	redactor  *config.Redactor
	log       *slog.Logger
}

// set makes these the cameras: each that came, went or changed, alone.
func (l *list) set(cameras []config.Camera, demo bool) {
	l.redactor.Add(cameras...)
	l.stations.Set(cameras, demo)
	l.recorders.Set(jobs(l.Config, cameras, l.stations.Promise))
}

// follow sets the cameras anew when their list has changed, and at a SIGHUP,
// until the context ends.
func (l *list) follow(ctx context.Context, hangup <-chan os.Signal) {
	now := l.Cameras
	l.WatchCameras(ctx, hangup, l.log, func() { now = l.reread(now) })
}

// reread returns the cameras of now. A mistake in the list changes nothing.
func (l *list) reread(now []config.Camera) []config.Camera {
	cameras, demo, warnings, err := l.Reread()
	if err != nil {
		l.log.Error("the list of cameras has a mistake and is not used; all cameras go on as before", "path", l.CamerasFile, "mistake", config.OneLine(err))
		return now
	}
	for _, w := range warnings {
		l.log.Warn("left out of the settings", "what", w)
	}
	came, went, changed := compare(now, cameras)
	l.log.Info("the list of cameras was read anew", "came", came, "went", went, "changed", changed, "note", config.OtherSettings)
	l.set(cameras, demo)
	return cameras
}

// compare names the cameras in which two lists differ.
func compare(before, after []config.Camera) (came, went, changed []string) {
	was := map[string]config.Camera{}
	for _, c := range before {
		was[c.Name] = c
	}
	for _, c := range after {
		old, there := was[c.Name]
		delete(was, c.Name)
		switch {
		case !there:
			came = append(came, c.Name)
		case !c.Same(old):
			changed = append(changed, c.Name)
		}
	}
	for _, c := range before {
		if _, gone := was[c.Name]; gone {
			went = append(went, c.Name)
		}
	}
	return came, went, changed
}
