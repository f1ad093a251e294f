package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"
)

// options of a run.
type options struct {
	seed     uint64
	faults   int
	duration time.Duration
	rest     time.Duration
	short    bool
	stack    string
	only     string
	pages    int
	keep     bool
	out      string
	size     string
	disk     int64
	engine   bool
	clock    bool
}

func parseOptions() (o options) {
	flag.Uint64Var(&o.seed, "seed", uint64(time.Now().UnixNano()%1_000_000), "the same `seed` draws the same faults")
	flag.IntVar(&o.faults, "faults", 20, "how `many` faults; 0: as many as fit into -duration")
	flag.DurationVar(&o.duration, "duration", 0, "begin no fault after that `time`; 0: no limit")
	flag.DurationVar(&o.rest, "rest", 3*time.Second, "quiet `time` between recovery and the next fault, on average")
	flag.BoolVar(&o.short, "short", false, "8 faults, each process killed once")
	flag.StringVar(&o.stack, "stack", "host", "host (processes of this machine), compose (docker-compose.yml) or docker (that with the Docker runner)")
	flag.StringVar(&o.only, "only", "", "only kinds of faults whose name contains `text`")
	flag.IntVar(&o.pages, "pages", 2, "`pages` that watch")
	flag.BoolVar(&o.keep, "keep", false, "keep the folder with logs and archive")
	flag.StringVar(&o.out, "out", filepath.Join("bench", "out", "chaos.json"), "`file` for the results")
	flag.StringVar(&o.size, "size", "640x360", "of the demo camera's picture")
	flag.Int64Var(&o.disk, "disk", 192, "`MB` of the file system for the media")
	flag.BoolVar(&o.engine, "engine", false, "with -stack docker, as root: stop and start this machine's Docker Engine too, whatever else runs in it")
	flag.BoolVar(&o.clock, "clock", false, "with -stack host, as root: step this machine's clock too, whatever else runs by it; it is set right in the end")
	flag.Parse()
	return o
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	kept, err := runAndReport(ctx, parseOptions())
	if err != nil {
		fmt.Fprintln(os.Stderr, "chaos:", err)
		os.Exit(1)
	}
	if !kept {
		os.Exit(1)
	}
}

// runAndReport reports whether all promises were kept.
func runAndReport(ctx context.Context, o options) (kept bool, err error) {
	dir, err := os.MkdirTemp("", "chaos")
	if err != nil {
		return false, err
	}
	r, err := execute(ctx, o, dir, ".", os.Stdout)
	if !o.keep {
		defer os.RemoveAll(dir)
	}
	if err != nil {
		return false, fmt.Errorf("%w (-keep keeps %s)", err, dir)
	}
	r.print(os.Stdout)
	if o.keep {
		fmt.Println("kept:", dir)
	}
	return len(r.Broken) == 0, r.save(o.out)
}
