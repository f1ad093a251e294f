package fmp4

import (
	"encoding/binary"
	"math"
	"slices"
)

// Numbers of the tracks in what this package writes.
const (
	VideoTrack uint32 = 1
	SoundTrack uint32 = 2
)

// NewInit makes an init section (ISO/IEC 14496-12 8.2) of a video track, whose
// times are in ticks of a timescale, and of a sound track where sound is not nil.
func NewInit(v Picture, timescale uint32, sound *AAC) (*Init, error) {
	next, sounds := SoundTrack, []byte(nil)
	extends := appendBox(nil, "trex", u32(0, VideoTrack, 1, 0, 0, 0))
	if sound != nil {
		next++
		sounds = soundTrak(*sound, SoundTrack)
		extends = appendBox(extends, "trex", u32(0, SoundTrack, 1, 0, 0, 0))
	}
	return ParseInit(movie(append(videoTrak(v, timescale), sounds...), extends, next))
}

// movie is an init section of tracks; next is a number that none of them has.
func movie(traks, extends []byte, next uint32) []byte {
	head := u32(0, 0, 0, 1000, 0, 0x10000, 0x01000000, 0, 0, 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000, 0, 0, 0, 0, 0, 0, next)
	body := append(appendBox(nil, "mvhd", head), traks...)
	body = appendBox(body, "mvex", extends)
	raw := appendBox(nil, "ftyp", append([]byte("iso6\x00\x00\x02\x00"), "iso6cmfcmp41"...))
	return appendBox(raw, "moov", body)
}

// videoTrak is a trak box, ISO/IEC 14496-12 8.3.
func videoTrak(v Picture, timescale uint32) []byte {
	width, height := v.shown()
	head := u32(3, 0, 0, VideoTrack, 0, 0, 0, 0, 0, 0, 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000, width<<16, height<<16)
	return trak(head, timescale, "vide", "video", appendBox(nil, "vmhd", u32(1, 0, 0)), appendBox(nil, v.Entry, v.sampleEntry()))
}

// trak puts a track together, of which nothing is in the movie box itself.
func trak(head []byte, timescale uint32, kind, name string, mediaHead, entry []byte) []byte {
	media := appendBox(nil, "mdhd", u32(0, 0, 0, timescale, 0, 0x55c40000)) // language und
	handler := append(append(u32(0, 0), kind...), u32(0, 0, 0)...)
	media = appendBox(media, "hdlr", append(append(handler, name...), 0))
	table := appendBox(nil, "stsd", append(u32(0, 1), entry...))
	for _, empty := range []string{"stts", "stsc", "stco"} {
		table = appendBox(table, empty, u32(0, 0))
	}
	table = appendBox(table, "stsz", u32(0, 0, 0))
	reference := appendBox(nil, "dref", append(u32(0, 1), appendBox(nil, "url ", u32(1))...))
	info := appendBox(mediaHead, "dinf", reference)
	info = appendBox(info, "stbl", table)
	media = appendBox(media, "minf", info)
	return appendBox(nil, "trak", appendBox(appendBox(nil, "tkhd", head), "mdia", media))
}

// sampleEntry is the body of a visual sample entry, ISO/IEC 14496-12 12.1.3.
func (v Picture) sampleEntry() []byte {
	entry := append(u32(0, 1, 0, 0, 0, 0, uint32(v.Width)<<16|uint32(v.Height), 0x480000, 0x480000, 0), 0, 1) // 72 dpi, a frame a sample
	entry = append(append(entry, make([]byte, 32)...), 0, 24, 0xff, 0xff)                                     // no name, 24 bits
	config := map[byte]string{'a': "avcC", 'h': "hvcC"}[v.Entry[0]]
	return append(appendBox(entry, config, v.Config), v.Extra...)
}

// shown is the size at which a picture whose pixels are not square is shown.
func (v Picture) shown() (width, height uint32) {
	width, height = uint32(v.Width), uint32(v.Height)
	each(v.Extra, 0, func(b box) error { // its errors mean that there is no more
		if b.kind.String() != "pasp" || len(b.body) < 8 {
			return nil
		}
		across, down := uint64(binary.BigEndian.Uint32(b.body)), uint64(binary.BigEndian.Uint32(b.body[4:]))
		if wide := uint64(v.Width) * across; down > 0 && wide/down > 0 && wide/down <= math.MaxUint16 {
			width = uint32(wide / down)
		}
		return nil
	})
	return width, height
}

// Sample is one coded picture or frame of sound of a fragment.
type Sample struct {
	Duration uint32 // ticks
	Shift    int32  // presentation less decode time, ticks
	Sync     bool   // it needs none before it
	Data     []byte // NAL units, each behind its length in four bytes; or a frame of AAC
}

// Piece is what a fragment holds of one track.
type Piece struct {
	Track      uint32
	DecodeTime uint64 // of the first sample, ticks
	Samples    []Sample
}

// AppendFragment appends a moof and its mdat (ISO/IEC 14496-12 8.8.4) to dst.
// number counts a run's fragments from 1. Pieces without samples are left out.
func AppendFragment(dst []byte, number uint32, pieces ...Piece) []byte {
	begin, media := len(dst), 0
	dst = append(dst, 0, 0, 0, 0, 'm', 'o', 'o', 'f')
	dst = appendBox(dst, "mfhd", u32(0, number))
	var offsets []int // where in dst the offset of each run's data is
	for _, p := range pieces {
		if len(p.Samples) > 0 {
			dst = p.appendTraf(dst, &offsets)
		}
	}
	size := len(dst) - begin
	binary.BigEndian.PutUint32(dst[begin:], uint32(size))
	mdat := len(dst)
	dst = append(dst, 0, 0, 0, 0, 'm', 'd', 'a', 't')
	for _, p := range pieces {
		if len(p.Samples) == 0 {
			continue
		}
		binary.BigEndian.PutUint32(dst[offsets[0]:], uint32(size+8+media))
		offsets = offsets[1:]
		for _, s := range p.Samples {
			dst = append(dst, s.Data...)
			media += len(s.Data)
		}
	}
	binary.BigEndian.PutUint32(dst[mdat:], uint32(8+media))
	return dst
}

const (
	syncFlags  = 0x02000000 // depends on no other sample
	otherFlags = 0x01010000 // depends on others, and is no sync sample
)

func (s Sample) flags() uint32 {
	if s.Sync {
		return syncFlags
	}
	return otherFlags
}

// fields are what a sample may tell of itself, in the order of a trun.
var fields = []struct {
	perRun, perTrack uint32 // flags of trun and tfhd, perTrack 0: a track can't tell it for all
	of               func(Sample) uint32
}{
	{trunDuration, tfhdDefaultDuration, func(s Sample) uint32 { return s.Duration }},
	{trunSize, tfhdDefaultSize, func(s Sample) uint32 { return uint32(len(s.Data)) }},
	{trunFlags, tfhdDefaultFlags, Sample.flags},
	{trunComposition, 0, func(s Sample) uint32 { return uint32(s.Shift) }},
}

// shared is what all samples have in common.
func (p Piece) shared(of func(Sample) uint32) (value uint32, ok bool) {
	value = of(p.Samples[0])
	return value, !slices.ContainsFunc(p.Samples, func(s Sample) bool { return of(s) != value })
}

// appendTraf appends a track fragment: in its tfhd what all samples have in
// common, in its trun the rest.
func (p Piece) appendTraf(dst []byte, offsets *[]int) []byte {
	head, run := u32(0, p.Track), u32(0, uint32(len(p.Samples)), 0)
	headFlags, runFlags := uint32(tfhdDefaultBaseMoof), uint32(trunDataOffset)
	var own []func(Sample) uint32
	for _, f := range fields {
		value, ok := p.shared(f.of)
		switch {
		case ok && f.perTrack != 0:
			headFlags |= f.perTrack
			head = append(head, u32(value)...)
		case !ok || value != 0:
			runFlags |= f.perRun
			own = append(own, f.of)
		}
	}
	for _, s := range p.Samples {
		for _, of := range own {
			run = append(run, u32(of(s))...)
		}
	}
	binary.BigEndian.PutUint32(head, headFlags)
	binary.BigEndian.PutUint32(run, 0x01000000|runFlags) // version 1: shifts have a sign
	traf := appendBox(nil, "tfhd", head)
	traf = appendBox(traf, "tfdt", binary.BigEndian.AppendUint64(u32(0x01000000), p.DecodeTime))
	*offsets = append(*offsets, len(dst)+8+len(traf)+8+8)
	return appendBox(dst, "traf", appendBox(traf, "trun", run))
}
