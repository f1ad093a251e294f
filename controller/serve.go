package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"lookback/controller/config"
	"lookback/controller/crowd"
	"lookback/controller/metrics"
	"lookback/controller/runner"
	"lookback/controller/spool"
	"lookback/controller/station"
)

// untouchedBytes are memory that nobody ever writes to, so it is never there: it only makes
// the heap look larger. With one camera the heap is some MB; the garbage collector works when
// it has doubled, and a camera's JPEGs alone do that each second. Its work was a tenth of
// what such a camera cost this program. Up to so much more garbage lies about instead.
const untouchedBytes = 8 << 20

// serve runs the controller until the context ends: camera -> recorder -> spool
// -> archive -> playlists -> HTTP. Listeners are opened first and ask the
// stations, so that they answer whatever the disk does.
func serve(ctx context.Context, cfg *config.Config, log *slog.Logger) error {
	defer runtime.KeepAlive(make([]byte, untouchedBytes))
	log.Info("starting", "version", version(), "cameras", len(cfg.Cameras), "media_dir", cfg.MediaDir, "window", cfg.Window)
	if err := checkPlaces(cfg); err != nil {
		return err
	}
	listener, err := listen("LISTEN", cfg.Listen)
	if err != nil {
		return err
	}
	defer listener.Close()
	metricsListener, err := listen("METRICS_LISTEN", cfg.MetricsListen)
	if err != nil {
		return err
	}
	defer metricsListener.Close()
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	defer signal.Stop(hangup)
	measured := metrics.New(metrics.Options{MediaDir: cfg.MediaDir, Version: version()})
	redactor := config.NewRedactor(cfg.Cameras)
	recorders, err := newRunner(cfg, redactor, measured, log)
	if err != nil {
		return err
	}

	// Whatever ends first ends all.
	all, running := errgroup.WithContext(ctx)
	stations := station.New(station.Options{
		MediaDir: cfg.MediaDir, Witness: witnessDir(cfg, log), DiskReserve: cfg.DiskReserve, Recorders: recorders, Log: log, Attendants: attendants(cfg, measured, log),
	}, running.Done())
	cameras := &list{cfg, stations, recorders, redactor, log}
	cameras.set(cfg.Cameras, cfg.Demo)
	measured.Watch(func() []metrics.Camera { return as[metrics.Camera](stations.All()) })
	handler := newHandler(cfg, stations, measured, log)
	context.AfterFunc(running, handler.LeaveLists)
	all.Go(func() error { return serveViewers(running, listener, handler, log) })
	all.Go(func() error {
		return serveHTTP(running, crowd.Listen(metricsListener, crowd.Most(mostScrapers), log), measured.Handler())
	})
	all.Go(func() error { return live(running, cfg.MediaDir, recorders, stations, log) })
	all.Go(func() error { cameras.follow(running, hangup); return nil })
	log.Info("ready", "listen", cfg.Listen, "metrics_listen", cfg.MetricsListen)
	err = inTime(running, all.Wait, log)
	handler.LeaveLists()
	log.Info("stopped")
	return err
}

// live records all cameras and follows their archives until the context ends, once
// the media directory is this program's. Recorders begin before archives are
// loaded, so that no picture waits for history, and end before archives, so that
// the last fragments are still taken in.
func live(ctx context.Context, mediaDir string, recorders runner.Runner, stations *station.Directory, log *slog.Logger) error {
	lock, err := lockSoon(ctx, mediaDir)
	if lock == nil {
		return err
	}
	defer lock.Close()
	bell, err := spool.ListenDoorbell(mediaDir)
	if err != nil {
		warnUnheard(log, err)
	}
	all, running := errgroup.WithContext(ctx)
	archiving, stopArchiving := context.WithCancel(context.WithoutCancel(ctx))
	defer stopArchiving()
	all.Go(func() error {
		defer stopArchiving()
		return recorders.Run(running)
	})
	all.Go(func() error { ring(archiving, bell, stations, recorders, log); return nil })
	all.Go(func() error { stations.Run(running, archiving); return nil })
	return all.Wait()
}

// longestEnd is how long the end may take, within what Docker gives a container.
const longestEnd = 12 * time.Second

// inTime waits for everything to end, and once the context has ended no longer
// than that: what waits for a disk then is left behind.
func inTime(ctx context.Context, wait func() error, log *slog.Logger) error {
	over := make(chan error, 1)
	go func() { over <- wait() }()
	select {
	case err := <-over:
		return err
	case <-ctx.Done():
	}
	select {
	case err := <-over:
		return err
	case <-time.After(longestEnd):
		log.Error("something waits for a disk and is left behind")
	}
	if cause := context.Cause(ctx); !errors.Is(cause, context.Canceled) {
		return cause
	}
	return nil
}

// warnUnheard says that archives find out by themselves what is recorded.
func warnUnheard(log *slog.Logger, err error) {
	log.Warn("the doorbell of MEDIA_DIR can't be used: what is recorded is looked for twice in each PART, so the picture is so much later", "error", err,
		"note", "exFAT and network disks may know no sockets")
}

// ring wakes the archive whose recorder pressed the doorbell, and hands on what
// one in another process says of itself. Without a doorbell both are found in files.
func ring(ctx context.Context, bell *spool.Doorbell, stations *station.Directory, recorders runner.Runner, log *slog.Logger) {
	if bell == nil {
		return
	}
	stop := context.AfterFunc(ctx, func() { bell.Close() })
	defer stop()
	for {
		call, err := bell.Wait()
		if err != nil {
			if !errors.Is(err, net.ErrClosed) {
				warnUnheard(log, err)
			}
			return
		}
		if call.Status != nil {
			recorders.Receive(call.Camera, *call.Status)
		} else if s := stations.Find(call.Camera); s != nil {
			s.Wake()
		}
	}
}
