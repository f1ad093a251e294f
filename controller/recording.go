package main

import (
	"log/slog"
	"path/filepath"
	"strings"

	"lookback/controller/config"
	"lookback/controller/metrics"
	"lookback/controller/recorder"
	"lookback/controller/runner"
	"lookback/controller/spool"
)

// newRunner prepares the place where RUNNER wants the recorders.
func newRunner(cfg *config.Config, redactor *config.Redactor, m *metrics.Metrics, log *slog.Logger) (runner.Runner, error) {
	if cfg.Runner != "docker" {
		return runner.NewProcess(cfg.MediaDir, redactor.Redact, log), nil
	}
	docker, err := runner.NewDocker(runner.Options{
		MediaDir: cfg.MediaDir, Address: cfg.DockerEngine, Hidden: hidden(cfg), Version: version(), Log: log,
	})
	if err != nil {
		return nil, err
	}
	docker.Ended = m.RecorderEnded
	return docker, nil
}

// jobs are what the runner is to know of the cameras. promise is what a camera's
// playlists hold to, nil while nothing.
func jobs(cfg *config.Config, cameras []config.Camera, promise func(name string) *spool.Promised) (all []runner.Job) {
	for _, c := range cameras {
		all = append(all, runner.Job{
			Name: c.Name, Promise: func() *spool.Promised { return promise(c.Name) },
			Assignment: recorder.Assignment{Request: c.Recorded(), Lease: cfg.Lease, LogLevel: cfg.LogLevel, LogFormat: cfg.LogFormat},
			Limits:     runner.Limits{CPUs: c.CPUs, Memory: c.Memory, Processes: cfg.RecorderProcs},
		})
	}
	return all
}

// hidden are paths that are for the controller alone.
func hidden(cfg *config.Config) (paths []string) {
	for _, address := range []string{cfg.DockerEngine, cfg.Listen, cfg.MetricsListen} {
		if path, ok := strings.CutPrefix(address, "unix:"); ok {
			paths = append(paths, filepath.Clean(path))
		}
	}
	for _, path := range []string{cfg.CamerasFile, config.DefaultCamerasFile, cfg.PartsDir} {
		if path != "" {
			paths = append(paths, path)
		}
	}
	return paths
}
