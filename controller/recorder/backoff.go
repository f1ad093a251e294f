package recorder

import (
	"math/rand/v2"
	"time"

	"lookback/controller/camera"
)

const (
	minDelay = 250 * time.Millisecond
	maxDelay = 15 * time.Second
	// quickDelay is at most what passes before an ffmpeg that had delivered
	// pictures is started again.
	quickDelay = 250 * time.Millisecond
	// healthy is how long an ffmpeg must have lived for its end to be
	// forgiven altogether.
	healthy = time.Minute
	// maxQuick is how many restarts in a row are quick; each goodWhile that an
	// ffmpeg lives earns another.
	maxQuick  = 5
	goodWhile = 10 * time.Second
	// A camera that was just there is asked again at least every hopeDelay,
	// hopes times (for about ten seconds): most are back soon.
	hopeDelay = time.Second
	hopes     = 14
	// soonDelay is at most what passes before a camera that answers, but not
	// with a stream, is asked again, for as long as hopeful. Dialing can't tell
	// when that has changed, and an ffmpeg every 2 s costs 4 % of a core.
	soonDelay = 2500 * time.Millisecond
	hopeful   = 10 * time.Minute
)

// answered are the reasons after which that holds. Passwords are not among
// them: some cameras lock out who tries wrong ones again and again. After
// stream-ended, dialing tells more.
var answered = []string{camera.HTTPError, camera.NotFound, camera.NoPublisher, camera.NoVideo, camera.NoUsablePicture}

// backoff spaces attempts: jittered, exponential, bounded, never zero.
type backoff struct {
	failures int
	quick    int
	hopes    int // how many more delays are at most hopeDelay
}

// lived forgives everything after a healthy minute, and some quick restarts
// after a shorter life.
func (b *backoff) lived(d time.Duration) {
	if d >= healthy {
		*b = backoff{}
	}
	b.quick = max(0, b.quick-int(d/goodWhile))
}

// next is the delay after a failure: between half and the whole of
// minDelay·2ⁿ, at most maxDelay, and hopeDelay while there is hope.
func (b *backoff) next() time.Duration {
	d := min(maxDelay, minDelay<<min(b.failures, 10))
	b.failures++
	if b.hopes > 0 {
		b.hopes--
		d = min(d, hopeDelay)
	}
	return jitter(d)
}

// nextQuick is the delay after the end of an ffmpeg that had delivered
// pictures. One that keeps dying is treated like a failure, of which there is
// hope that it is over soon until that is used up.
func (b *backoff) nextQuick() time.Duration {
	if b.quick++; b.quick > maxQuick {
		return b.next()
	}
	b.failures, b.hopes = 0, hopes
	return jitter(quickDelay)
}

func jitter(d time.Duration) time.Duration { return d/2 + rand.N(d/2) }

// soon is a delay shortened while a camera may well be back.
func (r *Recorder) soon(delay time.Duration) time.Duration {
	if _, now := r.clock(); now-r.lastGood < hopeful {
		return min(delay, jitter(soonDelay))
	}
	return delay
}
