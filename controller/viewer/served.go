package viewer

import (
	"io/fs"
	"os"
	"sync"
	"time"
)

// Served is the page of a folder, read again when one of its files has changed.
type Served struct {
	dir string

	mu    sync.Mutex
	page  *Page
	stamp map[string]time.Time // when each of its files was changed
}

// Serve is the page of a folder.
func Serve(dir string) *Served { return &Served{dir: dir} }

// Page is the page as its files are now. An error names the file that can't be read.
func (s *Served) Page() (*Page, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.page != nil && s.unchanged() {
		return s.page, nil
	}
	page, err := Read(s.dir)
	if err != nil {
		return nil, err
	}
	s.page, s.stamp = page, map[string]time.Time{}
	for name := range page.Files {
		s.stamp[name] = s.changed(name)
	}
	s.stamp[Index] = s.changed(Index)
	return page, nil
}

// unchanged reports whether every file is as it was read.
func (s *Served) unchanged() bool {
	for name, at := range s.stamp {
		if !s.changed(name).Equal(at) {
			return false
		}
	}
	return true
}

// changed is when a file was, zero when it is not there.
func (s *Served) changed(name string) time.Time {
	info, err := fs.Stat(os.DirFS(s.dir), name)
	if err != nil {
		return time.Time{}
	}
	return info.ModTime()
}
