// Package playlist turns a snapshot of the archive into M3U8 as RFC 8216bis
// (draft-pantos-hls-rfc8216bis-22) has it. It is pure: the same snapshot gives
// the same bytes. All URIs are relative to the address of the camera.
package playlist

import (
	"strconv"
	"time"

	"lookback/controller/archive"
	"lookback/controller/spool"
)

const (
	// LiveSpan is how much media the live playlist lists, or ten target
	// durations where that is more: delta updates skip only what is older than six.
	LiveSpan = 2 * time.Minute
	// WindowSpan is the most that the window playlist lists: hls.js needs 8 ms
	// and 39 MB for a day of it at each refresh.
	WindowSpan = 24 * time.Hour
	// SliceSpan is the most that an open slice lists before it slides.
	SliceSpan = time.Hour

	// version 9 is what EXT-X-SKIP needs; 10 only when it skips EXT-X-DATERANGE,
	// of which we have none (section 8).
	version = "9"
	// partSpan is how far from the live edge parts are listed, in target durations (6.2.2).
	partSpan = 3
	// skipSpan is CAN-SKIP-UNTIL in target durations (4.4.3.8).
	skipSpan = 6
)

// List is what one playlist shows of a snapshot. It is that of the snapshot's
// newest promise: of what is made under older ones there are no parts.
type List struct {
	s      *archive.Snapshot
	k      spool.Constants // what its header says
	own    int             // position of the first segment of the promise
	first  int             // position in s.Segments of the first listed; len(s.Segments) when only the open one is
	end    int             // position after the last listed
	ended  bool            // ENDLIST instead of parts and hint
	dense  bool            // a PROGRAM-DATE-TIME with every segment
	blocks *Blocks         // nil: render everything anew
}

// Live lists the newest media of the promise with a date on every segment.
// That of an ended camera says so, as that of the window does: players stop at
// its end.
func Live(s *archive.Snapshot) List {
	l := newList(s, s.Promise().Constants, nil)
	l.first = max(l.own, back(s, l.end, max(LiveSpan.Microseconds(), 10*l.k.TargetDuration)))
	l.dense = true
	return l
}

// Window lists the whole window, at most its last WindowSpan. Dates come after
// discontinuities and once a block. blocks may be nil.
func Window(s *archive.Snapshot, blocks *Blocks) List {
	l := newList(s, s.Promise().Window, blocks)
	l.first = blocks.back(s, l.end, WindowSpan.Microseconds())
	return l
}

func newList(s *archive.Snapshot, k spool.Constants, blocks *Blocks) List {
	return List{s: s, k: k, own: position(s, s.Promise().FirstMSN), end: len(s.Segments), ended: s.Over || s.Ended, blocks: blocks}
}

// Whole is an ended list that nobody asks for again: its header says no more
// than its segments need, whatever playlists have promised since.
func (l List) Whole() List {
	l.k = l.s.Widest(l.first, l.end)
	return l
}

// Ended reports whether the playlist will not change any more.
func (l List) Ended() bool { return l.ended }

// back is the position of the latest segment from which to end at least span
// microseconds of media are listed, or 0. It never decreases as segments are
// appended, so MEDIA-SEQUENCE doesn't either.
func back(s *archive.Snapshot, end int, span int64) int {
	i := end
	for ; i > 0 && span > 0; i-- {
		span -= int64(s.Segments[i-1].Duration)
	}
	return i
}

// Render writes the playlist. With delta it is a Playlist Delta Update
// (6.2.5.1), unless nothing is old enough to be skipped or the list has ended.
func (l List) Render(delta bool) []byte {
	keep := l.first
	if delta && !l.ended {
		keep = max(keep, l.skipEnd())
	}
	w := &writer{b: make([]byte, 0, l.size(keep)), s: l.s, dense: l.dense, fresh: true}
	l.header(w, keep-l.first)
	l.segments(w, keep)
	if l.ended {
		w.text("#EXT-X-ENDLIST\n")
	} else {
		w.open()
		w.hint()
	}
	return w.b
}

// skipEnd is the position of the first segment that a delta update must keep:
// behind every skipped one lie at least skipSpan target durations of complete segments.
func (l List) skipEnd() int {
	return back(l.s, l.end, skipSpan*l.k.TargetDuration)
}

// size guesses how many bytes the playlist will have.
func (l List) size(keep int) int {
	perSegment := 48
	if l.dense {
		perSegment = 120
	}
	return 8192 + perSegment*(l.end-keep)
}

func (l List) header(w *writer, skipped int) {
	c := l.k
	w.text("#EXTM3U\n#EXT-X-VERSION:" + version + "\n")
	if c.Independent {
		w.text("#EXT-X-INDEPENDENT-SEGMENTS\n")
	}
	w.text("#EXT-X-TARGETDURATION:")
	w.b = strconv.AppendInt(w.b, c.TargetDuration/1e6, 10)
	if !l.ended {
		w.text("\n#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=")
		w.b = appendSeconds(w.b, skipSpan*c.TargetDuration)
		w.text(",HOLD-BACK=")
		w.b = appendSeconds(w.b, 3*c.TargetDuration)
		w.text(",PART-HOLD-BACK=")
		w.b = appendSeconds(w.b, 3*c.PartTarget)
		w.text("\n#EXT-X-PART-INF:PART-TARGET=")
		w.b = appendSeconds(w.b, c.PartTarget)
	}
	w.text("\n#EXT-X-MEDIA-SEQUENCE:")
	w.b = strconv.AppendUint(w.b, l.s.First+uint64(l.first), 10)
	w.text("\n#EXT-X-DISCONTINUITY-SEQUENCE:")
	w.b = strconv.AppendUint(w.b, l.discontinuitySequence(), 10)
	w.text("\n")
	if skipped > 0 {
		w.text("#EXT-X-SKIP:SKIPPED-SEGMENTS=")
		w.b = strconv.AppendInt(w.b, int64(skipped), 10)
		w.text("\n")
	}
}

// discontinuitySequence is that of the run before the list when the first
// listed segment carries the tag itself: clients add the tags they see (4.4.3.3).
func (l List) discontinuitySequence() uint64 {
	var run uint32
	var flags archive.Flags
	switch {
	case l.first < len(l.s.Segments):
		run, flags = l.s.Segments[l.first].Run, l.s.Segments[l.first].Flags
	case l.s.Open != nil:
		run, flags = l.s.Open.Run, l.s.Open.Flags
	default:
		return 0
	}
	sequence := l.s.Runs[run].Sequence
	if flags&archive.Discontinuity != 0 && sequence > 0 {
		sequence--
	}
	return sequence
}

// segments writes the complete segments from keep on: whole blocks from the
// cache, what is around them and what has parts anew.
func (l List) segments(w *writer, keep int) {
	parts := l.end
	if !l.ended {
		parts = max(keep, l.partsFrom())
	}
	for i := keep; i < l.end; {
		if n := l.blocks.append(w, i, parts); n > 0 {
			i += n
			continue
		}
		w.segment(i, i >= parts)
		i++
	}
}

// partsFrom is the position of the first segment of the promise that begins
// within partSpan target durations of the live edge.
func (l List) partsFrom() int {
	left := partSpan * l.k.TargetDuration
	if l.s.Open != nil {
		left -= total(l.s.Open.Parts)
	}
	i := l.end
	for ; i > max(l.first, l.own); i-- {
		if left -= int64(l.s.Segments[i-1].Duration); left < 0 {
			break
		}
	}
	return i
}

// total is the duration of parts, microseconds.
func total(parts []archive.Part) (us int64) {
	for _, p := range parts {
		us += int64(p.Duration)
	}
	return us
}
