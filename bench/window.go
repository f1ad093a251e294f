package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"lookback/controller/archive"
	"lookback/controller/health"
	"lookback/controller/playlist/life"
	"lookback/controller/spool"
	"lookback/controller/web"
)

// Windows tells what the length of the window costs the controller. All of it
// is done by the handler in this process, without a network.
type Windows struct {
	Refreshes []Refresh `json:"refreshes"`
	Fulls     []Answer  `json:"fulls"`
	Slices    []Answer  `json:"slices"`
	Load      []float64 `json:"load"` // averages before and after
}

// Refresh is the cost of one delta update as every viewer asks for it with
// each new part. CPU is the mean over the parts of a segment, and of all
// segments the lower quartile: what else runs on the machine makes one dearer
// and never cheaper.
type Refresh struct {
	List      string  `json:"list"`
	Window    string  `json:"window"`
	Segments  int     `json:"segments"`
	CPU       float64 `json:"cpu"`       // s of the process, all threads
	CPURatio  float64 `json:"cpu_ratio"` // to the first window
	Bytes     float64 `json:"bytes"`     // gzip, mean over whole segments
	ByteRatio float64 `json:"byte_ratio"`
	MaxBytes  int     `json:"max_bytes"`
	Allocated float64 `json:"allocated"` // bytes
}

// Answer is one playlist that is not asked for again and again.
type Answer struct {
	What   string  `json:"what"`
	First  float64 `json:"first"` // s, nothing of it rendered before
	Again  float64 `json:"again"` // s of another, median
	Bytes  int     `json:"bytes"` // gzip
	Status int     `json:"status"`
}

// kind is what a camera's playlists are made of.
type kind struct {
	name                    string
	nominal, target, parted int64 // segment, target duration and part, microseconds
}

var (
	usual   = kind{"", 2_000_000, 2_000_000, 100_000}
	longGOP = kind{", key frame every 10 s", 10_000_000, 12_000_000, 100_000}
)

// lengths of the windows: at two seconds a segment, a week is 302,400.
var lengths = []struct {
	name    string
	length  time.Duration
	returns int // of the camera, each a discontinuity
}{{"1 minute", time.Minute, 0}, {"1 day", 24 * time.Hour, 200}, {"7 days", 7 * 24 * time.Hour, 200}}

// archived is one camera's history and the handler that serves it.
type archived struct {
	kind
	name     string
	segments int
	camera   *life.Simulation
	handler  http.Handler
	part     int64
}

func newArchived(k kind, name string, length time.Duration, returns int) *archived {
	constants := spool.Constants{PartTarget: k.parted * 115 / 100, TargetDuration: k.target, Independent: true}
	// The MSN has as many digits in each, so that bytes can be compared.
	a := &archived{kind: k, name: name, camera: life.New(constants, k.nominal, 1_000_000)}
	a.camera.PartSize = 12_000
	a.camera.Run(0)
	a.segments = int(length.Microseconds() / k.nominal)
	recent := int(time.Minute.Microseconds() / k.nominal)
	every := a.segments / (returns + 1)
	for i := range a.segments - recent {
		if returns > 0 && i > 0 && i%every == 0 {
			a.camera.Run(3_000_000)
		}
		a.camera.Part(k.nominal)
	}
	for range recent * int(k.nominal/k.parted) {
		a.publish()
	}
	if length == time.Minute {
		a.camera.Window = length.Microseconds() // it looks at each segment, which is too slow for the others
	}
	a.serve()
	return a
}

// serve makes a handler that has rendered nothing yet.
func (a *archived) serve() {
	shown := front{a.camera}
	a.handler = web.New(web.Options{
		Cameras: func() []web.Camera { return []web.Camera{shown} },
		Find:    func(string) (web.Camera, bool) { return shown, true },
		Log:     slog.New(slog.DiscardHandler),
		Now:     func() time.Time { return time.UnixMicro(a.camera.Snapshot().Edge()) },
	})
}

// front is a simulated camera as the handler asks for it, of which nothing is
// known but its history.
type front struct{ *life.Simulation }

func (front) Name() string                       { return "front" }
func (front) Title() string                      { return "front" }
func (front) TimeZone() string                   { return "" }
func (front) Source() string                     { return "" }
func (front) Forecast() (f archive.Forecast)     { return f }
func (front) Life() context.Context              { return context.Background() }
func (front) Report(time.Time) (r health.Report) { return r }

// publish adds a part. At 30 fps a third of the parts is a microsecond shorter.
func (a *archived) publish() {
	a.part++
	if a.part%3 == 0 {
		a.camera.Part(a.parted - 1)
		return
	}
	a.camera.Part(a.parted)
}

// counter is a response that keeps nothing but the count.
type counter struct {
	header        http.Header
	status, bytes int
}

func (c *counter) Header() http.Header         { return c.header }
func (c *counter) Write(b []byte) (int, error) { c.bytes += len(b); return len(b), nil }
func (c *counter) WriteHeader(status int)      { c.status = status }

func (a *archived) ask(path string) *counter { return a.serveTo(a.request(path)) }

func (a *archived) request(path string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.Host = "localhost"
	r.Header.Set("Accept-Encoding", "gzip")
	return r
}

func (a *archived) serveTo(r *http.Request) *counter {
	c := &counter{header: http.Header{}, status: http.StatusOK}
	a.handler.ServeHTTP(c, r)
	return c
}

// delta is the path with which a viewer asks for the newest part.
func (a *archived) delta(list string) string {
	s := a.camera.Snapshot()
	msn, n := s.Open.MSN, len(s.Open.Parts)-1
	if n < 0 {
		msn, n = msn-1, len(s.PartsOf(msn-1))-1
	}
	return fmt.Sprintf("/hls/front/%s?_HLS_msn=%d&_HLS_part=%d&_HLS_skip=YES", list, msn, n)
}

// refreshed is what the refreshes with each part of one segment took.
type refreshed struct {
	cpu, bytes float64
	most       int // bytes
}

// refresh publishes a part and asks for the playlist that has it. Only the
// latter is measured: what publishing takes here is not what it takes in the
// archive.
func (a *archived) refresh(list string, sum *refreshed) error {
	a.publish()
	r := a.request(a.delta(list))
	begun := processCPU()
	c := a.serveTo(r)
	sum.cpu += processCPU() - begun
	sum.bytes += float64(c.bytes)
	sum.most = max(sum.most, c.bytes)
	if c.status != http.StatusOK {
		return fmt.Errorf("%s of %s: status %d", list, a.name, c.status)
	}
	return nil
}

// allocates is the memory that a refresh takes, bytes, mean over a segment.
func (a *archived) allocates(list string) float64 {
	var before, after runtime.MemStats
	total := uint64(0)
	for range a.parts() {
		a.publish()
		r := a.request(a.delta(list))
		runtime.ReadMemStats(&before)
		a.serveTo(r)
		runtime.ReadMemStats(&after)
		total += after.TotalAlloc - before.TotalAlloc
	}
	return float64(total) / float64(a.parts())
}

// parts is how many there are to a segment.
func (a *archived) parts() int { return int(a.nominal / a.parted) }

// processCPU is the processor time of all threads of this process so far, s.
func processCPU() float64 {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &t); err != nil {
		panic(err) // it has no way to fail
	}
	return time.Duration(t.Nano()).Seconds()
}

// measureWindows compares the windows in one run.
func measureWindows(ctx context.Context, o options) (*Windows, error) {
	say("what the window costs, about half a minute")
	_, load := machine()
	w := &Windows{Load: []float64{load}}
	var all []*archived
	for _, l := range lengths {
		all = append(all, newArchived(usual, l.name, l.length, l.returns))
	}
	for _, list := range []string{"live.m3u8", "window.m3u8"} {
		if err := w.refreshes(ctx, all, list, o.rounds); err != nil {
			return nil, err
		}
	}
	gop := newArchived(longGOP, "1 day"+longGOP.name, 24*time.Hour, 200)
	for _, list := range []string{"live.m3u8", "window.m3u8"} {
		if err := w.refreshes(ctx, []*archived{gop}, list, 3); err != nil {
			return nil, err
		}
	}
	for _, a := range all {
		w.Fulls = append(w.Fulls, a.answers("live.m3u8, "+a.name, func(int) string { return "/hls/front/live.m3u8?epoch=0" }),
			a.answers("window.m3u8, "+a.name, func(int) string { return "/hls/front/window.m3u8?epoch=0" }))
	}
	w.slices(all[len(all)-1])
	_, load = machine()
	w.Load = append(w.Load, load)
	return w, nil
}

// refreshes lets the windows take turns with each part, so that whatever else
// goes on meets all of them alike.
func (w *Windows) refreshes(ctx context.Context, all []*archived, list string, rounds int) error {
	took := make([][]refreshed, len(all))
	for round := range rounds * segmentsEach {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		sums := make([]refreshed, len(all))
		for part := range all[0].parts() {
			for turn := range all {
				i := (turn + part + round) % len(all) // nobody is always the first
				if err := all[i].refresh(list, &sums[i]); err != nil {
					return err
				}
			}
		}
		for i := range all {
			took[i] = append(took[i], sums[i])
		}
	}
	first := len(w.Refreshes)
	for i, a := range all {
		r := Refresh{List: list, Window: a.name, Segments: a.segments, Allocated: a.allocates(list)}
		var cpu, bytes []float64
		for _, t := range took[i] {
			cpu, bytes, r.MaxBytes = append(cpu, t.cpu/float64(a.parts())), append(bytes, t.bytes/float64(a.parts())), max(r.MaxBytes, t.most)
		}
		r.CPU, r.Bytes = quantile(cpu, 0.25), quantile(bytes, 0.5)
		w.Refreshes = append(w.Refreshes, r)
		base := w.Refreshes[first]
		w.Refreshes[first+i].CPURatio, w.Refreshes[first+i].ByteRatio = r.CPU/base.CPU, r.Bytes/base.Bytes
	}
	return nil
}

// segmentsEach is how many segments' parts are one round.
const segmentsEach = 10

// answers asks a fresh handler once, and then for others like it after a new part each.
func (a *archived) answers(what string, path func(n int) string) Answer {
	a.serve()
	timed := func(n int) (float64, *counter) {
		a.publish()
		begun := time.Now()
		c := a.ask(path(n))
		return time.Since(begun).Seconds(), c
	}
	first, c := timed(0)
	var again []float64
	for n := range 9 {
		seconds, _ := timed(n + 1)
		again = append(again, seconds)
	}
	return Answer{what, first, quantile(again, 0.5), c.bytes, c.status}
}

// slices of the longest window, as the page asks for them, at three places.
func (w *Windows) slices(a *archived) {
	for _, long := range []time.Duration{40 * time.Second, 15 * time.Minute} {
		for _, ago := range []struct {
			name string
			ago  time.Duration
		}{{"a minute ago", time.Minute}, {"a day ago", 24 * time.Hour}, {"a week ago", 7 * 24 * time.Hour}} {
			if ago.ago < long {
				ago.name, ago.ago = "just before now", long+10*time.Second
			}
			w.Slices = append(w.Slices, a.answers(fmt.Sprintf("%v, %s", long, ago.name), func(n int) string {
				from := time.UnixMicro(a.camera.Snapshot().Edge()).Add(-ago.ago + time.Duration(n)*time.Millisecond).UTC()
				return "/hls/front/window.m3u8?from=" + from.Format(time.RFC3339Nano) + "&to=" + from.Add(long).Format(time.RFC3339Nano)
			}))
		}
	}
}

func (w *Windows) print(out io.Writer) {
	if w == nil {
		return
	}
	fmt.Fprintf(out, "\na refresh (delta)\twindow\tCPU, µs\tof 1 minute's\tgzip bytes\tof 1 minute's\tmost\tallocated, kB\n")
	for _, r := range w.Refreshes {
		fmt.Fprintf(out, "%s\t%s\t%.1f\t%.3f\t%.0f\t%.3f\t%d\t%.1f\n", r.List, r.Window, r.CPU*1e6, r.CPURatio, r.Bytes, r.ByteRatio, r.MaxBytes, r.Allocated/1000)
	}
	fmt.Fprintf(out, "\nin the handler, ms\tfirst\tagain\tgzip bytes\tstatus\n")
	for _, a := range w.Fulls {
		fmt.Fprintf(out, "whole %s\t%.2f\t%.2f\t%d\t%d\n", a.What, a.First*1000, a.Again*1000, a.Bytes, a.Status)
	}
	for _, a := range w.Slices {
		fmt.Fprintf(out, "slice of %s\t%.2f\t%.2f\t%d\t%d\n", strings.Replace(a.What, "m0s", "m", 1), a.First*1000, a.Again*1000, a.Bytes, a.Status)
	}
	fmt.Fprintf(out, "\tload %.1f\n", w.Load)
}
