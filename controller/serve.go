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
	"runtime"
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
	stations, recorders, err := open(cfg, log)
	if err != nil {
		return err
	}
	bell, err := spool.ListenDoorbell(cfg.MediaDir)
	if err != nil {
		return fmt.Errorf("MEDIA_DIR=%q: no doorbell: %w", cfg.MediaDir, err)
	}

	// Whatever ends first ends all. Recorders end before archives, so that the
	// last fragments are still taken in.
	all, running := errgroup.WithContext(ctx)
	archiving, stopArchiving := context.WithCancel(context.WithoutCancel(ctx))
	defer stopArchiving()
	measured := metrics.New(metricsOptions(cfg, stations))
	if docker, ok := recorders.(*runner.Docker); ok {
		docker.Ended = measured.RecorderEnded
	}
	all.Go(func() error {
		defer stopArchiving()
		return recorders.Run(running)
	})
	all.Go(func() error { return ring(archiving, bell, stations, recorders) })
	for _, s := range stations {
		all.Go(func() error { s.archive.Follow(archiving); return nil })
	}
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

// open loads every camera's archive, side by side, and prepares the recorders.
func open(cfg *config.Config, log *slog.Logger) ([]*station, runner.Runner, error) {
	reserve := archive.NewReserve(cfg.MediaDir, cfg.DiskReserve)
	archives := make([]*archive.Camera, len(cfg.Cameras))
	var loading errgroup.Group
	loading.SetLimit(runtime.GOMAXPROCS(0))
	for i, c := range cfg.Cameras {
		loading.Go(func() (err error) {
			begun := time.Now()
			archives[i], err = archive.Load(archive.Options{
				MediaDir: cfg.MediaDir, Camera: c.Name, Window: c.Window, WindowBytes: c.WindowBytes,
				DiskReserve: cfg.DiskReserve, Reserve: reserve, Log: log,
			})
			if err == nil {
				log.Info("archive loaded", "camera", c.Name, "segments", len(archives[i].Snapshot().Segments), "bytes", archives[i].Bytes(), "took", time.Since(begun))
			}
			return err
		})
	}
	if err := loading.Wait(); err != nil {
		return nil, nil, err
	}
	recorders, err := newRunner(cfg, archives, log)
	if err != nil {
		return nil, nil, err
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
	return stations, recorders, nil
}

// newRunner prepares the recorders, where RUNNER wants them.
func newRunner(cfg *config.Config, archives []*archive.Camera, log *slog.Logger) (runner.Runner, error) {
	var cameras []runner.Camera
	for i, c := range cfg.Cameras {
		source := c.Read
		source.URL = c.URL.Reveal()
		cameras = append(cameras, runner.Camera{
			Name: c.Name, Constants: archives[i].Constants,
			Assignment: recorder.Assignment{
				Source: source, Wishes: c.Wishes, Segment: c.Segment, Part: c.Part, Encoder: c.Encoder, PictureChecks: c.PictureChecks,
				Lease: cfg.Lease, LogLevel: cfg.LogLevel, LogFormat: cfg.LogFormat,
			},
			Limits: runner.Limits{CPUs: c.CPUs, Memory: c.Memory, Processes: cfg.RecorderProcs},
		})
	}
	if cfg.Runner == "docker" {
		return runner.NewDocker(runner.Options{
			MediaDir: cfg.MediaDir, Cameras: cameras, Address: cfg.DockerEngine, Hidden: hidden(cfg), Version: version(), Log: log,
		})
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
	for _, path := range []string{cfg.CamerasFile, cfg.PartsDir} {
		if path != "" {
			paths = append(paths, path)
		}
	}
	return paths
}

// ring wakes the archive whose recorder pressed the doorbell, and hands on what
// one in another process says of itself.
func ring(ctx context.Context, bell *spool.Doorbell, stations []*station, recorders runner.Runner) error {
	if bell == nil {
		return nil
	}
	byName := map[string]*archive.Camera{}
	for _, s := range stations {
		byName[s.Name] = s.archive
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
		} else if a := byName[call.Camera]; a != nil {
			a.Wake()
		}
	}
}

func metricsOptions(cfg *config.Config, stations []*station) metrics.Options {
	o := metrics.Options{MediaDir: cfg.MediaDir, Version: version()}
	for _, s := range stations {
		o.Cameras = append(o.Cameras, metrics.Camera{Name: s.Name, Archive: s.archive, Status: s.status, Health: s.health, Forecast: s.archive.Forecast})
	}
	return o
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
