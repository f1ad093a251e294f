package archive

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// until waits for a condition.
func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	deadline := time.NewTimer(20 * time.Second)
	defer deadline.Stop()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !is() {
		select {
		case <-deadline.C:
			t.Fatalf("waited in vain for: %s", what)
		case <-tick.C:
		}
	}
}

func TestFollow(t *testing.T) {
	dir := fastDir(t)
	c := load(t, dir, time.Hour)
	ctx, stop := context.WithCancel(t.Context())
	over := make(chan struct{})
	go func() { defer close(over); c.Follow(ctx) }()
	r := record(t, dir, "front", noon).play(47)
	c.Wake()
	until(t, "two segments and parts", func() bool { s := c.Snapshot(); return len(s.Segments) == 2 && s.Open != nil && len(s.Open.Parts) == 3 })
	r.play(10).end()
	until(t, "the end of the run", func() bool { return c.Snapshot().Open == nil && len(c.Snapshot().Segments) == 3 })
	stop()
	<-over
	if found := findings(t, dir); len(found) > 0 {
		t.Error(found)
	}
	if s, _, err := (disk{}).readStateFile(statePath(c.root)); err != nil || !s.Closed || s.Reserved != 3 {
		t.Errorf("the state that was left: %+v, %v", s, err)
	}
}

// A disk that takes its time must not hold up the live picture.
func TestSlowDiskHoldsUpNothing(t *testing.T) {
	dir := fastDir(t)
	held := make(chan struct{})
	release := sync.OnceFunc(func() { close(held) })
	defer release()
	began := make(chan struct{}, 100)
	slow := func(op, path string) error {
		if op == "syncfs" {
			began <- struct{}{}
			<-held
		}
		return nil
	}
	c, err := Load(context.Background(), Options{MediaDir: dir, Camera: "front", Window: time.Hour, Log: slog.New(slog.DiscardHandler), fault: slow})
	if err != nil {
		t.Fatal(err)
	}
	r := record(t, dir, "front", noon).play(25)
	take(t, c)
	finish := c.start(new(c.listing()))
	<-began
	r.play(40)
	if s := take(t, c); len(s.Segments) != 3 || len(s.Open.Parts) == 0 {
		t.Errorf("while the disk syncs: %d segments", len(s.Segments))
	}
	release()
	(<-finish)()
	if c.catalog.listed != 1 {
		t.Errorf("%d segments are listed, of which one was synced", c.catalog.listed)
	}
}

func TestAgenda(t *testing.T) {
	dir := fastDir(t)
	var refuse func(op, path string) error
	c := faulty(t, dir, &refuse)
	record(t, dir, "front", noon).play(300)
	take(t, c)
	a := newAgenda(c)
	c.saved = 0
	work := func() (done []string) {
		for range 10 {
			j := a.next()
			if j == nil {
				return done
			}
			done = append(done, j.what)
			j.done(j.do())
		}
		t.Fatalf("there is no end of work: %v", done)
		return nil
	}
	if did := work(); len(did) != 2 { // the state, then the census after looking at the disk
		t.Errorf("at first: %v", did)
	}
	past := time.Now().Add(-time.Hour)
	for i := range c.retained.left {
		c.retained.left[i].at = past
	}
	a.list, a.remove = past, past
	if did := work(); len(did) != 2 || c.retained.deleted != c.retained.from || c.catalog.listed != c.next() {
		t.Errorf("listing and deleting: %v", did)
	}
	refuse = func(op, path string) error {
		if op == "remove" {
			return errors.Join(unix.EROFS)
		}
		return nil
	}
	record(t, dir, "front", noon.Add(time.Hour))
	c.state.First = c.retained.deleted + 1
	c.retained.left = append(c.retained.left, leaving{c.state.First, past})
	a.remove = past
	if did := work(); len(did) != 1 || !time.Now().Before(a.hold) {
		t.Errorf("a disk that refuses is asked at once again: %v", did)
	}
}
