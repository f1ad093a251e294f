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
	"strings"
	"syscall"

	"lookback/controller/config"
	"lookback/controller/democam"
)

// command is one of the program's, by its first argument.
type command struct {
	name  string
	does  string // a line for people: what it does, and its arguments where it takes any
	alone bool   // it takes no arguments
	run   func(ctx context.Context, args []string, stdout, stderr io.Writer) int
}

// commands are all of them but help and version, in the order in which help tells them.
func commands() []command {
	return []command{
		{name: "serve", does: "record the cameras and serve their playlists (settings: .env.example)", alone: true,
			run: func(ctx context.Context, _ []string, _, stderr io.Writer) int { return serveCommand(ctx, stderr) }},
		{name: "check", does: "verify what is recorded: check [--mend] [CAMERA…]",
			run: func(_ context.Context, args []string, stdout, stderr io.Writer) int {
				return checkCommand(args, stdout, stderr)
			}},
		{name: "rename", does: "give what a camera has recorded to another name: rename OLD NEW",
			run: func(_ context.Context, args []string, stdout, stderr io.Writer) int {
				return withSettings(stderr, func(cfg *config.Config) error { return rename(cfg, args, stdout) })
			}},
		{name: "record", does: "record one camera, as the controller has told, in a recorder's container: record CAMERA",
			run: func(ctx context.Context, args []string, _, stderr io.Writer) int {
				return withSettings(stderr, func(cfg *config.Config) error { return record(ctx, cfg.MediaDir, args, stderr) })
			}},
		{name: "recorders", does: "list recorders' containers, or end and remove them: recorders [remove [CAMERA…]]",
			run: func(ctx context.Context, args []string, stdout, stderr io.Writer) int {
				return withSettings(stderr, func(cfg *config.Config) error { return recorders(ctx, cfg, args, stdout) })
			}},
		{name: "healthcheck", does: "ask a running controller whether it is well", alone: true,
			run: func(ctx context.Context, _ []string, _, stderr io.Writer) int {
				return withSettings(stderr, func(cfg *config.Config) error { return healthcheck(ctx, cfg.Listen) })
			}},
		{name: "demo-camera", does: "be an HTTP camera; --help lists its options",
			run: func(ctx context.Context, args []string, _, stderr io.Writer) int {
				return status(stderr, democam.Main(ctx, args, slog.New(slog.NewTextHandler(stderr, nil))))
			}},
	}
}

const (
	helpLine    = "  help         print this, or the line of one command: help [COMMAND]\n"
	versionLine = "  version      print the version\n"
)

func usage() string {
	var b strings.Builder
	b.WriteString("usage: controller COMMAND\n\n")
	for _, c := range commands() {
		fmt.Fprintf(&b, "  %-12s %s\n", c.name, c.does)
	}
	b.WriteString(versionLine + helpLine)
	return b.String()
}

// asksForHelp are the arguments by which a command only tells what it does.
var asksForHelp = []string{"-h", "-help", "--help"}

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// run is the program but for its process: it returns the exit status.
func run(args []string, stdout, stderr io.Writer) int {
	if len(args) == 0 {
		fmt.Fprint(stderr, usage())
		return exitUsage
	}
	name, rest := args[0], args[1:]
	switch {
	case name == "help" && len(rest) > 0:
		name, rest = rest[0], append([]string{"--help"}, rest[1:]...)
	case name == "help" || slices.Contains(asksForHelp, name):
		if len(rest) > 0 {
			return refuse(stderr, "%s takes no arguments, not %q", name, rest)
		}
		fmt.Fprint(stdout, usage())
		return exitOK
	}
	help := slices.ContainsFunc(rest, func(arg string) bool { return slices.Contains(asksForHelp, arg) })
	switch strings.TrimLeft(name, "-") {
	case "help":
		fmt.Fprint(stdout, helpLine)
		return exitOK
	case "version":
		switch {
		case help:
			fmt.Fprint(stdout, versionLine)
		case len(rest) > 0:
			return refuse(stderr, "%s takes no arguments, not %q", name, rest)
		default:
			fmt.Fprintln(stdout, version())
		}
		return exitOK
	}
	all := commands()
	i := slices.IndexFunc(all, func(c command) bool { return c.name == name })
	if i < 0 {
		return refuse(stderr, "unknown command %q", name)
	}
	c := all[i]
	if help {
		fmt.Fprintf(stdout, "  %-12s %s\n", c.name, c.does)
		if c.name != "demo-camera" {
			return exitOK
		}
		rest = []string{"-help"} // which has options, and tells them
	}
	if c.alone && len(rest) > 0 {
		return refuse(stderr, "%s takes no arguments, not %q", name, rest)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return c.run(ctx, rest, stdout, stderr)
}

// refuse says what is wrong with the arguments, and what they may be.
func refuse(stderr io.Writer, format string, a ...any) int {
	fmt.Fprintf(stderr, "controller: "+format+"\n%s", append(a, usage())...)
	return exitUsage
}

// serveCommand is serve with the settings of the environment.
func serveCommand(ctx context.Context, stderr io.Writer) int {
	cfg, err := config.Load(os.Environ())
	if err != nil {
		return status(stderr, err)
	}
	log := newLogger(cfg.LogLevel, cfg.LogFormat, stderr)
	for _, w := range cfg.Warnings {
		log.Warn("left out of the settings", "what", w)
	}
	return status(stderr, serve(ctx, cfg, log))
}
