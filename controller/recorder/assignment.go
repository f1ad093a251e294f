package recorder

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/google/renameio/v2"

	"lookback/controller/camera"
	"lookback/controller/spool"
)

// Assignment is what a recorder in a process of its own is told. It lies in the
// camera's spool as recorder.json, readable by its owner alone: the address has
// credentials, which arguments and variables would show to everyone.
type Assignment struct {
	Format int `json:"Format"`
	camera.Request
	Lease     time.Duration `json:"Lease"` // how long it goes on without a controller
	LogLevel  slog.Level    `json:"LogLevel"`
	LogFormat string        `json:"LogFormat"` // text or json
}

func assignmentPath(mediaDir, name string) string {
	return filepath.Join(spool.CameraDir(mediaDir, name), "recorder.json")
}

// Write hands the assignment over; it is there in whole or not at all.
func (a Assignment) Write(mediaDir, name string) error {
	a.Format = spool.Format
	data, err := json.Marshal(a)
	if err != nil {
		return err
	}
	path := assignmentPath(mediaDir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return renameio.WriteFile(path, append(data, '\n'), 0o600, renameio.WithTempDir(filepath.Dir(path)), renameio.IgnoreUmask())
}

// ReadAssignment reads what Write wrote.
func ReadAssignment(mediaDir, name string) (a Assignment, err error) {
	path := assignmentPath(mediaDir, name)
	data, err := spool.ReadRegular(path, spool.SmallFile)
	if err != nil {
		return a, err
	}
	if err := json.Unmarshal(data, &a); err != nil {
		return a, fmt.Errorf("%s: not a recorder's assignment", path) // its text has credentials
	}
	if a.Format > spool.Format {
		return a, fmt.Errorf("%s: format %d is newer than this program understands (%d)", path, a.Format, spool.Format)
	}
	return a, nil
}

// Options are those of a recorder with this assignment; the caller adds what
// belongs to its process.
func (a Assignment) Options(mediaDir, name string) Options {
	return Options{MediaDir: mediaDir, Camera: name, Request: a.Request}
}
