package alert

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/google/renameio/v2"

	"lookback/controller/health"
	"lookback/controller/spool"
)

// message is the body of an alert.
type message struct {
	ID          string         `json:"id"`
	Event       string         `json:"event"`
	Camera      string         `json:"camera"`
	Title       string         `json:"title"`
	Since       stamp          `json:"since"` // when the picture ended
	At          stamp          `json:"at"`    // of the event
	Reason      *health.Reason `json:"reason"`
	LostSeconds float64        `json:"lost_seconds"`
	// Ended: it is not back, but no longer named.
	Ended bool `json:"ended,omitempty"`
}

// stamp is a time in JSON: RFC 3339, UTC, milliseconds.
type stamp time.Time

func (t stamp) MarshalJSON() ([]byte, error) {
	return time.Time(t).UTC().AppendFormat(nil, `"2006-01-02T15:04:05.000Z07:00"`), nil
}

func (t *stamp) UnmarshalJSON(b []byte) error { return (*time.Time)(t).UnmarshalJSON(b) }

// memory is what outlives the controller.
type memory struct {
	Format  int            `json:"format"`
	Lost    bool           `json:"lost"` // the last event was a loss
	Since   time.Time      `json:"since"`
	Reason  *health.Reason `json:"reason"`
	Pending []message      `json:"pending"` // oldest first
}

// file is where the memory lies: <MEDIA_DIR>/.spool/<camera>/alert.json.
type file string

const format = 1

func newFile(mediaDir, camera string) file {
	return file(filepath.Join(spool.CameraDir(mediaDir, camera), "alert.json"))
}

// read is the zero memory when there is none, and with any error.
func (f file) read() (memory, error) {
	data, err := spool.ReadRegular(string(f), spool.SmallFile)
	if errors.Is(err, fs.ErrNotExist) {
		return memory{}, nil
	}
	var m memory
	if err == nil {
		err = json.Unmarshal(data, &m)
	}
	if err == nil && m.Format > format {
		err = fmt.Errorf("format %d is newer than this program understands (%d)", m.Format, format)
	}
	if err != nil {
		return memory{}, fmt.Errorf("%s: %w", f, err)
	}
	return m, nil
}

func (f file) write(m memory) error {
	m.Format = format
	data, err := json.Marshal(m)
	if err != nil {
		return err
	}
	dir := filepath.Dir(string(f))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	return renameio.WriteFile(string(f), append(data, '\n'), 0o600, renameio.WithTempDir(dir))
}
