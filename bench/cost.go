package main

import (
	"maps"
	"os"
	"time"

	"github.com/prometheus/procfs"

	"lookback/e2e/rig"
)

// Cost is what a group of processes took.
type Cost struct {
	CPU    float64 `json:"cpu"`    // share of one core
	Memory int     `json:"memory"` // bytes at the end: RSS of one process, of several the sum of PSS, which counts once what they share
}

// Conditions tell how much a measurement is worth.
type Conditions struct {
	Load   [2]float64 `json:"load"`   // average of the last minute, before and after
	Others float64    `json:"others"` // cores taken by processes that are no part of the measurement
}

// meter measures groups of processes from its start on.
type meter struct {
	groups map[string]func() []procfs.Proc
	begun  time.Time
	before map[int]float64 // CPU seconds by process id
	busy   float64
	load   float64
}

func startMeter(groups map[string]func() []procfs.Proc) *meter {
	groups = maps.Clone(groups)
	groups["bench"] = func() []procfs.Proc { return alone(os.Getpid()) }
	m := &meter{groups: groups, begun: time.Now(), before: map[int]float64{}}
	for _, group := range groups {
		for _, p := range group() {
			m.before[p.PID] = cpuSeconds(p)
		}
	}
	m.busy, m.load = machine()
	return m
}

// stop tells what the groups took since the start.
func (m *meter) stop() (map[string]Cost, Conditions) {
	costs := map[string]Cost{}
	seconds := time.Since(m.begun).Seconds()
	busy, load := machine()
	others := (busy - m.busy) / seconds
	for name, group := range m.groups {
		processes := group()
		cost := Cost{Memory: memory(processes)}
		for _, p := range processes {
			// One that began meanwhile began with nothing; one that ended is left out.
			cost.CPU += (cpuSeconds(p) - m.before[p.PID]) / seconds
		}
		costs[name] = cost
		others -= cost.CPU
	}
	return costs, Conditions{Load: [2]float64{m.load, load}, Others: others}
}

func cpuSeconds(p procfs.Proc) float64 {
	stat, err := p.Stat()
	if err != nil {
		return 0
	}
	return stat.CPUTime()
}

func memory(processes []procfs.Proc) (bytes int) {
	if len(processes) == 1 {
		if stat, err := processes[0].Stat(); err == nil {
			return stat.ResidentMemory()
		}
	}
	for _, p := range processes {
		if maps, err := p.ProcSMapsRollup(); err == nil {
			bytes += int(maps.Pss)
		}
	}
	return bytes
}

// machine is what all processors have worked since boot, in seconds, and the load.
func machine() (busy, load float64) {
	fs, err := procfs.NewDefaultFS()
	if err != nil {
		return 0, 0
	}
	if stat, err := fs.Stat(); err == nil {
		t := stat.CPUTotal
		busy = t.User + t.Nice + t.System + t.IRQ + t.SoftIRQ + t.Steal
	}
	if average, err := fs.LoadAvg(); err == nil {
		load = average.Load1
	}
	return busy, load
}

// alone is a process without its children.
func alone(pid int) []procfs.Proc {
	p, err := procfs.NewProc(pid)
	if err != nil {
		return nil
	}
	return []procfs.Proc{p}
}

// family is a process with its descendants.
func family(pid int) []procfs.Proc {
	all, _ := rig.Family(pid)
	return all
}

// children is a process's descendants without itself.
func children(pid int) []procfs.Proc {
	all := family(pid)
	if len(all) == 0 {
		return nil
	}
	return all[1:]
}
