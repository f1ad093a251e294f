package conform

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// successor checks what may change from one version to the next (6.2.1, 6.2.2).
func (r *report) successor(prev, cur *Parsed) {
	r.must(cur.Version == prev.Version, "EXT-X-VERSION changed from %d to %d", prev.Version, cur.Version)
	r.must(cur.TargetDuration == prev.TargetDuration, "TARGETDURATION changed from %d to %d", prev.TargetDuration, cur.TargetDuration)
	r.must(!prev.EndList || cur.EndList && cur.last() == prev.last(), "a playlist changed after its end")
	if !cur.EndList {
		r.must(cur.PartTarget == prev.PartTarget, "PART-TARGET changed")
		r.must(cur.PartHoldBack == prev.PartHoldBack && cur.HoldBack == prev.HoldBack, "hold-back changed")
		r.must(cur.CanSkipUntil == prev.CanSkipUntil && cur.CanBlock == prev.CanBlock, "SERVER-CONTROL changed")
	}
	r.must(cur.MediaSequence >= prev.MediaSequence, "MEDIA-SEQUENCE went back from %d to %d", prev.MediaSequence, cur.MediaSequence)
	r.must(cur.last() >= prev.last(), "the last segment went back from %d to %d", prev.last(), cur.last())
	if cur.MediaSequence < prev.MediaSequence || cur.MediaSequence > prev.MediaSequence+uint64(len(prev.Segments)) {
		return
	}
	removed := int(cur.MediaSequence - prev.MediaSequence)
	r.removal(prev, cur, removed)
	for i, s := range prev.Segments[removed:] {
		if i < len(cur.Segments) {
			r.same(s, cur.Segments[i])
		}
	}
	r.grown(prev, cur)
}

// Handover tells what is wrong with cur as the playlist of a new promise, after
// before as that of an old one: another playlist of the same media, in which
// numbers go on (6.2.1). What it promises may differ. Delta updates must have
// been merged.
func Handover(before, cur *Parsed) []error {
	r := &report{}
	r.must(cur.MediaSequence >= before.MediaSequence, "MEDIA-SEQUENCE went back from %d to %d", before.MediaSequence, cur.MediaSequence)
	r.must(cur.last() >= before.last(), "the last segment went back from %d to %d", before.last(), cur.last())
	r.must(len(cur.Segments) > 0, "parts and no segment: hls.js dies of it")
	if len(r.errs) > 0 || cur.MediaSequence > before.last() {
		return r.errs
	}
	removed := int(cur.MediaSequence - before.MediaSequence)
	r.numbering(before, cur, removed)
	for i, s := range before.Segments[removed:] {
		r.same(s, cur.Segments[i])
	}
	return r.errs
}

// last is the media sequence number behind the last segment.
func (p *Parsed) last() uint64 { return p.MediaSequence + uint64(len(p.Segments)) }

// numbering checks that DISCONTINUITY-SEQUENCE counts the tags that left.
func (r *report) numbering(prev, cur *Parsed, removed int) {
	want := prev.DiscontinuitySequence
	for _, s := range prev.Segments[:removed] {
		if s.Discontinuity {
			want++
		}
	}
	r.must(cur.DiscontinuitySequence == want, "DISCONTINUITY-SEQUENCE is %d, should be %d (6.2.2)", cur.DiscontinuitySequence, want)
}

// removal checks what is left after segments were removed.
func (r *report) removal(prev, cur *Parsed, removed int) {
	r.numbering(prev, cur, removed)
	var left float64
	for _, s := range cur.Segments {
		left += s.Duration
	}
	r.must(removed == 0 || cur.EndList || left >= 3*float64(cur.TargetDuration), "only %v s are left after a removal (6.2.2)", left)
}

// same checks that a segment did not change but for losing its parts.
func (r *report) same(a, b Segment) {
	r.must(a.URI == b.URI && math.Abs(a.Duration-b.Duration) < slack, "%s (%v) became %s (%v)", a.URI, a.Duration, b.URI, b.Duration)
	r.must(a.Discontinuity == b.Discontinuity && a.Gap == b.Gap && a.Map == b.Map, "%s changed its tags", a.URI)
	r.must(a.Date == nil || b.Date == nil || a.Date.Equal(*b.Date), "%s changed its date", a.URI)
	r.must(len(b.Parts) == 0 || len(a.Parts) == 0 || slices.Equal(a.Parts, b.Parts), "%s changed its parts", a.URI)
}

// grown checks that the growing segment kept the parts it had.
func (r *report) grown(prev, cur *Parsed) {
	had := prev.Trailing
	if len(had.Parts) == 0 {
		return
	}
	now, i := cur.Trailing, int(prev.last()-cur.MediaSequence)
	if i < len(cur.Segments) {
		now = cur.Segments[i]
		if len(now.Parts) == 0 {
			return // long ago enough
		}
	}
	ok := len(now.Parts) >= len(had.Parts) && slices.Equal(had.Parts, now.Parts[:len(had.Parts)])
	r.must(ok, "the growing segment lost or changed parts")
	r.must(now.Discontinuity == had.Discontinuity && now.Map == had.Map, "the growing segment changed its tags")
}

// Merge applies a delta update to the playlist a client has (6.3.7). A full
// playlist replaces it.
func Merge(prev, delta *Parsed) (*Parsed, error) {
	if !delta.Skips {
		return delta, nil
	}
	if prev == nil || delta.MediaSequence < prev.MediaSequence || delta.MediaSequence+uint64(delta.Skipped) > prev.last() {
		return nil, fmt.Errorf("the delta update skips segments that the client does not have")
	}
	var behind float64
	for _, s := range delta.Segments {
		behind += s.Duration
	}
	if behind < delta.CanSkipUntil-slack {
		return nil, fmt.Errorf("only %v s are not skipped, CAN-SKIP-UNTIL is %v", behind, delta.CanSkipUntil)
	}
	if delta.Skipped > 0 && len(delta.Segments) > 0 && (!delta.Segments[0].MapSaid || delta.Segments[0].Date == nil) {
		return nil, fmt.Errorf("MAP and date are missing after EXT-X-SKIP: hls.js loses them")
	}
	merged := *delta
	from := int(delta.MediaSequence - prev.MediaSequence)
	merged.Segments = append(slices.Clone(prev.Segments[from:from+delta.Skipped]), delta.Segments...)
	if delta.Skipped > 0 {
		merged.Segments[0].Date = prev.date(from)
	}
	merged.Skips, merged.Skipped = false, 0
	return &merged, nil
}

// date is that of the i-th segment, which may follow from one before it.
func (p *Parsed) date(i int) *time.Time {
	var length float64
	for ; i >= 0; i-- {
		if said := p.Segments[i].Date; said != nil {
			at := said.Add(time.Duration(math.Round(length*1e6)) * time.Microsecond)
			return &at
		}
		if i > 0 {
			length += p.Segments[i-1].Duration
		}
	}
	return nil
}
