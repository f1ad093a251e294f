package fmp4

import (
	"encoding/binary"
	"errors"
)

// Samples are what the fragment holds of a track; an error where it does not say
// where they are or how long they last. Their data is the fragment's own.
func (f *Fragment) Samples(track uint32) (samples []Sample, err error) {
	t, start, err := f.find(track)
	if err != nil {
		return nil, err
	}
	for _, r := range t.runs {
		if !t.fromMoof || r.dataOffset == nil || r.sizeAt < 0 && t.size == nil {
			return nil, errors.New("fmp4: the fragment does not say where its samples are")
		}
		at := start + int(int32(binary.BigEndian.Uint32(r.dataOffset)))
		for i := range r.count {
			s := Sample{Duration: r.value(i, r.durationAt, t.duration), Sync: r.value(i, r.flagsAt, t.flags)&sampleIsNonSync == 0}
			if i == 0 {
				s.Sync = binary.BigEndian.Uint32(r.firstFlags(t.flags))&sampleIsNonSync == 0
			}
			if r.shiftAt >= 0 {
				s.Shift = int32(r.value(i, r.shiftAt, nil))
			}
			size := int(r.value(i, r.sizeAt, t.size))
			if at < 0 || size > len(f.Raw)-at {
				return nil, errors.New("fmp4: samples are outside the fragment")
			}
			s.Data = f.Raw[at : at+size]
			at += size
			samples = append(samples, s)
		}
	}
	return samples, nil
}

// value is a field of the i-th sample, or what its track says of all.
func (r run) value(i, at int, all []byte) uint32 {
	if at >= 0 {
		all = r.field(i, at)
	}
	return binary.BigEndian.Uint32(all)
}

// find takes the track's traf apart, whose slices point into Raw, and tells where
// in Raw its moof begins.
func (f *Fragment) find(track uint32) (t traf, moofAt int, err error) {
	found := false
	err = each(f.Raw, 0, func(b box) error {
		if string(b.kind[:]) != "moof" {
			return nil
		}
		m, err := parseMoof(b)
		for _, c := range m.trafs {
			if c.ID == track {
				t, moofAt, found = c, int(b.off), true
			}
		}
		return err
	})
	if err == nil && !found {
		err = errors.New("fmp4: the fragment has no such track")
	}
	return t, moofAt, err
}
