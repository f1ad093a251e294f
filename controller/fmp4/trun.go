package fmp4

import "encoding/binary"

// trun flags, ISO/IEC 14496-12 8.8.8.
const (
	trunDataOffset  = 0x000001
	trunFirstFlags  = 0x000004
	trunDuration    = 0x000100
	trunSize        = 0x000200
	trunFlags       = 0x000400
	trunComposition = 0x000800
)

// run is a track run box taken apart. Versions 0 and 1 differ only in the sign
// of the composition offsets, which are of no concern here.
type run struct {
	count      int
	entries    []byte // count entries of stride bytes
	stride     int
	durationAt int    // where in an entry, -1 when it is not there
	sizeAt     int    // likewise
	flagsAt    int    // likewise
	shiftAt    int    // likewise
	dataOffset []byte // nil when there is none
	first      []byte // the first sample's own flags, likewise
}

func decodeRun(b box) (run, error) {
	r := run{durationAt: -1, sizeAt: -1, flagsAt: -1, shiftAt: -1}
	version, flags, rest, err := b.full(4)
	if err != nil {
		return r, err
	}
	if version > 1 {
		return r, b.errorf("unknown version")
	}
	count := binary.BigEndian.Uint32(rest)
	rest = rest[4:]
	for _, f := range []struct {
		flag uint32
		to   *[]byte
	}{{trunDataOffset, &r.dataOffset}, {trunFirstFlags, &r.first}} {
		if flags&f.flag == 0 {
			continue
		}
		if len(rest) < 4 {
			return r, b.errorf("too short")
		}
		*f.to, rest = rest[:4], rest[4:]
	}
	at := func(flag uint32) int {
		if flags&flag == 0 {
			return -1
		}
		r.stride += 4
		return r.stride - 4
	}
	r.durationAt, r.sizeAt, r.flagsAt, r.shiftAt = at(trunDuration), at(trunSize), at(trunFlags), at(trunComposition)
	if uint64(count)*uint64(r.stride) > uint64(len(rest)) {
		return r, b.errorf("too short for its samples")
	}
	r.count = int(count)
	r.entries = rest[:r.count*r.stride]
	return r, nil
}

// field is the 32 bit field at byte `at` of the i-th sample's entry.
func (r run) field(i, at int) []byte {
	at += i * r.stride
	return r.entries[at : at+4]
}

// sum adds up the field at byte `at` of every entry; with at < 0, every sample
// has the default.
func (r run) sum(at int, def []byte) uint64 {
	if at < 0 {
		return uint64(r.count) * uint64(binary.BigEndian.Uint32(def))
	}
	var n uint64
	for i := range r.count {
		n += uint64(binary.BigEndian.Uint32(r.field(i, at)))
	}
	return n
}

// firstFlags are the flags of the first sample, nil when nobody says.
func (r run) firstFlags(def []byte) []byte {
	switch {
	case r.first != nil:
		return r.first
	case r.flagsAt >= 0:
		return r.field(0, r.flagsAt)
	}
	return def
}
