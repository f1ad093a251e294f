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
	name    string
	does    string // a line for people: what it does, and its arguments where it takes any
	alone   bool   // it takes no arguments
	options bool   // it has some, and tells them when it is asked for help
	run     func(ctx context.Context, args []string, stdout, stderr io.Writer) int
}

// commands are all of them, in the order in which help tells them.
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
		{name: "remove", does: "delete all that cameras have recorded: remove CAMERA…",
			run: func(_ context.Context, args []string, stdout, stderr io.Writer) int {
				return withSettings(stderr, func(cfg *config.Config) error { return remove(cfg, args, stdout) })
			}},
		{name: "record", does: "record one camera, as the controller has told, in a recorder's container: record CAMERA",
			run: func(ctx context.Context, args []string, _, stderr io.Writer) int {
				return withSettings(stderr, func(cfg *config.Config) error { return record(ctx, cfg.MediaDir, args, stderr) })
			}},
		{name: "recorders", does: "list recorders' containers, or end and remove them: recorders [remove [CAMERA…]]",
			run: func(ctx context.Context, args []string, stdout, stderr io.Writer) int {
				return withSettings(stderr, func(cfg *config.Config) error { return recorders(ctx, cfg, args, stdout) })
			}},
		{name: "engine-proxy", does: "let a controller keep recorders' containers, and nothing else of a Docker Engine (LISTEN, DOCKER_ENGINE)", alone: true,
			run: func(ctx context.Context, _ []string, _, stderr io.Writer) int { return engineProxyCommand(ctx, stderr) }},
		{name: "healthcheck", does: "ask a running controller whether it is well", alone: true,
			run: func(ctx context.Context, _ []string, _, stderr io.Writer) int {
				return withSettings(stderr, func(cfg *config.Config) error { return healthcheck(ctx, cfg.Listen) })
			}},
		{name: "demo-camera", does: "be an HTTP camera; --help lists its options", options: true,
			run: func(ctx context.Context, args []string, _, stderr io.Writer) int {
				return status(stderr, democam.Main(ctx, args, slog.New(slog.NewTextHandler(stderr, nil))))
			}},
		{name: "version", does: "print the version", alone: true,
			run: func(_ context.Context, _ []string, stdout, _ io.Writer) int {
				fmt.Fprintln(stdout, version())
				return exitOK
			}},
		{name: "help", does: "print this, or the line of one command: help [COMMAND]",
			run: func(_ context.Context, args []string, stdout, stderr io.Writer) int {
				return help(args, stdout, stderr)
			}},
	}
}

// line is what help says of a command.
func (c command) line() string { return fmt.Sprintf("  %-12s %s\n", c.name, c.does) }

func usage() string {
	var b strings.Builder
	b.WriteString("usage: controller COMMAND\n\n")
	for _, c := range commands() {
		b.WriteString(c.line())
	}
	return b.String()
}

// help prints the usage, or the line of the command that is named.
func help(args []string, stdout, stderr io.Writer) int {
	if len(args) > 0 {
		return run(append([]string{args[0], "--help"}, args[1:]...), stdout, stderr)
	}
	fmt.Fprint(stdout, usage())
	return exitOK
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
	case slices.Contains(asksForHelp, name):
		if len(rest) > 0 {
			return refuseArguments(stderr, name, rest)
		}
		name = "help"
	case strings.TrimLeft(name, "-") == "version":
		name = "version"
	}
	all := commands()
	i := slices.IndexFunc(all, func(c command) bool { return c.name == name })
	if i < 0 {
		return refuse(stderr, "unknown command %q", name)
	}
	c := all[i]
	if slices.ContainsFunc(rest, func(arg string) bool { return slices.Contains(asksForHelp, arg) }) {
		fmt.Fprint(stdout, c.line())
		if !c.options {
			return exitOK
		}
		rest = []string{"-help"}
	}
	if c.alone && len(rest) > 0 {
		return refuseArguments(stderr, args[0], rest)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return c.run(ctx, rest, stdout, stderr)
}

func refuseArguments(stderr io.Writer, name string, rest []string) int {
	return refuse(stderr, "%s takes no arguments, not %q", name, rest)
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
