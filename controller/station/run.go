package station

import (
	"context"
	"errors"
	"sync"
	"time"

	"lookback/controller/archive"
)

const (
	// firstRetry and lastRetry bound the pause before an archive that can't be read
	// is tried again; it doubles.
	firstRetry, lastRetry = time.Second, 5 * time.Second
	// loadTurn is after how long the next archive may be loaded in any case: one
	// that waits for its disk costs nothing, and nobody is to wait for it.
	loadTurn = time.Second
	// still is how old the last round of an archive's loop may be when it is to end:
	// an older one waits for its disk, and is given lastWords.
	still     = 2 * time.Second
	lastWords = 1500 * time.Millisecond
	// longestClose is what any other is given to close its archive, which is within
	// what Docker gives a container.
	longestClose = 8 * time.Second
)

// run lives the station's life until ctx ends, and its archive's until archiving
// does, which is later: so the last fragments are still taken in.
func (s *Station) run(ctx, archiving context.Context) {
	defer close(s.over)
	if s.last != nil {
		select {
		case <-s.last.over:
			s.last = nil
		case <-ctx.Done():
			return
		}
	}
	var beside sync.WaitGroup
	defer beside.Wait()
	for _, attend := range s.Attendants {
		beside.Go(func() { attend(ctx, s) })
	}
	for a := s.load(ctx); a != nil; a = s.load(ctx) {
		s.follow(archiving, a)
		if s.now.Load().Ended { // nothing was left; else it was named again meanwhile
			break
		}
	}
	if s.demo.Load() && s.life.Err() != nil {
		s.forget(ctx)
	}
}

// load reads the archive, again and again as long as it can't be read; nil when
// ctx or the station's life ends before.
func (s *Station) load(ctx context.Context) *archive.Archive {
	said := ""
	for pause := s.firstRetry; ctx.Err() == nil && s.life.Err() == nil; pause = min(2*pause, lastRetry) {
		begun := time.Now()
		a, err := s.attempt(ctx)
		if err == nil {
			s.enter(a, time.Since(begun))
			return a
		}
		bad := (*archive.UnreadableError)(nil)
		if !errors.As(err, &bad) {
			continue // it is the context's
		}
		s.unreadable.Store(bad)
		s.wasTried()
		if bad.Error() != said {
			said = bad.Error()
			s.log.Error(bad.Consequence(), "error", bad, "next", "trying again")
		}
		s.hold(ctx, pause)
	}
	return nil
}

// Within is a context that ends with another and with the station's life.
func (s *Station) Within(ctx context.Context) (context.Context, context.CancelFunc) {
	own, end := context.WithCancel(ctx)
	stop := context.AfterFunc(s.life, end)
	return own, func() { stop(); end() }
}

// attempt loads the archive when it is its turn. One that hangs in a file
// operation is left behind when ctx ends.
func (s *Station) attempt(ctx context.Context) (*archive.Archive, error) {
	type outcome struct {
		a   *archive.Archive
		err error
	}
	over := make(chan outcome, 1)
	go func() {
		own, end := s.Within(ctx)
		defer end()
		defer s.loads.Acquire(own)()
		if s.demo.Load() {
			s.mark()
		}
		n := s.now.Load()
		a, err := s.shared.load(own, archive.Options{MediaDir: s.MediaDir, Witness: s.Witness, Camera: s.name, Title: n.Title, Ended: n.Ended,
			Window: n.Window, WindowBytes: n.WindowBytes, DiskReserve: s.DiskReserve, Reserve: s.reserve, Log: s.Log})
		over <- outcome{a, err}
	}()
	select {
	case o := <-over:
		return o.a, o.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// enter makes a loaded archive the station's.
func (s *Station) enter(a *archive.Archive, took time.Duration) {
	s.archive.Store(a)
	s.loaded()
	s.unreadable.Store(nil)
	s.wasTried()
	a.Adjust(s.now.Load().Terms) // it may have been named otherwise meanwhile
	s.log.Info("archive loaded", "segments", len(a.Snapshot().Segments), "bytes", a.Bytes(), "left_out", len(a.LeftOut()), "took", took)
}

func (s *Station) wasTried() {
	select {
	case <-s.tried:
	default:
		close(s.tried)
	}
}

// hold passes the time until an archive that can't be read is tried again, and
// keeps its spool within bounds meanwhile.
func (s *Station) hold(ctx context.Context, pause time.Duration) {
	own, end := s.Within(ctx)
	defer end()
	own, end = context.WithTimeout(own, pause)
	defer end()
	held := make(chan struct{})
	go func() { defer close(held); s.reserve.HoldSpool(own, s.name, s.Log) }()
	select {
	case <-held:
		<-own.Done()
	case <-ctx.Done():
	}
}

// follow takes in what the recorder writes until ctx or the station's life ends.
// A loop that waits for its disk when ctx ends is left behind.
func (s *Station) follow(ctx context.Context, a *archive.Archive) {
	own, end := s.Within(ctx)
	defer end()
	over := make(chan struct{})
	go func() { defer close(over); a.Follow(own) }()
	select {
	case <-over: // the camera is gone
		return
	case <-ctx.Done():
	}
	limit := longestClose
	if time.Since(a.Beat()) > still {
		limit = lastWords
	}
	select {
	case <-over:
	case <-time.After(limit):
		s.log.Error("the archive waits for its disk and is left as it is")
	}
}
