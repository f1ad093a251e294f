package fmp4

import (
	"encoding/binary"
	"fmt"
	"math"
)

// TrackFragment is what a fragment holds of one track.
type TrackFragment struct {
	ID         uint32
	DecodeTime uint64 // of the first sample (tfdt), in ticks of the track's timescale
	Duration   uint64 // sum of the samples' durations, in ticks; DecodeTime+Duration fits an int64
	Samples    int
	Sync       bool // the first sample is a sync sample
}

// tfhd flags, ISO/IEC 14496-12 8.8.7.
const (
	tfhdBaseDataOffset    = 0x000001
	tfhdSampleDescription = 0x000002
	tfhdDefaultDuration   = 0x000008
	tfhdDefaultSize       = 0x000010
	tfhdDefaultFlags      = 0x000020
	tfhdDefaultBaseMoof   = 0x020000

	sampleIsNonSync = 0x00010000
)

// traf is a track fragment box taken apart. Its slices point into the moof.
type traf struct {
	TrackFragment
	time     []byte // tfdt's decode time, 4 or 8 bytes
	duration []byte // tfhd's default duration, nil when there is none
	size     []byte // tfhd's default size, likewise
	flags    []byte // tfhd's default flags, likewise
	fromMoof bool   // data offsets count from the beginning of the moof
	haveHead bool
	runs     []run
}

// moof is a movie fragment box taken apart.
type moof struct {
	box
	trafs []traf
}

func parseMoof(b box) (moof, error) {
	m := moof{box: b}
	err := b.children(0, func(c box) error {
		if string(c.kind[:]) != "traf" {
			return nil
		}
		t, err := parseTraf(c)
		if err != nil {
			return err
		}
		for i := range m.trafs {
			if m.trafs[i].ID == t.ID {
				return c.errorf(fmt.Sprintf("track %d occurs twice in the fragment", t.ID))
			}
		}
		m.trafs = append(m.trafs, t)
		return nil
	})
	if err == nil && len(m.trafs) == 0 {
		err = b.errorf("no track fragment in it")
	}
	return m, err
}

func parseTraf(b box) (t traf, err error) {
	err = b.children(0, func(c box) error {
		switch string(c.kind[:]) {
		case "tfhd":
			return t.parseHead(c)
		case "tfdt":
			return t.parseTime(c)
		case "trun":
			return t.parseRun(c)
		}
		return nil
	})
	switch {
	case err != nil:
	case !t.haveHead:
		err = b.errorf("tfhd is missing")
	case t.time == nil:
		err = b.errorf("tfdt is missing")
	case t.DecodeTime > math.MaxInt64-t.Duration:
		err = b.errorf("its decode time is beyond 63 bits")
	}
	return t, err
}

func (t *traf) parseHead(b box) error {
	if t.haveHead {
		return b.errorf("it occurs twice")
	}
	_, flags, rest, err := b.full(4)
	if err != nil {
		return err
	}
	t.haveHead = true
	t.ID = binary.BigEndian.Uint32(rest)
	t.fromMoof = flags&tfhdDefaultBaseMoof != 0 && flags&tfhdBaseDataOffset == 0
	rest = rest[4:]
	field := func(flag uint32, size int) (f []byte) {
		if flags&flag == 0 || err != nil {
			return nil
		}
		if len(rest) < size {
			err = b.errorf("too short")
			return nil
		}
		f, rest = rest[:size], rest[size:]
		return f
	}
	field(tfhdBaseDataOffset, 8)
	field(tfhdSampleDescription, 4)
	t.duration = field(tfhdDefaultDuration, 4)
	t.size = field(tfhdDefaultSize, 4)
	t.flags = field(tfhdDefaultFlags, 4)
	return err
}

func (t *traf) parseTime(b box) error {
	if t.time != nil {
		return b.errorf("it occurs twice")
	}
	version, _, rest, err := b.full(4)
	switch {
	case err != nil:
		return err
	case version == 0:
		t.time = rest[:4]
		t.DecodeTime = uint64(binary.BigEndian.Uint32(rest))
	case version == 1 && len(rest) >= 8:
		t.time = rest[:8]
		t.DecodeTime = binary.BigEndian.Uint64(rest)
	default:
		return b.errorf("unknown version or too short")
	}
	return nil
}

func (t *traf) parseRun(b box) error {
	if !t.haveHead {
		return b.errorf("tfhd must come before it")
	}
	r, err := decodeRun(b)
	if err != nil {
		return err
	}
	if r.count > maxSamples-t.Samples {
		return b.errorf(fmt.Sprintf("more than %d samples", maxSamples))
	}
	if r.count == 0 {
		return nil
	}
	if r.durationAt < 0 && t.duration == nil {
		return b.errorf("no sample duration in trun or tfhd")
	}
	flags := r.firstFlags(t.flags)
	if flags == nil {
		return b.errorf("no sample flags in trun or tfhd")
	}
	if t.Samples == 0 {
		t.Sync = binary.BigEndian.Uint32(flags)&sampleIsNonSync == 0
	}
	t.Samples += r.count
	t.Duration += r.sum(r.durationAt, t.duration)
	t.runs = append(t.runs, r)
	return nil
}

// checkMedia compares where the samples are said to be with the mdat that
// follows the moof. Runs without data offset or size are not checked.
func (m moof) checkMedia(mdat header) error {
	moofSize := m.head + int64(len(m.body))
	for _, t := range m.trafs {
		for _, r := range t.runs {
			if !t.fromMoof || r.dataOffset == nil || r.sizeAt < 0 && t.size == nil {
				continue
			}
			from := int64(int32(binary.BigEndian.Uint32(r.dataOffset)))
			to := from + int64(r.sum(r.sizeAt, t.size))
			if from < moofSize+mdat.head || to > moofSize+mdat.size {
				return m.errorf(fmt.Sprintf("samples of track %d are outside the mdat", t.ID))
			}
		}
	}
	return nil
}
