package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"runtime/debug"
	"time"

	"lookback/controller/archive"
	"lookback/controller/config"
	"lookback/controller/recorder"
	"lookback/controller/spool"
)

// record runs one camera's recorder in a process of its own, until it is told to
// end or nobody has wanted it for as long as its lease lasts. Both are an orderly
// end, after which the Docker Engine does not start it again.
func record(ctx context.Context, mediaDir string, args []string, stderr io.Writer) error {
	if len(args) != 1 {
		return fmt.Errorf("%w: record takes one camera's name", errUsage)
	}
	name := args[0]
	if err := config.CheckName(name); err != nil {
		return fmt.Errorf("%w: %q: accepted is %w", errUsage, name, err)
	}
	a, err := recorder.ReadAssignment(mediaDir, name)
	if err != nil {
		return fmt.Errorf("camera %q has no assignment; RUNNER=docker makes one: %w", name, err)
	}
	source, err := config.ParseSource(a.Source.URL)
	if err != nil {
		return fmt.Errorf("camera %q: its address in recorder.json is none", name)
	}
	// One process a camera: collecting twice as often costs next to nothing at a
	// few hundred kB of garbage a second, and saves two or three MB each.
	debug.SetGCPercent(50)
	log := newLogger(a.LogLevel, a.LogFormat, stderr).With("camera", name)
	o := a.Options(mediaDir, name)
	o.Log, o.Tell = log, true
	o.Redact = config.NewRedactor([]config.Camera{{URL: source, Headers: config.HeadersOf(a.Headers)}}).Redact
	o.Promise = promise(mediaDir, name, log)
	log.Info("recorder starts", "version", version(), "lease", a.Lease)
	ctx, end := context.WithCancel(ctx)
	defer end()
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		watchLease(ctx, spool.NewLease(spool.CameraDir(mediaDir, name), a.Lease, 0), func() {
			log.Warn("no controller wants this recorder any more; it ends", "lease", a.Lease)
			end()
		})
	}()
	err = recorder.New(o).Run(ctx)
	end()
	<-watched
	return err
}

// watchLease calls over once the lease is over, and ends with ctx.
func watchLease(ctx context.Context, l *spool.Lease, over func()) {
	begun := time.Now()
	tick := time.NewTicker(l.Every())
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if l.Over(time.Since(begun)) {
				over()
				return
			}
		}
	}
}

// promise is what the playlists hold to, read whenever ffmpeg is about to be
// started. While it can't be read that of the last time holds.
func promise(mediaDir, name string, log *slog.Logger) func() *spool.Promised {
	var last *spool.Promised
	return func() *spool.Promised {
		p, err := archive.ReadPromise(mediaDir, name)
		if err != nil {
			log.Warn("what the playlists promise can't be read", "error", err)
		}
		if p != nil {
			last = p
		}
		return last
	}
}
