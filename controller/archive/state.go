package archive

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"lookback/controller/spool"
)

// Format is the version of everything in a camera's archive. A newer one is refused.
const Format = 1

// reserve is how many MSNs state.json reserves at a time, so that it need not
// be written for each segment. It is topped up when half of it is used.
const reserve = 32

// state is what must never go back, whatever becomes of the segments. It is
// kept twice: <camera>/state.json, and a copy in the camera's spool in case
// that the archive is emptied.
type state struct {
	Format    int              `json:"format"`
	Constants *spool.Constants `json:"constants,omitempty"` // of Promise; recorders of earlier versions obey them
	// Promise is the newest, nil before the camera's first run.
	Promise *Promise `json:"promise,omitempty"`
	// Reserved: MSNs below it may have been used. While state.json can't be
	// written the media goes on beyond it; then the files bear witness.
	Reserved uint64 `json:"reserved_msn"`
	// Sequence is the discontinuity sequence number of the newest run.
	Sequence uint64 `json:"discontinuity_sequence"`
	// Begun reports whether there has been a run, so that the next one is preceded
	// by a discontinuity.
	Begun bool `json:"begun"`
	// Skip: the next run begins no lower, see goOn.
	Skip uint64 `json:"skip_to_msn"`
	// Identity is what addresses of media name the archive by, "" before there was such
	// a thing; and Least the lowest number that a promise of it has.
	Identity string `json:"identity,omitempty"`
	Least    uint64 `json:"least_promise,omitempty"`
	// First: MSNs below it have left the window for good. What is only left out has not.
	First uint64 `json:"first_msn"`
	// Boot is the machine's boot id at the last write, and Closed that nothing
	// was being recorded: Reserved is then just what was used.
	Boot   string `json:"boot_id"`
	Closed bool   `json:"closed"`
	// What the settings said of the camera when it was last named in them, see
	// Past. Earlier versions ignore these and what follows.
	Title       string `json:"title,omitempty"`
	Window      int64  `json:"window_us,omitempty"`    // microseconds
	WindowBytes int64  `json:"window_bytes,omitempty"` // 0 for no limit
	// Ended is for how long a controller has been running since the camera was no
	// longer named, microseconds. It is saved about once a minute.
	Ended int64 `json:"ended_us,omitempty"`
	// Gone: nothing is left of the camera but these numbers.
	Gone bool `json:"gone,omitempty"`

	order uint64 // in which the states of this life of the program are written
}

func statePath(root string) string { return filepath.Join(root, "state.json") }

func stateCopyPath(mediaDir, camera string) string {
	return filepath.Join(spool.CameraDir(mediaDir, camera), "state.json")
}

// readStateFile reads one of the copies. damaged says that it is there and
// holds no state, an *unreadFile that it can't be read; err is fs.ErrNotExist or
// a *newerError.
func (d disk) readStateFile(path string) (s state, damaged, err error) {
	data, err := d.read(path)
	if errors.Is(err, fs.ErrNotExist) {
		return state{}, nil, err
	}
	if err != nil {
		return state{}, &unreadFile{path, err}, nil
	}
	if err := json.Unmarshal(data, &s); err != nil || s.Format < 1 {
		return state{}, fmt.Errorf("%s: not a state of an archive: %w", path, errors.Join(err, fs.ErrInvalid)), nil
	}
	if s.Format > Format {
		return state{}, nil, &newerError{path, s.Format, Format}
	}
	return s, nil, nil
}

// readState reads state.json or, when that is lost, its copy. lost says that
// the numbers may be behind what has been used; damage is why, if anything was
// there. Without either the state is that of a new camera.
func (d disk) readState(mediaDir, camera string) (s state, lost bool, damage error, err error) {
	s, damage, err = d.readStateFile(statePath(filepath.Join(mediaDir, camera)))
	if err == nil && damage == nil {
		return s, false, nil, nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return state{}, false, nil, err
	}
	s, copyDamage, err := d.readStateFile(stateCopyPath(mediaDir, camera))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return state{}, false, nil, err
	}
	if err != nil || copyDamage != nil {
		return state{Format: Format}, true, errors.Join(damage, copyDamage), nil
	}
	s.Closed = false
	return s, true, damage, nil
}

func (s state) marshal() []byte {
	data, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		panic(err) // there is nothing in it that could fail
	}
	return append(data, '\n')
}

// writeState replaces both copies; state.json is durable on return. It needs no
// more of the camera than what never changes, so that it can run beside Follow.
// Of two at the same time the one that was asked for later stays.
func (c *Archive) writeState(s state) error {
	c.stateFile.Lock()
	defer c.stateFile.Unlock()
	if s.order < c.stateOrder {
		return nil
	}
	c.stateOrder = s.order
	data := s.marshal()
	c.witness.reserves(s.Reserved, false)
	if err := c.disk.replace(statePath(c.root), data); err != nil {
		return err
	}
	c.witness.reserves(s.Reserved, true)
	return errors.Join(
		c.disk.syncDir(c.root),
		c.disk.copyOf(stateCopyPath(c.MediaDir, c.Camera), data))
}

// unreadFile says that a file of ours is there and can't be read.
type unreadFile struct {
	path string
	err  error
}

func (e *unreadFile) Error() string { return e.path + " can't be read: " + cause(e.err).Error() }
func (e *unreadFile) Unwrap() error { return e.err }

// cleared puts a file that can't be read aside, and reports whether it could.
func (c *Archive) cleared(f *unreadFile) bool {
	_, done := c.putAside(f.path, f)
	return done
}

// loadState reads the state. A copy that can't be read is put aside.
func (c *Archive) loadState() (lost bool, err error) {
	for _, path := range []string{statePath(c.root), stateCopyPath(c.MediaDir, c.Camera)} {
		_, damage, err := c.disk.readStateFile(path)
		var unread *unreadFile
		if err == nil && errors.As(damage, &unread) {
			c.putAside(path, unread)
		}
	}
	var damage error
	c.state, lost, damage, err = c.disk.readState(c.MediaDir, c.Camera)
	known, _ := c.disk.statePromises(c.MediaDir, c.Camera)
	for _, p := range known { // the copy may be newer than a state.json that somebody restored
		if err == nil && (c.state.Promise == nil || p.Number > c.state.Promise.Number) {
			c.state.Promise = &p
		}
	}
	c.state.name(&c.Options)
	if damage != nil {
		c.Log.Error("state.json is damaged; its numbers are taken from what is there, and some are left out", "camera", c.Camera, "error", damage)
	}
	return lost, err
}

// used is the lowest MSN that nobody can have seen.
func (c *Archive) used() uint64 {
	n := max(c.next(), c.skipTo)
	if in := c.current; in != nil && in.open != nil {
		n = max(n, in.open.MSN+1)
	}
	return n
}

// resting reports whether nobody can see a new MSN before another run is adopted.
func (c *Archive) resting() bool { return c.current == nil && len(c.assigned) == 0 }

// stateDue reports whether state.json has to be written.
func (c *Archive) stateDue() bool {
	if c.resting() {
		return c.stale || c.used() != c.saved
	}
	return c.stale || c.used()+reserve/2 > c.saved
}

// nextState is the state to be written now.
func (c *Archive) nextState() state {
	s := c.state
	c.state.order++
	s.order = c.state.order
	s.Format, s.Skip = Format, c.skipTo
	s.Boot, s.Closed = bootID(), c.resting()
	if s.Reserved = max(c.saved, c.used()+reserve); s.Closed {
		s.Reserved = c.used()
	}
	return s
}

// saveState writes state.json.
func (c *Archive) saveState() error {
	s := c.nextState()
	err := c.writeState(s)
	c.stateSaved(s, err)
	return err
}

func (c *Archive) stateSaved(s state, err error) {
	if err == nil && s.order == c.state.order {
		c.saved, c.endedSaved = s.Reserved, s.Ended
		c.state.Closed = s.Closed
		c.stale = s.Identity != c.state.Identity || s.Sequence != c.state.Sequence || s.Begun != c.state.Begun || s.Promise != c.state.Promise
	}
}

// bootID changes with each start of the machine.
func bootID() string {
	data, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(data))
}

// statePromises are the promises that the copies of the state tell of.
func (d disk) statePromises(mediaDir, camera string) (known []Promise, err error) {
	for _, path := range []string{statePath(filepath.Join(mediaDir, camera)), stateCopyPath(mediaDir, camera)} {
		s, damage, unread := d.readStateFile(path)
		if !errors.Is(unread, fs.ErrNotExist) {
			err = errors.Join(err, damage, unread)
		}
		if p := s.promised(); p != nil {
			known = append(known, *p)
		}
	}
	return known, err
}
