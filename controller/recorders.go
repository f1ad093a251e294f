package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"lookback/controller/config"
	"lookback/controller/runner"
)

// recorders lists the recorders' containers of this project, or ends and removes
// them: those of the cameras named, all without a name.
func recorders(ctx context.Context, cfg *config.Config, args []string, stdout io.Writer) error {
	remove := len(args) > 0 && args[0] == "remove"
	if len(args) > 0 && !remove {
		return fmt.Errorf("%w: recorders takes remove and cameras' names, not %q", errUsage, strings.Join(args, " "))
	}
	all, err := runner.Open(ctx, cfg.DockerEngine)
	if err != nil {
		return fmt.Errorf("DOCKER_ENGINE=%q: %w", cfg.DockerEngine, err)
	}
	if remove {
		return all.Remove(ctx, args[1:], func(container string) { fmt.Fprintln(stdout, "removed", container) })
	}
	w := tabwriter.NewWriter(stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "CAMERA\tCONTAINER\tSTATE\tVERSION")
	for _, r := range all.Recorders {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", r.Camera, r.Container, r.State, r.Version)
	}
	return w.Flush()
}
