package recorder

import (
	"errors"
	"io"
	"slices"
	"time"

	"lookback/controller/fmp4"
)

// mp4Pictures is a camera's own video in ffmpeg's fragmented MP4, whose muxer
// holds each picture until the next one comes, since only then it knows for how
// long it is to be shown.
type mp4Pictures struct {
	scanner *fmp4.Scanner
	clock   func() time.Duration
	track   fmp4.Track
	format  *format
	began   time.Duration // the source's clock at decode time 0
	dated   bool          // began is known
	more    []unit        // of the fragment that was read last
}

func newMP4Pictures(r io.Reader, clock func() time.Duration) *mp4Pictures {
	return &mp4Pictures{scanner: fmp4.NewScanner(r, fmp4.Limits{}), clock: clock}
}

func (s *mp4Pictures) next() (unit, error) {
	if s.format == nil {
		if err := s.begin(); err != nil {
			return unit{}, err
		}
	}
	for len(s.more) == 0 {
		f, err := s.scanner.Next()
		if err != nil {
			return unit{}, err
		}
		if err := s.take(f); err != nil {
			return unit{}, err
		}
	}
	u := s.more[0]
	s.more = s.more[1:]
	return u, nil
}

// begin reads the init section.
func (s *mp4Pictures) begin() error {
	init, err := s.scanner.Init()
	if err != nil {
		return err
	}
	picture, err := init.Describe()
	if err != nil {
		return &fmp4.FormatError{Reason: err.Error()}
	}
	s.track, _ = init.Video()
	s.format = &format{timescale: s.track.Timescale, picture: picture}
	return nil
}

// take makes units of a fragment.
func (s *mp4Pictures) take(f *fmp4.Fragment) error {
	arrival := s.clock()
	t, ok := f.Track(s.track.ID)
	if !ok {
		return nil
	}
	samples, err := f.Samples(s.track.ID)
	if err != nil {
		return errors.Join(err, &fmp4.FormatError{Box: "moof", Reason: err.Error()})
	}
	dts := int64(t.DecodeTime)
	if t.Sync && !f.PRFT.IsZero() {
		s.began, s.dated = time.Duration(f.PRFT.UnixNano())-s.format.time(dts), true
	}
	for _, one := range samples {
		u := unit{format: s.format, dts: dts, pts: dts + int64(one.Shift), duration: uint64(one.Duration), sync: one.Sync,
			arrival: arrival, late: true, data: slices.Clone(one.Data)}
		if u.sync && !beginsWithKey(s.format.picture.Entry, u.data) {
			u.sync, u.refresh = false, true
		}
		if s.dated {
			u.clock = s.began + u.time()
		}
		s.more = append(s.more, u)
		dts += int64(one.Duration)
	}
	return nil
}
