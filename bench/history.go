package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/prometheus/procfs"

	"lookback/controller/fabricate"
	"lookback/e2e/rig"
)

// History is what a fabricated archive of a week does to the controller's
// start and to the page.
type History struct {
	Length   float64   `json:"length"`    // s of each camera
	MadeIn   float64   `json:"made_in"`   // s
	FileSize int64     `json:"file_size"` // bytes of a segment, about
	Loads    []Load    `json:"loads,omitempty"`
	Instants []Instant `json:"instants,omitempty"`
}

// Load is a start of the controller with so many cameras, none of which answers.
type Load struct {
	Cameras int        `json:"cameras"`
	Cold    bool       `json:"cold"`   // the page cache was dropped before
	Loaded  float64    `json:"loaded"` // s from the start until the API tells of each camera's whole window
	Memory  int64      `json:"memory"` // bytes, RSS then
	Peak    int64      `json:"peak"`   // bytes, the highest RSS so far
	Load    [2]float64 `json:"load"`
}

// Instant is how long it took in the page from the wish to the picture.
type Instant struct {
	Ago     string     `json:"ago"`
	Seconds []float64  `json:"seconds"` // each on a page of its own
	Load    [2]float64 `json:"load"`
}

// The fabricated camera and the live one have the same picture, so that they
// take the same time to decode.
const (
	historySize = "320x180"
	historyFPS  = 10
	manyCameras = 16
)

// measureHistory fabricates one camera's archive, which takes some minutes for
// a week and some GB, and gives the other cameras the same files by hard links.
func measureHistory(ctx context.Context, o options) (_ *History, err error) {
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	h := &History{Length: o.history.Seconds()}
	media := filepath.Join(dir, "media")
	if err := h.fabricate(ctx, media, o.history); err != nil {
		return nil, err
	}
	if o.wants("load") {
		if err := h.loads(ctx, dir, media); err != nil {
			return h, err
		}
	}
	if o.wants("instant") {
		err = h.instants(ctx, o, dir)
	}
	return h, err
}

func (h *History) fabricate(ctx context.Context, media string, length time.Duration) error {
	say("fabricating %v of history", length)
	begun := time.Now()
	runs := max(1, min(201, int(length/(5*time.Minute))))
	err := fabricate.Make(ctx, fabricate.Options{
		MediaDir: media, Cameras: []string{rig.CameraName}, End: begun, Length: length, Segment: 2 * time.Second, Part: 100 * time.Millisecond,
		FPS: historyFPS, Size: historySize, Runs: runs, Away: 4 * time.Second, Log: slog.New(slog.DiscardHandler),
	})
	h.MadeIn = time.Since(begun).Seconds()
	if files, globErr := filepath.Glob(filepath.Join(media, rig.CameraName, "*", "*", "*0.m4s")); globErr == nil && len(files) > 0 {
		if info, statErr := os.Stat(files[len(files)/2]); statErr == nil {
			h.FileSize = info.Size()
		}
	}
	return err
}

// loads starts the controller with one and with many cameras, cold and warm.
func (h *History) loads(ctx context.Context, dir, media string) error {
	cameras := []string{rig.CameraName}
	for _, n := range []int{1, manyCameras} {
		for len(cameras) < n {
			name := fmt.Sprintf("camera%d", len(cameras)+1)
			say("the archive of %s, by links", name)
			if err := linkArchive(ctx, filepath.Join(media, rig.CameraName), filepath.Join(media, name)); err != nil {
				return err
			}
			cameras = append(cameras, name)
		}
		for _, cold := range []bool{true, false} {
			if cold && !dropCaches() {
				say("the page cache can't be dropped here: no cold start is measured")
				continue
			}
			l, err := h.load(ctx, dir, cameras)
			if err != nil {
				return err
			}
			l.Cold = cold
			h.Loads = append(h.Loads, *l)
		}
	}
	return nil
}

// dropCaches makes the next reads come from the disk; only root may.
func dropCaches() bool {
	syscall.Sync()
	return os.WriteFile("/proc/sys/vm/drop_caches", []byte("3"), 0o644) == nil
}

// linkArchive gives a camera the same segments as another. What the archive
// replaces or appends to is copied.
func linkArchive(ctx context.Context, from, to string) error {
	return filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err = errors.Join(err, ctx.Err()); err != nil {
			return err
		}
		target := filepath.Join(to, strings.TrimPrefix(path, from))
		switch {
		case entry.IsDir():
			return os.MkdirAll(target, 0o755)
		case filepath.Ext(path) == ".m4s":
			return os.Link(path, target)
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(target, data, 0o644)
	})
}

func (h *History) load(ctx context.Context, dir string, cameras []string) (*Load, error) {
	say("the controller with %d cameras", len(cameras))
	var list []string
	for _, name := range cameras {
		list = append(list, name+"=http://127.0.0.1:9/nobody.mjpg")
	}
	stack, err := h.stack(ctx, dir, "CAMERAS="+strings.Join(list, " "))
	if err != nil {
		return nil, err
	}
	defer stack.Close()
	if err := stack.StartNginx(ctx); err != nil {
		return nil, err
	}
	l := &Load{Cameras: len(cameras)}
	_, l.Load[0] = machine()
	begun := time.Now()
	if err := stack.Controller.Start(); err != nil {
		return nil, err
	}
	var last error
	if err := rig.Until(ctx, 5*patience, "every camera has its window", func() bool {
		var known int
		known, last = h.known(stack)
		return known == len(cameras) || stack.Controller.Ended()
	}); err != nil {
		return nil, errors.Join(err, last)
	}
	l.Loaded = time.Since(begun).Seconds()
	if stack.Controller.Ended() {
		return nil, fmt.Errorf("the controller has ended:\n%s", stack.Controller.Log())
	}
	_, l.Load[1] = machine()
	p, err := procfs.NewProc(stack.Controller.Pid())
	if err != nil {
		return nil, err
	}
	status, err := p.NewStatus()
	l.Memory, l.Peak = int64(status.VmRSS), int64(status.VmHWM)
	return l, err
}

// stack is one whose archive reaches back over the whole history.
func (h *History) stack(ctx context.Context, dir string, settings ...string) (*rig.Stack, error) {
	window := fmt.Sprintf("WINDOW=%dh", int(h.Length/3600)+2)
	return rig.New(ctx, rig.Options{Root: ".", Dir: dir, Size: historySize, FPS: fmt.Sprint(historyFPS), Setting: append(settings, window)})
}

// known is of how many cameras the API tells the whole window.
func (h *History) known(stack *rig.Stack) (n int, err error) {
	text, err := stack.Get("/api/cameras")
	if err != nil {
		return 0, err
	}
	var answer struct {
		Cameras []struct {
			Window *struct{ Seconds float64 }
		}
	}
	if err := json.Unmarshal([]byte(text), &answer); err != nil {
		return 0, err
	}
	for _, c := range answer.Cameras {
		if c.Window != nil && c.Window.Seconds > 0.95*h.Length {
			n++
		}
	}
	return n, nil
}

// instants goes from the live picture to instants near and far, each on a new
// page, in turns.
func (h *History) instants(ctx context.Context, o options, dir string) error {
	stack, err := h.stack(ctx, dir)
	if err != nil {
		return err
	}
	defer stack.Close()
	if err := stack.Start(ctx); err != nil {
		return err
	}
	browser, err := rig.OpenBrowser(ctx)
	if err != nil {
		return err
	}
	defer browser.Close()
	const recorded = 80 * time.Second
	say("%v of live picture", recorded)
	if err := wait(ctx, recorded); err != nil {
		return err
	}
	length := time.Duration(h.Length * float64(time.Second))
	// A minute ago is in the live playlist that the page has already, five are not.
	agos := []time.Duration{time.Minute, 5 * time.Minute, length / 7, length - length/100}
	for _, ago := range agos {
		h.Instants = append(h.Instants, Instant{Ago: ago.Round(time.Minute).String()})
	}
	say("%d instants", o.opens*len(agos))
	for n := range o.opens {
		for i, ago := range agos {
			_, load := machine()
			// Never the same segment twice, since time goes on between two rounds.
			seconds, err := goTo(browser, stack.Origin, ago)
			if err != nil {
				return err
			}
			h.Instants[i].Seconds = append(h.Instants[i].Seconds, seconds)
			if n == 0 {
				h.Instants[i].Load[0] = load
			}
			h.Instants[i].Load[1] = load
		}
	}
	return nil
}

// goTo opens the page and, when it shows the live picture and has got its
// timeline, goes back. It tells after how many seconds the first picture from
// there is on the page, which is looked at with each frame that the browser draws.
func goTo(browser *rig.Browser, url string, ago time.Duration) (float64, error) {
	page, err := openPage(browser, url)
	if err != nil {
		return 0, err
	}
	defer page.Close()
	// Before that the page is still busy with its own beginning.
	const settled = `lookback.state === "live" && lookback.buffer > 0.1 &&
		performance.getEntriesByType("resource").some((e) => e.name.includes("/timeline?") && e.responseEnd > 0 && performance.now() - e.responseEnd > 300)`
	if err := page.Until(patience, settled); err != nil {
		return 0, err
	}
	// While the picture is on its way the page's state is "connecting".
	got, err := rig.Eval[struct{ Ms, Off float64 }](page, fmt.Sprintf(`new Promise((done) => {
		const at = Date.now() - %d, begun = performance.now();
		lookback.goTo(at);
		const look = () => ["rewound", "stalled"].includes(lookback.state)
			? done({ms: performance.now() - begun, off: Math.abs(lookback.position - at)}) : requestAnimationFrame(look);
		requestAnimationFrame(look);
	})`, ago.Milliseconds()))
	if err != nil {
		return 0, err
	}
	// A camera that was away then is away for four seconds.
	if got.Off > 8000 {
		return 0, fmt.Errorf("%v ago led to a picture %.1f s away from there", ago, got.Off/1000)
	}
	return got.Ms / 1000, nil
}

func (h *History) print(w io.Writer) {
	if h == nil {
		return
	}
	fmt.Fprintf(w, "\nhistory of %v, %s at %d fps\tfabricated in %.0f s, %.1f kB a segment\n", time.Duration(h.Length)*time.Second, historySize, historyFPS,
		h.MadeIn, float64(h.FileSize)/1000)
	for _, l := range h.Loads {
		temperature := "warm"
		if l.Cold {
			temperature = "cold: page cache dropped"
		}
		fmt.Fprintf(w, "%d cameras, %s\tloaded in %.2f s\tRSS %.0f MB, at most %.0f MB\tload %.1f\n", l.Cameras, temperature, l.Loaded,
			float64(l.Memory)/1e6, float64(l.Peak)/1e6, l.Load)
	}
	for _, i := range h.Instants {
		ratio := quantile(i.Seconds, 0.5) / quantile(h.Instants[0].Seconds, 0.5)
		fmt.Fprintf(w, "to an instant %s ago\tfirst frame after %.2f s (median), %.2f s (worst)\t%.2f of a minute ago\t%.2f\tload %.1f\n", i.Ago,
			quantile(i.Seconds, 0.5), quantile(i.Seconds, 1), ratio, i.Seconds, i.Load)
	}
}
