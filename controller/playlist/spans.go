package playlist

import (
	"cmp"
	"slices"

	"lookback/controller/archive"
)

// Span is a time with picture, microseconds since 1970-01-01 UTC.
type Span struct{ Start, End int64 }

// Start is the earliest date of the window, 0 when there is none.
func Start(s *archive.Snapshot) int64 {
	spans := allSpans(s, 0)
	if len(spans) == 0 {
		return 0
	}
	return spans[0].Start
}

// Length is how much media the window holds, gaps not counted, microseconds.
func Length(s *archive.Snapshot) (us int64) {
	for _, seg := range s.Segments {
		if seg.Flags&archive.Gap == 0 {
			us += int64(seg.Duration)
		}
	}
	if s.Open != nil {
		us += total(s.Open.Parts)
	}
	return us
}

// Spans tells where between from and to there is picture. Gaps narrower than
// tolerance microseconds are closed.
func Spans(s *archive.Snapshot, from, to, tolerance int64) []Span {
	var out []Span
	for _, sp := range allSpans(s, tolerance) {
		sp.Start, sp.End = max(sp.Start, from), min(sp.End, to)
		if sp.Start < sp.End {
			out = append(out, sp)
		}
	}
	return out
}

// allSpans joins segments in playing order and then, where the clock was set
// back, in the order of time.
func allSpans(s *archive.Snapshot, tolerance int64) []Span {
	var spans []Span
	add := func(start, end int64) {
		if n := len(spans); n > 0 && start >= spans[n-1].Start && start-spans[n-1].End <= tolerance {
			spans[n-1].End = max(spans[n-1].End, end)
			return
		}
		spans = append(spans, Span{start, end})
	}
	for _, seg := range s.Segments {
		if seg.Flags&archive.Gap == 0 {
			add(seg.Start, seg.End())
		}
	}
	if s.Open != nil && len(s.Open.Parts) > 0 {
		add(s.Open.Start, s.Open.Start+total(s.Open.Parts))
	}
	byStart := func(a, b Span) int { return cmp.Compare(a.Start, b.Start) }
	if slices.IsSortedFunc(spans, byStart) {
		return spans
	}
	slices.SortFunc(spans, byStart)
	ordered := spans
	spans = nil
	for _, sp := range ordered {
		add(sp.Start, sp.End)
	}
	return spans
}

// Flaw is a time in which the picture was not what the camera saw.
type Flaw struct {
	Span
	Kind archive.FlawKind
}

// Flaws tells of those between from and to, in the order of time. What is
// shorter than tolerance microseconds is left out.
func Flaws(s *archive.Snapshot, from, to, tolerance int64) []Flaw {
	all := s.Flaws
	if s.Open != nil {
		all = append(all[:len(all):len(all)], s.Open.Flaws...)
	}
	var out []Flaw
	for _, f := range all {
		sp := Span{max(f.Start, from), min(f.End, to)}
		if sp.End > sp.Start && sp.End-sp.Start >= tolerance {
			out = append(out, Flaw{sp, f.Kind})
		}
	}
	slices.SortStableFunc(out, func(a, b Flaw) int { return cmp.Compare(a.Start, b.Start) })
	return out
}
