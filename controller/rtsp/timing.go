package rtsp

import (
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h265"
)

// unwrapped counts 32-bit RTP time stamps on, in 64 bits.
type unwrapped struct {
	begun bool
	last  uint32
	value int64
}

func (u *unwrapped) next(stamp uint32) int64 {
	u.value = u.of(stamp)
	u.begun, u.last = true, stamp
	return u.value
}

// of is what a time stamp near the last one would be.
func (u *unwrapped) of(stamp uint32) int64 {
	if !u.begun {
		return int64(stamp)
	}
	return u.value + int64(int32(stamp-u.last))
}

// maxRefusals is how many times, each after a new key frame, no time stamp for
// decoding can be had until the camera is given up.
const maxRefusals = 2

// timing finds when pictures are to be decoded, by mediacommon's extractors.
// They take lost pictures and stamps that leap back for reordered ones; so a camera that has
// never reordered is not asked about between such and the next key frame.
type timing struct {
	codec
	facts
	extract  func(unit [][]byte, pts int64) (int64, error)
	reorders bool // a picture was shown in another order than it came
	stale    bool // the extractor has to begin anew, at a key frame
	leapt    bool // until then pictures are decoded when they are shown: their stamps have leapt
	lastPTS  int64
	refusals int
	why      error
}

// reset begins anew by another parameter set.
func (t *timing) reset(f facts) { t.facts, t.stale, t.leapt, t.reorders = f, true, false, false }

func (t *timing) renew() {
	t.stale, t.leapt = false, false
	if t.header == 2 {
		e := &h265.DTSExtractor{}
		e.Initialize()
		t.extract = e.Extract
		return
	}
	e := &h264.DTSExtractor{}
	e.Initialize()
	t.extract = e.Extract
}

// dts is when a picture is to be decoded; false where that can't be told.
func (t *timing) dts(u accessUnit, p *Parameters, pts int64, broken bool) (int64, bool) {
	before := t.lastPTS
	t.lastPTS = pts
	if t.ordered {
		return pts, true
	}
	if t.stale && u.sync {
		t.renew()
	}
	if t.stale {
		return pts, t.leapt
	}
	if broken && !t.reorders {
		return pts, true
	}
	units := [][]byte{p.SPS[len(p.SPS)-1], p.PPS[len(p.PPS)-1], u.slice}
	dts, err := t.extract(units, pts)
	if err == nil {
		t.reorders = t.reorders || dts != pts
		return dts, true
	}
	if pts < before && !t.reorders { // who judges stamps sees to it
		t.stale, t.leapt = true, true
		return pts, true
	}
	return t.refused(units, u.sync, pts, err, broken || pts < before-90000)
}

// refused deals with an extractor that gives none. After a loss or a jump back,
// that is told by excused, it may do so.
func (t *timing) refused(units [][]byte, sync bool, pts int64, err error, excused bool) (int64, bool) {
	if !excused {
		t.refusals, t.why = t.refusals+1, err
	}
	t.stale = true
	if !sync {
		return 0, false
	}
	t.renew()
	dts, err := t.extract(units, pts)
	return dts, err == nil
}
