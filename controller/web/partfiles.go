package web

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

const (
	// manyViewers is how many viewers make it worth to write a part to a file for
	// nginx: each one's request for it then costs nothing here.
	manyViewers = 3
	// forgotten is when files that nobody wants any more are removed.
	forgotten = 10 * time.Second
)

// partFiles are the newest parts of a camera as files in memory, from where
// nginx sends them. Nothing depends on one being there: nginx asks for those
// that it does not find.
type partFiles struct {
	dir string // "": nowhere
	log *slog.Logger
	// earlier: an earlier life left the live playlist of the promise with a number.
	earlier       bool
	earlierNumber uint64

	mu      sync.Mutex
	of      string   // the archive's identity, which is a folder; "": there is none yet
	names   []string // oldest first, below dir
	forget  *time.Timer
	trouble bool // has been logged
}

// partsAdvice is what to do where a camera's folder can't be used.
func partsAdvice(err error) string {
	switch {
	case errors.Is(err, fs.ErrPermission):
		return "if another PUID made it, in Docker: docker compose down, then up; nothing recorded goes with that"
	case errors.Is(err, fs.ErrNotExist):
		return "PARTS_DIR has to be a folder that is there"
	}
	return "PARTS_DIR has to be a folder in memory that holds nothing else"
}

// newPartFiles begins with an empty folder, whatever an earlier life left there.
func newPartFiles(root, camera string, log *slog.Logger) *partFiles {
	f := &partFiles{log: log}
	if root == "" {
		return f
	}
	f.dir = filepath.Join(root, camera)
	f.earlierNumber, f.earlier = leftIn(f.dir)
	if err := makeReadable(f.dir); err != nil {
		log.Warn("the newest parts can't be left for nginx, which asks for each instead", "setting", "PARTS_DIR", "folder", f.dir, "error", err, "advice", partsAdvice(err))
		f.dir = ""
	}
	return f
}

// file leaves the newest part of a view for nginx if many are likely to ask for
// it. It is there whole before anybody is told of it.
func (c *camera) file(v *view) {
	if c.files.dir == "" || v.expected < manyViewers {
		return
	}
	v.filed.Do(func() {
		msn, n := newestPart(v.snap)
		if n < 0 || v.snap.PartsOf(msn)[n].Gap {
			return
		}
		// What can't be read is told to those who ask for it.
		if data, ok, err := c.edgePart(v.snap, msn, n); ok && err == nil {
			c.files.put(v.now.snap.Identity, partName(msn, n), data)
		}
	})
}

func partName(msn uint64, n int) string { return fmt.Sprintf("%d.%d.m4s", msn, n) }

// put adds a part of an archive and removes the oldest of more than are kept.
func (f *partFiles) put(identity, name string, data []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.of != identity {
		f.empty()
		f.of = identity
	}
	name = filepath.Join(identity, name)
	if slices.Contains(f.names, name) {
		return
	}
	if len(f.names) == partsKept {
		os.Remove(filepath.Join(f.dir, f.names[0]))
		f.names = slices.Delete(f.names, 0, 1)
	}
	if err := f.write(name, data); err != nil {
		if !f.trouble {
			f.log.Warn("a part can't be left for nginx, which asks for it instead", "setting", "PARTS_DIR", "folder", f.dir, "error", err)
		}
		f.trouble = true
		return
	}
	f.names = append(f.names, name)
	if f.forget == nil {
		f.forget = time.AfterFunc(forgotten, f.clear)
	} else {
		f.forget.Reset(forgotten)
	}
}

// write makes the file appear under its name with all that is in it.
func (f *partFiles) write(name string, data []byte) error {
	growing := filepath.Join(f.dir, ".growing")
	err := makeFolder(filepath.Dir(filepath.Join(f.dir, name)))
	if err == nil {
		err = os.WriteFile(growing, data, 0o644)
	}
	if err == nil {
		err = os.Chmod(growing, 0o644) // whatever the umask is
	}
	if err == nil {
		err = os.Rename(growing, filepath.Join(f.dir, name))
	}
	if err != nil {
		os.Remove(growing)
	}
	return err
}

// clear removes all files: the viewers have gone, or the camera has.
func (f *partFiles) clear() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.empty()
}

func (f *partFiles) empty() {
	for _, name := range f.names {
		os.Remove(filepath.Join(f.dir, name))
	}
	if f.names = nil; f.of != "" {
		os.Remove(filepath.Join(f.dir, f.of))
	}
}

// remove removes the folder too.
func (f *partFiles) remove() {
	f.clear()
	if f.dir != "" {
		os.Remove(f.dir)
	}
}
