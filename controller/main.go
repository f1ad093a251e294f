// Command controller is Lookback's one program: it records cameras and serves
// their playlists. Reading serve downward is reading the way of a fragment.
package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"slices"
	"syscall"

	"lookback/controller/config"
	"lookback/controller/democam"
)

const usage = `usage: controller COMMAND

  serve        record the cameras and serve their playlists (settings: .env.example)
  check        verify what is recorded: check [--mend] [CAMERA…]
  rename       give what a camera has recorded to another name: rename OLD NEW
  record       record one camera, as the controller has told: what runs in a recorder's container
  recorders    list recorders' containers, or end and remove them: recorders [remove [CAMERA…]]
  healthcheck  ask a running controller whether it is well
  demo-camera  be an HTTP camera; -help lists its options
  version      print the version
  help         print this
`

// alone are the commands that take no arguments.
var alone = []string{"serve", "healthcheck", "version", "help", "-h", "-help", "--help"}

func main() {
	os.Exit(run(os.Args[1:], os.Stderr))
}

func run(args []string, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if len(args) == 0 {
		fmt.Fprint(stderr, usage)
		return exitUsage
	}
	command := args[0]
	if len(args) > 1 && slices.Contains(alone, command) {
		fmt.Fprintf(stderr, "controller: %s takes no arguments, not %q\n%s", command, args[1:], usage)
		return exitUsage
	}
	switch command {
	case "serve":
		cfg, err := config.Load(os.Environ())
		if err != nil {
			return status(stderr, err)
		}
		log := newLogger(cfg.LogLevel, cfg.LogFormat, stderr)
		for _, w := range cfg.Warnings {
			log.Warn("left out of the settings", "what", w)
		}
		return status(stderr, serve(ctx, cfg, log))
	case "record":
		return withSettings(stderr, func(cfg *config.Config) error { return record(ctx, cfg.MediaDir, args[1:], stderr) })
	case "recorders":
		return withSettings(stderr, func(cfg *config.Config) error { return recorders(ctx, cfg, args[1:], os.Stdout) })
	case "rename":
		return withSettings(stderr, func(cfg *config.Config) error { return rename(cfg, args[1:], os.Stdout) })
	case "check":
		return checkCommand(args[1:], os.Stdout, stderr)
	case "healthcheck":
		return withSettings(stderr, func(cfg *config.Config) error { return healthcheck(ctx, cfg.Listen) })
	case "demo-camera":
		return status(stderr, democam.Main(ctx, args[1:], slog.New(slog.NewTextHandler(stderr, nil))))
	case "version":
		fmt.Println(version())
		return exitOK
	case "help", "-h", "-help", "--help":
		fmt.Print(usage)
		return exitOK
	default:
		fmt.Fprintf(stderr, "controller: unknown command %q\n%s", command, usage)
		return exitUsage
	}
}
