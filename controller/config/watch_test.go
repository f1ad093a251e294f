package config

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/fsnotify/fsnotify"
)

// watched is a watch that runs, over a list that is read again as told.
type watched struct {
	path  string
	again chan os.Signal
	list  chan string   // what Reread gave when the watch told of a change
	told  *atomic.Int64 // how often it told
}

// startWatching begins with the text as the file. The looks are an hour apart
// when there are events, so that nothing but events can be what helped.
func startWatching(t *testing.T, path, text string, events bool) *watched {
	t.Helper()
	write(t, path, text)
	c, err := Load([]string{"CAMERAS_FILE=" + path})
	if err != nil {
		t.Fatal(err)
	}
	w := &watched{path, make(chan os.Signal), make(chan string, 1000), new(atomic.Int64)}
	one := c.newWatch(func() {
		w.told.Add(1)
		cameras, _, _, err := c.Reread()
		w.list <- names(cameras, err)
	})
	one.settled, one.emptyFor, one.every = 5*time.Millisecond, 20*time.Millisecond, 10*time.Millisecond
	var changes <-chan fsnotify.Event
	if events {
		one.every = time.Hour
		if one.folders, err = fsnotify.NewWatcher(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { one.folders.Close() })
		changes = one.folders.Events
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		one.run(ctx, w.again, changes, nil)
	}()
	t.Cleanup(func() { cancel(); <-ended })
	if events { // the folder is watched once it has looked for the first time
		until(t, func() bool { return len(one.folders.WatchList()) > 0 })
	}
	return w
}

// names is a list in short, and how it failed.
func names(cameras []Camera, err error) string {
	var all []string
	for _, c := range cameras {
		all = append(all, c.Name)
	}
	if err != nil {
		all = append(all, "mistake")
	}
	return strings.Join(all, " ")
}

// until waits for a condition that nothing tells of.
func until(t *testing.T, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(20 * time.Second); !ok(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatal("it never came")
		}
	}
}

// becomes waits until the watch has told of that list.
func (w *watched) becomes(t *testing.T, want string) {
	t.Helper()
	deadline := time.After(20 * time.Second)
	for got := ""; got != want; {
		select {
		case got = <-w.list:
		case <-deadline:
			t.Fatalf("it never became %q", want)
		}
	}
}

// Every way in which a file changes is noticed, with events and without.
func TestWatch(t *testing.T) {
	for _, events := range []bool{true, false} {
		t.Run(fmt.Sprint("events=", events), func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "config")
			must(t, os.Mkdir(dir, 0o755))
			w := startWatching(t, filepath.Join(dir, "cameras"), "a=http://h/", events)
			write(t, w.path, "b=http://h/")
			w.becomes(t, "b")
			write(t, w.path, "b=http://h/ WINDOW=soon")
			w.becomes(t, "mistake")

			write(t, w.path+"~", "c=http://h/") // as most editors do
			must(t, os.Rename(w.path+"~", w.path))
			w.becomes(t, "c")

			must(t, os.Remove(w.path))
			w.becomes(t, "mistake")
			must(t, syscall.Mkfifo(w.path, 0o600))
			w.becomes(t, "mistake")
			must(t, os.Remove(w.path))

			must(t, os.Mkdir(filepath.Join(dir, "..1"), 0o755)) // as Kubernetes does
			must(t, os.Mkdir(filepath.Join(dir, "..2"), 0o755))
			write(t, filepath.Join(dir, "..1", "cameras"), "e=http://h/")
			write(t, filepath.Join(dir, "..2", "cameras"), "f=http://h/")
			must(t, os.Symlink("..1", filepath.Join(dir, "..data")))
			must(t, os.Symlink("..data/cameras", w.path))
			w.becomes(t, "e")
			must(t, os.Symlink("..2", filepath.Join(dir, "..tmp")))
			must(t, os.Rename(filepath.Join(dir, "..tmp"), filepath.Join(dir, "..data")))
			w.becomes(t, "f")
		})
	}
}

// The folder may go and come back. A look notices, and watches the new one.
func TestWatchedFolderGoesAndComes(t *testing.T) {
	top := t.TempDir()
	dir := filepath.Join(top, "config")
	must(t, os.Mkdir(dir, 0o755))
	w := startWatching(t, filepath.Join(dir, "cameras"), "a=http://h/", false)
	must(t, os.RemoveAll(dir))
	w.becomes(t, "mistake")
	must(t, os.Mkdir(dir, 0o755))
	write(t, w.path, "b=http://h/")
	w.becomes(t, "b")
	must(t, os.Rename(dir, dir+"-old"))
	w.becomes(t, "mistake")
	must(t, os.Mkdir(dir, 0o755))
	write(t, w.path, "c=http://h/")
	w.becomes(t, "c")
}

// The watch moves to the folder that now has the path.
func TestWatchFollowsTheFolder(t *testing.T) {
	top := t.TempDir()
	dir := filepath.Join(top, "config")
	events, err := fsnotify.NewWatcher()
	must(t, err)
	defer events.Close()
	w := &watch{path: filepath.Join(dir, "cameras"), folders: events}
	comes := func(what string) {
		t.Helper()
		w.attend()
		write(t, w.path, what)
		for {
			select {
			case e := <-events.Events:
				if e.Name == w.path {
					return
				}
			case <-time.After(20 * time.Second):
				t.Fatal("no event of", what)
			}
		}
	}
	w.attend()
	if len(events.WatchList()) > 0 {
		t.Errorf("watches %q", events.WatchList())
	}
	must(t, os.Mkdir(dir, 0o755))
	comes("a folder that came later")
	must(t, os.RemoveAll(dir))
	w.attend()
	must(t, os.Mkdir(dir, 0o755))
	comes("one that was removed")
	must(t, os.Rename(dir, dir+"-old"))
	must(t, os.Mkdir(dir, 0o755))
	comes("one that took another's place")
}

// A signal has the list read in any case, and nothing else does without a change.
func TestSignalAndNothing(t *testing.T) {
	w := startWatching(t, filepath.Join(t.TempDir(), "cameras"), "a=http://h/", true)
	w.again <- syscall.SIGHUP
	w.becomes(t, "a")
	must(t, os.Chtimes(w.path, time.Now(), time.Now()))
	write(t, w.path, "a=http://h/")
	write(t, filepath.Join(filepath.Dir(w.path), "other"), "x")
	w.again <- syscall.SIGHUP
	w.becomes(t, "a")
	if n := w.told.Load(); n != 2 {
		t.Errorf("it told %d times", n)
	}
}

// What changes again before it has settled is not told of, by a clock of the test's.
func TestSettling(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cameras")
	write(t, path, "a=http://h/")
	told := 0
	w := &watch{path: path, seen: look(path), settled: settled, emptyFor: emptyFor, changed: func() { told++ }}
	now := time.Now()
	for i, step := range []struct {
		text  string
		after time.Duration
		wait  time.Duration // until the next look
		told  int
	}{
		{"a=http://h/", 0, 0, 0},
		{"", 0, emptyFor, 0}, // truncated
		{"b=htt", 10 * time.Millisecond, settled, 0},
		{"b=http://h/", settled / 2, settled, 0},
		{"b=http://h/", settled / 2, settled / 2, 0},
		{"b=http://h/", settled / 2, 0, 1},
		{"", time.Hour, emptyFor, 1},
		{"", settled, emptyFor - settled, 1},
		{"b=http://h/", settled, 0, 1}, // as it was
		{"", time.Hour, emptyFor, 1},
		{"", emptyFor, 0, 2},
	} {
		write(t, path, step.text)
		now = now.Add(step.after)
		if wait := w.look(now); wait != step.wait || told != step.told {
			t.Errorf("step %d: wait %v, told %d; want %v, %d", i, wait, told, step.wait, step.told)
		}
	}
}

// TestBackBeforeItIsMissed: what comes while a missing file has its time counts
// at once, and not when that time is over.
func TestBackBeforeItIsMissed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cameras")
	events, told := make(chan fsnotify.Event), make(chan struct{}, 10)
	w := &watch{path: path, seen: fileState{err: "another"}, every: time.Hour, settled: time.Millisecond, emptyFor: time.Hour, changed: func() { told <- struct{}{} }}
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { w.run(ctx, nil, events, nil) })
	defer running.Wait()
	defer cancel()
	events <- fsnotify.Event{} // taken once it has looked for the first time, or before
	write(t, path, "b=http://h/")
	events <- fsnotify.Event{}
	select {
	case <-told:
	case <-time.After(20 * time.Second):
		t.Error("it waits for the hour")
	}
}

// What changed between Load and the watch is told of as well.
func TestChangeBeforeTheWatch(t *testing.T) {
	r := beginWith(t, "a=http://h/")
	write(t, r.path, "b=http://h/")
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	got := ""
	r.config.WatchCameras(ctx, nil, slog.New(slog.NewTextHandler(io.Discard, nil)), func() {
		got = listed(r.config.Reread())
		cancel()
	})
	if want := "b http://h/ b 2h0m0s"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
