package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"lookback/controller/alert"
	"lookback/controller/archive"
	"lookback/controller/config"
	"lookback/controller/crowd"
	"lookback/controller/health"
	"lookback/controller/metrics"
	"lookback/controller/recorder"
	"lookback/controller/runner"
	"lookback/controller/spool"
	"lookback/controller/web"
)

// station is one camera's way through the program.
type station struct {
	config.Camera
	archive *archive.Camera
	status  func() (spool.Status, error) // of its recorder
	health  *health.Monitor
}

// serve runs the controller until the context ends: camera -> recorder -> spool
// -> archive -> playlists -> HTTP.
func serve(ctx context.Context, cfg *config.Config, log *slog.Logger) error {
	log.Info("starting", "version", version(), "cameras", len(cfg.Cameras), "media_dir", cfg.MediaDir, "window", cfg.Window)
	lock, err := claim(cfg.MediaDir)
	if err != nil {
		return err
	}
	defer lock.Close()
	listener, err := listen("LISTEN", cfg.Listen)
	if err != nil {
		return err
	}
	metricsListener, err := listen("METRICS_LISTEN", cfg.MetricsListen)
	if err != nil {
		return err
	}
	bell, err := spool.ListenDoorbell(cfg.MediaDir)
	if err != nil {
		return fmt.Errorf("MEDIA_DIR=%q: no doorbell: %w", cfg.MediaDir, err)
	}
	measured := metrics.New(metrics.Options{MediaDir: cfg.MediaDir, Version: version()})
	loads := load(cfg, log)
	recorders, err := newRunner(cfg, loads, measured, log)
	if err != nil {
		return err
	}

	// Whatever ends first ends all. Recorders begin before archives are loaded, so
	// that no picture waits for history, and end before archives, so that the last
	// fragments are still taken in.
	all, running := errgroup.WithContext(ctx)
	archiving, stopArchiving := context.WithCancel(context.WithoutCancel(ctx))
	defer stopArchiving()
	all.Go(func() error {
		defer stopArchiving()
		return recorders.Run(running)
	})
	all.Go(func() error { return ring(archiving, bell, loads, recorders) })
	stations, err := open(cfg, loads, recorders)
	if err != nil {
		all.Go(func() error { return err })
		return all.Wait()
	}
	for _, s := range stations {
		all.Go(func() error { s.archive.Follow(archiving); return nil })
	}
	measured.Watch(measuredCameras(stations))
	all.Go(func() error { measured.Run(running); return nil })
	for _, s := range stations {
		all.Go(func() error { s.health.Run(running, log.With("camera", s.Name)); return nil })
	}
	if cfg.AlertWebhook.Set() {
		all.Go(func() error { alert.Run(running, alertOptions(cfg, stations, measured, log)); return nil })
	}
	handler := web.New(webOptions(cfg, stations, measured, log))
	all.Go(func() error { return serveViewers(running, listener, handler, log) })
	all.Go(func() error { return serveHTTP(running, metricsListener, measured.Handler()) })
	log.Info("ready", "listen", cfg.Listen, "metrics_listen", cfg.MetricsListen)
	err = all.Wait()
	log.Info("stopped")
	return err
}

// claim makes sure that the media directory can be written and that no other
// controller writes it.
func claim(mediaDir string) (*os.File, error) {
	if err := os.MkdirAll(spool.Root(mediaDir), 0o755); err != nil {
		return nil, &config.Error{Setting: "MEDIA_DIR", Value: mediaDir,
			Accepted: fmt.Sprintf("a folder that user %d may write (%v)", os.Getuid(), errors.Unwrap(err))}
	}
	lock, err := spool.LockFile(controllerLock(mediaDir))
	if err != nil {
		return nil, &config.Error{Setting: "MEDIA_DIR", Value: mediaDir,
			Accepted: fmt.Sprintf("a folder that no other controller uses (%v)", err)}
	}
	return lock, nil
}

// open waits until every camera's archive is loaded.
func open(cfg *config.Config, loads []*loading, recorders runner.Runner) ([]*station, error) {
	archives, err := archives(loads)
	if err != nil {
		return nil, err
	}
	var stations []*station
	for i, c := range cfg.Cameras {
		status := func() (spool.Status, error) { return recorders.Status(c.Name) }
		watch := health.NewMonitor(archives[i], status, time.Now())
		if docker, ok := recorders.(*runner.Docker); ok {
			watch.Keeping = func() health.Keeping { return docker.Keeping(c.Name) }
		}
		stations = append(stations, &station{c, archives[i], status, watch})
	}
	return stations, nil
}

// newRunner prepares the recorders, where RUNNER wants them.
func newRunner(cfg *config.Config, loads []*loading, m *metrics.Metrics, log *slog.Logger) (runner.Runner, error) {
	var cameras []runner.Camera
	for i, c := range cfg.Cameras {
		cameras = append(cameras, runner.Camera{
			Name: c.Name, Constants: loads[i].constants,
			Assignment: recorder.Assignment{
				Request: c.Recorded(),
				Lease:   cfg.Lease, LogLevel: cfg.LogLevel, LogFormat: cfg.LogFormat,
			},
			Limits: runner.Limits{CPUs: c.CPUs, Memory: c.Memory, Processes: cfg.RecorderProcs},
		})
	}
	if cfg.Runner == "docker" {
		docker, err := runner.NewDocker(runner.Options{
			MediaDir: cfg.MediaDir, Cameras: cameras, Address: cfg.DockerEngine, Hidden: hidden(cfg), Version: version(), Log: log,
		})
		if err != nil {
			return nil, err
		}
		docker.Ended = m.RecorderEnded
		return docker, nil
	}
	return runner.NewProcess(cfg.MediaDir, cameras, config.NewRedactor(cfg.Cameras).Redact, log), nil
}

// hidden are paths that are for the controller alone.
func hidden(cfg *config.Config) (paths []string) {
	for _, address := range []string{cfg.DockerEngine, cfg.Listen, cfg.MetricsListen} {
		if path, ok := strings.CutPrefix(address, "unix:"); ok {
			paths = append(paths, filepath.Clean(path))
		}
	}
	for _, path := range []string{cfg.CamerasFile, config.DefaultCamerasFile, cfg.PartsDir} {
		if path != "" {
			paths = append(paths, path)
		}
	}
	return paths
}

// ring wakes the archive whose recorder pressed the doorbell, and hands on what
// one in another process says of itself. One that is not loaded yet looks anyway.
func ring(ctx context.Context, bell *spool.Doorbell, loads []*loading, recorders runner.Runner) error {
	if bell == nil {
		return nil
	}
	byName := map[string]*loading{}
	for _, l := range loads {
		byName[l.camera] = l
	}
	stop := context.AfterFunc(ctx, func() { bell.Close() })
	defer stop()
	for {
		call, err := bell.Wait()
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("the doorbell: %w", err)
		}
		if docker, ok := recorders.(*runner.Docker); ok && call.Status != nil {
			docker.Hear(call.Camera, *call.Status)
		} else if l := byName[call.Camera]; l != nil {
			l.wake()
		}
	}
}

func measuredCameras(stations []*station) (cameras []metrics.Camera) {
	for _, s := range stations {
		cameras = append(cameras, metrics.Camera{Name: s.Name, Archive: s.archive, Status: s.status, Health: s.health, Forecast: s.archive.Forecast})
	}
	return cameras
}

func webOptions(cfg *config.Config, stations []*station, m *metrics.Metrics, log *slog.Logger) web.Options {
	o := web.Options{
		Log: log, Metrics: m, AllowedHosts: cfg.AllowedHosts, CORSOrigins: cfg.CORSOrigins, ViewerDir: cfg.ViewerDir, PartsDir: cfg.PartsDir,
		Alive: func() error { return alive(stations) },
	}
	if cfg.ViewerDir != "" {
		o.MediaDir = cfg.MediaDir
	}
	for _, s := range stations {
		o.Cameras = append(o.Cameras, web.Camera{
			Name: s.Name, Title: s.Title, Source: s.URL.String(), Archive: s.archive, Status: s.status, Health: s.health, Forecast: s.archive.Forecast,
		})
	}
	return o
}

func alertOptions(cfg *config.Config, stations []*station, m *metrics.Metrics, log *slog.Logger) alert.Options {
	o := alert.Options{
		URL: cfg.AlertWebhook.Reveal(), Shown: cfg.AlertWebhook.String(), Secret: cfg.AlertSecret.Reveal(), After: cfg.AlertAfter,
		MediaDir: cfg.MediaDir, Version: version(), Log: log, Count: m.Alert,
	}
	for _, s := range stations {
		o.Cameras = append(o.Cameras, alert.Camera{Name: s.Name, Title: s.Title, Report: s.health.Report})
	}
	return o
}

// alive tells whether every archive's loop still goes round.
func alive(stations []*station) error {
	for _, s := range stations {
		if age := time.Since(s.archive.Beat()); age > time.Minute {
			return fmt.Errorf("the archive of camera %q has not moved for %v", s.Name, age.Round(time.Second))
		}
	}
	return nil
}

// serveViewers answers until the context ends: what is asked for with each part
// the short way, all else as serveHTTP does.
func serveViewers(ctx context.Context, l net.Listener, h http.Handler, log *slog.Logger) error {
	ctx, end := context.WithCancel(ctx)
	frequent := crowd.Listen(ctx, l, crowd.Options{Wants: web.Frequent, Handler: h, Answering: answering, Log: log})
	defer frequent.Wait()
	defer end()
	return serveHTTP(ctx, frequent, h)
}

// answering is how long an answer may take: longer than a request is held and a
// segment takes on a slow line. It ends those who ask and don't read.
const answering = 2 * time.Minute

// serveHTTP answers until the context ends; then held requests are let go, and
// what is being sent has two seconds.
func serveHTTP(ctx context.Context, l net.Listener, h http.Handler) error {
	server := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 10 * time.Second,
		WriteTimeout:      answering,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		BaseContext:       func(net.Listener) context.Context { return ctx },
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		<-ctx.Done()
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		defer cancel()
		if server.Shutdown(grace) != nil {
			server.Close()
		}
	}()
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	<-done
	return nil
}
