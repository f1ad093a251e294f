package main

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"sort"
	"time"

	"lookback/controller/spool"
)

// ContentVerdict compares what the camera sent with what the archive plays.
type ContentVerdict struct {
	Frames       int      `json:"frames"`
	Unreadable   int      `json:"unreadable"`
	Sent         int      `json:"sent"`          // whole pictures, between the archive's first and last
	LostSeconds  float64  `json:"lost_seconds"`  // sent and not archived
	Marked       int      `json:"gaps_marked"`   // holes over half a second of what was sent
	Unmarked     []string `json:"gaps_unmarked"` // those that neither playlist nor flaw tells
	StoodSeconds float64  `json:"stood_seconds"` // told as standstills, as late, and as sparse
	LateSeconds  float64  `json:"late_seconds"`
	FewSeconds   float64  `json:"sparse_seconds"`
	Few          []Loss   `json:"sparse"`    // those told as sparse
	Moved        []string `json:"moved"`     // standstills in which pictures moved
	Plenty       []string `json:"plenty"`    // told as sparse, where hardly any picture is missing
	Backwards    []string `json:"backwards"` // pictures older than the one before
	MedianErrorS float64  `json:"median_error_seconds"`
	MaxErrorS    float64  `json:"max_error_seconds"` // program date time less the picture's own
	Undecodable  []string `json:"undecodable"`
	Lost         []Loss   `json:"losses"`
}

// Loss is a hole in what was sent, or what is told as one, ms since 1970.
type Loss struct {
	From, To int64
	Seconds  float64
}

const (
	// matching is how far from a picture that was sent an archived one may be
	// and still stand for it, ms: where the camera's rate is not ours, some
	// pictures are left out and some come twice.
	matching = 120
	// hole is what has to be marked, ms.
	hole = 500
	// pause is the longest time between two pictures that counts as sending, ms.
	pause = 500
)

// checkContent compares frames, in the order of playing, with what was sent. Steps
// of the clock meanwhile are taken back first.
func checkContent(frames []Frame, flaws []Flaw, marks map[uint64]Mark, sent []int64, steps []clockStep) (v ContentVerdict) {
	frames, flaws, sent = slices.Clone(frames), slices.Clone(flaws), slices.Clone(sent)
	unstepTape(steps, frames, flaws, sent)
	slices.SortStableFunc(flaws, func(a, b Flaw) int { return cmp.Compare(a.From, b.From) })
	v.Frames = len(frames)
	readable := slices.DeleteFunc(frames, func(f Frame) bool { return f.Coded == 0 })
	v.Unreadable = v.Frames - len(readable)
	if len(readable) == 0 {
		return v
	}
	v.Backwards = backwards(readable)
	v.MedianErrorS, v.MaxErrorS = timeError(readable)
	v.StoodSeconds, v.LateSeconds, v.FewSeconds = seconds(flaws, spool.Standstill), seconds(flaws, spool.Late), seconds(flaws, spool.Sparse)
	v.Moved = moved(readable, flaws)
	v.Few = merged(flaws, spool.Sparse)
	v.Plenty = plenty(readable, v.Few)
	slices.SortStableFunc(readable, func(a, b Frame) int { return int(a.Coded - b.Coded) })
	first, last := readable[0].Coded, readable[len(readable)-1].Coded
	sent = slices.DeleteFunc(sent, func(t int64) bool { return t < first || t > last })
	slices.Sort(sent)
	v.Sent = len(sent)
	for _, l := range losses(readable, sent) {
		v.LostSeconds += l.Seconds
		v.Lost = append(v.Lost, l)
		if l.To-l.From < hole {
			continue
		}
		before, after := around(readable, l)
		if isMarked(before.MSN, after.MSN, marks) || untold(l, flaws) < hole {
			v.Marked++
		} else {
			v.Unmarked = append(v.Unmarked, unmarked(before, after))
		}
	}
	return v
}

// untold is how much of a loss no flaw tells of, in the order of time, ms. What is shown is as old as
// the way from the camera is long: less than matching.
func untold(l Loss, flaws []Flaw) int64 {
	from, told := l.From, int64(0)
	for _, f := range flaws {
		if to := min(f.To, l.To+matching); to > max(f.From, from) {
			told += to - max(f.From, from)
			from = to
		}
	}
	return l.To - l.From - told
}

func seconds(flaws []Flaw, kind string) (s float64) {
	for _, f := range flaws {
		if f.Kind == kind {
			s += float64(f.To-f.From) / 1000
		}
	}
	return s
}

// moved are standstills that show new pictures for longer than a hole.
func moved(frames []Frame, flaws []Flaw) (found []string) {
	for _, f := range flaws {
		if f.Kind != spool.Standstill {
			continue
		}
		var ms int64
		for before, at := range within(frames, f.From, f.To) {
			if at.Coded != before.Coded {
				ms += at.At - max(before.At, f.From) // what was before may be of another run
			}
		}
		if ms > hole {
			found = append(found, fmt.Sprintf("%s to %s", clockTime(f.From), clockTime(f.To)))
		}
	}
	return found
}

// within are the frames of a stretch, each after the one that plays before it.
func within(frames []Frame, from, to int64) iter.Seq2[Frame, Frame] {
	return func(yield func(before, at Frame) bool) {
		for i := 1; i < len(frames); i++ {
			if at := frames[i]; at.At >= from && at.At < to && !yield(frames[i-1], at) {
				return
			}
		}
	}
}

// merged are the stretches that flaws of a kind tell of, which are in the order of time.
func merged(flaws []Flaw, kind string) (all []Loss) {
	for _, f := range flaws {
		if f.Kind != kind {
			continue
		}
		if n := len(all); n > 0 && f.From <= all[n-1].To+1 {
			all[n-1].To = max(all[n-1].To, f.To)
		} else {
			all = append(all, Loss{From: f.From, To: f.To})
		}
		l := &all[len(all)-1]
		l.Seconds = float64(l.To-l.From) / 1000
	}
	return all
}

// plentiful is the share of archived frames that show a picture of their own from
// which on a second was wrongly told as sparse.
const plentiful = 0.9

// plenty are the stretches told as sparse that hardly lack a picture.
func plenty(frames []Frame, few []Loss) (found []string) {
	for _, l := range few {
		var own, all float64
		for before, at := range within(frames, l.From, l.To) {
			all++
			if at.Coded != before.Coded {
				own++
			}
		}
		if all > 0 && own/all > plentiful {
			found = append(found, fmt.Sprintf("%s to %s: %.0f pictures in %.0f frames", clockTime(l.From), clockTime(l.To), own, all))
		}
	}
	return found
}

// unmarked describes a hole that no playlist tells. Where the dates go on with
// it, a picture was held instead; else time is missing, and all that follows
// plays too early.
func unmarked(before, after Frame) string {
	missing := float64((after.Coded-before.Coded)-(after.At-before.At)) / 1000
	return fmt.Sprintf("%s %.2f s within MSN %d to %d, where the dates are %+.2f s off", clockTime(before.Coded),
		float64(after.Coded-before.Coded)/1000, before.MSN, after.MSN, -missing)
}

// astray is how much farther from a picture's own time its date may get from one
// picture to the next, ms: more is a clock that was set and not followed.
const astray = 60_000

// backwards are the pictures that are older than one that plays before them, or
// whose dates go another way.
func backwards(frames []Frame) (found []string) {
	newest := frames[0]
	for _, f := range frames[1:] {
		wrong := (f.Coded - newest.Coded) - (f.At - newest.At)
		if f.Coded < newest.Coded || max(wrong, -wrong) > astray {
			found = append(found, fmt.Sprintf("MSN %d at %s shows %s after MSN %d showed %s",
				f.MSN, clockTime(f.At), clockTime(f.Coded), newest.MSN, clockTime(newest.Coded)))
			continue
		}
		newest = f
	}
	return found
}

// timeError is how far program date times are from the pictures' own, seconds:
// the median and the one farthest from it. A picture that is held counts once.
func timeError(frames []Frame) (median, farthest float64) {
	var errors []float64
	for i, f := range frames {
		if i == 0 || f.Coded != frames[i-1].Coded {
			errors = append(errors, float64(f.At-f.Coded)/1000)
		}
	}
	slices.Sort(errors)
	median = errors[len(errors)/2]
	farthest = errors[0]
	if e := errors[len(errors)-1]; e-median > median-farthest {
		farthest = e
	}
	return median, farthest
}

// losses are the stretches of pictures sent that no archived one stands for.
// Both are in the order of time.
func losses(frames []Frame, sent []int64) (all []Loss) {
	open := false
	for i, t := range sent {
		at := sort.Search(len(frames), func(i int) bool { return frames[i].Coded >= t-matching })
		if at < len(frames) && frames[at].Coded <= t+matching {
			open = false
			continue
		}
		var lasted int64
		if i > 0 {
			lasted = min(t-sent[i-1], pause)
		}
		if !open {
			all = append(all, Loss{From: t - lasted})
			open = true
		}
		l := &all[len(all)-1]
		l.To = t
		l.Seconds += float64(lasted) / 1000
	}
	return all
}

// around are the archived pictures before and after a loss.
func around(frames []Frame, l Loss) (before, after Frame) {
	i := sort.Search(len(frames), func(i int) bool { return frames[i].Coded > l.To })
	return frames[max(i-1, 0)], frames[min(i, len(frames)-1)]
}

// isMarked reports whether playlists show a gap or a discontinuity after the
// segment from, up to the segment to.
func isMarked(from, to uint64, marks map[uint64]Mark) bool {
	for msn := from + 1; msn <= to; msn++ {
		if m := marks[msn]; m.Gap || m.Discontinuity {
			return true
		}
	}
	return false
}

func clockTime(ms int64) string { return time.UnixMilli(ms).UTC().Format("15:04:05.000") }
