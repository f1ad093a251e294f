package health

import (
	"errors"
	"testing"
	"time"

	"lookback/controller/camera"
	"lookback/controller/spool"
)

func TestJudge(t *testing.T) {
	begun := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	now := begun.Add(time.Hour)
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	recording := spool.Status{State: spool.Recording, At: now, Since: ago(time.Minute)}
	refused := spool.Status{State: spool.Waiting, At: now, Code: "connection-refused", Title: "The camera refuses the connection", Advice: "Is it on?"}
	for _, x := range []struct {
		name   string
		edge   time.Time
		status spool.Status
		err    error
		state  string
		since  time.Time
		code   string
	}{
		{"fresh", ago(time.Second), recording, nil, Live, ago(time.Minute), ""},
		{"fresh, no status", ago(time.Second), spool.Status{}, errors.New("none"), Live, ago(2 * time.Hour), ""},
		{"just fresh", ago(2*time.Second + 299*time.Millisecond), recording, nil, Live, ago(time.Minute), ""},
		{"just stale", ago(2*time.Second + 300*time.Millisecond), recording, nil, Away, ago(2*time.Second + 300*time.Millisecond), "no-picture"},
		{"never a picture", time.Time{}, spool.Status{State: spool.Starting, At: now}, nil, Starting, begun, "connecting"},
		{"only old pictures", begun.Add(-time.Second), refused, nil, Starting, begun, "connection-refused"},
		{"went away", ago(time.Minute), refused, nil, Away, ago(time.Minute), "connection-refused"},
		{"recorder killed", ago(time.Minute), spool.Status{State: spool.Recording, At: ago(time.Minute)}, nil, Away, ago(time.Minute), "recorder-silent"},
		{"never reported", time.Time{}, spool.Status{}, errors.New("none"), Starting, begun, "no-recorder"},
		{"stopped", ago(time.Minute), spool.Status{State: spool.Stopped, At: ago(time.Minute)}, nil, Away, ago(time.Minute), "stopped"},
		{"clock set back, plays on", now.Add(time.Hour), recording, nil, Live, ago(time.Minute), ""},
		{"clock set back, away", now.Add(time.Hour), refused, nil, Away, now.Add(time.Hour), "connection-refused"},
	} {
		got := Judge(Facts{Now: now, Begun: begun, Edge: x.edge, RunStart: ago(2 * time.Hour), PartTarget: 100 * time.Millisecond,
			Status: x.status, StatusErr: x.err})
		code := ""
		if got.Reason != nil {
			code = got.Reason.Code
			if got.Reason.Title == "" {
				t.Errorf("%s: no title", x.name)
			}
		}
		if got.State != x.state || !got.Since.Equal(x.since) || code != x.code {
			t.Errorf("%s: %s since %v, %q; want %s since %v, %q", x.name, got.State, got.Since, code, x.state, x.since, x.code)
		}
	}
}

func TestRecordersWordsAreKept(t *testing.T) {
	got := Judge(Facts{Now: time.Unix(9, 0), Status: spool.Status{At: time.Unix(9, 0), State: spool.Waiting, Code: "x", Title: "Why", Advice: "What to do"}})
	if got.Reason == nil || *got.Reason != (Reason{"x", "Why", "What to do"}) {
		t.Errorf("%+v", got.Reason)
	}
}

// TestReasonsFailTheirLink: what the recorder says fails the link that the table
// of reasons names, and none before it.
func TestReasonsFailTheirLink(t *testing.T) {
	now := time.Unix(9, 0)
	for _, code := range []string{camera.Timeout, camera.FFmpegCrashed, camera.AnotherRecorder, camera.Stalled, camera.DiskFull, camera.Overload, "of another version"} {
		f := Facts{Now: now, Archiving: Archiving{Loaded: true}, Status: spool.Status{At: now, State: spool.Waiting, Code: code, Title: "Why"}}
		first := ""
		for _, l := range chain {
			if l.severity == Lost && l.fault(f) != nil {
				first = l.code
				break
			}
		}
		if want := string(camera.ReasonFor(code).Link); first != want {
			t.Errorf("%s fails %q, want %q", code, first, want)
		}
	}
}
