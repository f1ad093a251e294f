package health

import (
	"context"
	"log/slog"
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
	Told      bool          // it fails, and has for long enough
	Reason    *Reason       // why it fails, else nil
}

// Report is all that is known of a camera's health at an instant.
type Report struct {
	Verdict
	Links  []Link // the whole chain, in its order
	Status spool.Status
}

// Archive is what a Monitor asks of an archive.
type Archive interface{ Snapshot() *archive.Snapshot }

// Monitor remembers since when each link of a camera's chain has held or
// failed. Its methods may be called from anywhere.
type Monitor struct {
	archive Archive
	status  func() (spool.Status, error)
	begun   time.Time
	// Keeping tells of the recorder's container; nil: it has none. Set it before
	// anything else is done with the monitor.
	Keeping func() Keeping

	mu    sync.Mutex
	links []Link
}

// NewMonitor watches one camera. begun is when the controller began.
func NewMonitor(a Archive, status func() (spool.Status, error), begun time.Time) *Monitor {
	return &Monitor{archive: a, status: status, begun: begun}
}

// Run looks once a second, so that each since is true, and logs what people
// are to know: that a link fails, once, and that it holds again. It ends with
// the context.
func (m *Monitor) Run(ctx context.Context, log *slog.Logger) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	told := map[string]bool{}
	for {
		for _, l := range m.Report(time.Now()).Links {
			switch {
			case l.Told && !told[l.Code]:
				log.Warn("health: failing", "link", l.Code, "reason", l.Reason.Code, "title", l.Reason.Title, "advice", l.Reason.Advice)
			case l.State == OK && told[l.Code]:
				log.Info("health: well again", "link", l.Code, "title", l.Title)
			}
			told[l.Code] = l.Told || told[l.Code] && l.State != OK
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

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
		l.Told = l.State == Failing && now.Sub(l.Since) >= l.Patience
	}
	m.links = links
	return Report{Judge(f), append([]Link(nil), links...), f.Status}
}

// facts gathers what is known.
func (m *Monitor) facts(now time.Time) Facts {
	snap := m.archive.Snapshot()
	status, err := m.status()
	f := Facts{Now: now, Begun: m.begun, Status: status, StatusErr: err,
		PartTarget: time.Duration(snap.Promise().Constants.PartTarget) * time.Microsecond}
	if m.Keeping != nil {
		k := m.Keeping()
		f.Keeping = &k
	}
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
