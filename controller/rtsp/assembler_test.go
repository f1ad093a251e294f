package rtsp

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/pion/rtp"
)

// assembled are the pictures that a camera's packets make: which of the sent
// they are, in order, and how they ended.
func assembled(t testing.TB, c codec, packets []*rtp.Packet) []accessUnit {
	t.Helper()
	var all []accessUnit
	a := newAssembler(c, func(u accessUnit) error { all = append(all, u); return nil })
	var s sequence
	for _, p := range packets {
		missing, repeated := s.gap(p.SequenceNumber)
		if repeated {
			continue
		}
		if missing > 0 {
			a.lost()
		}
		if err := a.packet(p.Payload, p.Timestamp, p.Marker, time.Time{}); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// sending are the packets of all pictures, changed picture by picture.
func sending(t testing.TB, c codec, units [][][]byte, change func(n int, all []*rtp.Packet) []*rtp.Packet) []*rtp.Packet {
	var all []*rtp.Packet
	sequence := uint16(65530)
	for n, u := range units {
		packets := packetised(t, c, u)
		for _, p := range packets {
			p.SequenceNumber, p.Timestamp = sequence, uint32(n*3600)
			sequence++
		}
		if change != nil {
			packets = change(n, packets)
		}
		all = append(all, packets...)
	}
	return all
}

// eachUnit puts every NAL unit into a packet of its own.
func eachUnit(units [][][]byte, marker func(nal []byte, last bool) bool) []*rtp.Packet {
	var all []*rtp.Packet
	for n, u := range units {
		for m, nal := range u {
			all = append(all, &rtp.Packet{Payload: nal, Header: rtp.Header{
				SequenceNumber: uint16(len(all)), Timestamp: uint32(n * 3600), Marker: marker(nal, m == len(u)-1)}})
		}
	}
	return all
}

// TestPictureEnds: whatever a camera does with markers and time stamps, each
// picture comes out whole and by itself; late only where markers are no good.
func TestPictureEnds(t *testing.T) {
	h264, h265 := codecs["h264"], codecs["h265"]
	one := plainH264()
	sliced := encoded(t, h264, x264+" -tune zerolatency -slices 4 -x264-params aud=1:slices=4")
	hevc := encoded(t, h265, "-c:v libx265 -preset ultrafast -x265-params log-level=none:keyint=10:bframes=0:slices=2:aud=1:hrd=1:vbv-maxrate=500:vbv-bufsize=500")
	markers := func(set func(n, m, of int) bool) func(int, []*rtp.Packet) []*rtp.Packet {
		return func(n int, all []*rtp.Packet) []*rtp.Packet {
			for m, p := range all {
				p.Marker = set(n, m, len(all))
			}
			return all
		}
	}
	last := func(_ []byte, last bool) bool { return last }
	always := func([]byte, bool) bool { return true }
	for name, c := range map[string]struct {
		codec
		units   [][][]byte
		packets []*rtp.Packet
		late    func(n int) bool
	}{
		"as it should be":            {h264, one, sending(t, h264, one, nil), func(n int) bool { return n == 0 }},
		"slices":                     {h264, sliced, sending(t, h264, sliced, nil), func(n int) bool { return n == 0 }},
		"H.265":                      {h265, hevc, sending(t, h265, hevc, nil), func(n int) bool { return n == 0 }},
		"no marker":                  {h264, one, sending(t, h264, one, markers(func(int, int, int) bool { return false })), func(int) bool { return true }},
		"no marker, H.265":           {h265, hevc, sending(t, h265, hevc, markers(func(int, int, int) bool { return false })), func(int) bool { return true }},
		"all markers":                {h264, one, sending(t, h264, one, markers(func(int, int, int) bool { return true })), nil},
		"one unit a packet":          {h264, sliced, eachUnit(sliced, last), func(n int) bool { return n == 0 }},
		"marker per unit":            {h264, sliced, eachUnit(sliced, always), func(int) bool { return true }},
		"marker per unit, H.265":     {h265, hevc, eachUnit(hevc, always), func(int) bool { return true }},
		"marker per unit, one slice": {h264, one, eachUnit(one, always), func(n int) bool { return n == 0 }},
		"some markers missing": {h264, one, sending(t, h264, one, markers(func(n, m, of int) bool { return m == of-1 && n%5 != 4 })),
			func(n int) bool { return n == 0 || n%5 == 4 }},
		"time stamps in twos": {h264, one, sending(t, h264, one, func(n int, all []*rtp.Packet) []*rtp.Packet {
			for _, p := range all {
				p.Timestamp = uint32(n / 2 * 7200)
			}
			return all
		}), func(n int) bool { return n == 0 }},
		"parameter sets have another time stamp": {h264, one, func() []*rtp.Packet {
			all := eachUnit(one, last)
			for _, p := range all {
				if k := kindH264(p.Payload); k.set {
					p.Timestamp -= 3600
				}
			}
			return all
		}(), func(n int) bool { return n == 0 }},
		"each packet twice": {h264, one, sending(t, h264, one, func(_ int, all []*rtp.Packet) []*rtp.Packet {
			var twice []*rtp.Packet
			for _, p := range all {
				twice = append(twice, p, p)
			}
			return twice
		}), func(n int) bool { return n == 0 }},
		"fragments without an end": {h264, one, sending(t, h264, one, func(_ int, all []*rtp.Packet) []*rtp.Packet {
			for _, p := range all {
				if p.Payload[0]&0x1f == 28 {
					p.Payload[1] &^= 0x40
				}
			}
			return all
		}), nil},
		"start codes": {h264, sliced, func() []*rtp.Packet {
			var all []*rtp.Packet
			for n, u := range sliced {
				payload := []byte{0, 0, 0, 1}
				payload = append(payload, bytes.Join(u, []byte{0, 0, 0, 1})...)
				all = append(all, &rtp.Packet{Payload: payload, Header: rtp.Header{SequenceNumber: uint16(n), Timestamp: uint32(n), Marker: true}})
			}
			return all
		}(), func(n int) bool { return n == 0 }},
		"start codes behind the first unit": {h264, sliced, func() []*rtp.Packet {
			var all []*rtp.Packet
			for n, u := range sliced {
				all = append(all, &rtp.Packet{Payload: bytes.Join(u, []byte{0, 0, 1}), Header: rtp.Header{SequenceNumber: uint16(n), Timestamp: uint32(n), Marker: true}})
			}
			return all
		}(), func(n int) bool { return n == 0 }},
	} {
		t.Run(name, func(t *testing.T) {
			got := assembled(t, c.codec, c.packets)
			if len(got) < len(c.units)-1 {
				t.Fatalf("%d pictures of %d", len(got), len(c.units))
			}
			for n, u := range got {
				if u.torn || u.gap || !bytes.Equal(u.data, data(c.units[n])) {
					t.Fatalf("picture %d is not as it was sent (torn %t, gap %t): %x", n, u.torn, u.gap, u.data[:min(80, len(u.data))])
				}
				if c.late != nil && u.late != c.late(n) {
					t.Errorf("picture %d: late %t", n, u.late)
				}
			}
		})
	}
}

// TestMarkersAreBelievedAgain: markers that were wrong once cost that picture,
// then ten have to be right.
func TestMarkersAreBelievedAgain(t *testing.T) {
	sliced := encoded(t, codecs["h264"], x264+" -tune zerolatency -x264-params slices=4")
	wrong := 0
	packets := eachUnit(sliced, func(nal []byte, last bool) bool {
		if k := kindH264(nal); k.slice && k.first {
			wrong++
		}
		return last || wrong == 5
	})
	var late, torn []int
	for n, u := range assembled(t, codecs["h264"], packets) {
		if u.late {
			late = append(late, n)
		}
		if u.torn {
			torn = append(torn, n)
		}
	}
	// The fifth is cut: its first slice is one picture, the others are a torn one.
	if fmt.Sprint(late) != fmt.Sprint([]int{0, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}) || fmt.Sprint(torn) != "[5]" {
		t.Errorf("late %v, torn %v", late, torn)
	}
}

// TestLoss: whichever packet is lost, the pictures that came whole come out, and
// no other; what follows knows of the gap.
func TestLoss(t *testing.T) {
	c := codecs["h264"]
	big := encoded(t, c, x264+" -tune zerolatency -b:v 4M -x264-params slices=2")[:4]
	for _, trusted := range []bool{true, false} {
		whole := sending(t, c, big, nil)
		for lost := 1; whole[lost].Timestamp < 3*3600; lost++ {
			packets := slices.Clone(whole)
			if !trusted {
				for n, p := range packets {
					q := *p
					q.Marker = false
					packets[n] = &q
				}
			}
			gone := packets[lost]
			gap := false
			for _, u := range assembled(t, c, slices.Delete(packets, lost, lost+1)) {
				gap = gap || u.gap || u.torn
				n := int(u.stamp / 3600)
				if u.torn {
					continue
				}
				if !bytes.Equal(u.data, data(big[n])) {
					t.Fatalf("without packet %d: picture %d is not as it was sent", lost, n)
				}
				if u.stamp > gone.Timestamp && !gap {
					t.Fatalf("without packet %d: picture %d does not know", lost, n)
				}
			}
			if !gap {
				t.Fatalf("without packet %d: nobody knows", lost)
			}
		}
	}
}

// TestTooMuch: a picture that never ends, and one of countless units, end the
// connection.
func TestTooMuch(t *testing.T) {
	for want, payload := range map[string][]byte{
		"an access unit is larger than 16 MB":         append([]byte{0x7c, 0x05}, make([]byte, 60000)...),
		"an access unit has more than 4096 NAL units": {0x06, 0x01},
	} {
		a := newAssembler(codecs["h264"], func(accessUnit) error { return nil })
		err := a.packet([]byte{0x7c, 0x85, 0x80}, 0, false, time.Time{})
		for n := 0; err == nil && n < 10000; n++ {
			err = a.packet(bytes.ReplaceAll(payload, []byte{0, 0}, []byte{1, 1}), 0, false, time.Time{})
		}
		if err == nil || err.Error() != want {
			t.Errorf("%v; want %s", err, want)
		}
	}
}

// FuzzAssembler: whatever comes, an access unit is a row of NAL units.
func FuzzAssembler(f *testing.F) {
	for _, name := range []string{"h264", "h265"} {
		f.Add(name == "h265", []byte{0x67, 1, 2, 3, 4, 0x68, 1, 2, 3, 0x65, 0x88, 0x7c, 0x85, 0x18, 0, 0, 1, 0x41})
	}
	for _, p := range sending(f, codecs["h264"], plainH264()[:12], nil) {
		f.Add(false, append([]byte{byte(len(p.Payload)), 0}, p.Payload...))
	}
	f.Fuzz(func(t *testing.T, second bool, b []byte) {
		c := codecs["h264"]
		if second {
			c = codecs["h265"]
		}
		a := newAssembler(c, func(u accessUnit) error {
			rest := u.data
			for len(rest) >= 4 {
				n := binary.BigEndian.Uint32(rest)
				if int(n) > len(rest)-4 || int(n) < c.header || bytes.Contains(rest[4:4+n], startCode) {
					t.Fatalf("a NAL unit of %d bytes in %x", n, u.data)
				}
				rest = rest[4+n:]
			}
			if len(rest) > 0 {
				t.Fatalf("%d bytes too many in %x", len(rest), u.data)
			}
			p := (*Parameters)(nil).with(c, u.sets)
			if p.whole(c) {
				facts := p.facts(c)
				tm := timing{codec: c, facts: facts, stale: true}
				if len(u.slice) > 0 {
					tm.dts(u, p, int64(u.stamp), false)
				}
			}
			return nil
		})
		// A packet: its length, flags, payload.
		for len(b) > 2 {
			n, flags := min(int(b[0]), len(b)-2), b[1]
			if flags&4 != 0 {
				a.lost()
			}
			if a.packet(bytes.Clone(b[2:2+n]), uint32(flags>>4), flags&1 != 0, time.Time{}) != nil {
				return
			}
			b = b[2+n:]
		}
	})
}
