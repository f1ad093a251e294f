package health

import (
	"errors"
	"testing"
	"time"

	"lookback/controller/spool"
)

// TestContainerLinks: what is known of a recorder's container explains why it
// says nothing, and is a warning beside pictures that come.
func TestContainerLinks(t *testing.T) {
	now := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	alive := spool.Status{State: spool.Recording, At: now.Add(-time.Second)}
	silent := spool.Status{State: spool.Recording, At: now.Add(-5 * time.Second)}
	ended := spool.Status{State: spool.Stopped, At: now.Add(-time.Second)}
	paused, away := &Reason{Code: "recorder-paused"}, &Reason{Code: "engine-away"}
	for name, c := range map[string]struct {
		status                      spool.Status
		err                         error
		keeping                     *Keeping
		recorder, engine, container string // the reason's code, or the state
	}{
		"in this program":      {status: alive, recorder: OK},
		"all well":             {status: alive, keeping: &Keeping{}, recorder: OK, engine: OK, container: OK},
		"away, recording":      {status: alive, keeping: &Keeping{Engine: away}, recorder: OK, engine: "engine-away", container: OK},
		"away, and silent":     {status: silent, keeping: &Keeping{Engine: away}, recorder: "engine-away", engine: "engine-away", container: OK},
		"away from the start":  {err: errors.New("none"), keeping: &Keeping{Engine: away}, recorder: "engine-away", engine: "engine-away", container: OK},
		"paused":               {status: silent, keeping: &Keeping{Recorder: paused}, recorder: "recorder-paused", engine: OK, container: OK},
		"paused a moment ago":  {status: alive, keeping: &Keeping{Recorder: paused}, recorder: OK, engine: OK, container: OK},
		"ended, and not known": {status: ended, keeping: &Keeping{}, recorder: "stopped", engine: OK, container: OK},
		"ended, and known":     {status: ended, keeping: &Keeping{Recorder: paused}, recorder: "recorder-paused", engine: OK, container: OK},
		"killed a minute ago":  {status: alive, keeping: &Keeping{Ended: &Ended{Reason{Code: "recorder-killed"}, now.Add(-time.Minute)}}, recorder: OK, engine: OK, container: "recorder-killed"},
		"killed an hour ago":   {status: alive, keeping: &Keeping{Ended: &Ended{Reason{Code: "recorder-killed"}, now.Add(-time.Hour)}}, recorder: OK, engine: OK, container: OK},
	} {
		got := map[string]string{}
		for _, l := range judgeLinks(Facts{Now: now, Status: c.status, StatusErr: c.err, Keeping: c.keeping}) {
			got[l.Code] = l.State
			if l.Reason != nil {
				got[l.Code] = l.Reason.Code
			}
		}
		if got["recorder"] != c.recorder || got["engine"] != c.engine || got["container"] != c.container {
			t.Errorf("%s: %v", name, got)
		}
	}
}
