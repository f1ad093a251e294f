package archive

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/google/renameio/v2"

	"lookback/controller/spool"
)

// Format is the version of everything in a camera's archive. A newer one is refused.
const Format = 1

// reserve is how many MSNs state.json reserves at a time, so that it need not
// be written for each segment.
const reserve = 16

// state is what must never go back, whatever becomes of the segments.
type state struct {
	Format    int              `json:"format"`
	Constants *spool.Constants `json:"constants,omitempty"`
	// Reserved: MSNs below it may have been used.
	Reserved uint64 `json:"reserved_msn"`
	// Sequence is the discontinuity sequence number of the newest run.
	Sequence uint64 `json:"discontinuity_sequence"`
	// Begun tells that there has been a run, so that the next one is preceded
	// by a discontinuity.
	Begun bool `json:"begun"`
	// Adopted is the spool's run whose segments are being taken over: its n-th
	// has MSN First+n.
	Adopted *adopted `json:"adopted,omitempty"`
	// Boot is the machine's boot id at the last write, and Closed that the
	// archive was closed in order. See lostPower.
	Boot   string `json:"boot_id"`
	Closed bool   `json:"closed"`
}

type adopted struct {
	Run   string `json:"run"`
	First uint64 `json:"first_msn"`
}

func readState(dir string) (state, error) {
	path := filepath.Join(dir, "state.json")
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return state{Format: Format}, nil
	}
	if err != nil {
		return state{}, err
	}
	var s state
	if err := json.Unmarshal(data, &s); err != nil {
		return state{}, fmt.Errorf("%s: %w", path, err)
	}
	if s.Format > Format {
		return state{}, fmt.Errorf("%s: format %d is newer than this program understands (%d): use the version of Lookback that wrote it, or a newer one", path, s.Format, Format)
	}
	return s, nil
}

// write replaces state.json; it is on disk, not only in the cache, on return.
func (s state) write(dir string) error {
	data, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	return renameio.WriteFile(filepath.Join(dir, "state.json"), append(data, '\n'), 0o644, renameio.WithTempDir(dir))
}

// constants are zero before the camera's first run.
func (s state) constants() spool.Constants {
	if s.Constants == nil {
		return spool.Constants{}
	}
	return *s.Constants
}
