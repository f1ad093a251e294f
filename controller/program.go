package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"

	"lookback/controller/config"
	"lookback/controller/democam"
)

// Exit statuses.
const (
	exitOK      = 0
	exitFailure = 1
	exitUsage   = 2 // wrong settings or arguments: trying again is no use
)

// errUsage is about arguments.
var errUsage = errors.New("wrong arguments")

// withSettings reads all settings but the cameras, and runs a command with them.
func withSettings(stderr io.Writer, command func(*config.Config) error) int {
	cfg, err := config.LoadWithoutCameras(os.Environ())
	if err != nil {
		return status(stderr, err)
	}
	return status(stderr, command(cfg))
}

// status prints what went wrong and turns it into an exit status.
func status(stderr io.Writer, err error) int {
	var setting *config.Error
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, democam.ErrUsage), errors.Is(err, errUsage):
		fmt.Fprintln(stderr, "controller:", err)
		return exitUsage
	case errors.As(err, &setting): // lines that begin with the setting, as people search for them
		fmt.Fprintln(stderr, err)
		return exitUsage
	default:
		fmt.Fprintln(stderr, "controller:", err)
		return exitFailure
	}
}

func newLogger(level slog.Level, format string, w io.Writer) *slog.Logger {
	options := &slog.HandlerOptions{Level: level}
	var h slog.Handler = slog.NewTextHandler(w, options)
	if format == "json" {
		h = slog.NewJSONHandler(w, options)
	}
	if level > slog.LevelDebug {
		h = bounded(h)
	}
	return slog.New(h)
}
