package station

import (
	"time"

	"lookback/controller/archive"
	"lookback/controller/spool"
)

// longestGuess bounds how long a recorder waits to hear what was promised.
const longestGuess = 10 * time.Second

// Promise is that of a camera, nil when there is none of that name.
func (d *Directory) Promise(camera string) *spool.Promised {
	if s := d.Find(camera); s != nil {
		return s.Promise()
	}
	return nil
}

// Promise is what the camera's playlists hold to at present, nil before its first
// run. Until the archive is loaded state.json tells it. Where that is silent other
// files may not be, and the archive is waited for, but not for ever.
func (s *Station) Promise() *spool.Promised {
	if a := s.archive.Load(); a != nil {
		return a.Promise()
	}
	if p, err := archive.ReadPromise(s.MediaDir, s.name); err == nil && p != nil {
		return p
	}
	select {
	case <-s.tried:
	case <-s.stopping:
	case <-time.After(longestGuess):
		s.log.Warn("recording begins without having heard what the archive promises")
	}
	if a := s.archive.Load(); a != nil {
		return a.Promise()
	}
	return nil
}
