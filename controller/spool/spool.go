// Package spool is what the recorder and the archive agree on: the folder in
// which a run grows, and the files that say what it is and how it ended.
//
//	<MEDIA_DIR>/.spool/doorbell                         datagram socket, see [Ring]
//	<MEDIA_DIR>/.spool/<camera>/status.json             [Status]
//	<MEDIA_DIR>/.spool/<camera>/recorder.lock           held by the one recorder of the camera, see [LockCamera]
//	<MEDIA_DIR>/.spool/<camera>/live.sock               stream socket, see package lane
//	<MEDIA_DIR>/.spool/<camera>/lease                   of a recorder in a process of its own, see [Lease]
//	<MEDIA_DIR>/.spool/<camera>/<run>/run.json          [Run], see [Create]
//	<MEDIA_DIR>/.spool/<camera>/<run>/init.mp4          ftyp + moov
//	<MEDIA_DIR>/.spool/<camera>/<run>/000000.m4s …      segments, see [SegmentPath]
//	<MEDIA_DIR>/.spool/<camera>/<run>/epoch-000007.json [Promised] from segment 7 on, where it changes inside the run
//	<MEDIA_DIR>/.spool/<camera>/<run>/lock              held (an open file description lock) while the recorder lives
//	<MEDIA_DIR>/.spool/<camera>/<run>/end.json          [End]
package spool

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/google/renameio/v2"
)

// Format is the version of everything in the spool. A reader refuses a newer one.
const Format = 1

// OldestFormat is that of the oldest recorder with which this program goes on.
const OldestFormat = 1

// Constants are what a camera's playlists promise under one number, see [Promised].
type Constants struct {
	PartTarget     int64 `json:"part_target_us"`     // PART-TARGET, microseconds; no part is longer
	TargetDuration int64 `json:"target_duration_us"` // EXT-X-TARGETDURATION, microseconds, a whole number of seconds
	Independent    bool  `json:"independent"`        // every segment begins with a key frame: EXT-X-INDEPENDENT-SEGMENTS
}

// Run describes one run: continuous timestamps under one init section.
// It is written before the run's first segment and never changes.
type Run struct {
	Format    int       `json:"format"`
	ID        string    `json:"id"`       // the folder's name; later runs sort after earlier ones
	Epoch     int64     `json:"epoch_us"` // program date time of decode time 0, microseconds since 1970-01-01 UTC
	Constants Constants `json:"constants"`
	Segment   int64     `json:"segment_us"`     // nominal duration of a media segment, microseconds
	TrackID   uint32    `json:"track_id"`       // of the video track
	Timescale uint32    `json:"timescale"`      // of the video track, ticks a second
	Codecs    string    `json:"codecs"`         // RFC 6381, for EXT-X-STREAM-INF
	Width     int       `json:"width"`          // pixels
	Height    int       `json:"height"`         // pixels
	FrameRate float64   `json:"frame_rate"`     // frames a second, 0 when unknown
	Plan      string    `json:"plan,omitempty"` // one line for people
	// PlanReasons say why, a sentence each.
	PlanReasons []string   `json:"plan_reasons,omitempty"`
	Promise     uint64     `json:"promise,omitempty"` // number of the promise that its first segment is made under
	Requested   *Requested `json:"wished,omitempty"`  // nil: a recorder that knew of no promises
}

// End says why a run ended. Absent when the recorder was killed.
type End struct {
	At     time.Time `json:"at"`
	Code   string    `json:"code"`             // stable, as in [Status]
	Detail string    `json:"detail,omitempty"` // for people, no credentials
}

// Recorder states, as in [Status].
const (
	Starting  = "starting"  // probing, or ffmpeg has not delivered a picture yet
	Recording = "recording" // fragments arrive
	Waiting   = "waiting"   // the last attempt failed; the next comes at Retry
	Stopped   = "stopped"   // told to stop
)

// Status is what a recorder says of itself, replaced as a whole.
type Status struct {
	Format int        `json:"format"`
	State  string     `json:"state"`
	Since  time.Time  `json:"since"`           // when State was entered
	At     time.Time  `json:"at"`              // when this was written
	Retry  *time.Time `json:"retry,omitempty"` // when the next attempt comes, while Waiting
	Code   string     `json:"code,omitempty"`  // stable reason of the last failure; "" while recording
	Title  string     `json:"title,omitempty"` // the reason in a sentence
	Advice string     `json:"advice,omitempty"`
	Plan   string     `json:"plan,omitempty"` // how the camera is treated, one line
	// PlanReasons say why it is treated so, a sentence each.
	PlanReasons []string           `json:"plan_reasons,omitempty"`
	FrameRate   float64            `json:"frame_rate,omitempty"`   // frames a second by the plan, 0 while unknown
	Restarts    map[string]uint64  `json:"restarts,omitempty"`     // ends of ffmpeg by reason code since the recorder began
	Flaws       map[string]float64 `json:"flaw_seconds,omitempty"` // for how long there were flaws by kind since the recorder began
	FPS         float64            `json:"fps"`                    // frames a second that come, from ffmpeg or the camera itself
	Speed       float64            `json:"speed"`                  // ffmpeg's speed, 1 = real time
	PID         int                `json:"pid,omitempty"`          // of ffmpeg
	Log         []string           `json:"log,omitempty"`          // last lines of ffmpeg's stderr, credentials removed
	Last        *time.Time         `json:"last,omitempty"`         // when ffmpeg delivered the newest picture
	Overload    *time.Time         `json:"overload,omitempty"`     // since when this machine has not kept up with the camera
	Clock       *ClockStep         `json:"clock,omitempty"`        // the last one that the recorder noticed
	Stamps      *Stamps            `json:"stamps,omitempty"`       // why the camera's time stamps can't be trusted; nil where they can
	Picture     *Picture           `json:"picture,omitempty"`      // what the picture shows; nil before the first look and when nobody looks
}

// ClockStep is a change of the host's clock against the time that passes.
type ClockStep struct {
	At    time.Time `json:"at"`    // by the new time
	By    float64   `json:"by"`    // seconds, negative when it was set back
	Slept bool      `json:"slept"` // the machine was suspended, and nothing is wrong with its clock
}

// Stamps are time stamps of a camera that can't be trusted.
type Stamps struct {
	Since time.Time `json:"since"` // it is known
	Why   string    `json:"why"`   // a sentence
	Done  string    `json:"done"`  // what is done about it, a sentence
	Pace  float64   `json:"pace"`  // how many of their seconds pass in one; 0 where they tell nothing
}

// Picture is what looking at a key frame now and then has shown.
type Picture struct {
	At     time.Time  `json:"at"`               // of the last look
	Luma   uint8      `json:"luma"`             // median brightness, 0 black to 255 white
	Spread uint8      `json:"spread"`           // what nine tenths of the brightnesses span
	Dark   *time.Time `json:"dark,omitempty"`   // since when every look found it black
	Blank  *time.Time `json:"blank,omitempty"`  // since when every look found one bright colour
	Frozen *time.Time `json:"frozen,omitempty"` // since when every look found the same picture
}

// Root is the spool of a media directory.
func Root(mediaDir string) string { return filepath.Join(mediaDir, ".spool") }

// CameraDir is where a camera's runs lie.
func CameraDir(mediaDir, camera string) string { return filepath.Join(Root(mediaDir), camera) }

// NewRunID names a run begun at t. Names sort by time; sorting is only a
// convenience, runs are adopted in the order in which they are found complete.
func NewRunID(t time.Time) string { return t.UTC().Format("20060102T150405.000000Z") }

// SegmentPath is the file of the run's seq-th segment, counted from 0.
func SegmentPath(runDir string, seq int) string {
	return filepath.Join(runDir, fmt.Sprintf("%06d.m4s", seq))
}

// Segments are the sequence numbers of the segments in a run's folder, in order;
// fs.ErrNotExist when there is no such folder.
func Segments(runDir string) ([]int, error) {
	entries, err := os.ReadDir(runDir)
	if err != nil {
		return nil, err
	}
	var seqs []int
	for _, e := range entries {
		if digits, ok := strings.CutSuffix(e.Name(), ".m4s"); ok {
			if seq, err := strconv.ParseUint(digits, 10, 31); err == nil {
				seqs = append(seqs, int(seq))
			}
		}
	}
	slices.Sort(seqs)
	return seqs, nil
}

// InitPath is the run's init section.
func InitPath(runDir string) string { return filepath.Join(runDir, "init.mp4") }

// LockPath is the file whose flock the recorder holds while it lives.
func LockPath(runDir string) string { return filepath.Join(runDir, "lock") }

// Runs lists the run folders of a camera, oldest name first. A camera without
// a spool has none; an error is that of listing it.
func Runs(cameraDir string) ([]string, error) {
	entries, err := os.ReadDir(cameraDir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var runs []string
	for _, e := range entries {
		if e.IsDir() && e.Name()[0] != '.' {
			runs = append(runs, e.Name())
		}
	}
	sort.Strings(runs)
	return runs, nil
}

// WriteRun writes what a run is, for good. As with [WriteEnd] and [WriteStatus] the
// file is replaced at once, and an error is the disk's: there is the old file or none.
func WriteRun(runDir string, r Run) error { r.Format = Format; return write(runDir, "run.json", r) }

// WriteEnd records why the run ended.
func WriteEnd(runDir string, e End) error { return write(runDir, "end.json", e) }

// WriteStatus replaces the camera's status. It is not synced: after a power cut
// nobody wants to know it, and once a second is often for a slow disk.
func WriteStatus(cameraDir string, s Status) error {
	s.Format = Format
	return WriteUnsynced(cameraDir, "status.json", s, 0o644)
}

// WriteUnsynced replaces a file by v as JSON: readers see all of the old or of
// the new one, but after a power cut there may be less.
func WriteUnsynced(dir, name string, v any, mode os.FileMode) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	making := filepath.Join(dir, "."+name)
	if err := WriteRegular(making, append(data, '\n'), mode); err != nil {
		return err
	}
	return os.Rename(making, filepath.Join(dir, name))
}

// ReadRun reads run.json; fs.ErrNotExist when the run has not begun yet. Any other
// error: it can't be read, is no JSON, or is of a newer format.
func ReadRun(runDir string) (Run, error) {
	var r Run
	err := read(runDir, "run.json", &r)
	if err == nil && r.Format > Format {
		err = fmt.Errorf("%s: format %d is newer than this program understands (%d)", filepath.Join(runDir, "run.json"), r.Format, Format)
	}
	return r, err
}

// ReadEnd reads end.json; fs.ErrNotExist when the run goes on or its recorder was killed.
func ReadEnd(runDir string) (End, error) {
	var e End
	err := read(runDir, "end.json", &e)
	return e, err
}

// ReadStatus reads the camera's status.json; fs.ErrNotExist when there is none.
func ReadStatus(cameraDir string) (Status, error) {
	var s Status
	err := read(cameraDir, "status.json", &s)
	return s, err
}

func write(dir, name string, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return renameio.WriteFile(filepath.Join(dir, name), append(data, '\n'), 0o644, renameio.WithTempDir(dir))
}

func read(dir, name string, v any) error {
	data, err := ReadRegular(filepath.Join(dir, name), SmallFile)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, v); err != nil {
		return fmt.Errorf("%s: %w", filepath.Join(dir, name), err)
	}
	return nil
}
