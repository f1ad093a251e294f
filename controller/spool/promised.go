package spool

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Requested is what PART and SEGMENT were when a promise began. A new one begins
// where this changes, whatever constants come of it.
type Requested struct {
	Part    int64 `json:"part_us"`    // PART, microseconds
	Segment int64 `json:"segment_us"` // SEGMENT, microseconds
}

// Promised is what playlists hold to, under a number that only ever goes up.
// Other constants are another promise, and other playlists.
type Promised struct {
	Number    uint64     `json:"promise"`
	Constants Constants  `json:"constants"`
	Requested *Requested `json:"wished,omitempty"` // nil: not known
}

// Promised is what the run begins under.
func (r Run) Promised() Promised { return Promised{r.Promise, r.Constants, r.Requested} }

func promisedName(seq int) string { return fmt.Sprintf("epoch-%06d.json", seq) }

// WritePromised tells what a run goes on under from its seq-th segment on. It
// has to be there before that segment's file: after an error, which is the disk's,
// that must not be begun.
func WritePromised(runDir string, seq int, p Promised) error {
	return write(runDir, promisedName(seq), p)
}

// ReadPromised reads what was told with the seq-th segment; fs.ErrNotExist when
// nothing changes there, any other when it can't be read or is no JSON.
func ReadPromised(runDir string, seq int) (Promised, error) {
	var p Promised
	err := read(runDir, promisedName(seq), &p)
	return p, err
}

// PromisedAt is what the seq-th segment of a run is made under. Where that can't
// be read it is what was in force before, and the error says so.
func PromisedAt(runDir string, r Run, seq int) (Promised, error) {
	entries, err := os.ReadDir(runDir)
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	in, from := r.Promised(), 0
	for _, e := range entries {
		digits, isOurs := strings.CutPrefix(strings.TrimSuffix(e.Name(), ".json"), "epoch-")
		at, notNumber := strconv.ParseUint(digits, 10, 31)
		if !isOurs || notNumber != nil || promisedName(int(at)) != e.Name() || int(at) > seq || int(at) < from {
			continue
		}
		p, unreadable := ReadPromised(runDir, int(at))
		if unreadable != nil {
			err = errors.Join(err, unreadable)
			continue
		}
		in, from = p, int(at)
	}
	return in, err
}

// HighestPromise is the newest promise that anything in a camera's spool tells
// of, nil when nothing does. What can't be read is left out and told as an error.
func HighestPromise(cameraDir string) (highest *Promised, err error) {
	names, err := Runs(cameraDir)
	for _, name := range names {
		dir := filepath.Join(cameraDir, name)
		run, unreadable := ReadRun(dir)
		if unreadable != nil {
			if !errors.Is(unreadable, fs.ErrNotExist) {
				err = errors.Join(err, unreadable)
			}
			continue
		}
		last, unreadable := PromisedAt(dir, run, 1<<31-1)
		err = errors.Join(err, unreadable)
		if highest == nil || last.Number >= highest.Number {
			highest = &last
		}
	}
	return highest, err
}
