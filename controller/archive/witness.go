package archive

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
)

// testimony is what a witness says of a camera's archive.
type testimony struct {
	Identity string `json:"identity"`
	Boot     string `json:"boot_id"`      // of the machine
	Reserved uint64 `json:"reserved_msn"` // at most what state.json says
	Next     uint64 `json:"next_msn"`     // MSNs below it have been told of as segments
}

// proves reports whether an archive is still the one that the testimony is about:
// recorded by this machine since it was started, and not set back. next is the
// lowest MSN that the archive will give to a segment. The error is why not.
func (t testimony) proves(s state, next uint64) error {
	switch {
	case !isIdentity(t.Identity) || t.Identity != s.Identity:
		return errors.New("the witness is another archive's")
	case t.Boot == "" || t.Boot != bootID():
		return errors.New("the machine was started since")
	case t.Reserved > s.Reserved || t.Next > next:
		return errors.New("the witness knows of later segments: the archive was set back")
	}
	return nil
}

// witness is the file outside the media directory that bears witness of a camera's
// archive. Follow and its jobs write it.
type witness struct {
	disk disk
	path string // "": there is none

	mu      sync.Mutex
	said    testimony
	written bool // the file says so
}

func newWitness(d disk, dir, camera string) *witness {
	if dir == "" {
		return &witness{}
	}
	return &witness{disk: d, path: filepath.Join(dir, camera+".json")}
}

// recall reads what was said in an earlier life of the program.
func (w *witness) recall() (testimony, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	data, err := w.disk.read(w.path)
	if err != nil {
		return testimony{}, err
	}
	var t testimony
	if err := json.Unmarshal(data, &t); err != nil {
		return testimony{}, fmt.Errorf("%s: %w", w.path, err)
	}
	w.said, w.written = t, true
	return t, nil
}

// bear replaces what is said.
func (w *witness) bear(t testimony) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.write(t)
}

// write needs mu. A witness that can't be told of the newest proves nothing any more,
// and is sent away.
func (w *witness) write(t testimony) error {
	if w.path == "" || t == w.said && w.written {
		return nil
	}
	data, err := json.Marshal(t)
	if err != nil {
		return err
	}
	err = w.disk.copyOf(w.path, data)
	if errors.Is(err, fs.ErrNotExist) { // somebody tidied up
		if err = os.MkdirAll(filepath.Dir(w.path), 0o700); err == nil {
			err = w.disk.copyOf(w.path, data)
		}
	}
	if w.said, w.written = t, err == nil; err != nil {
		w.dismiss()
	}
	return err
}

// dismiss sends the witness away. In a folder that takes no changes its words are taken back.
func (w *witness) dismiss() {
	if err := os.Remove(w.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		os.Truncate(w.path, 0)
	}
}

// rename says that the archive has another identity.
func (w *witness) rename(identity string) error {
	return w.change(func(t *testimony) { t.Identity = identity })
}

// reserves says what state.json reserves. It must never say more: before state.json
// is written it is told of a lower number only. That it can't be told is no fault of
// state.json, and costs an identity; tells has it logged.
func (w *witness) reserves(msn uint64, written bool) {
	_ = w.change(func(t *testimony) {
		if !written {
			msn = min(msn, t.Reserved)
		}
		t.Reserved = msn
	})
}

// tells says that segments below an MSN are told of, before they are.
func (w *witness) tells(next uint64) error {
	return w.change(func(t *testimony) { t.Next = next })
}

// change changes what is said.
func (w *witness) change(by func(*testimony)) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	t := w.said
	by(&t)
	return w.write(t)
}
