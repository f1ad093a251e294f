package rtsp

import (
	"bytes"
	"encoding/binary"
	"time"

	"lookback/controller/camera"
)

// accessUnit is a picture with all that belongs to it. Its slices are parts of
// data.
type accessUnit struct {
	data    []byte // NAL units behind their lengths
	stamp   uint32 // RTP time stamp
	arrival time.Time
	slice   []byte   // the first one
	sets    [][]byte // parameter sets
	kind             // of the first slice
	late    bool     // ended by the next one's beginning
	torn    bool     // a part of it is missing
	gap     bool     // packets before it are missing
	refresh bool     // marked as a place where decoding may begin
}

// assembler makes access units of packets (RFC 6184, RFC 7798). A picture ends
// with its marker, if the camera's markers are good for that, else with what
// begins the next: another time stamp, a first slice, or a NAL unit that stands
// before slices.
type assembler struct {
	codec
	done func(accessUnit) error

	markers
	unit     accessUnit
	began    bool   // unit holds something
	picture  bool   // and that is of a picture
	slice    [2]int // where in data the first slice is
	sets     [][2]int
	units    int
	open     int // where in data the unfinished NAL unit begins; -1: there is none
	openKind kind

	marks     int  // markers behind a slice of this picture
	marked    bool // its last packet had one
	sent      bool // the last picture was ended by its marker
	sentStamp uint32
	gap       bool // packets were missing since the last picture ended
	spare     []piece
}

func newAssembler(c codec, done func(accessUnit) error) *assembler {
	return &assembler{codec: c, done: done, open: -1}
}

// packet takes one; the payload is copied.
func (a *assembler) packet(payload []byte, stamp uint32, marker bool, arrival time.Time) error {
	pieces, ok := a.pieces(payload, a.spare[:0])
	defer func() { clear(pieces); a.spare = pieces[:0] }()
	for _, p := range pieces {
		if err := a.piece(p, stamp); err != nil {
			return err
		}
		a.unit.arrival = arrival
	}
	if !ok {
		a.begin(stamp)
		a.unit.torn = true
	}
	if !marker || !a.picture {
		return nil
	}
	// A fragment that is open may be one without an end, or the marker is wrong.
	if a.marks, a.marked = a.marks+1, true; a.trusted && a.open < 0 {
		return a.flush(false)
	}
	return nil
}

// lost is told that packets are missing.
func (a *assembler) lost() {
	a.gap = true
	if a.open >= 0 {
		a.unit.data, a.open, a.unit.torn = a.unit.data[:a.open], -1, true
	}
	a.unit.torn = a.unit.torn || a.began && !a.marked
}

func (a *assembler) piece(p piece, stamp uint32) error {
	if p.first {
		if err := a.closeUnit(stamp); err != nil || len(p.body)+p.heads < a.header {
			return err
		}
		var head [6]byte
		n := copy(head[:], p.head[:p.heads])
		n += copy(head[n:], p.body)
		if err := a.openUnit(a.kindOf(head[:n]), stamp); err != nil {
			return err
		}
		a.unit.data = append(a.unit.data, p.head[:p.heads]...)
	} else if a.open < 0 || stamp != a.unit.stamp {
		return a.loose(p, stamp)
	}
	a.marked = false
	a.grow(len(p.body))
	if a.unit.data = append(a.unit.data, p.body...); len(a.unit.data) > maxUnit {
		return failed(camera.PictureTooLarge, "an access unit is larger than %d MB", maxUnit>>20)
	}
	if p.last {
		return a.closeUnit(stamp)
	}
	return nil
}

// grow makes room for more bytes of a large picture at once: what append leaves behind, by
// quarters, is four times the picture.
func (a *assembler) grow(n int) {
	if have := len(a.unit.data); have >= largeUnit && have+n > cap(a.unit.data) {
		a.unit.data = append(make([]byte, 0, max(have+n, min(2*have, maxUnit))), a.unit.data...)
	}
}

// loose deals with a fragment without a beginning: its picture is not whole.
func (a *assembler) loose(p piece, stamp uint32) error {
	if a.picture && stamp != a.unit.stamp {
		if err := a.closeUnit(stamp); err != nil {
			return err
		}
		if err := a.flush(true); err != nil {
			return err
		}
	}
	a.begin(stamp)
	a.unit.torn = true
	if k := a.kindOf(p.head[:p.heads]); k.slice && !a.picture {
		a.picture, a.unit.kind, a.unit.stamp = true, k, stamp
	}
	return nil
}

func (a *assembler) begin(stamp uint32) {
	if a.began {
		return
	}
	a.began, a.unit.stamp, a.unit.gap, a.gap = true, stamp, a.gap, false
}

// openUnit begins a NAL unit, and a picture if it belongs to the next.
func (a *assembler) openUnit(k kind, stamp uint32) error {
	if a.picture && (stamp != a.unit.stamp || k.opens || k.slice && k.first) {
		if err := a.flush(true); err != nil {
			return err
		}
	}
	a.begin(stamp)
	if k.slice && !a.picture {
		a.firstSlice(k, stamp)
	}
	if a.units++; a.units > maxNALUnits {
		return failed(camera.InvalidData, "an access unit has more than %d NAL units", maxNALUnits)
	}
	a.open, a.openKind = len(a.unit.data), k
	a.unit.data = append(a.unit.data, 0, 0, 0, 0)
	return nil
}

// firstSlice is told of the first slice of a picture; parameter sets before it
// may have another time stamp. One that goes on with a picture shows that
// something is missing, or that the marker that ended that picture was wrong.
func (a *assembler) firstSlice(k kind, stamp uint32) {
	a.picture, a.unit.kind, a.unit.stamp = true, k, stamp
	if k.first {
		return
	}
	a.unit.torn = true
	if a.sent && a.sentStamp == stamp && !a.unit.gap {
		a.wrong()
	}
}

// closeUnit ends the NAL unit that is open, if there is one.
func (a *assembler) closeUnit(stamp uint32) error {
	if a.open < 0 {
		return nil
	}
	at, k := a.open, a.openKind
	a.open = -1
	if rest := bytes.Index(a.unit.data[at+4:], startCode); rest >= 0 {
		return a.reopen(at, k, rest, stamp)
	}
	a.finish(at, k)
	return nil
}

// finish writes the length of the NAL unit that begins at, or takes it out.
func (a *assembler) finish(at int, k kind) {
	body := a.unit.data[at+4:]
	if k.filler || len(body) < a.header {
		a.unit.data = a.unit.data[:at]
		return
	}
	binary.BigEndian.PutUint32(a.unit.data[at:], uint32(len(body)))
	switch {
	case k.slice && a.slice[1] == 0:
		a.slice = [2]int{at + 4, len(a.unit.data)}
	case k.set && len(a.sets) < maxSets:
		a.sets = append(a.sets, [2]int{at + 4, len(a.unit.data)})
	case k.sei && isRecoveryPoint(a.header, body):
		a.unit.refresh = true
	}
}

var startCode = []byte{0, 0, 1}

// reopen takes what lies in data from at on as several NAL units, with a start
// code behind the first rest bytes: some makes send that, and no unit may
// contain one.
func (a *assembler) reopen(at int, k kind, rest int, stamp uint32) error {
	behind := bytes.Clone(a.unit.data[at+4+rest:])
	a.unit.data = a.unit.data[:at+4+len(bytes.TrimRight(a.unit.data[at+4:at+4+rest], "\x00"))]
	a.finish(at, k)
	for part := range bytes.SplitSeq(behind, startCode) {
		if part = bytes.TrimRight(part, "\x00"); len(part) < a.header {
			continue
		}
		if err := a.openUnit(a.kindOf(part), stamp); err != nil {
			return err
		}
		a.unit.data = append(a.unit.data, part...)
		a.finish(a.open, a.openKind)
		a.open = -1
	}
	return nil
}

// isRecoveryPoint: a SEI message of payload type 6 comes first (ISO 14496-10
// section D.1.7).
func isRecoveryPoint(header int, unit []byte) bool {
	return len(unit) > header && unit[header] == 6
}

// flush hands over the picture.
func (a *assembler) flush(late bool) error {
	u := a.unit
	u.late = late
	if late && !a.trusted && !u.torn && !u.gap {
		a.ended(a.marks == 1 && a.marked)
	}
	u.slice = u.data[a.slice[0]:a.slice[1]]
	for _, at := range a.sets {
		u.sets = append(u.sets, u.data[at[0]:at[1]])
	}
	a.sent, a.sentStamp = !late, u.stamp
	a.unit, a.began, a.picture, a.slice, a.units, a.marks, a.marked = accessUnit{}, false, false, [2]int{}, 0, 0, false
	a.sets = a.sets[:0]
	return a.done(u)
}
