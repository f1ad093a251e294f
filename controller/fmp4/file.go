package fmp4

import (
	"errors"
	"io"
	"time"
)

// Info is a fragment found in a file without reading its media.
type Info struct {
	Offset int64 // where it begins in the file, with what precedes its moof
	Size   int64 // up to the end of its mdat
	Tracks []TrackFragment

	// PRFT is the wall clock of the first prft box, zero when there is none:
	// at that time its track was at PRFTMediaTime ticks. Microseconds come back
	// exactly as [AppendPRFT] got them.
	PRFT          time.Time
	PRFTMediaTime uint64
	Events        []Event // of the event message boxes before its moof
}

// Track is what the fragment holds of a track, false when nothing.
func (i *Info) Track(id uint32) (TrackFragment, bool) { return findTrack(i.Tracks, id) }

// Next finds the fragment that begins at byte off of a file of size bytes. It
// reads box headers, prft and moof only: one ReadAt of half a kilobyte, unless
// the moof is longer.
//
// Its errors are those of r, and
//
//   - [ErrIncomplete]: the file ends before the fragment does;
//   - io.EOF: off is the end of the file, or only ffmpeg's closing mfra follows;
//   - *[FormatError]: what is there is no fragment, or larger than DefaultMaxFragment. It agrees with [Scanner] on the same
//
// bytes.
func Next(r io.ReaderAt, off, size int64) (Info, error) {
	if off == size {
		return Info{}, io.EOF
	}
	if off < 0 || off > size {
		return Info{}, errors.New("fmp4: the offset is outside of the file")
	}
	l, err := readLayout(&fileWindow{r: r, off: off, size: size}, off, DefaultMaxFragment)
	switch {
	case err != nil:
		return Info{}, err
	case l.size > size-off:
		return Info{}, ErrIncomplete
	case l.trailer && l.size < size-off:
		return Info{}, trailerError(off)
	case l.trailer:
		return Info{}, io.EOF
	}
	return Info{Offset: off, Size: l.size, Tracks: l.tracks, PRFT: l.prft, PRFTMediaTime: l.mediaTime, Events: l.events}, nil
}

// readAhead takes in prft, moof and the header of mdat of one frame at once.
const readAhead = 512

// fileWindow is a [window] on the fragment at byte off.
type fileWindow struct {
	r         io.ReaderAt
	off, size int64
	pos       int64 // of buf in the fragment
	buf       []byte
}

func (w *fileWindow) at(pos, n int64) ([]byte, error) {
	if pos < w.pos || pos+n > w.pos+int64(len(w.buf)) {
		if err := w.read(pos, n); err != nil {
			return nil, err
		}
	}
	pos -= w.pos
	return w.buf[pos : pos+n], nil
}

// read takes a new buffer, since what the old one shows is still in use.
func (w *fileWindow) read(pos, n int64) error {
	left := w.size - w.off - pos
	if n > left {
		return ErrIncomplete
	}
	buf := make([]byte, min(max(n, readAhead), left))
	got, err := w.r.ReadAt(buf, w.off+pos)
	if int64(got) < n {
		if err == nil || errors.Is(err, io.EOF) { // shorter than size said: truncated meanwhile
			return ErrIncomplete
		}
		return err
	}
	w.pos, w.buf = pos, buf[:got]
	return nil
}
