package rtsp

// kind is what the first bytes of a NAL unit tell.
type kind struct {
	slice   bool // of a picture
	first   bool // the first slice of a picture
	sync    bool // decoding may begin with it
	opens   bool // behind a slice it belongs to the next picture
	set     bool // a parameter set
	filler  bool // means nothing
	leading bool // can't be decoded where decoding began with the last sync
	sei     bool
}

// codec is what differs between H.264 and H.265.
type codec struct {
	name   string
	header int // bytes of a NAL unit's header
	kindOf func(unit []byte) kind
	// pieces cuts the payload of a packet, appending to all. False: it can't be cut.
	pieces func(payload []byte, all []piece) ([]piece, bool)
}

// codecs by their names in an SDP.
var codecs = map[string]codec{
	"h264": {"h264", 1, kindH264, piecesH264},
	"h265": {"h265", 2, kindH265, piecesH265},
	"hevc": {"h265", 2, kindH265, piecesH265},
}

// kindH264 reads ISO 14496-10 section 7.4.1, table 7-1. A slice is the first of
// its picture when first_mb_in_slice, an Exp-Golomb number, is 0: a single bit.
func kindH264(unit []byte) kind {
	switch t := unit[0] & 0x1f; t {
	case 1, 2, 5:
		return kind{slice: true, first: len(unit) < 2 || unit[1]&0x80 != 0, sync: t == 5}
	case 6:
		return kind{opens: true, sei: true}
	case 7, 8:
		return kind{opens: true, set: true}
	case 9, 14, 15, 16, 17, 18:
		return kind{opens: true}
	case 12:
		return kind{filler: true}
	}
	return kind{}
}

// kindH265 reads ISO 23008-2 section 7.4.2.2, table 7-1.
func kindH265(unit []byte) kind {
	if len(unit) < 2 || unit[1]&7 == 0 { // no temporal id: this is no header
		return kind{}
	}
	switch t := unit[0] >> 1 & 0x3f; {
	case t <= 31:
		return kind{slice: true, first: len(unit) < 3 || unit[2]&0x80 != 0, sync: t >= 16 && t <= 23, leading: t == 8 || t == 9}
	case t >= 32 && t <= 34:
		return kind{opens: true, set: true}
	case t == 38:
		return kind{filler: true}
	case t == 35, t == 39, t >= 41 && t <= 44, t >= 48 && t <= 55:
		return kind{opens: true, sei: t == 39}
	}
	return kind{}
}

// piece is a NAL unit, or a part of one, in a packet.
type piece struct {
	head        [2]byte // the header, where it is not in body
	heads       int     // how many bytes of head count
	body        []byte
	first, last bool // part of the unit
}

// piecesH264 reads RFC 6184: single units, STAP-A and FU-A.
func piecesH264(p []byte, all []piece) ([]piece, bool) {
	if len(p) < 1 {
		return all, false
	}
	switch t := p[0] & 0x1f; {
	case t == 24:
		return aggregated(p[1:], all)
	case t == 28 && len(p) >= 2:
		head := [2]byte{p[0]&0xe0 | p[1]&0x1f}
		return append(all, piece{head, 1, p[2:], p[1]&0x80 != 0, p[1]&0x40 != 0}), true
	case t < 24:
		return append(all, piece{body: p, first: true, last: true}), true
	}
	return all, false
}

// piecesH265 reads RFC 7798: single units, aggregation and fragmentation units.
func piecesH265(p []byte, all []piece) ([]piece, bool) {
	if len(p) < 2 {
		return all, false
	}
	switch t := p[0] >> 1 & 0x3f; {
	case t == 48:
		return aggregated(p[2:], all)
	case t == 49 && len(p) >= 3:
		head := [2]byte{p[0]&0x81 | p[2]&0x3f<<1, p[1]}
		return append(all, piece{head, 2, p[3:], p[2]&0x80 != 0, p[2]&0x40 != 0}), true
	case t < 48:
		return append(all, piece{body: p, first: true, last: true}), true
	}
	return all, false
}

// aggregated cuts units that lie behind their lengths in two bytes. Zeros at the
// end are padding.
func aggregated(p []byte, all []piece) ([]piece, bool) {
	for len(p) >= 2 {
		n := int(p[0])<<8 | int(p[1])
		if p = p[2:]; n == 0 {
			continue
		}
		if n > len(p) {
			return all, false
		}
		all = append(all, piece{body: p[:n], first: true, last: true})
		p = p[n:]
	}
	return all, true
}
