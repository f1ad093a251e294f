package station

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"lookback/controller/archive"
	"lookback/controller/config"
	"lookback/controller/health"
	"lookback/controller/spool"
	"lookback/e2e/rig"
)

// silent are recorders that say nothing.
type silent struct{}

func (silent) Status(string) (spool.Status, error) { return spool.Status{}, errors.New("no word") }
func (silent) Keeping(string) *health.Keeping      { return nil }

// house is a directory that runs until the test ends.
type house struct {
	*Directory
	t    *testing.T
	stop func() (took time.Duration)
}

// newHouse runs a directory in which archives are loaded by load.
func newHouse(t *testing.T, load func(context.Context, archive.Options) (*archive.Archive, error)) *house {
	media := t.TempDir()
	if err := os.Mkdir(spool.Root(media), 0o755); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	h := &house{New(Options{MediaDir: media, Recorders: silent{}, Log: slog.New(slog.DiscardHandler)}, ctx.Done()), t, nil}
	if load != nil {
		h.load = load
	}
	over := make(chan struct{})
	go func() { defer close(over); h.Run(ctx, ctx) }()
	h.stop = sync.OnceValue(func() time.Duration {
		begun := time.Now()
		cancel()
		<-over
		return time.Since(begun)
	})
	t.Cleanup(func() { h.stop() })
	return h
}

// named are cameras as the settings name them.
func named(t *testing.T, names ...string) (all []config.Camera) {
	source, err := config.ParseSource("http://u:secret@camera/")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		all = append(all, config.Camera{Name: name, Title: "The " + name, TimeZone: "Europe/Berlin", URL: source, Window: time.Hour})
	}
	return all
}

func (h *house) until(what string, holds func() bool) {
	h.t.Helper()
	if err := rig.Until(h.t.Context(), 20*time.Second, what, holds); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) loaded(name string) func() bool {
	return func() bool { return h.Find(name).Archiving().Loaded }
}

// link is the reason why a link of a camera's health fails, "" when it does not.
func (h *house) link(name, code string) string {
	for _, l := range h.Find(name).Report(time.Now()).Links {
		if l.Code == code && l.Reason != nil {
			return l.Reason.Code
		}
	}
	return ""
}

// TestHangingLoads: more archives hang than may be loaded at once, and hold up
// neither the others nor the end.
func TestHangingLoads(t *testing.T) {
	hang, hanging := make(chan struct{}), make(chan struct{}, 100)
	defer close(hang)
	h := newHouse(t, func(ctx context.Context, o archive.Options) (*archive.Archive, error) {
		if o.Camera[0] == 'x' {
			hanging <- struct{}{}
			<-hang // as a file operation, which no context ends
			return nil, context.Canceled
		}
		return archive.Load(ctx, o)
	})
	places := runtime.GOMAXPROCS(0)
	var names []string
	for i := range places + 1 {
		names = append(names, fmt.Sprint("x", i))
	}
	h.Set(named(t, names...), false)
	for range places { // all places are taken
		<-hanging
	}
	h.Set(named(t, append(names, "a")...), false)
	h.until("the last one is loaded", h.loaded("a"))
	if got := h.link("x0", "archive"); got != "loading" {
		t.Errorf("one that hangs says %q", got)
	}
	x := h.Find("x0")
	if x.Title() != "The x0" || x.Source() != "http://camera/" || x.TimeZone() != "Europe/Berlin" || !x.Snapshot().Empty() || x.Bytes() != 0 {
		t.Errorf("of one that hangs is told %s %s", x.Title(), x.Source())
	}
	if _, err := x.OpenMedia(0); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("its media: %v", err)
	}
	if err := h.Alive(); err != nil {
		t.Errorf("because of some that hang: %v", err)
	}
	if took := h.stop(); took > 2*time.Second {
		t.Errorf("the end took %v", took)
	}
}

// TestNobodyWaitsForPromises: a recorder whose archive hangs, and of which
// state.json says nothing, is not kept waiting when the program ends.
func TestNobodyWaitsForPromises(t *testing.T) {
	hang := make(chan struct{})
	defer close(hang)
	h := newHouse(t, func(context.Context, archive.Options) (*archive.Archive, error) { <-hang; return nil, context.Canceled })
	h.Set(named(t, "a"), false)
	told := make(chan *spool.Promised, 1)
	go func() { told <- h.Promise("a") }()
	h.stop()
	if k := <-told; k != nil {
		t.Errorf("it is told %+v", k)
	}
	if h.Promise("nobody") != nil {
		t.Error("a camera that is not there has promised something")
	}
}

// TestComingAndGoing: order, titles, ended cameras and their end.
func TestComingAndGoing(t *testing.T) {
	h := newHouse(t, nil)
	order := func() (names []string) {
		for _, s := range h.All() {
			names = append(names, s.Name())
		}
		return names
	}
	h.Set(named(t, "c", "a", "b"), false)
	for _, name := range order() {
		h.until(name+" is loaded", h.loaded(name))
	}
	if got := fmt.Sprint(order()); got != "[c a b]" {
		t.Errorf("the order is %s", got)
	}
	a := h.Find("a")
	h.Set(named(t, "b"), false)
	if got := h.Find("b").Report(time.Now()).State; got != health.Starting {
		t.Errorf("b is %s", got)
	}
	h.until("of the others nothing is left", func() bool { return fmt.Sprint(order()) == "[b]" })
	if a.Life().Err() == nil || h.Find("a") != nil {
		t.Error("one that is gone lives")
	}
	<-a.over
	h.Set(named(t, "a", "b"), false)
	h.until("one that came back is loaded", h.loaded("a"))
	if h.Find("a") == a || fmt.Sprint(order()) != "[a b]" {
		t.Errorf("it came back as %v", order())
	}
}

// TestUnreadableIsMended: it is tried again, and goes on under the terms of now.
func TestUnreadableIsMended(t *testing.T) {
	var mu sync.Mutex
	bad := true
	h := newHouse(t, func(ctx context.Context, o archive.Options) (*archive.Archive, error) {
		mu.Lock()
		defer mu.Unlock()
		if bad {
			return nil, &archive.UnreadableError{Path: filepath.Join(o.MediaDir, o.Camera), Err: errors.New("a bad sector")}
		}
		return archive.Load(ctx, o)
	})
	h.firstRetry = 10 * time.Millisecond
	h.Set(named(t, "a"), false)
	h.until("it says so", func() bool { return h.link("a", "archive") == "unreadable" })
	if k := h.Promise("a"); k != nil { // its recorder is not kept waiting
		t.Errorf("it is told %+v", k)
	}
	mu.Lock()
	bad = false
	mu.Unlock()
	h.until("it goes on", h.loaded("a"))
	h.until("it is well", func() bool { return h.link("a", "archive") == "" })
}

// TestSpoolIsMended: a spool that is none says that nothing is recorded, and is
// tried again soon.
func TestSpoolIsMended(t *testing.T) {
	h := newHouse(t, nil)
	dir := spool.CameraDir(h.MediaDir, "a")
	if err := os.WriteFile(dir, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	h.Set(named(t, "a"), false)
	h.until("it says so", func() bool { u := h.Find("a").Archiving().Unreadable; return u != nil && u.Spool })
	if err := os.Remove(dir); err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	h.until("it goes on", h.loaded("a"))
	if took := time.Since(begun); took > lastRetry {
		t.Errorf("that took %v", took)
	}
}

// TestAlive: one archive that hangs is its own trouble, all of them are the program's.
func TestAlive(t *testing.T) {
	now := time.Now()
	for _, c := range []struct {
		beats []time.Time
		alive bool
	}{
		{nil, true},
		{[]time.Time{now}, true},
		{[]time.Time{now, now.Add(-time.Hour)}, true},
		{[]time.Time{{}, now.Add(-time.Hour)}, true}, // the first has just been loaded
		{[]time.Time{now.Add(-time.Hour)}, false},
		{[]time.Time{now.Add(-time.Hour), now.Add(-2 * time.Hour)}, false},
	} {
		if err := alive(c.beats, now); (err == nil) != c.alive {
			t.Errorf("%v: %v", c.beats, err)
		}
	}
}
