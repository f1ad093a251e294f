package recorder

import (
	"time"

	"lookback/controller/spool"
)

// While nothing comes from the camera of an encoded stream, ffmpeg writes
// nothing; with the next picture it repeats the last one for all the time in
// between, and leaves out most of what had piled up. In the archive that is a
// picture that stands, or one that is late, without a gap. It is said in event
// messages, see [spool.FlawScheme].

const (
	// minStandstill is how long no picture must have come to be reported, and
	// standstillFrames the same in frames, for slow cameras.
	minStandstill    = 500 * time.Millisecond
	standstillFrames = 3
	// tinyShare is which share of an ordinary picture's bytes a repeat takes at
	// most, usualOver over how many pictures the ordinary size is taken.
	tinyShare = 8
	usualOver = 16
)

// standstill finds repeated pictures in what ffmpeg writes. It is pure.
type standstill struct {
	least time.Duration // silence from which on it is one

	last  time.Duration // arrival of the picture before, monotonic; 0 before the first
	until time.Duration // what was to be seen before this time is a repeat, monotonic
	doubt bool          // it was perhaps this program that stood still, and not the camera
	tiny  bool          // the picture before was as small as a repeat
	usual int           // bytes of an ordinary picture between key frames
	since uint64        // where the repeats began, ticks
	going bool          // since is set
}

func newStandstill(source, output time.Duration) standstill {
	return standstill{least: max(minStandstill, standstillFrames*max(source, output))}
}

// shown is a picture as the standstill looks at it.
type shown struct {
	arrival time.Duration // monotonic
	end     time.Duration // a time at which it is still seen, monotonic
	lag     time.Duration // how late ordinary pictures come
	awake   bool          // this program has been running since the one before
	sync    bool
	size    int    // bytes
	decode  uint64 // ticks
}

// add takes the next picture. When it is the first ordinary one after repeats,
// over tells where those began. What this program did not run for, ffmpeg may
// have put into the pipe in time: then only a picture that is almost empty is
// taken for a repeat.
func (w *standstill) add(p shown) (since uint64, over bool) {
	if w.last != 0 && p.arrival-w.last >= w.least {
		w.until, w.doubt = p.arrival-p.lag, !p.awake
	}
	w.last = p.arrival
	if !p.sync {
		w.tiny = p.size*tinyShare < w.usual
	}
	if p.end < w.until && (!w.doubt || w.tiny) {
		if !w.going {
			w.since, w.going = p.decode, true
		}
		return 0, false
	}
	if !p.sync && !w.tiny {
		if w.usual == 0 {
			w.usual = p.size
		}
		w.usual += (p.size - w.usual) / usualOver
	}
	over, w.going = w.going, false
	return w.since, over
}

const (
	// slowShare is the share of pictures that are missing in a slow second.
	slowShare = 0.05
	// pileAfterSlow is how much time's pictures must have come too many in a
	// second, after slow ones, to have been a pile; pileAlone without that.
	pileAfterSlow = 250 * time.Millisecond
	pileAlone     = 500 * time.Millisecond
	// fewShare is the share of the expected pictures below which a second is sparse.
	// lackShare is the share that must be missing in the seconds beside it.
	// fewLongest is for how long it is reported: what lasts longer is simply how many
	// pictures the camera sends.
	fewShare   = 0.6
	lackShare  = 0.2
	fewLongest = time.Minute
	// oldestPile is how old pictures in a pile are taken to be at most.
	oldestPile = 30 * time.Second
)

// pileWatch finds out from ffmpeg's reports, one a second, that pictures had piled
// up on the way: more have come than a camera sends in that time. And that few
// come: those have waited on the way, too, or stand for many that did not get
// through. It is pure.
type pileWatch struct {
	frame time.Duration // between two pictures of the camera
	bunch time.Duration // the span of pictures that come at once as a rule, see [camera.Bunches]

	last  progress
	at    time.Duration // of the last report, monotonic; 0 before the first
	slow  bool          // the second before it was slow
	since time.Duration // when the first of the slow seconds began
	lacks time.Duration // when the first of the seconds began in which many are missing; 0: there was none before
	few   bool          // there was one with few pictures among those
}

// add takes a report. What was recorded since the returned time was of the kind, ""
// for none. Where this program was not awake since the one before, reports have
// waited for it, and say nothing of how few pictures came when.
func (w *pileWatch) add(now time.Duration, p progress, awake bool) (since time.Duration, kind string) {
	read := float64(p.frames-w.last.frames) - float64(p.dup-w.last.dup) + float64(p.drop-w.last.drop)
	began, was := w.at, w.slow
	w.last, w.at = p, now
	if began == 0 || w.frame <= 0 {
		return 0, ""
	}
	if !was {
		w.since = began
	}
	sent := float64(now-began) / float64(w.frame)
	slack := float64(w.bunch) / float64(w.frame) // a bunch may come in the second before or behind
	w.slow = sent-read > max(1.5, slowShare*sent)+slack
	lacks, few := w.lacks, w.few
	if !awake || sent-read <= max(1.5, lackShare*sent)+slack {
		w.lacks, w.few = 0, false
	} else {
		if lacks == 0 {
			w.lacks, lacks = began, began
		}
		w.few = few || read < fewShare*sent-slack
	}
	more := read - sent - slack
	pile := time.Duration(more * float64(w.frame))
	switch {
	case more >= 1.5 && (pile >= pileAfterSlow && was || pile >= pileAlone):
		w.slow, w.few, w.lacks = false, false, 0
		return max(w.since, now-oldestPile), spool.Late
	case awake && (w.few || few) && now-lacks <= fewLongest: // also in the second in which they come again
		return lacks, spool.Sparse
	}
	return 0, ""
}

// flaw is a time in which the picture was not what the camera saw, in ticks of a
// run's timeline.
type flaw struct {
	kind     string
	from, to uint64
	id       uint32 // tells it from others of its kind
}

// flaws are those of one ffmpeg.
type flaws struct {
	copied bool
	still  standstill
	piles  pileWatch
	// standstill is the last that was over before a frame, in frames, where the
	// source's pictures tell; nil: ffmpeg's output does.
	standstill func(tick int64) (period64, bool)
	bunch      func() time.Duration // that of piles; nil: pictures come one by one
	timeline   func() *timeline
	awake      func(from, to time.Duration) bool
	count      func(kind string, length time.Duration)

	start     *beginning    // of the run
	usualLag  time.Duration // how late pictures come while all is well
	unwritten []flaw        // before the next picture
	seen      uint32        // so far
	sparse    uint64        // up to where it is reported that few came, ticks
}

// plan looks for those of a camera by the length of its pictures and of ours.
func (f *flaws) plan(source, output time.Duration) {
	f.still, f.piles = newStandstill(source, output), pileWatch{frame: source}
}

// join puts the flaws that end with a picture before it.
func (f *flaws) join(p *placed) {
	if p.start != f.start {
		f.start, f.unwritten, f.still.going, f.usualLag, f.sparse = p.start, nil, false, 0, 0
	}
	if f.copied {
		// A copied camera's own picture lasts until the next one: what is cut
		// off was lost on the way.
		if p.format.time(int64(p.cut)) >= f.still.least {
			f.tell(spool.Standstill, p.decode, p.decode+p.length)
		}
	} else if f.standstill != nil {
		f.sourceStood(p)
	} else {
		f.stood(p)
	}
	p.flaws, f.unwritten = f.unwritten, nil
}

// stood looks for a standstill that ends with a picture.
func (f *flaws) stood(p *placed) {
	since, over := f.still.add(shown{
		arrival: p.arrival,
		end:     p.start.origin + p.format.time(int64(p.decode+p.length/2)),
		lag:     f.usualLag,
		awake:   f.awake(f.still.last, p.arrival),
		sync:    p.sync,
		size:    len(p.data),
		decode:  p.decode,
	})
	if over && p.format.time(int64(p.decode-since)) >= f.still.least/2 { // less is where a run begins
		f.tell(spool.Standstill, since, p.decode)
	}
	if !f.still.going {
		f.usualLag = f.timeline().lag()
	}
}

// sourceStood looks for a standstill that the source says ended before a picture.
func (f *flaws) sourceStood(p *placed) {
	step := int64(p.duration)
	if s, ok := f.standstill(p.dts / step); ok {
		begin := int64(p.decode) - p.dts/step*step // of tick 0, in the time of the run
		f.tell(spool.Standstill, uint64(max(0, begin+s.from*step)), uint64(max(0, begin+s.to*step)))
	}
}

// piled looks for pictures that had piled up before a report, and for few.
func (f *flaws) piled(now time.Duration, p progress, awake bool) {
	t := f.timeline()
	if f.copied || t == nil || !t.placed {
		return
	}
	if f.bunch != nil {
		f.piles.bunch = f.bunch()
	}
	since, kind := f.piles.add(now, p, awake)
	if kind == "" {
		return
	}
	from := t.ticks(max(0, since-t.origin))
	if kind == spool.Sparse { // reported second by second, since a run may end before they come again
		from = max(from, f.sparse)
		f.sparse = t.next
	}
	f.tell(kind, from, t.next)
}

// tell notes one, to be written before the next picture.
func (f *flaws) tell(kind string, from, to uint64) {
	if to <= from {
		return
	}
	f.count(kind, f.timeline().time(to-from))
	f.unwritten = append(f.unwritten, flaw{kind, from, to, f.seen})
	f.seen++
}
