// Package station is one camera's life: its archive is loaded and followed, its
// recorder heard, its health judged, each camera's alone, so that none can hold
// up or end another. The [Directory] is the set of them, which comes and goes;
// page, API, metrics and alerts ask it for the cameras of now.
package station

import (
	"context"
	"io/fs"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"lookback/controller/archive"
	"lookback/controller/config"
	"lookback/controller/health"
	"lookback/controller/spool"
)

// Station is one camera, from when it is first named, or found on the disk, until
// nothing is left of it. Its methods may be called from anywhere and never wait
// for a disk, but for those that open files.
type Station struct {
	*shared
	name string
	log  *slog.Logger
	now  atomic.Pointer[naming]
	demo atomic.Bool     // it is the demo camera, and all of its history is that camera's
	last *Station        // the one before of this name, which may still be ending; nil: none
	life context.Context // ends when the camera is gone
	end  context.CancelFunc
	over chan struct{} // closed when nothing of it runs any more

	none       *archive.Snapshot // as long as the archive is not loaded
	loaded     func()            // supersedes none
	archive    atomic.Pointer[archive.Archive]
	unreadable atomic.Pointer[archive.UnreadableError]
	tried      chan struct{} // closed when loading has come to an end once, well or not

	asking sync.Mutex  // guards asked
	asked  *reading    // the newest, nil for none
	waited atomic.Bool // longestGuess has passed once
}

// naming is how a camera is named now, or was.
type naming struct {
	archive.Terms
	source  string // without credentials
	zone    string // where it stands, "" = nobody said
	monitor *health.Monitor
}

func newStation(sh *shared, name string) *Station {
	s := &Station{shared: sh, name: name, log: sh.Log.With("camera", name), over: make(chan struct{}), tried: make(chan struct{})}
	none, supersede := archive.NewSnapshot(archive.Snapshot{Camera: name})
	s.none, s.loaded = none, sync.OnceFunc(supersede)
	s.life, s.end = context.WithCancel(context.Background())
	return s
}

// call names the camera, anew or otherwise than before.
func (s *Station) call(c config.Camera) {
	n := &naming{archive.Terms{Title: c.Title, Window: c.Window, WindowBytes: c.WindowBytes}, c.URL.String(), c.TimeZone, nil}
	if was := s.now.Load(); was != nil && !was.Ended {
		n.monitor = was.monitor
	} else {
		n.monitor = health.NewMonitor(s, time.Now())
	}
	s.rename(n)
}

// retire says that the camera is no longer named.
func (s *Station) retire() {
	if was := *s.now.Load(); !was.Ended {
		was.Ended = true
		s.rename(&was)
	}
}

func (s *Station) rename(n *naming) {
	was := s.now.Swap(n)
	if a := s.archive.Load(); a != nil && was != nil && n.Terms != was.Terms {
		a.Adjust(n.Terms)
	}
}

// Name is in every URL, label and folder.
func (s *Station) Name() string { return s.name }

// Title is for people.
func (s *Station) Title() string { return s.now.Load().Title }

// TimeZone is where the camera stands, by the IANA database; "" when nobody has
// said so in this life of the controller.
func (s *Station) TimeZone() string { return s.now.Load().zone }

// Source is the camera's address without credentials, "" when it was not named
// in this life of the controller.
func (s *Station) Source() string { return s.now.Load().source }

// Life ends when the camera is gone, with its history.
func (s *Station) Life() context.Context { return s.life }

// Snapshot is the newest state of the archive, empty until it is loaded.
func (s *Station) Snapshot() *archive.Snapshot {
	if a := s.archive.Load(); a != nil {
		return a.Snapshot()
	}
	return s.none
}

// OpenMedia opens a segment's file; fs.ErrNotExist when it is gone, or while the
// archive is not loaded.
func (s *Station) OpenMedia(msn uint64) (*os.File, error) {
	if a := s.archive.Load(); a != nil {
		return a.OpenMedia(msn)
	}
	return nil, fs.ErrNotExist
}

// OpenInit opens the init section of the run that begins with an MSN; errors are
// those of OpenMedia.
func (s *Station) OpenInit(firstMSN uint64) (*os.File, error) {
	if a := s.archive.Load(); a != nil {
		return a.OpenInit(firstMSN)
	}
	return nil, fs.ErrNotExist
}

// Bytes is the archive's size on disk, 0 while it is not loaded.
func (s *Station) Bytes() int64 {
	if a := s.archive.Load(); a != nil {
		return a.Bytes()
	}
	return 0
}

// Forecast tells how much history will fit, zero while nobody knows.
func (s *Station) Forecast() (f archive.Forecast) {
	if a := s.archive.Load(); a != nil {
		return a.Forecast()
	}
	return f
}

// Wake makes the archive look at the spool. One that is not loaded looks anyway.
func (s *Station) Wake() {
	if a := s.archive.Load(); a != nil {
		a.Wake()
	}
}

// Status is what the camera's recorder said last.
func (s *Station) Status() (spool.Status, error) { return s.Recorders.Status(s.name) }

// Keeping is what is known of the recorder's container, nil where it has none.
func (s *Station) Keeping() *health.Keeping { return s.Recorders.Keeping(s.name) }

// Archiving is how the archive is.
func (s *Station) Archiving() health.Archiving {
	if a := s.archive.Load(); a != nil {
		return health.Archiving{Loaded: true, Beat: beat(a), LeftOut: a.LeftOut(), Reserve: a.Reserve.Impossible()}
	}
	return health.Archiving{Unreadable: s.unreadable.Load()}
}

// beat is when the archive's loop last went round, zero before the first time.
func beat(a *archive.Archive) time.Time {
	if b := a.Beat(); b.Unix() > 0 {
		return b
	}
	return time.Time{}
}

// Report is the camera's health. Of an ended one nothing is told but since when
// there is no picture.
func (s *Station) Report(now time.Time) health.Report {
	n := s.now.Load()
	if !n.Ended {
		return n.monitor.Report(now)
	}
	v := health.Verdict{State: health.HasEnded, Since: s.begun}
	if snap := s.Snapshot(); !snap.Empty() {
		v.Since = time.UnixMicro(snap.Edge())
	}
	return health.Report{Verdict: v}
}
