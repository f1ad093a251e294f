// Command cmd fabricates archives: go run ./controller/fabricate/cmd -help
package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"time"

	"github.com/prometheus/common/model"

	"lookback/controller/fabricate"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	o, err := options(os.Args[1:], log)
	if err == nil {
		err = fabricate.Make(ctx, o)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "fabricate:", err)
		os.Exit(1)
	}
}

func options(args []string, log *slog.Logger) (fabricate.Options, error) {
	f := flag.NewFlagSet("fabricate", flag.ExitOnError)
	dir := f.String("dir", "var", "the media directory")
	cameras := f.String("cameras", "front", "names of the cameras, separated by commas")
	length := f.String("length", "7d", "how much history, such as 90m, 24h or 7d")
	segment := f.Duration("segment", 2*time.Second, "duration of a segment")
	part := f.Duration("part", 500*time.Millisecond, "duration of a part")
	fps := f.Int("fps", 4, "frames a second")
	size := f.String("size", "192x108", "size of the picture")
	runs := f.Int("runs", 201, "runs of each camera: discontinuities and one")
	away := f.Duration("away", 4*time.Second, "how long the camera is away between two runs")
	lost := f.Int("lost", 20, "lost segments of each camera, which become gaps")
	if err := f.Parse(args); err != nil {
		return fabricate.Options{}, err
	}
	d, err := model.ParseDuration(*length)
	if err != nil {
		return fabricate.Options{}, fmt.Errorf("-length %q: accepted is a duration such as 90m, 24h or 7d", *length)
	}
	return fabricate.Options{
		MediaDir: *dir, Cameras: strings.Split(*cameras, ","), End: time.Now(), Length: time.Duration(d), Segment: *segment,
		Part: *part, FPS: *fps, Size: *size, Runs: *runs, Away: *away, Lost: *lost, Log: log,
	}, nil
}
