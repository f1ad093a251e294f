// Package fmp4 makes fragmented MP4 (ISO/IEC 14496-12) of coded pictures and
// sound: [NewInit], [AppendFragment], and [AppendPRFT], which ties their times to
// the wall clock. It reads it one fragment at a time, from a pipe with [Scanner]
// and from a file with [Next].
//
// It understands what it writes, and what ffmpeg emits with
//
//	-f mp4 -movflags +cmaf+delay_moov+skip_sidx+frag_every_frame
//
// that is: an init section ftyp…moov, then fragments. A fragment is any of
// prft, styp, emsg, sidx, free, skip and uuid, then one moof and, right after
// it, one mdat. The mfra index that ffmpeg appends when it ends is a clean end
// (+skip_trailer is better: until then ffmpeg keeps that index in memory, about
// 60 bytes a frame).
// Every other box there is a [FormatError], since garbage has to be noticed.
//
// Each traf must have a tfdt, and carry its samples' durations and flags in its
// trun or tfhd, as ffmpeg's do. The defaults of moov/mvex/trex are not
// consulted (ffmpeg leaves them zero), so that a fragment is understood without
// its init section.
package fmp4

import (
	"errors"
	"fmt"
)

// Bounds on what is read for one thing, in bytes. They are there to notice
// garbage early; memory is only ever taken for bytes that have arrived.
const (
	DefaultMaxInit     = 1 << 20
	DefaultMaxFragment = 32 << 20

	maxMoof    = 1 << 20 // one frame takes about 100 bytes
	maxSamples = 1 << 20 // per track of a fragment; keeps sums of 32 bit fields far from overflow
)

// ErrIncomplete says that the file ends before the fragment does: the rest is
// still to be written, or it was cut off.
var ErrIncomplete = errors.New("fmp4: the file ends before the fragment does")

// FormatError says that the bytes are not what this package reads, or that
// they are beyond its limits.
type FormatError struct {
	Offset int64  // where the box begins, in bytes from the beginning of the stream or file
	Box    string // its type, "" when not even that is known
	Reason string
}

// Error says where and why.
func (e *FormatError) Error() string {
	return fmt.Sprintf("fmp4: box %q at byte %d: %s", e.Box, e.Offset, e.Reason)
}
