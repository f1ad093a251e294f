package config

import (
	"context"
	"crypto/sha256"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/fsnotify/fsnotify"
)

// How often the file of cameras is looked at, and how long it must be the same.
const (
	lookEvery = 2 * time.Second        // where no events come
	lookSoon  = 50 * time.Millisecond  // after an event: they come in heaps
	settled   = 250 * time.Millisecond // editors write in several steps
	emptyFor  = 2 * time.Second        // and some empty it first
)

// WatchCameras calls changed after each change of the file of cameras since it
// was last read, once the file has settled, and whenever a signal comes from
// again. It ends with the context. changed runs in the caller's goroutine.
//
// The folder is watched and not the file: editors replace files, Kubernetes
// swaps symbolic links. It may be missing, and come and go.
func (c *Config) WatchCameras(ctx context.Context, again <-chan os.Signal, log *slog.Logger, changed func()) {
	w := c.newWatch(changed)
	folders, err := fsnotify.NewWatcher()
	if err != nil {
		log.Warn("this system tells of no changes: the list of cameras is looked at every two seconds", "path", c.CamerasFile, "error", err)
		w.run(ctx, again, nil, nil)
		return
	}
	defer folders.Close()
	w.folders = folders
	w.run(ctx, again, folders.Events, folders.Errors)
}

func (c *Config) newWatch(changed func()) *watch {
	return &watch{path: c.CamerasFile, seen: c.start().seen, every: lookEvery, settled: settled, emptyFor: emptyFor, changed: changed}
}

// fileState is what the file was at a look: a hash of its content, or why it can't be read.
type fileState struct {
	hash  [sha256.Size]byte
	empty bool // or missing
	err   string
}

func look(path string) fileState {
	text, err := readSmall(path)
	if err != nil {
		return fileState{err: err.Error(), empty: os.IsNotExist(err)}
	}
	return fileState{hash: sha256.Sum256([]byte(text)), empty: text == ""}
}

// watch is one watch over the file. Its goroutine is the one that runs it.
type watch struct {
	path     string
	every    time.Duration // between looks where no events come
	settled  time.Duration // how long it must stay as it is now
	emptyFor time.Duration // the same for a file that has become empty
	changed  func()

	folders *fsnotify.Watcher // nil: there are no events
	folder  os.FileInfo       // the folder that is watched, nil = none
	seen    fileState         // what changed was last called for
	pending fileState         // what will be seen once it has settled
	since   time.Time         // of pending, zero = nothing is pending
}

func (w *watch) run(ctx context.Context, again <-chan os.Signal, events <-chan fsnotify.Event, errs <-chan error) {
	tick := time.NewTicker(w.every)
	defer tick.Stop()
	soon := time.NewTimer(0)
	defer soon.Stop()
	due := time.Now() // when soon is, zero = it is not
	arm := func(after time.Duration) {
		at := time.Now().Add(after)
		if after > 0 && (due.IsZero() || at.Before(due)) {
			due = at
			soon.Reset(after)
		}
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-again:
			w.tell(look(w.path))
		case <-events:
			arm(lookSoon)
		case <-errs: // events were lost, say
			arm(lookSoon)
		case <-tick.C:
			w.attend()
			arm(w.look(time.Now()))
		case <-soon.C:
			due = time.Time{}
			w.attend()
			arm(w.look(time.Now()))
		}
	}
}

// look compares the file with what was seen. It returns after how long to look
// again, 0 when there is nothing to wait for.
func (w *watch) look(now time.Time) time.Duration {
	s := look(w.path)
	if s == w.seen {
		w.since = time.Time{}
		return 0
	}
	if w.since.IsZero() || s != w.pending {
		w.pending, w.since = s, now
	}
	wait := w.settled
	if s.empty {
		wait = w.emptyFor
	}
	if left := wait - now.Sub(w.since); left > 0 {
		return left
	}
	w.tell(s)
	return 0
}

func (w *watch) tell(s fileState) {
	w.seen, w.since = s, time.Time{}
	w.changed()
}

// attend sees to it that the folder which now has the file's path is watched.
// Where that fails the looks are left.
func (w *watch) attend() {
	if w.folders == nil {
		return
	}
	path := filepath.Dir(w.path)
	now, err := os.Stat(path)
	if err == nil && w.folder != nil && os.SameFile(now, w.folder) && slices.Contains(w.folders.WatchList(), path) {
		return
	}
	if w.folder != nil {
		w.folders.Remove(path) // not there any more, mostly
		w.folder = nil
	}
	if err == nil && w.folders.Add(path) == nil {
		w.folder = now
	}
}
