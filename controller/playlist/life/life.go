// Package life simulates the life of a camera for tests: a sequence of
// archive snapshots, part by part, with restarts and gaps, and the files that
// belong to them. Methods but Snapshot, OpenMedia, OpenInit and Bytes are for one goroutine.
package life

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"

	"lookback/controller/archive"
	"lookback/controller/spool"
)

// Begin is the program date time of the first frame, microseconds:
// 2026-11-22T10:59:50Z, ten seconds before an hour ends.
const Begin = 1795345190_000000

// Identity is the archive's.
const Identity = "0123456789abcdef"

// Simulation is a camera without one. It has the methods of web.Archive.
type Simulation struct {
	Dir    string // where to put the segments' files; empty: nowhere
	Window int64  // microseconds of media to keep, 0: all
	// PartSize is the bytes of each part.
	PartSize uint32

	clock     int64 // program date time of the next part
	open      *archive.Open
	parts     []archive.Parts
	next      archive.Snapshot // what to publish, Open and Recent left out
	current   atomic.Pointer[archive.Snapshot]
	supersede func()
}

// New is a camera without a picture, whose first segment will have the MSN first.
func New(c spool.Constants, nominal int64, first uint64) *Simulation {
	l := &Simulation{PartSize: 1000, clock: Begin,
		next: archive.Snapshot{Camera: "front", Identity: Identity, Nominal: nominal, First: first}}
	l.next.Promises, _ = archive.Follow(nil, first, first, spool.Promised{Constants: c})
	l.publish()
	return l
}

// Usual is a camera with parts of 0.1 s and segments of 2 s.
func Usual() *Simulation {
	return New(spool.Constants{PartTarget: 100_000, TargetDuration: 2_000_000, Independent: true}, 2_000_000, 4200)
}

// Snapshot is the newest state.
func (l *Simulation) Snapshot() *archive.Snapshot { return l.current.Load() }

// Bytes is the size of all segments.
func (l *Simulation) Bytes() (n int64) {
	for _, s := range l.Snapshot().Segments {
		n += int64(s.Size)
	}
	return n
}

// OpenMedia opens a segment's file.
func (l *Simulation) OpenMedia(msn uint64) (*os.File, error) {
	if l.Dir == "" {
		return nil, fs.ErrNotExist
	}
	return os.Open(l.path(msn))
}

// OpenInit never finds an init section: the parts are no media.
func (l *Simulation) OpenInit(uint64) (*os.File, error) { return nil, fs.ErrNotExist }

func (l *Simulation) path(msn uint64) string { return filepath.Join(l.Dir, fmt.Sprintf("%d.m4s", msn)) }

// PartBytes is what the part n of a segment consists of.
func (l *Simulation) PartBytes(msn uint64, n int) []byte {
	word := fmt.Sprintf("[part %d of %d]", n, msn)
	return bytes.Repeat([]byte(word), int(l.PartSize)/len(word)+1)[:l.PartSize]
}

// Run begins a run, pause microseconds after the last picture (negative when
// the clock was set back), and publishes its start.
func (l *Simulation) Run(pause int64) {
	l.EndRun()
	l.next.Ended = false
	l.clock += pause
	r := archive.Run{FirstMSN: l.next.Next(), Codecs: "avc1.42c01f", Width: 1280, Height: 720, FrameRate: 30}
	if n := len(l.next.Runs); n > 0 {
		r.Sequence = l.next.Runs[n-1].Sequence + 1
	}
	l.next.Runs = append(slices.Clip(l.next.Runs), r)
	l.begin(len(l.next.Segments) > 0)
	l.publish()
}

func (l *Simulation) begin(discontinuity bool) {
	l.open = &archive.Open{MSN: l.next.Next(), Start: l.clock, Run: uint32(len(l.next.Runs) - 1)}
	if discontinuity {
		l.open.Flags = archive.Discontinuity
	}
}

// Part appends a part of d microseconds and publishes it. A segment that has
// reached its nominal duration is complete with it.
func (l *Simulation) Part(d int64) {
	o := *l.open
	n := uint32(len(o.Parts))
	o.Parts = append(slices.Clip(o.Parts), archive.Part{Offset: n * l.PartSize, Size: l.PartSize,
		Duration: uint32(d), Independent: n == 0})
	l.open = &o
	l.clock += d
	l.write(o.MSN, int(n))
	if l.clock-o.Start >= l.next.Nominal {
		l.complete()
		l.begin(false)
	}
	l.publish()
}

// Parts appends n parts of the part target.
func (l *Simulation) Parts(n int) {
	for range n {
		l.Part(l.next.Promise().Constants.PartTarget)
	}
}

// EndRun ends the run: what was growing becomes a complete segment.
func (l *Simulation) EndRun() {
	if l.open == nil {
		return
	}
	if len(l.open.Parts) > 0 {
		l.complete()
	} else if l.next.Runs[l.open.Run].FirstMSN == l.open.MSN {
		l.next.Runs = l.next.Runs[:l.open.Run] // a run without media never was
	}
	l.open = nil
	l.publish()
}

// Promise makes what comes next under other constants, and publishes that. What
// grows becomes a complete segment; the run goes on.
func (l *Simulation) Promise(c spool.Constants) {
	if l.open != nil && len(l.open.Parts) > 0 {
		l.complete()
		l.begin(false)
	}
	promised := spool.Promised{Number: l.next.Promise().Number + 1, Constants: c}
	l.next.Promises, _ = archive.Follow(l.next.Promises, l.next.First, l.next.Next(), promised)
	l.publish()
}

// End has the camera be no longer named: nothing more comes, until Run.
func (l *Simulation) End() {
	l.EndRun()
	l.next.Ended = true
	l.publish()
}

// Gap ends the growing segment and loses the next, d microseconds long. The
// run goes on behind it.
func (l *Simulation) Gap(d int64) {
	if len(l.open.Parts) > 0 {
		l.complete()
		l.begin(false)
	}
	l.next.Segments = append(l.next.Segments, archive.Segment{Start: l.clock, Duration: uint32(d),
		Run: l.open.Run, Flags: l.open.Flags | archive.Gap})
	l.clock += d
	l.begin(false)
	l.publish()
}

// Flaw makes the open segment tell of one that begins ago microseconds before
// the live edge and lasts for duration.
func (l *Simulation) Flaw(kind archive.FlawKind, ago, duration int64) {
	l.open.Flaws = append(slices.Clone(l.open.Flaws), archive.Flaw{MSN: l.open.MSN, Start: l.clock - ago, End: l.clock - ago + duration, Kind: kind})
	l.publish()
}

func (l *Simulation) complete() {
	o := l.open
	seg := archive.Segment{Start: o.Start, Duration: uint32(l.clock - o.Start), Run: o.Run, Flags: o.Flags,
		Size: l.PartSize * uint32(len(o.Parts))}
	l.next.Segments = append(l.next.Segments, seg)
	l.next.Flaws = append(l.next.Flaws, o.Flaws...)
	l.parts = append(l.parts, archive.Parts{MSN: o.MSN, Parts: o.Parts})
	l.parts = l.parts[max(0, len(l.parts)-10):]
}

// trim forgets what has left the window.
func (l *Simulation) trim() {
	var us int64
	for i := len(l.next.Segments) - 1; i >= 0 && l.Window > 0; i-- {
		if us += int64(l.next.Segments[i].Duration); us > l.Window {
			l.next.First += uint64(i)
			l.next.Segments = l.next.Segments[i:]
			return
		}
	}
}

// publish replaces the snapshot.
func (l *Simulation) publish() {
	l.trim()
	s := l.next
	s.Recent = slices.Clone(l.parts)
	if l.open != nil {
		o := *l.open
		s.Open = &o
	}
	published, supersede := archive.NewSnapshot(s)
	l.current.Store(published)
	if l.supersede != nil {
		l.supersede()
	}
	l.supersede = supersede
}

func (l *Simulation) write(msn uint64, n int) {
	if l.Dir == "" {
		return
	}
	f, err := os.OpenFile(l.path(msn), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err == nil {
		_, err = f.Write(l.PartBytes(msn, n))
	}
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		panic(err) // a test without its files proves nothing
	}
}
