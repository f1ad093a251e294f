package recorder

import (
	"time"

	"lookback/controller/camera"
	"lookback/controller/spool"
)

const (
	// firstSpell and longestSpell are for how long key frames must have been close
	// together before that is promised again. It doubles each time they move apart
	// after that.
	firstSpell, longestSpell = time.Hour, 12 * time.Hour
	// roomForKeys is how far apart key frames may move at once without another
	// promise: most cameras that save them send one in 10 to 12 s.
	roomForKeys = 15 * time.Second
	// longestGap is how far apart they may be for segments to wait for them.
	longestGap = 30 * time.Second
)

// keyWatch is how far apart key frames are. It counts media
// time, over all runs of a recorder, and is pure.
type keyWatch struct {
	spell  time.Duration // for how long they must be close together
	closed bool          // that was promised again once

	passed  time.Duration // of the spell at hand
	since   time.Duration // since the last key frame
	longest time.Duration // between two, in the spell
	picture time.Duration // the longest one, in the spell
	soon    bool          // shorter parts are promised at the next key frame
	part    int64         // the part target by the camera's frame rate, µs; 0: parts stay as they are
	reached time.Duration // between two, when the promise changed last
}

// begin begins a run, of a camera whose frame rate asks for such parts, 0 where they
// stay as they are. What was before the run is no interval.
func (k *keyWatch) begin(part int64) { k.since, k.part = 0, part }

// add takes the next picture, which lasts so many microseconds.
func (k *keyWatch) add(us int64, sync bool) {
	if sync {
		k.longest = max(k.longest, k.since)
		k.since = 0
	}
	k.since += micro(us)
	k.passed += micro(us)
	k.picture = max(k.picture, micro(us))
}

// reach is how far apart key frames were when the promise changed last.
func (k *keyWatch) reach() time.Duration { return k.reached }

// rate tells that the camera's frame rate is another, by which its parts would be so
// long, µs. Where they are unfit for it, that is promised at the next key frame.
func (k *keyWatch) rate(part int64, unfit bool) {
	if k.part, k.soon = part, unfit; unfit {
		k.picture = 0
	}
}

// again begins a spell.
func (k *keyWatch) again() {
	k.reached = max(k.longest, k.since)
	k.passed, k.longest, k.picture = 0, 0, 0
}

// closer is, at a key frame, what those of a whole spell allow, where that is more
// than is promised: a shorter target duration, independence, or shorter parts.
func (k *keyWatch) closer(promised spool.Constants, segment int64) (spool.Constants, bool) {
	if k.soon && k.part < promised.PartTarget {
		if k.picture <= micro(k.part) {
			promised.PartTarget, k.soon = k.part, false
			return promised, true
		}
		k.picture = 0 // of before
	}
	if k.passed < k.spell {
		return promised, false
	}
	part := promised.PartTarget
	if k.part > 0 && k.picture <= micro(k.part) {
		part = min(part, k.part)
	}
	k.again()
	// Slewing makes them up to 2 % longer than the camera does.
	interval := time.Duration(float64(k.reached) / (1 + maxSlew))
	target := camera.TargetFor(micro(segment), micro(part), interval).Microseconds()
	better := target < promised.TargetDuration || !promised.Independent || part < promised.PartTarget
	if interval > longestGap || !better {
		return promised, false
	}
	k.closed = true
	return spool.Constants{PartTarget: part, TargetDuration: target, Independent: true}, true
}

// slower is what is promised from the segment on with which parts become longer. It
// begins with any picture, and a camera that saves pictures saves key frames, too.
func (k *keyWatch) slower(promised spool.Constants, segment, part int64) spool.Constants {
	if wide, ok := k.farther(promised, segment); ok {
		promised = wide
	}
	promised.PartTarget = part
	promised.TargetDuration = max(promised.TargetDuration, camera.TargetFor(0, micro(part), 0).Microseconds())
	return promised
}

// farther is what a key frame that has not come within the target duration asks
// for. false: nothing, segments without one are allowed.
func (k *keyWatch) farther(promised spool.Constants, segment int64) (spool.Constants, bool) {
	room := camera.TargetFor(micro(segment), 0, roomForKeys).Microseconds()
	if !promised.Independent && promised.TargetDuration >= room {
		return promised, false
	}
	k.again()
	if k.closed {
		k.spell, k.closed = min(longestSpell, 2*k.spell), false
	}
	return spool.Constants{PartTarget: promised.PartTarget, TargetDuration: max(room, promised.TargetDuration), Independent: false}, true
}
