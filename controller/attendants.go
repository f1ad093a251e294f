package main

import (
	"context"
	"log/slog"

	"lookback/controller/alert"
	"lookback/controller/config"
	"lookback/controller/health"
	"lookback/controller/metrics"
	"lookback/controller/station"
)

// attendants go along with each camera: what its health is goes into the log,
// what it publishes is counted, and its loss is reported.
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
