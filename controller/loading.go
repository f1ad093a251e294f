package main

import (
	"context"
	"log/slog"
	"runtime"
	"time"

	"golang.org/x/sync/errgroup"

	"lookback/controller/archive"
	"lookback/controller/config"
	"lookback/controller/spool"
)

// loading is a camera's archive on its way into memory. That can take seconds,
// in which its recorder records already.
type loading struct {
	mediaDir, camera string

	over    chan struct{} // closed when archive or err is set
	archive *archive.Camera
	err     error
}

// load begins to load every camera's archive, as many at a time as there are processors.
func load(ctx context.Context, cfg *config.Config, log *slog.Logger) []*loading {
	reserve := archive.NewReserve(cfg.MediaDir, cfg.DiskReserve)
	all := make([]*loading, len(cfg.Cameras))
	for i, c := range cfg.Cameras {
		all[i] = &loading{mediaDir: cfg.MediaDir, camera: c.Name, over: make(chan struct{})}
	}
	go func() {
		var some errgroup.Group
		some.SetLimit(runtime.GOMAXPROCS(0))
		for i, c := range cfg.Cameras {
			some.Go(func() error {
				all[i].load(ctx, archive.Options{
					MediaDir: cfg.MediaDir, Camera: c.Name, Title: c.Title, Window: c.Window, WindowBytes: c.WindowBytes,
					DiskReserve: cfg.DiskReserve, Reserve: reserve, Log: log,
				})
				return nil
			})
		}
		some.Wait()
	}()
	return all
}

func (l *loading) load(ctx context.Context, o archive.Options) {
	defer close(l.over)
	begun := time.Now()
	if l.archive, l.err = archive.Load(ctx, o); l.err == nil {
		o.Log.Info("archive loaded", "camera", o.Camera, "segments", len(l.archive.Snapshot().Segments), "bytes", l.archive.Bytes(), "took", time.Since(begun))
	}
}

// wait returns the archive when it is loaded.
func (l *loading) wait() (*archive.Camera, error) {
	<-l.over
	return l.archive, l.err
}

// wake makes the archive look at the spool, if it is loaded.
func (l *loading) wake() {
	select {
	case <-l.over:
		if l.archive != nil {
			l.archive.Wake()
		}
	default:
	}
}

// constants are what the camera's playlists promise, nil before its first run.
// Until the archive is loaded state.json tells them. Where that is silent other
// files may not be, and the archive is waited for.
func (l *loading) constants() *spool.Constants {
	select {
	case <-l.over:
	default:
		if p, err := archive.ReadPromise(l.mediaDir, l.camera); err == nil && p != nil {
			return &p.Constants
		}
	}
	a, err := l.wait()
	if err != nil {
		return nil // the program is about to end
	}
	if p := a.Promise(); p != nil {
		return &p.Constants
	}
	return nil
}

// archives are all of them, once they are loaded.
func archives(all []*loading) ([]*archive.Camera, error) {
	var loaded []*archive.Camera
	for _, l := range all {
		a, err := l.wait()
		if err != nil {
			return nil, err
		}
		loaded = append(loaded, a)
	}
	return loaded, nil
}
