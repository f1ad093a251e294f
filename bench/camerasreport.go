package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
)

// print writes for people what was measured, beside the goals.
func (c *Cameras) print(w io.Writer) {
	if c == nil {
		return
	}
	fmt.Fprintf(w, "\nH.264, copied\tmeasured\tgoal\tload\tothers' cores\n")
	if c.StartUp != nil {
		startUps(w, "start-up until the first picture, first ever", c.StartUp.First, c.StartUp.Load)
		startUps(w, "  again", c.StartUp.Again, c.StartUp.Load)
		fmt.Fprintf(w, "  first ever, 10 s between key frames\t%.2f s\n", c.StartUp.Far)
	}
	if c.Idle != nil {
		line(w, "one camera, % of a core", fmt.Sprintf("%.1f (%s)", 100*recording(c.Idle.Cost), shares(c.Idle.Cost)), "3", c.Idle.Conditions)
	}
	if v := c.View; v != nil {
		line(w, "glass to glass p50 / p95 / p99", fmt.Sprintf("%.3f / %.3f / %.3f s", v.Latency.P50, v.Latency.P95, v.Latency.P99), "", v.Conditions)
		fmt.Fprintf(w, "  the camera's own\t%.3f / %.3f / %.3f s\n", c.Own.P50, c.Own.P95, c.Own.P99)
		fmt.Fprintf(w, "  p50 above that\t%.3f s\t0.45 s\n", v.Latency.P50-c.Own.P50)
		fmt.Fprintf(w, "  stalls\t%d, longest gap %.2f s, %d frames unreadable of %d\n", v.Stalls, v.LongestGap, v.Unreadable, v.Frames)
	}
	if len(c.Joins) > 0 {
		fmt.Fprintf(w, "join, 10 s between key frames\t%.2f s median, %.2f s worst %.2f\t1.5 s\n", quantile(c.Joins, 0.5), quantile(c.Joins, 1), c.Joins)
	}
	if len(c.FarJoin) > 0 {
		fmt.Fprintf(w, "  round trip of %v\t%.2f s median, %.2f s worst %.2f\n", roundTrip, quantile(c.FarJoin, 0.5), quantile(c.FarJoin, 1), c.FarJoin)
	}
}

func startUps(w io.Writer, what string, seconds []float64, load float64) {
	if len(seconds) > 0 {
		fmt.Fprintf(w, "%s\t%.2f s median, %.2f s worst %.2f\t5 s\t%.1f\n", what, quantile(seconds, 0.5), quantile(seconds, 1), seconds, load)
	}
}

func (m *Many) print(w io.Writer) {
	if m == nil || len(m.EdgeAge) == 0 {
		return
	}
	worst := Distribution{}
	for _, d := range m.EdgeAge {
		worst = Distribution{max(worst.P50, d.P50), max(worst.P95, d.P95), max(worst.P99, d.P99), max(worst.Max, d.Max)}
	}
	fmt.Fprintf(w, "\n%d cameras, %s\tmeasured\tgoal\tload\tothers' cores\n", m.Cameras, m.Kind)
	line(w, "live edge age p50 / p99 / max", fmt.Sprintf("%.2f / %.2f / %.2f s in the worst", worst.P50, worst.P99, worst.Max), "p99 1 s", m.Conditions)
	fmt.Fprintf(w, "  %% of a core\t%.1f (%s)\n", 100*recording(m.Cost), shares(m.Cost))
	fmt.Fprintf(w, "  all live after\t%.1f s, later not live in %d answers\n", m.Ready, m.Away)
}

func line(w io.Writer, what, measured, goal string, c Conditions) {
	fmt.Fprintf(w, "%s\t%s\t%s\t%.1f–%.1f\t%.2f\n", what, measured, goal, c.Load[0], c.Load[1], c.Others)
}

// recording is what Lookback itself takes, of one core.
func recording(costs map[string]Cost) float64 {
	return costs["controller"].CPU + costs["ffmpeg"].CPU + costs["nginx"].CPU
}

func shares(costs map[string]Cost) (text string) {
	for _, name := range slices.Sorted(maps.Keys(costs)) {
		text += fmt.Sprintf(" %s %.1f %% %.0f MB,", name, 100*costs[name].CPU, float64(costs[name].Memory)/1e6)
	}
	return text[1 : len(text)-1]
}
