package playlist

import (
	"lookback/controller/archive"
)

// writer appends segments and remembers what the tags already said.
type writer struct {
	b     []byte
	s     *archive.Snapshot
	dense bool   // a date with every segment
	fresh bool   // nothing said yet: MAP and date are due, as after EXT-X-SKIP
	run   uint32 // whose MAP was said last
	next  int64  // program date time that follows from what was said, microseconds
}

func (w *writer) text(s string) { w.b = append(w.b, s...) }

// begin writes the tags that must stand before a segment's first part
// (4.4.4.9): its discontinuity, init section and date.
func (w *writer) begin(run uint32, flags archive.Flags, start int64) {
	discontinuity := flags&archive.Discontinuity != 0
	if discontinuity {
		w.text("#EXT-X-DISCONTINUITY\n")
	}
	newMap := w.fresh || run != w.run
	if newMap {
		w.text(`#EXT-X-MAP:URI="`)
		w.media()
		w.b = appendInitURI(w.b, w.s.Runs[run].FirstMSN)
		w.text("\"\n")
	}
	if w.dense || newMap || discontinuity || start != w.next {
		w.text("#EXT-X-PROGRAM-DATE-TIME:")
		w.b = appendTime(w.b, start)
		w.text("\n")
	}
	w.fresh, w.run = false, run
}

// segment writes the complete segment at position i.
func (w *writer) segment(i int, withParts bool) {
	seg, msn := w.s.Segments[i], w.s.First+uint64(i)
	w.begin(seg.Run, seg.Flags, seg.Start)
	if seg.Flags&archive.Gap != 0 {
		w.text("#EXT-X-GAP\n")
	}
	if withParts {
		w.parts(msn, w.partsOf(msn, seg))
	}
	w.text("#EXTINF:")
	w.b = appendSeconds(w.b, int64(seg.Duration))
	w.text(",\n")
	w.media()
	w.b = appendSegmentURI(w.b, msn, seg.Start)
	w.text("\n")
	w.next = seg.End()
}

// partsOf are the parts of a complete segment. A gap always has some: without,
// hls.js asks for the playlist again and again.
func (w *writer) partsOf(msn uint64, seg archive.Segment) []archive.Part {
	parts := w.s.PartsOf(msn)
	target := w.s.Promise().Constants.PartTarget
	if len(parts) > 0 || seg.Flags&archive.Gap == 0 || target <= 0 {
		return parts
	}
	for left := int64(seg.Duration); left > 0; left -= target {
		parts = append(parts, archive.Part{Duration: uint32(min(left, target)), Gap: true})
	}
	return parts
}

func (w *writer) parts(msn uint64, parts []archive.Part) {
	for n, p := range parts {
		w.text("#EXT-X-PART:DURATION=")
		w.b = appendSeconds(w.b, int64(p.Duration))
		w.text(`,URI="`)
		w.media()
		w.b = appendPartURI(w.b, msn, n)
		switch {
		case p.Gap:
			w.text("\",GAP=YES\n")
		case p.Independent:
			w.text("\",INDEPENDENT=YES\n")
		default:
			w.text("\"\n")
		}
	}
}

// open writes the parts of the growing segment. Its tags come with its first
// part, so that a discontinuity never stands alone at the end.
func (w *writer) open() {
	if o := w.s.Open; o != nil && len(o.Parts) > 0 {
		w.begin(o.Run, o.Flags, o.Start)
		w.parts(o.MSN, o.Parts)
	}
}

// hint ends every live playlist (appendix B.1). hls.js does not follow it but
// loses count of discontinuities when the text ends with a segment's URI.
func (w *writer) hint() {
	if o := w.s.Open; o != nil && len(o.Parts) == 0 && (w.fresh || o.Run != w.run) {
		w.text(`#EXT-X-PRELOAD-HINT:TYPE=MAP,URI="`)
		w.media()
		w.b = appendInitURI(w.b, w.s.Runs[o.Run].FirstMSN)
		w.text("\"\n")
	}
	msn, n := NextPart(w.s)
	w.text(`#EXT-X-PRELOAD-HINT:TYPE=PART,URI="`)
	w.media()
	w.b = appendPartURI(w.b, msn, n)
	w.text("\"\n")
}

// NextPart is the part that is expected next. A growing segment that lacks no
// more than half a part of its usual length is taken to be finished.
func NextPart(s *archive.Snapshot) (msn uint64, n int) {
	o := s.Open
	if o == nil {
		return s.Next(), 0
	}
	usual := s.Nominal
	// Copied cameras cut at the first key frame after the nominal length, so
	// their segments are as long as the one before, not as asked for.
	if last := len(s.Segments) - 1; last >= 0 && s.Segments[last].Run == o.Run && s.Segments[last].Flags&archive.Gap == 0 {
		usual = max(usual, int64(s.Segments[last].Duration))
	}
	if len(o.Parts) > 0 && total(o.Parts)+s.Promise().Constants.PartTarget/2 >= usual {
		return o.MSN + 1, 0
	}
	return o.MSN, len(o.Parts)
}
