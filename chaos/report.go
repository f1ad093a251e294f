package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"text/tabwriter"
	"time"
)

// What a page may take to be live again in 95 of 100 cases, seconds: from the
// moment at which the cause is gone, and from the kill of a process.
const (
	recoveryPromise = 3.0
	processPromise  = 4.0
)

// Report is what a run has found.
type Report struct {
	Seed     uint64         `json:"seed"`
	Stack    string         `json:"stack"`
	Begun    time.Time      `json:"begun"`
	Seconds  float64        `json:"seconds"`
	Kinds    []KindReport   `json:"kinds"`
	Process  Recovery       `json:"process_recovery"`
	Other    Recovery       `json:"other_recovery"`
	Reloads  int            `json:"page_reloads"` // needed or happened
	Stalls   float64        `json:"stalls"`
	Rebuilds float64        `json:"rebuilds"`
	Files    FileVerdict    `json:"files"`
	Content  ContentVerdict `json:"content"`
	Versions int            `json:"playlist_versions"`
	Conform  []string       `json:"conformance_violations"`
	Numbers  []string       `json:"msn_violations"`
	Page     []string       `json:"page_errors"`
	Odd      []string       `json:"odd"`
	Trends   []Trend        `json:"trends"`
	Cannot   []string       `json:"cannot"`
	Outcomes []Outcome      `json:"outcomes"`
	Broken   []string       `json:"broken"`
}

// Recovery are quantiles, seconds.
type Recovery struct {
	Count         int `json:"count"`
	P50, P95, Max float64
}

// KindReport is what one kind of fault has cost.
type KindReport struct {
	Kind string `json:"kind"`
	Recovery
	Failed int     `json:"failed"`
	Lost   float64 `json:"lost_seconds"`
	Few    float64 `json:"sparse_seconds"`
}

func quantiles(all []float64) (r Recovery) {
	if r.Count = len(all); r.Count == 0 {
		return r
	}
	slices.Sort(all)
	at := func(q float64) float64 { return all[min(len(all)-1, int(q*float64(len(all))))] }
	r.P50, r.P95, r.Max = at(0.5), at(0.95), all[len(all)-1]
	return r
}

// recoveries fills in the tables of kinds; begun is when the faults began, ms.
func (r *Report) recoveries(begun []int64) {
	byKind, failed := map[string][]float64{}, map[string]int{}
	var process, other []float64
	for _, o := range r.Outcomes {
		if _, known := byKind[o.Kind]; !known {
			byKind[o.Kind] = nil
		}
		if o.Failed != "" {
			failed[o.Kind]++
		}
		for _, d := range o.Recovery {
			byKind[o.Kind] = append(byKind[o.Kind], d.Live.Seconds())
			if o.Process {
				process = append(process, d.Live.Seconds())
			} else {
				other = append(other, d.Live.Seconds())
			}
		}
	}
	r.Process, r.Other = quantiles(process), quantiles(other)
	for kind, all := range byKind {
		r.Kinds = append(r.Kinds, KindReport{Kind: kind, Recovery: quantiles(all), Failed: failed[kind], Lost: r.by(kind, begun, r.Content.Lost), Few: r.by(kind, begun, r.Content.Few)})
	}
	slices.SortFunc(r.Kinds, func(a, b KindReport) int {
		if a.Kind < b.Kind {
			return -1
		}
		return 1
	})
}

// by is how many seconds of them there are from the beginning of such faults up
// to the next one.
func (r *Report) by(kind string, begun []int64, all []Loss) (seconds float64) {
	for i, o := range r.Outcomes {
		if o.Kind != kind {
			continue
		}
		end := int64(1<<62 - 1)
		if i+1 < len(r.Outcomes) {
			end = begun[i+1]
		}
		for _, l := range all {
			// A second before it: what a process still held counts too.
			if l.To >= begun[i]-1000 && l.To < end-1000 {
				seconds += l.Seconds
			}
		}
	}
	return seconds
}

// judge lists the promises that were broken.
func (r *Report) judge() {
	must := func(ok bool, format string, args ...any) {
		if !ok {
			r.Broken = append(r.Broken, fmt.Sprintf(format, args...))
		}
	}
	none := func(what string, all []string) {
		must(len(all) == 0, "%d %s, such as: %s", len(all), what, firstFew(all))
	}
	none("archived segments lost", r.Files.Lost)
	none("archived segments changed", r.Files.Changed)
	none("MSNs with two contents", r.Files.Twice)
	none("violations of MSN order", r.Numbers)
	none("violations of RFC 8216bis", r.Conform)
	none("unmarked gaps", r.Content.Unmarked)
	none("standstills in which pictures moved", r.Content.Moved)
	none("stretches told as sparse that lack hardly a picture", r.Content.Plenty)
	none("pictures that go back in time", r.Content.Backwards)
	none("stretches that don't decode", r.Content.Undecodable)
	none("exceptions in pages", r.Page)
	none("files that could not be read", r.Odd)
	must(r.Reloads == 0, "%d pages had to be reloaded", r.Reloads)
	must(r.Other.P95 <= recoveryPromise, "pages recover within %.2f s (p95) of the end of a cause, promised are %v", r.Other.P95, recoveryPromise)
	must(r.Process.P95 <= processPromise, "pages recover within %.2f s (p95) of a kill, promised are %v", r.Process.P95, processPromise)
	must(r.Content.Frames > 0 && r.Content.Sent > 0, "nothing could be compared: %d pictures archived, %d sent", r.Content.Frames, r.Content.Sent)
	for _, k := range r.Kinds {
		must(k.Failed == 0, "%s: %d times the harness could not do it", k.Kind, k.Failed)
	}
	for _, t := range r.Trends {
		must(!t.Grows || r.Seconds < 600, "%s grows: %.0f to %.0f", t.Name, t.Early, t.Late)
	}
}

func firstFew(all []string) string {
	text := ""
	for _, s := range all[:min(3, len(all))] {
		text += "\n      " + s
	}
	return text
}

// print writes the report as tables.
func (r *Report) print(out io.Writer) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(w, "\nfault\tpages\tp50 s\tp95 s\tmax s\tlost s\tsparse s\t\n")
	for _, k := range r.Kinds {
		fmt.Fprintf(w, "%s\t%d\t%.2f\t%.2f\t%.2f\t%.2f\t%.2f\t\n", k.Kind, k.Count, k.P50, k.P95, k.Max, k.Lost, k.Few)
	}
	fmt.Fprintf(w, "kills\t%d\t%.2f\t%.2f\t%.2f\t\t\t\n", r.Process.Count, r.Process.P50, r.Process.P95, r.Process.Max)
	fmt.Fprintf(w, "others\t%d\t%.2f\t%.2f\t%.2f\t\t\t\n", r.Other.Count, r.Other.P50, r.Other.P95, r.Other.Max)
	w.Flush()
	c := r.Content
	fmt.Fprintf(out, "\nfaults %d in %.0f s, seed %d\n", len(r.Outcomes), r.Seconds, r.Seed)
	fmt.Fprintf(out, "archive: %d segments, %d lost, %d changed, %d trimmed; %d violations of MSN order\n",
		r.Files.Archived, len(r.Files.Lost), len(r.Files.Changed), r.Files.Trimmed, len(r.Numbers))
	fmt.Fprintf(out, "pictures: %d sent, %d archived, %d unreadable; lost %.1f s; gaps: %d marked, %d unmarked; told to stand for %.1f s, to be late for %.1f s, to be sparse for %.1f s; time off by %.3f s (median), %.3f s (farthest)\n",
		c.Sent, c.Frames, c.Unreadable, c.LostSeconds, c.Marked, len(c.Unmarked), c.StoodSeconds, c.LateSeconds, c.FewSeconds, c.MedianErrorS, c.MaxErrorS)
	fmt.Fprintf(out, "playlists: %d versions, %d violations of RFC 8216bis\n", r.Versions, len(r.Conform))
	fmt.Fprintf(out, "pages: %d reloads needed, %.0f stalls, %.0f players rebuilt\n\n", r.Reloads, r.Stalls, r.Rebuilds)
	fmt.Fprintf(w, "use\tearly\tlate\tper hour\t\n")
	for _, t := range r.Trends {
		if t.Samples < enough {
			continue
		}
		fmt.Fprintf(w, "%s\t%.0f\t%.0f\t%+.0f\t\n", t.Name, t.Early, t.Late, t.PerHour)
	}
	w.Flush()
	for _, c := range r.Cannot {
		fmt.Fprintln(out, "NOT DONE HERE:", c)
	}
	for _, b := range r.Broken {
		fmt.Fprintln(out, "BROKEN:", b)
	}
}

// save writes the report as JSON.
func (r *Report) save(path string) error {
	data, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, append(data, '\n'), 0o644)
}

// report gathers and judges what the watchers have. Nothing runs any more
// that writes the archive.
func (s *session) report() (*Report, error) {
	archive := s.archivist.dir
	if err := s.lists.readHours(archive); err != nil {
		return nil, err
	}
	now, err := inventory(archive)
	if err != nil {
		return nil, err
	}
	s.film.finish()
	steps := clockStepsOf(s.outcomes, func(kind string) bool { return s.kinds[kind].Steps })
	r := &Report{
		Begun: s.begun, Seconds: time.Since(s.begun).Seconds(), Outcomes: s.outcomes,
		Files:    checkFiles(s.archivist.Seen(), now, s.disksWereFull()),
		Content:  checkContent(s.film.Frames, s.film.Flaws, s.lists.Marks(), s.witness.Sent(), steps),
		Versions: s.lists.Versions, Conform: s.lists.Violations, Numbers: s.lists.Numbers,
		Odd: s.archivist.odd, Trends: s.usage.Trends(), Cannot: s.system.Cannot(), Reloads: s.stuck,
	}
	r.Content.Undecodable = s.film.Odd
	for _, t := range s.tabs {
		r.Reloads += t.reloads
		r.Stalls += t.stalls
		r.Rebuilds += t.rebuilds
		r.Page = append(r.Page, t.page.Errors()...)
	}
	r.recoveries(unstep(steps, s.outcomes))
	r.judge()
	return r, nil
}

// saveFrames writes a line per archived picture: MSN, program date time and the
// picture's own, and how old it was.
func (s *session) saveFrames(path string) error {
	var text bytes.Buffer
	for _, f := range s.film.Frames {
		fmt.Fprintf(&text, "%d\t%s\t%s\t%d\n", f.MSN, clockTime(f.At), clockTime(f.Coded), f.At-f.Coded)
	}
	return os.WriteFile(path, text.Bytes(), 0o644)
}

// disksWereFull reports whether history had a reason to become shorter.
func (s *session) disksWereFull() bool {
	return slices.ContainsFunc(s.outcomes, func(o Outcome) bool { return o.Kind == "disk full" || o.Kind == "disk nearly full" })
}
