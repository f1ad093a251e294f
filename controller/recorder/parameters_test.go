package recorder

import (
	"encoding/binary"
	"testing"
)

func boxed(kind string, content []byte) []byte {
	return append(append(binary.BigEndian.AppendUint32(nil, uint32(8+len(content))), kind...), content...)
}

func units(all ...string) (data []byte) {
	for _, u := range all {
		data = append(binary.BigEndian.AppendUint32(data, uint32(len(u))), u...)
	}
	return data
}

// TestSequenceParameters: found where they are, and nothing is read beyond what
// is there.
func TestSequenceParameters(t *testing.T) {
	for _, c := range []struct {
		name, codec string
		mdat        []byte
		want        string
	}{
		{"H.264", "h264", units("\x09\xf0", "\x67set", "\x68pps", "\x65picture"), "\x67set"},
		{"H.265", "hevc", units("\x40\x01vps", "\x42\x01set", "\x26\x01picture"), "\x42\x01set"},
		{"none in the stream", "h264", units("\x65picture"), ""},
		{"a unit that is cut off", "h264", units("\x09\xf0", "\x67set")[:12], ""},
		{"an empty unit", "h264", units("", "\x67set"), ""},
		{"nothing", "h264", nil, ""},
	} {
		raw := append(boxed("moof", []byte("whatever")), boxed("mdat", c.mdat)...)
		if got := string(sequenceParameters(raw, c.codec)); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	for _, raw := range [][]byte{nil, []byte("short"), boxed("moof", nil), {0, 0, 0, 1, 'm', 'd', 'a', 't', 0, 0}, {255, 255, 255, 255, 'm', 'd', 'a', 't'}} {
		if got := sequenceParameters(raw, "h264"); got != nil {
			t.Errorf("%q of %q", got, raw)
		}
	}
}
