package main

import (
	"math"
	"slices"
	"time"
)

// Simulated is what many viewers of one camera got, in seconds.
type Simulated struct {
	Viewers int     `json:"viewers"`
	Seconds float64 `json:"seconds"`
	Parts   int     `json:"parts"` // that came while it was measured
	// PartTarget is the longest part.
	PartTarget float64 `json:"part_target"`
	// Spread is between the first viewer who has a part and the last.
	Spread Distribution `json:"spread"`
	// LongestGap is between two parts' first arrivals: of the camera, before any viewer.
	LongestGap float64 `json:"longest_gap"`
	// Underruns are parts that came after their time on the screen, with
	// cushion in the buffer; Starved is how many viewers had any.
	Underruns int `json:"underruns"`
	Starved   int `json:"starved"`
	// ByAll are underruns of parts that were late for everybody: the camera's.
	ByAll         int     `json:"underruns_by_all"`
	Missing       int     `json:"missing"` // parts that a viewer never got
	PlaylistBytes float64 `json:"playlist_bytes"`
	Playlists     float64 `json:"playlists"` // a second and viewer
	Failed        int     `json:"failed"`    // viewers that got an error
	Failure       string  `json:"failure,omitempty"`
}

// showing is a part on its way to all viewers.
type showing struct {
	first, last time.Duration
	viewers     int
}

// judge looks at the parts whose first arrival lies between from and to. The
// last half second is left out: parts may still have been on their way.
func judge(all []*watcher, from, to time.Duration) *Simulated {
	c := &Simulated{Viewers: len(all), Seconds: (to - from).Seconds()}
	parts := map[partID]*showing{}
	for _, w := range all {
		for _, a := range w.arrivals {
			p := parts[a.partID]
			if p == nil {
				p = &showing{first: a.at}
				parts[a.partID] = p
			}
			p.first, p.last, p.viewers = min(p.first, a.at), max(p.last, a.at), p.viewers+1
			c.PartTarget = max(c.PartTarget, a.seconds)
		}
		c.Playlists += float64(w.playlists)
		c.PlaylistBytes += float64(w.bytes)
	}
	c.PlaylistBytes /= math.Max(c.Playlists, 1)
	c.Playlists /= float64(len(all)) * to.Seconds()
	to -= time.Second / 2
	var spreads []float64
	var firsts []time.Duration
	for id, p := range parts {
		if p.first < from || p.first > to {
			delete(parts, id)
			continue
		}
		spreads = append(spreads, (p.last - p.first).Seconds())
		firsts = append(firsts, p.first)
		c.Missing += len(all) - p.viewers
	}
	c.Parts, c.Spread = len(parts), distribution(spreads)
	slices.Sort(firsts)
	for i := 1; i < len(firsts); i++ {
		c.LongestGap = max(c.LongestGap, (firsts[i] - firsts[i-1]).Seconds())
	}
	for _, w := range all {
		late, byAll := w.underruns(parts)
		c.Underruns, c.ByAll = c.Underruns+late, c.ByAll+byAll
		if late > 0 {
			c.Starved++
		}
	}
	return c
}

// underruns plays what a viewer got. It is as far behind the part that came
// the quickest during the warm-up as the cushion is long; a stall puts it
// further behind. Only parts that are judged count.
func (w *watcher) underruns(judged map[partID]*showing) (late, byAll int) {
	var media float64
	quickest := math.Inf(1)
	var playing bool
	var due float64
	for _, a := range w.arrivals {
		lag := a.at.Seconds() - media // decode time 0 is the first part's begin
		media += a.seconds
		p := judged[a.partID]
		if p == nil && !playing {
			quickest = min(quickest, lag)
			continue
		}
		if p == nil {
			continue
		}
		if !playing {
			playing, due = true, min(quickest, lag)+cushion.Seconds()
		}
		if lag > due {
			late++
			if lag-(a.at-p.first).Seconds() > due {
				byAll++
			}
			due = lag
		}
	}
	return late, byAll
}
