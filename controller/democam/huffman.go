package democam

// huffSpec is a Huffman table as a DHT segment has it: how many codes of each
// length from 1 to 16 bits there are, and their values in order.
type huffSpec struct {
	class  byte // table class and destination: 0x00 DC luma, 0x10 AC luma, 0x01 DC chroma, 0x11 AC chroma
	counts [16]byte
	values []byte
}

// The typical tables of ITU-T T.81, K.3.
var (
	dcLumaSpec = huffSpec{0x00,
		[16]byte{0, 1, 5, 1, 1, 1, 1, 1, 1}, []byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}}
	dcChromaSpec = huffSpec{0x01,
		[16]byte{0, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1}, []byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}}
	acLumaSpec = huffSpec{0x10,
		[16]byte{0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 125},
		[]byte("\x01\x02\x03\x00\x04\x11\x05\x12\x21\x31\x41\x06\x13\x51\x61\x07" +
			"\x22\x71\x14\x32\x81\x91\xa1\x08\x23\x42\xb1\xc1\x15\x52\xd1\xf0" +
			"\x24\x33\x62\x72\x82\x09\x0a\x16\x17\x18\x19\x1a\x25\x26\x27\x28" +
			"\x29\x2a\x34\x35\x36\x37\x38\x39\x3a\x43\x44\x45\x46\x47\x48\x49" +
			"\x4a\x53\x54\x55\x56\x57\x58\x59\x5a\x63\x64\x65\x66\x67\x68\x69" +
			"\x6a\x73\x74\x75\x76\x77\x78\x79\x7a\x83\x84\x85\x86\x87\x88\x89" +
			"\x8a\x92\x93\x94\x95\x96\x97\x98\x99\x9a\xa2\xa3\xa4\xa5\xa6\xa7" +
			"\xa8\xa9\xaa\xb2\xb3\xb4\xb5\xb6\xb7\xb8\xb9\xba\xc2\xc3\xc4\xc5" +
			"\xc6\xc7\xc8\xc9\xca\xd2\xd3\xd4\xd5\xd6\xd7\xd8\xd9\xda\xe1\xe2" +
			"\xe3\xe4\xe5\xe6\xe7\xe8\xe9\xea\xf1\xf2\xf3\xf4\xf5\xf6\xf7\xf8" +
			"\xf9\xfa")}
	acChromaSpec = huffSpec{0x11,
		[16]byte{0, 2, 1, 2, 4, 4, 3, 4, 7, 5, 4, 4, 0, 1, 2, 119},
		[]byte("\x00\x01\x02\x03\x11\x04\x05\x21\x31\x06\x12\x41\x51\x07\x61\x71" +
			"\x13\x22\x32\x81\x08\x14\x42\x91\xa1\xb1\xc1\x09\x23\x33\x52\xf0" +
			"\x15\x62\x72\xd1\x0a\x16\x24\x34\xe1\x25\xf1\x17\x18\x19\x1a\x26" +
			"\x27\x28\x29\x2a\x35\x36\x37\x38\x39\x3a\x43\x44\x45\x46\x47\x48" +
			"\x49\x4a\x53\x54\x55\x56\x57\x58\x59\x5a\x63\x64\x65\x66\x67\x68" +
			"\x69\x6a\x73\x74\x75\x76\x77\x78\x79\x7a\x82\x83\x84\x85\x86\x87" +
			"\x88\x89\x8a\x92\x93\x94\x95\x96\x97\x98\x99\x9a\xa2\xa3\xa4\xa5" +
			"\xa6\xa7\xa8\xa9\xaa\xb2\xb3\xb4\xb5\xb6\xb7\xb8\xb9\xba\xc2\xc3" +
			"\xc4\xc5\xc6\xc7\xc8\xc9\xca\xd2\xd3\xd4\xd5\xd6\xd7\xd8\xd9\xda" +
			"\xe2\xe3\xe4\xe5\xe6\xe7\xe8\xe9\xea\xf2\xf3\xf4\xf5\xf6\xf7\xf8" +
			"\xf9\xfa")}
)

// huffTable maps a value to its code: length in bits << 16 | code.
type huffTable [256]uint32

func (s huffSpec) table() *huffTable {
	var t huffTable
	code, next := uint32(0), 0
	for i, n := range s.counts {
		for range n {
			t[s.values[next]] = uint32(i+1)<<16 | code
			code++
			next++
		}
		code <<= 1
	}
	return &t
}

var (
	dcLuma, acLuma     = dcLumaSpec.table(), acLumaSpec.table()
	dcChroma, acChroma = dcChromaSpec.table(), acChromaSpec.table()
)

// bitWriter appends entropy-coded bits to out, with a zero stuffed after 0xFF.
type bitWriter struct {
	out  []byte
	acc  uint64
	bits uint // how many low bits of acc are still to be written
}

// put appends the n low bits of v.
func (w *bitWriter) put(v uint32, n uint) {
	w.acc = w.acc<<n | uint64(v)
	w.bits += n
	for w.bits >= 8 {
		w.bits -= 8
		b := byte(w.acc >> w.bits)
		w.out = append(w.out, b)
		if b == 0xff {
			w.out = append(w.out, 0)
		}
	}
}

// code appends the Huffman code of value followed by n extra bits.
func (w *bitWriter) code(t *huffTable, value byte, extra uint32, n uint) {
	c := t[value]
	w.put((c&0xffff)<<n|extra, uint(c>>16)+n)
}

// align fills the last byte with ones, as before a marker.
func (w *bitWriter) align() {
	if w.bits > 0 {
		w.put(1<<(8-w.bits)-1, 8-w.bits)
	}
	w.acc = 0
}
