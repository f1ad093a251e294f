package fmp4

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/bits"
)

// Retime sets, in place, the track's decode time and the total duration of its
// samples, both in ticks. No size changes. One sample is the usual case; the
// durations of several are scaled in proportion and rounded so that their sum
// is exact.
//
// It is an error, and nothing changes, when the fragment has no such track or
// the times do not fit: a decode time above 32 bits in a version 0 tfdt, a
// sample longer than 32 bits, or several samples that share one default
// duration of which the total is no multiple. A sidx before the moof is not
// adjusted.
func (f *Fragment) Retime(track uint32, decodeTime, duration uint64) error {
	t, _, err := f.find(track)
	if err == nil {
		err = t.retime(decodeTime, duration)
	}
	if err != nil {
		return fmt.Errorf("fmp4: retime track %d to %d+%d: %w", track, decodeTime, duration, err)
	}
	for i := range f.Tracks {
		if f.Tracks[i].ID == track {
			f.Tracks[i].DecodeTime, f.Tracks[i].Duration = decodeTime, duration
		}
	}
	return nil
}

func (t *traf) retime(decodeTime, duration uint64) error {
	switch {
	case duration > math.MaxInt64 || decodeTime > math.MaxInt64-duration:
		return fmt.Errorf("beyond 63 bits")
	case len(t.time) == 4 && decodeTime > math.MaxUint32:
		return fmt.Errorf("tfdt has only 32 bits")
	}
	fields, samples := t.durations()
	set, err := share(fields, samples, t.Duration, duration)
	if err != nil {
		return err
	}
	for i, f := range fields {
		binary.BigEndian.PutUint32(f, set[i])
	}
	if len(t.time) == 4 {
		binary.BigEndian.PutUint32(t.time, uint32(decodeTime))
	} else {
		binary.BigEndian.PutUint64(t.time, decodeTime)
	}
	return nil
}

// durations are the fields that hold the durations, and for how many samples
// each of them stands.
func (t *traf) durations() (fields [][]byte, samples []uint64) {
	shared := uint64(0)
	for _, r := range t.runs {
		if r.durationAt < 0 {
			shared += uint64(r.count)
			continue
		}
		for i := range r.count {
			fields, samples = append(fields, r.field(i, r.durationAt)), append(samples, 1)
		}
	}
	if shared > 0 { // last: only the remainder of the others can be its multiple
		fields, samples = append(fields, t.duration), append(samples, shared)
	}
	return fields, samples
}

// share distributes total over the fields in proportion to their present
// share of old, or evenly when that is 0.
func share(fields [][]byte, samples []uint64, old, total uint64) ([]uint32, error) {
	if len(fields) == 0 && total > 0 {
		return nil, fmt.Errorf("the track has no samples here")
	}
	set := make([]uint32, len(fields))
	var weight, weights, given uint64
	for _, n := range samples {
		weights += n
	}
	if old > 0 {
		weights = old
	}
	for i, f := range fields {
		if old > 0 {
			weight += samples[i] * uint64(binary.BigEndian.Uint32(f))
		} else {
			weight += samples[i]
		}
		hi, lo := bits.Mul64(total, weight)
		upTo, _ := bits.Div64(hi, lo, weights) // weight ≤ weights, hence upTo ≤ total
		if (upTo-given)%samples[i] != 0 {
			return nil, fmt.Errorf("%d samples share one duration", samples[i])
		}
		each := (upTo - given) / samples[i]
		if each > math.MaxUint32 {
			return nil, fmt.Errorf("a sample duration has only 32 bits")
		}
		set[i], given = uint32(each), upTo
	}
	return set, nil
}
