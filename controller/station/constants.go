package station

import (
	"time"

	"lookback/controller/archive"
	"lookback/controller/spool"
)

// longestGuess bounds how long a recorder waits to hear what was promised.
const longestGuess = 10 * time.Second

// Constants are those of a camera, nil when there is none of that name.
func (d *Directory) Constants(camera string) *spool.Constants {
	if s := d.Find(camera); s != nil {
		return s.Constants()
	}
	return nil
}

// Constants are what the camera's playlists promise, nil before its first run.
// Until the archive is loaded state.json tells them. Where that is silent other
// files may not be, and the archive is waited for, but not for ever.
func (s *Station) Constants() *spool.Constants {
	if a := s.archive.Load(); a != nil {
		return constants(a.Promise())
	}
	if p, err := archive.ReadPromise(s.MediaDir, s.name); err == nil && p != nil {
		return &p.Constants
	}
	select {
	case <-s.tried:
	case <-s.stopping:
	case <-time.After(longestGuess):
		s.log.Warn("recording begins without having heard what the archive promises")
	}
	if a := s.archive.Load(); a != nil {
		return constants(a.Promise())
	}
	return nil
}

func constants(p *spool.Promised) *spool.Constants {
	if p == nil {
		return nil
	}
	return &p.Constants
}
