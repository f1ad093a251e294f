package main

import (
	"math"
	"slices"
)

// Distribution of durations in seconds.
type Distribution struct {
	P50 float64 `json:"p50"`
	P95 float64 `json:"p95"`
	P99 float64 `json:"p99"`
	Max float64 `json:"max"`
}

func distribution(values []float64) Distribution {
	return Distribution{quantile(values, 0.5), quantile(values, 0.95), quantile(values, 0.99), quantile(values, 1)}
}

// quantile is the smallest value that at least the share q of all does not
// exceed; NaN of nothing.
func quantile(values []float64, q float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(values))
	i := int(math.Ceil(q*float64(len(sorted)))) - 1
	return sorted[min(max(i, 0), len(sorted)-1)]
}

// slope is that of the straight line through the points with the least squares.
func slope(x, y []float64) float64 {
	var sx, sy, sxx, sxy float64
	for i := range x {
		sx, sy = sx+x[i], sy+y[i]
	}
	n := float64(len(x))
	for i := range x {
		dx := x[i] - sx/n
		sxx, sxy = sxx+dx*dx, sxy+dx*(y[i]-sy/n)
	}
	if sxx == 0 {
		return 0
	}
	return sxy / sxx
}
