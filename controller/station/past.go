package station

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"time"

	"lookback/controller/archive"
	"lookback/controller/spool"
)

// findPast adds the cameras that are no longer named and of which the disk still
// has history.
func (d *Directory) findPast() {
	past, err := archive.Past(d.MediaDir)
	if err != nil {
		d.Log.Warn("cameras that are no longer named are not shown", "error", err)
	}
	for _, p := range past {
		d.addPast(p, d.marked(p.Name))
	}
}

// addPast adds a camera of the past. The demo camera's life is over at once when
// there are others, so that it is forgotten.
func (d *Directory) addPast(p archive.PastCamera, demo bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.stations[p.Name] != nil || d.ending[p.Name] != nil {
		return
	}
	s := d.add(p.Name)
	s.now.Store(&naming{Terms: archive.Terms{Title: p.Title, Ended: true, Window: p.Window, WindowBytes: p.WindowBytes}})
	s.demo.Store(demo)
	if demo && len(d.order) > 0 {
		d.remove(s)
	}
	d.show(d.order)
}

// markPath is a file that says that all of a camera's history came from the demo
// camera: without it somebody's own camera of that name would be forgotten.
func (s *shared) markPath(name string) string {
	return filepath.Join(spool.CameraDir(s.MediaDir, name), "demo")
}

func (s *shared) marked(name string) bool {
	_, err := os.Lstat(s.markPath(name))
	return err == nil
}

// mark says so of a camera of which nothing is there yet.
func (s *Station) mark() {
	past, err := archive.Past(s.MediaDir)
	if slices.ContainsFunc(past, func(p archive.PastCamera) bool { return p.Name == s.name }) {
		s.demo.Store(s.marked(s.name))
		return
	}
	if err == nil {
		err = os.MkdirAll(spool.CameraDir(s.MediaDir, s.name), 0o755)
	}
	if err == nil {
		err = spool.WriteRegular(s.markPath(s.name), nil, 0o644)
	}
	if err != nil {
		s.log.Warn("the demo camera's history will stay when other cameras come", "error", err)
		s.demo.Store(false)
	}
}

// unmark makes the history somebody's own.
func (s *Station) unmark() {
	if err := os.Remove(s.markPath(s.name)); err != nil && !os.IsNotExist(err) {
		s.log.Warn("this camera's history is taken for the demo camera's", "error", err)
	}
}

// forget removes the demo camera's files, as soon as its recorder has ended.
func (s *Station) forget(ctx context.Context) {
	for logged := false; s.marked(s.name); logged = true {
		err := archive.Forget(s.MediaDir, s.name)
		if err == nil {
			s.log.Info("the demo camera is forgotten, since there are others")
			return
		}
		if !logged {
			s.log.Info("the demo camera is to be forgotten", "waits_for", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Second):
		}
	}
}
