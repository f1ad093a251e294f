package main

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// A camera that is away, or comes and goes, says the same again and again: up to 2,900
// lines an hour. Of lines of one camera with the same message and reason so many are
// logged at once, and then one for each such time. News are told at once, since they are
// other lines. How many were left out stands in the next line of that camera, whatever
// it says. At LOG_LEVEL=debug none is left out.
const (
	talkAtOnce = 10
	talkEvery  = 10 * time.Minute
)

// talk bounds what a log says of each camera, before another handler has it.
type talk struct {
	slog.Handler
	camera string // of the logger's attributes
	said   *uttered
}

// uttered is what all loggers of a program have said.
type uttered struct {
	mu      sync.Mutex
	lines   map[line]*rate.Limiter
	leftOut map[string]int // lines of a camera since its last one
}

// line is what makes two the same.
type line struct{ camera, message, about string }

// bounded is a handler that leaves lines out.
func bounded(h slog.Handler) slog.Handler {
	return &talk{Handler: h, said: &uttered{lines: map[line]*rate.Limiter{}, leftOut: map[string]int{}}}
}

// WithAttrs notices the camera.
func (t *talk) WithAttrs(attrs []slog.Attr) slog.Handler {
	next := *t
	next.Handler = t.Handler.WithAttrs(attrs)
	for _, a := range attrs {
		if a.Key == "camera" {
			next.camera = a.Value.String()
		}
	}
	return &next
}

// WithGroup leaves the rest as it is.
func (t *talk) WithGroup(name string) slog.Handler {
	next := *t
	next.Handler = t.Handler.WithGroup(name)
	return &next
}

// Handle logs a line, or counts it.
func (t *talk) Handle(ctx context.Context, r slog.Record) error {
	l := line{camera: t.camera, message: r.Message}
	r.Attrs(func(a slog.Attr) bool {
		switch a.Key {
		case "camera":
			l.camera = a.Value.String()
		case "reason", "link", "setting", "event":
			l.about += a.Value.String() + " "
		}
		return true
	})
	if l.camera == "" {
		return t.Handler.Handle(ctx, r)
	}
	missing, ok := t.said.may(l, r.Time)
	if !ok {
		return nil
	}
	if missing > 0 {
		r = r.Clone()
		r.AddAttrs(slog.Int("lines_left_out", missing))
	}
	return t.Handler.Handle(ctx, r)
}

// may reports whether a line is to be logged, and how many of its camera were not since
// the last one.
func (s *uttered) may(l line, now time.Time) (missing int, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	limit := s.lines[l]
	if limit == nil {
		limit = rate.NewLimiter(rate.Every(talkEvery), talkAtOnce)
		s.lines[l] = limit
	}
	if !limit.AllowN(now, 1) {
		s.leftOut[l.camera]++
		return 0, false
	}
	missing = s.leftOut[l.camera]
	delete(s.leftOut, l.camera)
	return missing, true
}
