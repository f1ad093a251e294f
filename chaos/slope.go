package main

import (
	"bufio"
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/procfs"
)

// Sample is a value at a time.
type Sample struct {
	At    time.Time `json:"at"`
	Value float64   `json:"value"`
}

// usage measures what processes use, every few seconds.
type usage struct {
	system System
	every  time.Duration

	mu     sync.Mutex
	series map[string][]Sample // "controller rss_bytes"
}

func (u *usage) run(ctx context.Context) {
	for wait(ctx, u.every) == nil {
		now := time.Now()
		for name, pid := range u.system.Processes() {
			u.process(now, name, pid)
		}
		u.goroutines(ctx, now)
	}
}

func (u *usage) add(name string, at time.Time, value float64) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.series[name] = append(u.series[name], Sample{at, value})
}

// process leaves out one that has just ended.
func (u *usage) process(now time.Time, name string, pid int) {
	p, err := procfs.NewProc(pid)
	if err != nil {
		return
	}
	if stat, err := p.Stat(); err == nil && stat.State != "Z" && stat.RSS > 0 {
		u.add(name+" rss_bytes", now, float64(stat.ResidentMemory()))
		u.add(name+" cpu_seconds", now, stat.CPUTime())
	}
	if n, err := p.FileDescriptorsLen(); err == nil && n > 0 {
		u.add(name+" descriptors", now, float64(n))
	}
}

func (u *usage) goroutines(ctx context.Context, now time.Time) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, u.system.Metrics(), nil)
	if err != nil {
		return
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return // the controller is away, which others measure
	}
	defer answer.Body.Close()
	for lines := bufio.NewScanner(answer.Body); lines.Scan(); {
		value, found := strings.CutPrefix(lines.Text(), "go_goroutines ")
		if n, err := strconv.ParseFloat(value, 64); found && err == nil {
			u.add("controller goroutines", now, n)
		}
	}
}

// Trend is how a value has developed.
type Trend struct {
	Name    string  `json:"name"`
	Samples int     `json:"samples"`
	Early   float64 `json:"early"` // median of the second quarter; the first is for warming up
	Late    float64 `json:"late"`  // median of the last quarter
	PerHour float64 `json:"per_hour"`
	Grows   bool    `json:"grows"`
}

// worth is what of a value may be more at the end without being called growth:
// less than that comes and goes with garbage collection and viewers.
var worth = map[string]float64{"rss_bytes": 8 << 20, "descriptors": 10, "goroutines": 10}

// enough is how many samples it takes to speak of a trend.
const enough = 24

// trendOf judges the samples of one life or many; it takes some minutes' worth
// to say anything.
func trendOf(name string, samples []Sample) Trend {
	t := Trend{Name: name, Samples: len(samples)}
	if len(samples) < enough {
		return t
	}
	n := len(samples)
	t.Early, t.Late = median(samples[n/4:n/2]), median(samples[3*n/4:])
	early, late := samples[3*n/8].At, samples[7*n/8].At
	if hours := late.Sub(early).Hours(); hours > 0 {
		t.PerHour = (t.Late - t.Early) / hours
	}
	_, kind, _ := strings.Cut(name, " ")
	allowed, judged := worth[kind]
	t.Grows = judged && t.Late-t.Early > max(allowed, t.Early/8)
	return t
}

func median(samples []Sample) float64 {
	values := make([]float64, len(samples))
	for i, s := range samples {
		values[i] = s.Value
	}
	slices.Sort(values)
	return values[len(values)/2]
}

// Trends are those of all values.
func (u *usage) Trends() (all []Trend) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for name, samples := range u.series {
		all = append(all, trendOf(name, samples))
	}
	slices.SortFunc(all, func(a, b Trend) int { return strings.Compare(a.Name, b.Name) })
	return all
}
