package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"lookback/controller/config"
	"lookback/controller/engineproxy"
	"lookback/controller/runner"
)

// engineProxyCommand stands before the socket of the Engine at DOCKER_ENGINE, and
// listens on LISTEN.
func engineProxyCommand(ctx context.Context, stderr io.Writer) int {
	return withSettings(stderr, func(cfg *config.Config) error { return engineProxy(ctx, cfg, stderr) })
}

// engineProxy answers until ctx ends.
func engineProxy(ctx context.Context, cfg *config.Config, stderr io.Writer) error {
	// Whoever reaches it may keep recorders, so it is for those alone who have the folder.
	if !strings.HasPrefix(cfg.Listen, "unix:") {
		return &config.Error{Setting: "LISTEN", Value: cfg.Listen, Accepted: "unix:/path for the engine proxy"}
	}
	engine, err := engineproxy.Dial(cfg.DockerEngine)
	if err != nil {
		return fmt.Errorf("DOCKER_ENGINE=%q: %w", cfg.DockerEngine, err)
	}
	l, err := listen("LISTEN", cfg.Listen)
	if err != nil {
		return err
	}
	log := newLogger(cfg.LogLevel, cfg.LogFormat, stderr)
	log.Info("engine proxy starts", "version", version(), "listen", cfg.Listen, "engine", cfg.DockerEngine)
	return engineproxy.New(engineproxy.Options{Engine: engine, Self: runner.OwnID, Log: log}).Serve(ctx, l)
}
