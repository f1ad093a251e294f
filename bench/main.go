// Command bench measures latency and cost of Lookback, and of the plain
// ffmpeg HLS that it replaces, on this machine in one run. There are a demo
// camera, the controller or plain ffmpeg, nginx, and Chromium, which reads the
// camera's clock back from the picture. docs/benchmarks.md has results and what they mean.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// parts in the order in which they run, and what they measure.
var parts = []struct{ name, what string }{
	{"window", "what playlists cost for windows of a minute, a day and a week"},
	{"viewers", "hundreds of live viewers of one camera: who gets each part when, and cost"},
	{"load", "start of the controller with a week of history, of one camera and of 16"},
	{"instant", "from the live picture to an instant near and far: until its first frame"},
	{"cameras", "H.264 that is copied: start-up, latency, joins with 10 s between key frames, cost"},
	{"many", "sixteen cameras at once, of each kind of -kinds: cost, and the age of their live edge"},
	{"startup", "controller started with an open page: until the first picture"},
	{"idle", "cost without a viewer"},
	{"open", "cold openings of the page: until the first picture"},
	{"view", "latency and cost with one viewer"},
	{"recovery", "kill -9 of ffmpeg and of the controller: until the next picture"},
	{"hls", "the baseline: plain ffmpeg -f hls behind nginx, default hls.js"},
	{"hls-wallclock", "the same with -use_wallclock_as_timestamps 1, without which it drifts"},
}

type options struct {
	seconds, settle time.Duration
	kills, opens    int
	rounds          int
	history         time.Duration
	viewers         counts
	size, fps       string
	kinds           kinds
	controller      string
	settings        settings
	only            []string
	out             string
}

// settings of the controller, NAME=VALUE.
type settings []string

func (s *settings) String() string { return strings.Join(*s, " ") }

func (s *settings) Set(value string) error {
	if !strings.Contains(value, "=") {
		return fmt.Errorf("accepted is NAME=VALUE, such as PART=200ms")
	}
	*s = append(*s, value)
	return nil
}

// kinds of cameras, of which there are many.
type kinds []string

func (k *kinds) String() string { return strings.Join(*k, ",") }

func (k *kinds) Set(value string) error {
	*k = strings.Split(value, ",")
	for _, kind := range *k {
		if manyKinds[kind] == nil {
			return fmt.Errorf("accepted are %s, by commas", &allKinds)
		}
	}
	return nil
}

// counts are several numbers of viewers.
type counts []int

func (c *counts) String() string {
	return strings.Trim(strings.ReplaceAll(fmt.Sprint([]int(*c)), " ", ","), "[]")
}

func (c *counts) Set(value string) error {
	*c = nil
	for item := range strings.SplitSeq(value, ",") {
		n, err := strconv.Atoi(item)
		if err != nil || n < 1 || n > 2000 {
			return fmt.Errorf("accepted are numbers from 1 to 2000, by commas")
		}
		*c = append(*c, n)
	}
	return nil
}

func main() {
	commands := map[string]func(context.Context, []string) error{simulatedCommand: runSimulated, ageCommand: runAge}
	if len(os.Args) > 1 && commands[os.Args[1]] != nil {
		if err := commands[os.Args[1]](context.Background(), os.Args[2:]); err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
			os.Exit(1)
		}
		return
	}
	o, err := parse(os.Args[1:])
	if err != nil {
		os.Exit(2) // the flag package has said why
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func parse(args []string) (o options, err error) {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	seconds := flags.Int("seconds", 60, "how long to look, `s`; 600 for what docs/benchmarks.md calls the long run")
	settle := flags.Int("settle", 10, "what to leave out after opening the page, `s`")
	flags.IntVar(&o.kills, "kills", 3, "how often to kill each of ffmpeg and controller")
	flags.IntVar(&o.opens, "opens", 5, "how often to open the page")
	flags.IntVar(&o.rounds, "rounds", 25, "how often each window takes its turn")
	o.viewers = counts{200, 500, 1000}
	flags.Var(&o.viewers, "viewers", "how many look, by commas; each for -seconds, at most 20")
	o.kinds = allKinds
	flags.Var(&o.kinds, "kinds", "what the many cameras send, by commas: rtsp is H.264 that is copied, mjpeg JPEGs over HTTP that are encoded")
	flags.StringVar(&o.controller, "controller", "", "a controller that was built before, as of another commit, `file`, for the many cameras; none: it is built")
	flags.DurationVar(&o.history, "history", 7*24*time.Hour, "how much to fabricate for load and instant; a week takes some GB and minutes")
	flags.StringVar(&o.size, "size", "1280x720", "picture of the demo camera, `WIDTHxHEIGHT`")
	flags.StringVar(&o.fps, "fps", "30", "frames a second of the demo camera")
	flags.Var(&o.settings, "set", "`NAME=VALUE` of the controller, such as PART=200ms; may be repeated")
	flags.StringVar(&o.out, "out", "bench/out", "`folder` for the results as JSON")
	only := flags.String("only", "", "`parts` to run, by commas; all: "+partNames())
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	o.seconds, o.settle = time.Duration(*seconds)*time.Second, time.Duration(*settle)*time.Second
	for _, name := range strings.FieldsFunc(*only, func(r rune) bool { return r == ',' }) {
		if !strings.Contains(" "+partNames()+" ", " "+name+" ") {
			err := fmt.Errorf("-only %q: accepted are %s, by commas", name, partNames())
			fmt.Fprintln(flags.Output(), err)
			return o, err
		}
		o.only = append(o.only, name)
	}
	return o, nil
}

func partNames() string {
	var names []string
	for _, p := range parts {
		names = append(names, p.name)
	}
	return strings.Join(names, " ")
}

func (o options) wants(names ...string) bool {
	return len(o.only) == 0 || slices.ContainsFunc(names, func(n string) bool { return slices.Contains(o.only, n) })
}

// run measures everything that is wanted. What was measured is shown and
// written even when a later part fails.
func run(ctx context.Context, o options) error {
	report := newReport(o)
	err := measure(ctx, o, report)
	report.print(os.Stdout)
	file := filepath.Join(o.out, report.When.UTC().Format("20060102T150405Z")+".json")
	text, jsonErr := json.MarshalIndent(report, "", "  ")
	if jsonErr != nil {
		return jsonErr
	}
	if err := os.MkdirAll(o.out, 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(file, append(text, '\n'), 0o644); err != nil {
		return err
	}
	fmt.Println("\nwritten to", file)
	return err
}

func measure(ctx context.Context, o options, report *Report) (err error) {
	if o.wants("window") {
		if report.Windows, err = measureWindows(ctx, o); err != nil {
			return fmt.Errorf("window: %w", err)
		}
	}
	if o.wants("viewers") {
		// What was measured before an error is shown.
		if report.Audiences, err = measureAudiences(ctx, o); err != nil {
			return err
		}
	}
	if o.wants("load", "instant") {
		if report.History, err = measureHistory(ctx, o); err != nil {
			return fmt.Errorf("history: %w", err)
		}
	}
	if o.wants("cameras") {
		if report.Cameras, err = measureCameras(ctx, o); err != nil {
			return fmt.Errorf("cameras: %w", err)
		}
	}
	if o.wants("many") {
		for _, kind := range o.kinds {
			m, err := measureMany(ctx, o, kind)
			report.Many = append(report.Many, m)
			if err != nil {
				return fmt.Errorf("many %s: %w", kind, err)
			}
		}
	}
	if o.wants("startup", "idle", "open", "view", "recovery") {
		if err := measureLookback(ctx, o, report); err != nil {
			return err
		}
	}
	for _, baseline := range []string{"hls", "hls-wallclock"} {
		if !o.wants(baseline) {
			continue
		}
		viewing, err := measureBaseline(ctx, o, baseline == "hls-wallclock")
		if err != nil {
			return fmt.Errorf("%s: %w", baseline, err)
		}
		report.Baselines[baseline] = viewing
	}
	return nil
}

// say tells what is going on; results go to stdout.
func say(format string, args ...any) { fmt.Fprintf(os.Stderr, "… "+format+"\n", args...) }

// wait lets time pass while others are measured.
func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
