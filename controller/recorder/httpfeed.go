package recorder

import (
	"context"
	"sync"
	"time"

	"lookback/controller/camera"
	"lookback/controller/httpcam"
)

// httpSource takes the pictures of an HTTP camera. Its method is called by the
// goroutine that reads the camera.
type httpSource struct {
	*feed
	asked   camera.Source
	known   *camera.Facts // of before; nil: none
	said    chan struct{} // closed when facts, foreign or failed is there
	over    chan struct{} // closed when nothing more will come
	facts   camera.Facts  // what it sends
	foreign string        // why ffmpeg has to read it
	failed  error         // why it can't be recorded

	done     bool // said is closed
	arrivals camera.Arrivals

	mu     sync.Mutex
	first  *httpcam.Picture // of those of one size, without its data
	newest httpcam.Picture  // likewise
}

// startHTTP begins to read an HTTP camera; it ends when ctx does.
func (r *Recorder) startHTTP(ctx context.Context) *httpSource {
	s := &httpSource{feed: newFeed(r.now), asked: r.Source, said: make(chan struct{}), over: make(chan struct{})}
	s.pump = newPump(r.now)
	if !r.unknown() {
		facts := *r.facts
		s.known = &facts
		s.pump.knows(facts.Bunch)
	}
	address, conn := r.httpCamera(), r.takeConn()
	s.readers.Go(func() {
		defer close(s.over)
		s.sourceErr = address.Run(ctx, conn, s.take)
	})
	return s
}

// take hands on a picture, and learns while not enough is known.
func (s *httpSource) take(p httpcam.Picture) error {
	at := s.clock() - time.Since(p.Arrival)
	if s.foreign != "" {
		return nil
	}
	sent := ""
	if p.Format != httpcam.JPEG {
		sent = string(p.Format)
	}
	if err := p.ToJPEG(); err != nil {
		if !s.done {
			s.foreign = "its pictures can't be decoded here: " + err.Error()
			s.tell()
		}
		return nil
	}
	s.last.Store(int64(at))
	if !s.done {
		s.learn(p, sent)
	}
	s.note(p)
	s.pump.add(came{at, p.Data})
	return nil
}

// note looks whether a picture is as the first was.
func (s *httpSource) note(p httpcam.Picture) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.newest = p; p.Width != s.first.Width || p.Height != s.first.Height {
		s.resized.Add(1)
	}
	s.newest.Data = nil
}

// again says anew what the camera sends, for another plan that is made for a reason;
// rate is at which pictures come where they come at another one. false: that
// has to be learnt on another connection.
func (s *httpSource) again(code string, rate float64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.newest
	if now.Width*now.Height > camera.MaxPixels {
		return false
	}
	s.first = &now
	s.resized.Store(0)
	s.facts.Width, s.facts.Height, s.facts.PixelFormat = now.Width, now.Height, now.PixelFormat
	if code == camera.RateChanged {
		s.facts.FrameRate = camera.SnapArrived(rate)
	}
	return true
}

// learn finds out what the camera sends: sent is what JPEGs are made of, "" for those. A
// stream tells its rate by when pictures come. Of two answers with one picture each it is
// stills.
func (s *httpSource) learn(p httpcam.Picture, sent string) {
	enough := s.arrivals.Add(p.Arrival)
	if s.first == nil {
		p.Data = nil
		s.first = &p
	}
	stills := p.Answer > s.first.Answer
	switch {
	case s.known != nil && s.known.Codec == "mjpeg" && s.known.Sent == sent && s.known.Width == p.Width && s.known.Height == p.Height && s.known.PixelFormat == p.PixelFormat:
		s.facts = *s.known
	case stills, enough, s.asked.FPS > 0 && p.Answer == s.first.Answer && s.first.Arrival != p.Arrival, p.Width*p.Height > camera.MaxPixels:
		s.facts, s.failed = s.arrivals.Pictures(s.asked, stills, p.Width, p.Height, p.PixelFormat)
	default:
		return
	}
	s.facts.Sent = sent
	s.tell()
}

// tell ends the learning.
func (s *httpSource) tell() {
	s.done = true
	close(s.said)
}
