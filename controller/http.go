package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"lookback/controller/alert"
	"lookback/controller/config"
	"lookback/controller/health"
	"lookback/controller/longpoll"
	"lookback/controller/metrics"
	"lookback/controller/runner"
	"lookback/controller/spool"
	"lookback/controller/station"
	"lookback/controller/web"
)

// as shows stations to a package that needs less of them.
func as[C any](stations []*station.Station) []C {
	all := make([]C, len(stations))
	for i, s := range stations {
		all[i] = any(s).(C)
	}
	return all
}

func newHandler(cfg *config.Config, stations *station.Directory, m *metrics.Metrics, log *slog.Logger) http.Handler {
	o := web.Options{
		Cameras: func() []web.Camera { return as[web.Camera](stations.All()) },
		Find: func(name string) (web.Camera, bool) {
			s := stations.Find(name)
			return s, s != nil
		},
		Log: log, Metrics: m, Alive: stations.Alive,
		AllowedHosts: cfg.AllowedHosts, CORSOrigins: cfg.CORSOrigins, ViewerDir: cfg.ViewerDir, PartsDir: cfg.PartsDir,
	}
	if cfg.ViewerDir != "" {
		o.MediaDir = cfg.MediaDir
	}
	return web.New(o)
}

// attendants go along with each camera: what its health is goes into the log,
// what it publishes is counted, and its loss is told.
func attendants(cfg *config.Config, m *metrics.Metrics, log *slog.Logger) []func(context.Context, *station.Station) {
	all := []func(context.Context, *station.Station){
		func(ctx context.Context, s *station.Station) { health.Log(ctx, s.Report, log.With("camera", s.Name())) },
		func(ctx context.Context, s *station.Station) { m.Follow(ctx, s) },
	}
	for i, attend := range all {
		all[i] = func(ctx context.Context, s *station.Station) {
			ctx, end := s.Within(ctx)
			defer end()
			attend(ctx, s)
		}
	}
	if cfg.AlertWebhook.Set() {
		alerts := alert.New(alert.Options{
			URL: cfg.AlertWebhook.Reveal(), Shown: cfg.AlertWebhook.String(), Secret: cfg.AlertSecret.Reveal(), After: cfg.AlertAfter,
			MediaDir: cfg.MediaDir, Version: version(), Log: log, Count: m.Alert,
		})
		all = append(all, func(ctx context.Context, s *station.Station) { alerts.Watch(ctx, s.Life(), s) })
	}
	return all
}

// ring wakes the archive whose recorder pressed the doorbell, and hands on what
// one in another process says of itself.
func ring(ctx context.Context, bell *spool.Doorbell, stations *station.Directory, recorders runner.Runner) error {
	if bell == nil {
		return nil
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
		if call.Status != nil {
			recorders.Receive(call.Camera, *call.Status)
		} else if s := stations.Find(call.Camera); s != nil {
			s.Wake()
		}
	}
}

// serveViewers answers until the context ends: what is asked for with each part
// the short way, all else as serveHTTP does.
func serveViewers(ctx context.Context, l net.Listener, h http.Handler, log *slog.Logger) error {
	ctx, end := context.WithCancel(ctx)
	frequent := longpoll.Listen(ctx, l, longpoll.Options{Wants: web.Frequent, Handler: h, Answering: answering, Log: log})
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
