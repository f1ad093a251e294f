package runner

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"lookback/controller/health"
	"lookback/controller/spool"
)

const (
	// lookEvery is how often status.json is read. What the doorbell tells is
	// newer; this is for a recorder that can't ring.
	lookEvery = time.Second
	// stale is the age from which on a status found at the start says nothing.
	stale = 10 * time.Second
)

var errSilent = errors.New("the recorder has not said anything yet")

// watched is one camera as seen from here: its lease, and what its recorder says.
type watched struct {
	dir   string // its spool
	lease time.Duration
	log   *slog.Logger

	said     atomic.Pointer[spool.Status]
	rung     atomic.Int64 // when the doorbell said it, ns after begun; 0: never
	begun    time.Time
	recorder atomic.Pointer[health.Reason] // why the container does not record
	ended    atomic.Pointer[health.Ended]
}

// receive takes what the doorbell told.
func (k *watched) receive(s spool.Status) {
	k.said.Store(&s)
	k.rung.Store(int64(time.Since(k.begun)))
}

func (k *watched) status() (spool.Status, error) {
	if s := k.said.Load(); s != nil {
		return *s, nil
	}
	return spool.Status{}, errSilent
}

// attend renews the lease and reads the status until ctx ends. It needs no
// Engine: a recorder goes on whatever becomes of that.
func (k *watched) attend(ctx context.Context) {
	renew := time.NewTicker(min(k.lease/5, 10*time.Second))
	defer renew.Stop()
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	k.renew()
	k.look()
	for {
		select {
		case <-ctx.Done():
			return
		case <-renew.C:
			k.renew()
		case <-look.C:
			k.look()
		}
	}
}

func (k *watched) renew() {
	if err := spool.RenewLease(k.dir); err != nil {
		k.log.Warn("the recorder's lease is not renewed", "error", err, "lease", k.lease)
	}
}

// look reads status.json unless the doorbell has told something newer.
func (k *watched) look() {
	if rung := time.Duration(k.rung.Load()); rung > 0 && time.Since(k.begun)-rung < 2*lookEvery {
		return
	}
	s, err := spool.ReadStatus(k.dir)
	if err != nil || s.Format > spool.Format {
		return
	}
	last := k.said.Load()
	if last == nil && time.Since(s.At).Abs() > stale || last != nil && s.At.Equal(last.At) {
		return
	}
	k.said.Store(&s)
}
