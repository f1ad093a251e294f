package recorder

import (
	"sync/atomic"
	"time"

	"lookback/controller/camera"
)

const (
	// minStall and startGrace are how long no picture may come, later and at first.
	minStall   = 5 * time.Second
	startGrace = 15 * time.Second
	// keyGrace is startGrace where nobody knows when the first key frame comes.
	keyGrace = 40 * time.Second
	// unknownGrace is how long no picture may come where nobody knows how many do: some
	// cameras send one in ten seconds. tooFew pictures don't tell.
	unknownGrace, tooFew = 25 * time.Second, 3
	// heldPictures is how many pictures of a copied camera ffmpeg holds at most: its
	// parser and its muxer each hand one out when the next one comes.
	heldPictures = 2
	// idleStall is how long no picture may come of a copied camera that can be
	// reached, since it may save them.
	idleStall = heldPictures*slowestPicture + time.Second
	// askEvery is how often a silent camera is dialed.
	askEvery = time.Second
	// reportsFor is for how long an RTCP sender report says that a camera is there. Most
	// send one every 5 s.
	reportsFor = 8 * time.Second
)

// stallJudge notices an ffmpeg from which nothing comes any more.
type stallJudge struct {
	last    *atomic.Int64 // arrival of the newest picture, monotonic ns: set by its reader
	least   time.Duration // how long none may come
	rate    func() camera.Rate
	patient bool                 // nobody knows when the first key frame comes
	longest func() time.Duration // a picture lasts, as far as is known; nil where it is encoded
	ask     func() error         // whether the camera is there; nil where that tells nothing
	begun   bool                 // a picture has come
	seen    int                  // pictures of which the rate was not known
	looked  time.Duration

	asked  time.Duration // when the camera was asked, monotonic
	answer chan error    // to that; nil: none is waited for
}

func (j *stallJudge) look(e evidence) string {
	if e.unit != nil {
		j.begun = true
		if j.rate().Num == 0 {
			j.seen++
		}
		return ""
	}
	if e.report != nil {
		return ""
	}
	if j.looked > 0 && e.at-j.looked > j.least/2 { // it was this program that stood still
		j.last.Store(int64(e.at))
	}
	j.looked = e.at
	limit := max(j.least, 3*j.rate().Frames(1))
	switch {
	case !j.begun && j.patient:
		limit = keyGrace
	case !j.begun:
		limit = max(limit, startGrace)
	case j.rate().Num == 0 && j.seen < tooFew:
		limit = max(limit, unknownGrace)
	case j.longest != nil:
		limit = max(limit, heldPictures*j.longest())
	}
	last := time.Duration(j.last.Load())
	if e.at-last <= limit || j.begun && j.mayIdle(e.at, last) {
		return ""
	}
	return camera.Stalled
}

// mayIdle reports whether a silent camera may have nothing to send: it is asked,
// and has not failed to answer.
func (j *stallJudge) mayIdle(now, last time.Duration) bool {
	if j.ask == nil || now-last > idleStall {
		return false
	}
	select {
	case err := <-j.answer:
		if j.answer = nil; err != nil && j.asked > last {
			return false
		}
	default:
	}
	if j.answer == nil && now-j.asked >= askEvery {
		answer := make(chan error, 1)
		j.asked, j.answer = now, answer
		go func() { answer <- j.ask() }()
	}
	return true
}
