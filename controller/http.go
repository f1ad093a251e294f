package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"

	"lookback/controller/config"
	"lookback/controller/crowd"
	"lookback/controller/longpoll"
	"lookback/controller/metrics"
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

func newHandler(cfg *config.Config, stations *station.Directory, m *metrics.Metrics, log *slog.Logger) *web.Handler {
	o := web.Options{
		Cameras: func() []web.Camera { return as[web.Camera](stations.All()) },
		Find: func(name string) (web.Camera, bool) {
			s := stations.Find(name)
			return s, s != nil
		},
		Log: log, Metrics: m, Alive: stations.Alive,
		AllowedHosts: cfg.AllowedHosts, CORSOrigins: cfg.CORSOrigins, ViewerDir: cfg.ViewerDir, PartsDir: cfg.PartsDir, MediaDir: cfg.MediaDir,
	}
	return web.New(o)
}

// serveViewers answers until the context ends: what is asked for with each part
// the short way, all else as serveHTTP does.
func serveViewers(ctx context.Context, l net.Listener, h http.Handler, log *slog.Logger) error {
	ctx, end := context.WithCancel(ctx)
	bounded := crowd.Listen(l, crowd.Most(mostViewers), log)
	frequent := longpoll.Listen(ctx, bounded, longpoll.Options{Wants: web.Frequent, Handler: h, Answering: answering, Log: log})
	defer frequent.Wait()
	defer end()
	return serveHTTP(ctx, frequent, h)
}

// mostViewers and mostScrapers are how many connections there may be to LISTEN, of
// about 30 kB each, and to METRICS_LISTEN.
const (
	mostViewers  = 8192
	mostScrapers = 100
)

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
		// OPTIONS * would be answered before anybody looks at the host.
		DisableGeneralOptionsHandler: true,
		BaseContext:                  func(net.Listener) context.Context { return ctx },
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
