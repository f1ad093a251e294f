package main

import (
	"fmt"
	"io"
	"maps"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/prometheus/procfs"
)

// Report is everything that a run has measured; what it was not asked for is nil.
type Report struct {
	When           time.Time           `json:"when"`
	Machine        string              `json:"machine"`
	Versions       []string            `json:"versions"`
	Picture        string              `json:"picture"`
	Settings       []string            `json:"settings"` // of the controller, that differ from the defaults
	StartUp        *StartUp            `json:"start_up,omitempty"`
	Idle           *Idle               `json:"idle,omitempty"`
	Opens          []float64           `json:"opens,omitempty"` // s until the first picture
	View           *Viewing            `json:"view,omitempty"`
	KillFFmpeg     []Recovery          `json:"kill_ffmpeg,omitempty"`
	KillController []Recovery          `json:"kill_controller,omitempty"`
	Baselines      map[string]*Viewing `json:"baselines,omitempty"`
	Windows        *Windows            `json:"windows,omitempty"`
	History        *History            `json:"history,omitempty"`
	Audiences      *Audiences          `json:"audiences,omitempty"`
	Cameras        *Cameras            `json:"cameras,omitempty"`
	Many           []*Many             `json:"many,omitempty"`
}

// StartUp is in seconds since the controller was started.
type StartUp struct {
	Playlist float64    `json:"playlist"` // until it was there
	Picture  float64    `json:"picture"`  // until a page that was open all the time showed one
	Load     [2]float64 `json:"load"`
}

// Idle is the cost without a viewer.
type Idle struct {
	Cost       map[string]Cost `json:"cost"`
	Conditions Conditions      `json:"conditions"`
}

func newReport(o options) *Report {
	r := &Report{When: time.Now(), Picture: o.size + " at " + o.fps + " fps", Settings: o.settings, Baselines: map[string]*Viewing{}}
	r.Machine = fmt.Sprintf("%d × %s", runtime.NumCPU(), processor())
	for _, command := range [][]string{
		{"git", "describe", "--always", "--dirty"}, {"go", "version"}, {"ffmpeg", "-version"}, {"/usr/sbin/nginx", "-v"}, {"chromium", "--version"}, {"uname", "-sr"},
	} {
		out, err := exec.Command(command[0], command[1:]...).CombinedOutput()
		if err != nil {
			continue // not there, or no repository
		}
		// Some warn before they answer.
		lines := strings.Split(strings.TrimSpace(string(out)), "\n")
		line := lines[0]
		if command[0] == "chromium" {
			line = lines[len(lines)-1]
		}
		line, _, _ = strings.Cut(line, " Copyright")
		r.Versions = append(r.Versions, line)
	}
	return r
}

func processor() string {
	fs, err := procfs.NewDefaultFS()
	if err != nil {
		return runtime.GOARCH
	}
	info, err := fs.CPUInfo()
	if err != nil || len(info) == 0 {
		return runtime.GOARCH
	}
	return info[0].ModelName
}

// print writes the report for people.
func (r *Report) print(w io.Writer) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	defer t.Flush()
	fmt.Fprintf(t, "%s\n%s\n%s\n%s\tsettings: %s\n\n", r.When.Format(time.RFC3339), r.Machine, strings.Join(r.Versions, ", "),
		r.Picture, or(strings.Join(r.Settings, " "), "defaults"))
	if r.StartUp != nil {
		fmt.Fprintf(t, "start-up\tplaylist after %.2f s, picture after %.2f s\tload %.1f\n", r.StartUp.Playlist, r.StartUp.Picture, r.StartUp.Load)
	}
	if len(r.Opens) > 0 {
		fmt.Fprintf(t, "opening the page\tfirst frame after %.2f s (median), %.2f s (worst)\t%.2f\n", quantile(r.Opens, 0.5), quantile(r.Opens, 1), r.Opens)
	}
	printRecovery(t, "kill -9 of ffmpeg", r.KillFFmpeg)
	printRecovery(t, "kill -9 of the controller", r.KillController)
	r.printViewings(t)
	r.printCosts(t)
	r.Windows.print(t)
	r.Audiences.print(t)
	r.History.print(t)
	r.Cameras.print(t)
	for _, m := range r.Many {
		m.print(t)
	}
}

func printRecovery(w io.Writer, what string, recoveries []Recovery) {
	for _, r := range recoveries {
		note := ""
		if r.Reloaded {
			note = ", PAGE LOADED AGAIN"
		}
		fmt.Fprintf(w, "%s\tnew picture after %.2f s, live after %.2f s\t%d discontinuity%s\n", what, r.Picture, r.Live, r.Discontinuities, note)
	}
}

// viewings by name, ours first.
func (r *Report) viewings() (names []string, byName map[string]*Viewing) {
	byName = maps.Clone(r.Baselines)
	names = slices.Sorted(maps.Keys(byName))
	if r.View != nil {
		byName["lookback"] = r.View
		names = slices.Insert(names, 0, "lookback")
	}
	return names, byName
}

func (r *Report) printViewings(w io.Writer) {
	names, byName := r.viewings()
	if len(names) == 0 {
		return
	}
	fmt.Fprintln(w, "\nglass to glass, s\tp50\tp95\tp99\tmax\tdrift/min\tfirst frame\tstalls\tlongest gap\tfps\trequests/s\tkB/s\tload\tothers' cores")
	for _, name := range names {
		v := byName[name]
		var requests float64
		for _, n := range v.Requests {
			requests += n
		}
		fmt.Fprintf(w, "%s, %.0f s\t%.3f\t%.3f\t%.3f\t%.3f\t%+.3f\t%.2f\t%d (%.2f s)\t%.2f\t%.1f\t%.1f\t%.0f\t%.1f–%.1f\t%.2f\n",
			name, v.Seconds, v.Latency.P50, v.Latency.P95, v.Latency.P99, v.Latency.Max, v.DriftPerMinute, v.FirstFrame,
			v.Stalls, v.StalledSeconds, v.LongestGap, float64(v.Frames)/v.Seconds, requests, v.BytesPerSecond/1000,
			v.Conditions.Load[0], v.Conditions.Load[1], v.Conditions.Others)
	}
	for _, name := range names {
		v := byName[name]
		fmt.Fprintf(w, "%s\tstalls while joining: %d, damaged frames: %d of %d, reading a frame: %.2f ms\n",
			name, v.JoinStalls, v.Unreadable, v.Frames, v.ReadCost*1000)
		if p := v.Page; p != nil {
			fmt.Fprintf(w, "%s\tthe page says: latency %.2f s, target %.2f s, %d stalls, %d rebuilds, %d frames dropped\n",
				name, p.Latency, p.Target, p.Stalls, p.Rebuilds, p.Dropped)
		}
		for _, e := range v.Errors {
			fmt.Fprintf(w, "%s\tIN THE PAGE: %s\n", name, e)
		}
	}
}

func (r *Report) printCosts(w io.Writer) {
	if names, _ := r.viewings(); r.Idle == nil && len(names) == 0 {
		return
	}
	columns := []string{"controller", "nginx", "ffmpeg", "camera", "chromium", "bench"}
	fmt.Fprintf(w, "\n%% of a core (MB)\t%s\tload\tothers' cores\n", strings.Join(columns, "\t"))
	line := func(name string, costs map[string]Cost, c Conditions) {
		fmt.Fprint(w, name)
		for _, column := range columns {
			cost, found := costs[column]
			if !found {
				fmt.Fprint(w, "\t-")
				continue
			}
			fmt.Fprintf(w, "\t%.1f (%.0f)", cost.CPU*100, float64(cost.Memory)/1e6)
		}
		fmt.Fprintf(w, "\t%.1f–%.1f\t%.2f\n", c.Load[0], c.Load[1], c.Others)
	}
	if r.Idle != nil {
		line("no viewer", r.Idle.Cost, r.Idle.Conditions)
	}
	names, byName := r.viewings()
	for _, name := range names {
		line(name+", one viewer", byName[name].Cost, byName[name].Conditions)
	}
	if r.Idle != nil && r.View != nil {
		cost := func(of string) float64 { return 1000 * (r.View.Cost[of].CPU - r.Idle.Cost[of].CPU) }
		fmt.Fprintf(w, "a viewer costs\tcontroller %.1f ms, nginx %.1f ms of CPU a second\n", cost("controller"), cost("nginx"))
	}
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
