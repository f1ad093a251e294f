package conform

import (
	"fmt"
	"math"
	"path"
	"slices"
	"strings"
	"time"
)

// slack is for sums of decimals in floating point, seconds.
const slack = 1e-6

// report gathers violations.
type report struct{ errs []error }

func (r *report) must(ok bool, format string, args ...any) {
	if !ok {
		r.errs = append(r.errs, fmt.Errorf(format, args...))
	}
}

// Check tells what is wrong with cur and, when prev is not nil, with cur as a
// later version of prev. Delta updates must have been merged.
func Check(prev, cur *Parsed) []error {
	r := &report{}
	r.header(cur)
	r.dates(cur)
	for i, s := range cur.Segments {
		r.segment(cur, cur.MediaSequence+uint64(i), s)
	}
	r.parts(cur, cur.Trailing, false)
	r.end(cur)
	if prev != nil {
		r.successor(prev, cur)
	}
	return r.errs
}

func (r *report) header(p *Parsed) {
	td := float64(p.TargetDuration)
	r.must(!p.Skips, "a delta update was not merged")
	r.must(p.TargetDuration > 0, "no TARGETDURATION (4.4.3.1)")
	r.must(p.Version >= 6, "version %d is too old for EXT-X-MAP (8)", p.Version)
	if p.CanSkipUntil > 0 {
		r.must(p.Version >= 9, "version %d is too old for EXT-X-SKIP (8)", p.Version)
		r.must(p.CanSkipUntil >= 6*td, "CAN-SKIP-UNTIL %v is less than six target durations (4.4.3.8)", p.CanSkipUntil)
	}
	if p.HoldBack > 0 {
		r.must(p.HoldBack >= 3*td, "HOLD-BACK %v is less than three target durations (4.4.3.8)", p.HoldBack)
	}
	if p.PartTarget > 0 {
		r.must(p.PartHoldBack >= 3*p.PartTarget-slack, "PART-HOLD-BACK %v is less than three part targets (4.4.3.8)", p.PartHoldBack)
		r.must(p.PartTarget <= td, "PART-TARGET %v exceeds the target duration", p.PartTarget)
	}
}

func (r *report) segment(p *Parsed, msn uint64, s Segment) {
	r.must(math.Round(s.Duration) <= float64(p.TargetDuration), "%s lasts %v, more than the target duration (4.4.3.1)", s.URI, s.Duration)
	r.must(s.Map != "", "%s has no EXT-X-MAP", s.URI)
	r.must(strings.HasSuffix(s.URI, fmt.Sprintf("/%09d.m4s", msn)), "%s has the media sequence number %d", s.URI, msn)
	if s.Date != nil {
		r.must(strings.HasSuffix("/"+path.Dir(s.URI), s.Date.UTC().Format("/2006-01-02/15")), "%s is not of the hour of %v", s.URI, s.Date)
	}
	if len(s.Parts) > 0 {
		r.must(math.Abs(s.total()-s.Duration) < slack, "the parts of %s last %v, the segment %v", s.URI, s.total(), s.Duration)
	}
	r.parts(p, s, true)
}

// parts checks 4.4.4.9: lengths, order of tags, gaps.
func (r *report) parts(p *Parsed, s Segment, complete bool) {
	r.must(len(s.LateTags) == 0, "%s: %v after the first part (4.4.4.9)", s.URI, s.LateTags)
	r.must(len(s.Parts) == 0 || p.PartTarget > 0, "%s has parts without EXT-X-PART-INF", s.URI)
	for i, part := range s.Parts {
		r.must(part.Duration <= p.PartTarget+1e-9, "%s lasts %v, more than PART-TARGET", part.URI, part.Duration)
		last := complete && i == len(s.Parts)-1
		beforeGap := i+1 < len(s.Parts) && s.Parts[i+1].Gap
		if !part.Independent && !part.Gap && !beforeGap && !last {
			r.must(part.Duration >= 0.85*p.PartTarget-slack, "%s lasts %v, less than 85 %% of PART-TARGET", part.URI, part.Duration)
		}
		r.must(!s.Gap || part.Gap, "%s of a gap is none", part.URI)
	}
}

// dates checks that inside a discontinuity each date is the last plus EXTINF,
// and that every stretch has one.
func (r *report) dates(p *Parsed) {
	var next time.Time
	all := p.Segments
	if len(p.Trailing.Parts) > 0 {
		all = append(slices.Clone(all), p.Trailing)
	}
	for i, s := range all {
		begins := i == 0 || s.Discontinuity
		r.must(!begins || s.Date != nil, "%s begins a stretch without a date (appendix B.1)", s.URI)
		if s.Date != nil && !begins {
			r.must(s.Date.Equal(next), "%s is dated %v, %v after the end of the one before it", s.URI, s.Date, s.Date.Sub(next))
		}
		if i > 0 && s.MapSaid && s.Map != all[i-1].Map {
			r.must(s.Discontinuity, "%s changes EXT-X-MAP without a discontinuity", s.URI)
		}
		if s.Date != nil {
			next = *s.Date
		}
		next = next.Add(time.Duration(math.Round(s.Duration*1e6)) * time.Microsecond)
	}
}

func (r *report) end(p *Parsed) {
	if p.EndList {
		r.must(p.HintPart == "" && len(p.Trailing.Parts) == 0, "an ended playlist goes on")
		return
	}
	r.must(!p.EndsInURI, "the playlist ends in a URI: hls.js loses count of discontinuities")
	r.must(p.PartTarget == 0 || p.HintPart != "", "no PRELOAD-HINT (appendix B.1)")
	r.must(!p.Trailing.Discontinuity || len(p.Trailing.Parts) > 0, "a discontinuity stands alone at the end")
	for _, s := range append(slices.Clone(p.Segments), p.Trailing) {
		for _, part := range s.Parts {
			r.must(part.URI != p.HintPart, "the hint %s is already there", p.HintPart)
		}
	}
}
