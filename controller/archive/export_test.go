package archive

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"lookback/controller/spool"
)

// Played is a camera whose recorder plays the tape, for tests of what is made of
// an archive.
type Played struct {
	t     testing.TB
	dir   string
	rec   *recorder
	clock time.Time
	*Archive
}

// Play loads an empty archive.
func Play(t testing.TB) *Played {
	p := &Played{t: t, dir: t.TempDir(), clock: noon}
	p.Restart()
	return p
}

// Restart loads the archive again.
func (p *Played) Restart() {
	var err error
	if p.Archive, err = Load(context.Background(), Options{MediaDir: p.dir, Camera: "front", Window: time.Hour, Log: slog.New(slog.DiscardHandler)}); err != nil {
		p.t.Fatal(err)
	}
}

// Run begins a run.
func (p *Played) Run(promised spool.Promised) {
	if p.rec != nil {
		p.rec.end()
	}
	p.clock = p.clock.Add(time.Minute)
	p.rec = recordUnder(p.t, p.dir, "front", p.clock, promised)
}

// Change makes what follows the segment under way under another promise.
func (p *Played) Change(promised spool.Promised) { p.rec.promise(promised) }

// Frames takes in the next frames, of which there are ten a second.
func (p *Played) Frames(n int) *Snapshot {
	p.rec.play(n)
	return take(p.t, p.Archive)
}
