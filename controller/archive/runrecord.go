package archive

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"github.com/google/renameio/v2"

	"lookback/controller/spool"
)

// runRecord lies beside a run's init section, init/<first msn>.json: what is
// known of the run and is not in the media.
type runRecord struct {
	spool.Run
	FirstMSN uint64 `json:"first_msn"`
	Sequence uint64 `json:"discontinuity_sequence"`
}

func (r runRecord) index() Run {
	return Run{
		FirstMSN: r.FirstMSN, Sequence: r.Sequence, Codecs: r.Codecs,
		Width: r.Width, Height: r.Height, FrameRate: r.FrameRate,
	}
}

func recordPath(root string, firstMSN uint64) string {
	return filepath.Join(root, strings.TrimSuffix(InitURI(firstMSN), ".mp4")+".json")
}

func (r runRecord) write(root string) error {
	data, err := json.Marshal(r)
	if err != nil {
		return err
	}
	path := recordPath(root, r.FirstMSN)
	return renameio.WriteFile(path, append(data, '\n'), 0o644, renameio.WithTempDir(filepath.Dir(path)))
}

// readRecords reads all runs of a camera, in the order of their MSN. One that
// can't be read is reported and left out: its segments then count to the run
// before it.
func readRecords(root string) (records []runRecord, problems []error, err error) {
	files, err := filepath.Glob(filepath.Join(root, "init", "*.json"))
	if err != nil {
		return nil, nil, err
	}
	for _, file := range files {
		var r runRecord
		data, err := os.ReadFile(file)
		if err == nil {
			err = json.Unmarshal(data, &r)
		}
		if err == nil && r.Format > spool.Format {
			return nil, nil, fmt.Errorf("%s: format %d is newer than this program understands (%d)", file, r.Format, spool.Format)
		}
		if err == nil && (r.Timescale == 0 || recordPath(root, r.FirstMSN) != file) {
			err = fmt.Errorf("it does not describe the run it is named after")
		}
		if err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", file, err))
			continue
		}
		records = append(records, r)
	}
	sort.Slice(records, func(i, j int) bool { return records[i].FirstMSN < records[j].FirstMSN })
	return records, problems, nil
}
