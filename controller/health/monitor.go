package health

import (
	"sync"
	"time"

	"lookback/controller/archive"
	"lookback/controller/spool"
)

// Link is the state of one link of the chain.
type Link struct {
	Code      string
	Title     string // what holds
	Severity  string // Lost or Warning
	State     string // OK, Failing or Unknown
	Since     time.Time
	DependsOn []string
	Patience  time.Duration // how long it must fail before anyone is told
	Reported  bool          // it fails, and has for long enough
	Reason    *Reason       // why it fails, else nil
}

// Report is all that is known of a camera's health at an instant.
type Report struct {
	Verdict
	Links  []Link // the whole chain, in its order
	Status spool.Status
	// StatusErr is why the recorder has said nothing, nil when it has.
	StatusErr error
}

// Camera is what a Monitor asks of a camera.
type Camera interface {
	Snapshot() *archive.Snapshot
	// Status is what its recorder said last.
	Status() (spool.Status, error)
	Archiving() Archiving
	// Keeping tells of the recorder's container, nil where it has none.
	Keeping() *Keeping
}

// Monitor remembers since when each link of a camera's chain has held or
// failed. Its methods may be called from anywhere.
type Monitor struct {
	camera Camera
	begun  time.Time

	mu    sync.Mutex
	links []Link
}

// NewMonitor watches one camera, which was not looked at before begun.
func NewMonitor(c Camera, begun time.Time) *Monitor { return &Monitor{camera: c, begun: begun} }

// Report judges the camera at now.
func (m *Monitor) Report(now time.Time) Report {
	f := m.facts(now)
	links := judgeLinks(f)
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := range links {
		l := &links[i]
		if l.Since.IsZero() {
			l.Since = now
			if i < len(m.links) && m.links[i].State == l.State {
				l.Since = m.links[i].Since
			} else if m.links == nil {
				l.Since = m.begun
			}
		}
		l.Reported = l.State == Failing && now.Sub(l.Since) >= l.Patience
	}
	m.links = links
	return Report{Judge(f), append([]Link(nil), links...), f.Status, f.StatusErr}
}

// facts gathers what is known.
func (m *Monitor) facts(now time.Time) Facts {
	snap := m.camera.Snapshot()
	status, err := m.camera.Status()
	f := Facts{Now: now, Begun: m.begun, Status: status, StatusErr: err, Archiving: m.camera.Archiving(), Keeping: m.camera.Keeping(),
		PartTarget: time.Duration(snap.Promise().Constants.PartTarget) * time.Microsecond}
	if !snap.Empty() {
		f.Edge, f.RunStart = time.UnixMicro(snap.Edge()), time.UnixMicro(runStart(snap))
	}
	return f
}

// judgeLinks is the chain at an instant. Since is zero where the facts don't say.
func judgeLinks(f Facts) []Link {
	links := make([]Link, 0, len(chain))
	holds := map[string]bool{}
	for _, l := range chain {
		if l.ofContainer && f.Keeping == nil {
			continue
		}
		out := Link{Code: l.code, Title: l.title, Severity: l.severity, State: OK, DependsOn: l.dependsOn, Patience: l.patience}
		if l.code == "recorder" && f.Keeping != nil {
			out.Patience = containerPatience
		}
		known := l.known == nil || l.known(f)
		for _, d := range l.dependsOn {
			known = known && holds[d]
		}
		if !known {
			out.State = Unknown
		} else if bad := l.fault(f); bad != nil {
			out.State, out.Since, out.Reason = Failing, bad.since, &bad.Reason
		}
		holds[l.code] = out.State == OK
		links = append(links, out)
	}
	return links
}

// runStart is where the newest run begins, as far as it is listed, microseconds.
func runStart(s *archive.Snapshot) int64 {
	var run uint32
	var start int64
	if n := len(s.Segments); n > 0 {
		run, start = s.Segments[n-1].Run, s.Segments[n-1].Start
	}
	if o := s.Open; o != nil && len(o.Parts) > 0 && (len(s.Segments) == 0 || o.Run != run) {
		return o.Start
	}
	if first := s.Runs[run].FirstMSN; first >= s.First && first < s.Next() {
		return s.Segments[first-s.First].Start
	}
	if len(s.Segments) > 0 && s.Segments[0].Run == run {
		return s.Segments[0].Start
	}
	return start
}
