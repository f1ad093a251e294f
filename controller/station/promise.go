package station

import (
	"time"

	"lookback/controller/spool"
)

const (
	// longestGuess bounds how long a recorder waits to hear what was promised.
	longestGuess = 2 * time.Second
	// nextGuess bounds it where it has waited so long in vain already: it asks several
	// times before each ffmpeg.
	nextGuess = 100 * time.Millisecond
)

// Promise is that of a camera, nil when there is none of that name.
func (d *Directory) Promise(camera string) *spool.Promised {
	if s := d.Find(camera); s != nil {
		return s.Promise()
	}
	return nil
}

// Promise is what the camera's playlists hold to at present, nil before its first
// run. Until the archive is loaded its files are asked. Where they don't answer, are
// silent or of no use the archive is waited for, but not for long: then what was
// read of them has to do.
func (s *Station) Promise() *spool.Promised {
	if a := s.archive.Load(); a != nil {
		return a.Promise()
	}
	r := s.askFiles()
	limit := time.NewTimer(s.patience())
	defer limit.Stop()
	for over, tried := r.over, s.tried; over != nil || tried != nil; {
		select {
		case <-over:
			if over = nil; r.err == nil && r.promise != nil {
				return r.promise
			}
		case <-tried:
			if tried = nil; s.archive.Load() != nil {
				over = nil
			}
		case <-s.stopping:
			over, tried = nil, nil
		case <-limit.C:
			over, tried = nil, nil
			if !s.waited.Swap(true) {
				s.log.Warn("recording begins without having heard all that the archive promises")
			}
		}
	}
	if a := s.archive.Load(); a != nil {
		return a.Promise()
	}
	return r.far()
}

func (s *Station) patience() time.Duration {
	if s.waited.Load() {
		return nextGuess
	}
	return longestGuess
}

// reading is what an archive's files say was promised.
type reading struct {
	over    chan struct{} // closed when what follows is there
	promise *spool.Promised
	err     error
}

// far is what was read so far, nil for nothing.
func (r *reading) far() *spool.Promised {
	select {
	case <-r.over:
		return r.promise
	default:
		return nil
	}
}

// askFiles reads what was promised. While a disk hangs there is one reading.
func (s *Station) askFiles() *reading {
	s.asking.Lock()
	defer s.asking.Unlock()
	if r := s.asked; r != nil {
		select {
		case <-r.over:
		default:
			return r
		}
	}
	r := &reading{over: make(chan struct{})}
	s.asked = r
	go func() {
		defer close(r.over)
		r.promise, r.err = s.readPromise(s.MediaDir, s.name)
	}()
	return r
}
