package web

import (
	"context"
	"errors"
	"time"

	"lookback/controller/archive"
)

var (
	errTooLate  = errors.New("nothing new came in time")
	errHopeless = errors.New("it can't come any more")
	errGone     = errors.New("the camera is gone")
)

// holdTime is how long a request may wait: three target durations (6.2.5.2).
func holdTime(s *archive.Snapshot) time.Duration {
	return 3 * time.Duration(s.Promise().Constants.TargetDuration) * time.Microsecond
}

// loading is for how long a client who follows a playlist waits for the archive of
// a controller that has just begun.
const loading = 5 * time.Second

func loadTime(*archive.Snapshot) time.Duration { return loading }

// loaded reports whether there is something in a view.
func loaded(v *view) (bool, error) { return !v.snap.Empty(), nil }

// await returns the first view for which ready says so, the newest one first; most
// is for how long at most, asked only where there is something to wait for. It ends
// with ready's error, the client's context, errTooLate or errGone, and the view then.
func (c *camera) await(ctx context.Context, most func(*archive.Snapshot) time.Duration, ready func(*view) (bool, error)) (*view, error) {
	v := c.view()
	ok, err := ready(v)
	if ok || err != nil {
		return v, err
	}
	late := time.NewTimer(most(v.now.snap))
	defer late.Stop()
	for {
		select {
		case <-v.snap.Superseded():
		case <-late.C:
			return v, errTooLate
		case <-c.Life().Done():
			return v, errGone
		case <-ctx.Done():
			return v, ctx.Err()
		}
		v = c.view()
		if ok, err := ready(v); ok || err != nil {
			return v, err
		}
	}
}

// inRange reports whether the directives ask for something that may come soon
// (6.2.5.2): not more than two segments, nor three seconds of parts, ahead.
func (d directives) inRange(s *archive.Snapshot) *badQuery {
	next := s.Next()
	if d.msn > next+1 {
		return &badQuery{"_HLS_msn", utoa(d.msn), "at most " + utoa(next+1) + ", two after the last segment"}
	}
	if !d.hasPart || d.msn < next {
		return nil
	}
	limit := advanceLimit(s.Promise().Constants.PartTarget)
	if d.msn == next {
		limit += uint64(len(s.PartsOf(next)))
	}
	if d.part >= limit {
		return &badQuery{"_HLS_part", utoa(d.part), "less than " + utoa(limit) + " for this segment"}
	}
	return nil
}

// advanceLimit is the Advance Part Limit: how many parts after the last one a
// client may ask for.
func advanceLimit(partTarget int64) uint64 {
	if partTarget <= 0 || partTarget >= 1e6 {
		return 3
	}
	return uint64((3e6 + partTarget - 1) / partTarget)
}

// satisfied reports whether the playlist of s holds what was asked for or
// anything later, or has ended: then directives are ignored (6.2.5.2).
func (d directives) satisfied(s *archive.Snapshot) bool {
	msn, part, next := d.msn, d.part, s.Next()
	if !d.blocking || s.Ended || msn+1 < next {
		return true
	}
	if !d.hasPart {
		return msn < next
	}
	if msn < next {
		// A part beyond the last one is part 0 of the next segment. When the
		// parts are not known any more, any of them is as good as there.
		known := uint64(len(s.PartsOf(msn)))
		if known == 0 || part < known {
			return true
		}
		msn, part = next, 0
	}
	return msn == next && part < uint64(len(s.PartsOf(next)))
}
