package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// shortKinds are struck when time is short, each once.
var shortKinds = []string{"kill ffmpeg", "kill controller", "kill nginx", "kill nginx worker", "kill camera",
	"stop controller", "camera stalls", "camera refuses"}

// execute runs a whole session on a system of its own. root is that of the
// source tree.
func execute(ctx context.Context, o options, dir, root string, out io.Writer) (*Report, error) {
	system, err := newSystem(ctx, o, dir, root)
	if err != nil {
		return nil, err
	}
	defer system.Close()
	for _, c := range system.Cannot() {
		fmt.Fprintln(out, "NOT DONE HERE:", c)
	}
	s := newSession(system, dir, out)
	s.film.keep = o.keep
	kinds, err := chooseKinds(system.Kinds(), &o)
	if err != nil {
		return nil, err
	}
	s.plan(kinds, o.seed, o.faults, o.duration, o.rest)
	fmt.Fprintf(out, "seed %d, %s, page %s\n", o.seed, o.stack, system.Origin())
	err = s.run(ctx, o.pages)
	if o.keep || err != nil {
		os.WriteFile(filepath.Join(dir, "log"), []byte(system.Log()), 0o644)
	}
	if err != nil {
		return nil, fmt.Errorf("%w\n%s", err, tail(system.Log()))
	}
	system.Freeze()
	r, err := s.report()
	if err != nil {
		return nil, err
	}
	r.Seed, r.Stack = o.seed, o.stack
	if o.keep {
		err = s.saveFrames(filepath.Join(dir, "frames.tsv"))
	}
	return r, err
}

func newSystem(ctx context.Context, o options, dir, root string) (System, error) {
	options := hostOptions{Root: root, Dir: dir, Size: o.size, Disk: o.disk << 20, Clock: o.clock}
	switch o.stack {
	case "host":
		return newHost(ctx, options)
	case "compose":
		return newCompose(ctx, options)
	case "docker":
		return newDockerStack(ctx, options, o.engine)
	}
	return nil, fmt.Errorf("-stack=%q: accepted are host, compose and docker", o.stack)
}

// chooseKinds applies -only and -short.
func chooseKinds(kinds []Kind, o *options) ([]Kind, error) {
	if o.short {
		kinds = slices.DeleteFunc(kinds, func(k Kind) bool { return !slices.Contains(shortKinds, k.Name) })
		for i := range kinds {
			kinds[i].Weight, kinds[i].Longest = 1, min(kinds[i].Longest, max(kinds[i].Shortest, 2500*1e6))
		}
		o.faults = len(kinds)
	}
	kinds = slices.DeleteFunc(kinds, func(k Kind) bool { return !strings.Contains(k.Name, o.only) })
	if len(kinds) == 0 {
		return nil, fmt.Errorf("-only=%q: no such fault here", o.only)
	}
	return kinds, nil
}

func tail(log string) string { return log[max(0, len(log)-4000):] }
