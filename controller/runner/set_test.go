package runner

import (
	"context"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/docker/docker/api/types/container"

	"lookback/controller/spool"
	"lookback/e2e/rig"
)

// TestSetTouchesOnlyWhatChanged: containers of cameras that come, go and change,
// beside one that goes on.
func TestSetTouchesOnlyWhatChanged(t *testing.T) {
	media := mediaDir(t)
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		d, stop := f.start(t, media, aCamera("a"), aCamera("b"), aCamera("c"))
		defer stop()
		pass(time.Minute)
		a, b := f.look("a").ID, f.look("b").ID
		changed := aCamera("b")
		changed.Segment = 7 * time.Second
		d.Set([]Job{aCamera("a"), changed, aCamera("new")})
		pass(time.Second)
		switch {
		case f.look("a").ID != a:
			t.Error("one that did not change was made anew")
		case f.look("b").ID == b || f.look("b").State != container.StateRunning:
			t.Error("one that changed was not made anew")
		case f.look("c") != nil:
			t.Error("one whose camera is gone is still there")
		case f.look("new") == nil || f.look("new").State != container.StateRunning:
			t.Error("one whose camera is new is not there")
		}
		if f.count("stop") != 2 {
			t.Errorf("calls %v", f.calls)
		}
		if _, err := d.Status("c"); err == nil {
			t.Error("a camera that is gone has a status")
		}
		d.Keeping("c") // of a camera that has just gone, too
		lease := spool.NewLease(spool.CameraDir(media, "c"), time.Hour, 0)
		if !lease.Over(0) {
			t.Error("the recorder of a camera that is gone has a lease")
		}
		d.Set([]Job{aCamera("a"), changed, aCamera("new"), aCamera("c")})
		pass(time.Second)
		if f.look("c") == nil || spool.NewLease(spool.CameraDir(media, "c"), time.Hour, 0).Over(0) {
			t.Error("a camera that came back is not recorded")
		}
	})
}

// TestProcessSet: in this program a recorder whose camera did not change goes on.
func TestProcessSet(t *testing.T) {
	media := mediaDir(t)
	p := NewProcess(media, func(s string) string { return s }, slog.New(slog.DiscardHandler))
	p.Set([]Job{aCamera("a"), aCamera("b"), aCamera("c")})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx) }()
	defer func() { cancel(); <-ended }()
	of := func(name string) *life {
		p.mu.Lock()
		defer p.mu.Unlock()
		return p.lives[name]
	}
	until := func(what string, holds func() bool) {
		t.Helper()
		if err := rig.Until(t.Context(), 20*time.Second, what, holds); err != nil {
			t.Fatal(err)
		}
	}
	says := func(name string, stopped bool) func() bool {
		return func() bool {
			s, err := p.Status(name)
			return err == nil && (s.State == spool.Stopped) == stopped
		}
	}
	for _, name := range []string{"a", "b", "c"} {
		until(name+" is at work", says(name, false))
	}
	a, b := of("a"), of("b")
	changed := aCamera("b")
	changed.Segment = 7 * time.Second
	p.Set([]Job{aCamera("a"), changed, aCamera("new")})
	until("the new one is at work", says("new", false))
	until("the changed one is another", func() bool { return of("b") != b && says("b", false)() })
	until("the gone one has stopped", says("c", true))
	if of("a") != a || !says("a", false)() {
		t.Error("one that did not change was begun anew")
	}
	c := of("c")
	p.Set([]Job{aCamera("a"), aCamera("c")})
	until("one that came back is at work", func() bool { return of("c") != c && says("c", false)() })
}
