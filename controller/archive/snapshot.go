package archive

import (
	"fmt"
	"time"
)

// Segment is one media segment of the index. Its MSN is its place:
// Snapshot.First plus its position in Snapshot.Segments.
type Segment struct {
	Start    int64  // program date time of its first frame, microseconds since 1970-01-01 UTC
	Duration uint32 // EXTINF, microseconds
	Size     uint32 // bytes; 0 for a GAP
	Run      uint32 // position in Snapshot.Runs
	Flags    Flags
}

// Flags of a segment.
type Flags uint8

const (
	// Gap: the media is lost (EXT-X-GAP).
	Gap Flags = 1 << iota
	// Discontinuity: EXT-X-DISCONTINUITY stands before it. Set on the first
	// segment of each run but the camera's very first.
	Discontinuity
)

// End is the program date time at which the segment ends, microseconds.
func (s Segment) End() int64 { return s.Start + int64(s.Duration) }

// Run is what the segments of one run share.
type Run struct {
	FirstMSN  uint64  // also names its init section
	Sequence  uint64  // discontinuity sequence number of its segments
	Codecs    string  // RFC 6381
	Width     int     // pixels
	Height    int     // pixels
	FrameRate float64 // frames a second, 0 when unknown
}

// Part is one partial segment.
type Part struct {
	Offset, Size uint32 // its bytes in the segment's file
	Duration     uint32 // microseconds
	Independent  bool   // contains a key frame
	Gap          bool
}

// Parts are the parts of one segment.
type Parts struct {
	MSN   uint64
	Parts []Part
}

// Snapshot is the state of a camera's archive at one instant. It and all it
// refers to never change; the next state is another Snapshot.
type Snapshot struct {
	Camera string
	// Identity is in the addresses of all media, see identity.go. "": there is nothing,
	// or the archive is not served.
	Identity string
	// Former is the identity before, where it changed while the archive was served: the
	// playlists of promises up to that name it, see Under. Its addresses have the same bytes.
	Former string
	Least  uint64 // promises from this number on are of Identity
	// Promises are those that segments were made under, by MSN, numbers rising.
	// The newest begins at the latest with the open segment.
	Promises []Promise
	Over     bool      // a later promise has segments: nothing is added to this, see Under
	Nominal  int64     // nominal duration of a media segment, microseconds
	First    uint64    // MSN of Segments[0]; when there are none, of the next one
	Segments []Segment // complete segments within the window, oldest first
	Runs     []Run
	// Flaws that Segments tell of, by MSN; those of the open one are Open.Flaws.
	Flaws []Flaw
	// Recent holds the parts of the newest complete segments, oldest first, at
	// least those that lie within three target durations of the live edge.
	Recent []Parts
	// Open is the segment that is growing, nil between runs. Its parts so far
	// are Open.Parts, none when only its start is known. When it is nil the
	// next segment will have MSN Next() and, if any came before, a discontinuity.
	Open *Open
	// Ended: nothing more will come. The camera is no longer named, and all of its
	// spool is taken in; Open is nil.
	Ended      bool
	superseded chan struct{}
}

// Open is a growing segment.
type Open struct {
	MSN   uint64
	Start int64 // program date time, microseconds
	Run   uint32
	Flags Flags
	Parts []Part
	Flaws []Flaw
}

// Next is the MSN that follows the newest complete segment.
func (s *Snapshot) Next() uint64 { return s.First + uint64(len(s.Segments)) }

// Superseded is closed when a newer snapshot has been published.
func (s *Snapshot) Superseded() <-chan struct{} { return s.superseded }

// Empty reports whether there is nothing to play yet: no segment and no part.
func (s *Snapshot) Empty() bool {
	return len(s.Segments) == 0 && (s.Open == nil || len(s.Open.Parts) == 0)
}

// Edge is the program date time of the end of the newest part, microseconds;
// 0 when the snapshot is empty.
func (s *Snapshot) Edge() int64 {
	if s.Open != nil && len(s.Open.Parts) > 0 {
		end := s.Open.Start
		for _, p := range s.Open.Parts {
			end += int64(p.Duration)
		}
		return end
	}
	if len(s.Segments) > 0 {
		return s.Segments[len(s.Segments)-1].End()
	}
	return 0
}

// PartsOf are the parts of a segment that is recent or open, nil for others.
func (s *Snapshot) PartsOf(msn uint64) []Part {
	if s.Open != nil && s.Open.MSN == msn {
		return s.Open.Parts
	}
	for i := len(s.Recent) - 1; i >= 0; i-- {
		if s.Recent[i].MSN == msn {
			return s.Recent[i].Parts
		}
	}
	return nil
}

// SegmentURI is a media segment's path below its camera's folder:
// 2026-11-22/10/000004211.m4s, by the UTC hour of its program date time.
func SegmentURI(msn uint64, start int64) string {
	return time.UnixMicro(start).UTC().Format("2006-01-02/15/") + fmt.Sprintf("%09d.m4s", msn)
}

// InitURI is an init section's path below its camera's folder.
func InitURI(firstMSN uint64) string { return fmt.Sprintf("init/%09d.mp4", firstMSN) }

// NewSnapshot completes a snapshot that was put together by hand, as tests of
// what reads snapshots do, and returns the function that supersedes it.
func NewSnapshot(s Snapshot) (*Snapshot, func()) {
	s.superseded = make(chan struct{})
	return &s, func() { close(s.superseded) }
}
