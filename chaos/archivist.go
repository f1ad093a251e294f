package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"sync"
	"time"
)

// File is an archived file.
type File struct {
	Path string // below the camera's folder
	MSN  uint64 // of an init section, the first of its run
	Init bool
	Size int64
	Hash [sha256.Size]byte
}

// archivist hashes every archived file as soon as it is there, and keeps a
// copy of what has not been decoded yet.
type archivist struct {
	dir    string // the camera's archive
	copies string

	mu    sync.Mutex
	seen  map[string]File // by path, as they were at first
	fresh []File          // segments that nobody has taken yet
	odd   []string        // what could not be read
}

func newArchivist(dir, copies string) *archivist {
	return &archivist{dir: dir, copies: copies, seen: map[string]File{}}
}

// run looks every 250 ms until the context ends.
func (a *archivist) run(ctx context.Context) {
	for wait(ctx, 250*time.Millisecond) == nil {
		a.look()
	}
}

// look takes in what is new.
func (a *archivist) look() {
	for _, f := range list(a.dir) {
		a.mu.Lock()
		_, known := a.seen[f.Path]
		a.mu.Unlock()
		if known {
			continue
		}
		data, err := os.ReadFile(filepath.Join(a.dir, f.Path))
		if errors.Is(err, fs.ErrNotExist) {
			continue // trimmed in this moment
		}
		f.Size, f.Hash = int64(len(data)), sha256.Sum256(data)
		if err == nil {
			err = os.WriteFile(a.copy(f), data, 0o644)
		}
		a.mu.Lock()
		if err != nil {
			a.odd = append(a.odd, err.Error())
		}
		a.seen[f.Path] = f
		if !f.Init {
			a.fresh = append(a.fresh, f)
		}
		a.mu.Unlock()
	}
}

// copy is where the copy of a file is.
func (a *archivist) copy(f File) string {
	kind := "s"
	if f.Init {
		kind = "i"
	}
	return filepath.Join(a.copies, kind+strconv.FormatUint(f.MSN, 10))
}

// take hands over the segments that are new since the last time.
func (a *archivist) take() []File {
	a.mu.Lock()
	defer a.mu.Unlock()
	fresh := a.fresh
	a.fresh = nil
	return fresh
}

// Seen are all files as they were at first.
func (a *archivist) Seen() map[string]File {
	a.mu.Lock()
	defer a.mu.Unlock()
	return maps.Clone(a.seen)
}

var archived = regexp.MustCompile(`^(?:(init)/(\d{9,})\.mp4|\d{4}-\d\d-\d\d/\d\d/(\d{9,})\.m4s)$`)

// list lists an archive's files, neither read nor hashed.
func list(dir string) (files []File) {
	filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return nil // a folder may go while we look
		}
		name, _ := filepath.Rel(dir, path)
		found := archived.FindStringSubmatch(name)
		if found == nil || !d.Type().IsRegular() {
			return nil
		}
		msn, err := strconv.ParseUint(found[2]+found[3], 10, 64)
		if err == nil {
			files = append(files, File{Path: name, MSN: msn, Init: found[1] != ""})
		}
		return nil
	})
	return files
}

// inventory is what an archive holds now, hashed.
func inventory(dir string) (map[string]File, error) {
	all := map[string]File{}
	for _, f := range list(dir) {
		data, err := os.ReadFile(filepath.Join(dir, f.Path))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		f.Size, f.Hash = int64(len(data)), sha256.Sum256(data)
		all[f.Path] = f
	}
	return all, nil
}
