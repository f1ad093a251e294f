package recorder

import (
	"encoding/binary"
	"testing"
)

func lengths(all ...string) (data []byte) {
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
		data        []byte
		want        string
	}{
		{"H.264", "h264", lengths("\x09\xf0", "\x67set", "\x68pps", "\x65picture"), "\x67set"},
		{"H.265", "hevc", lengths("\x40\x01vps", "\x42\x01set", "\x26\x01picture"), "\x42\x01set"},
		{"none in the stream", "h264", lengths("\x65picture"), ""},
		{"a unit that is cut off", "h264", lengths("\x09\xf0", "\x67set")[:12], ""},
		{"an empty unit", "h264", lengths("", "\x67set"), ""},
		{"nothing", "h264", nil, ""},
	} {
		if got := string(sequenceParameters(c.data, c.codec)); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
