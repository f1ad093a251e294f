package recorder

import (
	"fmt"
	"sync"
	"time"

	"lookback/controller/camera"
)

const (
	// longestKeyless is for how long a camera that sends pictures is watched at least until
	// it sends one with which decoding can begin, and mostKeyless how many of them: those
	// that send few have key frames minutes apart.
	longestKeyless, mostKeyless = 2 * time.Minute, 250
	// saidAfter is after how long it is said that such a picture is waited for.
	saidAfter = 3 * time.Second
)

// keyless are the pictures that came before the first with which decoding can begin. Its
// methods may be called by several goroutines.
type keyless struct {
	mu          sync.Mutex
	n           int
	first, last time.Duration // arrivals, monotonic
}

func (k *keyless) note(at time.Duration) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.n++; k.n == 1 {
		k.first = at
	}
	k.last = at
}

// seen is how many have come, since when, and whether they still come. nil has none.
func (k *keyless) seen(now time.Duration) (n int, within time.Duration, come bool) {
	if k == nil {
		return 0, 0, false
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.n, now - k.first, k.n > 0 && now-k.last < unknownGrace
}

// mayEnd reports whether a key frame is worth waiting for.
func (k *keyless) mayEnd(now time.Duration) bool {
	n, within, come := k.seen(now)
	return come && (within < longestKeyless || n < mostKeyless)
}

// reason says that a key frame is waited for; false where it need not be said.
func (k *keyless) reason(now time.Duration) (camera.Reason, bool) {
	n, within, come := k.seen(now)
	if !come || n < 2 || within < saidAfter {
		return camera.Reason{}, false
	}
	reason := camera.ReasonFor(camera.NoKeyFrame)
	reason.Title = fmt.Sprintf("A key frame is waited for: none among %d pictures in %v", n, within.Round(time.Second))
	return reason, true
}

// introduced waits until the camera has said what it sends, or will not. keyless are the
// pictures that come meanwhile; nil: nobody counts them.
func (r *Recorder) introduced(said, over <-chan struct{}, keyless *keyless) bool {
	tick := time.NewTicker(statusInterval)
	defer tick.Stop()
	for begun, told := r.now(), false; ; {
		select {
		case <-said:
		case <-over:
		case <-tick.C:
		}
		select {
		case <-said:
			if told {
				r.setReason(camera.Reason{})
			}
			return true
		case <-over:
			return false
		default:
		}
		now := r.now()
		if now-begun >= keyGrace && !keyless.mayEnd(now) {
			return false
		}
		if reason, ok := keyless.reason(now); ok {
			if r.setReason(reason); !told {
				r.Log.Info("a key frame is waited for", "title", reason.Title)
			}
			told = true
		}
		r.publish()
	}
}
