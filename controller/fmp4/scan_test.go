package fmp4

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"testing"
	"testing/iotest"
)

func TestInitOfFFmpeg(t *testing.T) {
	for name, want := range map[string]struct {
		codecs string
		kinds  []Kind
	}{
		"h264":               {"avc1.42c00a", []Kind{Video}},
		"b-frames and audio": {"avc1.64000a,mp4a.40.2", []Kind{Video, Audio}},
		"h265":               {"hvc1.1.6.L30.90", []Kind{Video}},
		"mpeg4":              {"mp4v", []Kind{Video}},
	} {
		t.Run(name, func(t *testing.T) {
			init, _ := mustScan(t, sample(t, name))
			if got := init.Codecs(); got != want.codecs {
				t.Errorf("codecs %q, want %q", got, want.codecs)
			}
			var kinds []Kind
			for _, track := range init.Tracks {
				kinds = append(kinds, track.Kind)
			}
			if !slices.Equal(kinds, want.kinds) {
				t.Errorf("kinds %v, want %v", kinds, want.kinds)
			}
			v, ok := init.Video()
			if !ok || v.Width != 96 || v.Height != 64 || v.ID != 1 || v.Timescale != 10240 {
				t.Errorf("video %+v, %v", v, ok)
			}
		})
	}
}

// What the scanner says of each frame is what ffprobe says.
func TestScannerAgreesWithFFprobe(t *testing.T) {
	for name := range samples {
		t.Run(name, func(t *testing.T) {
			data := sample(t, name)
			init, fragments := mustScan(t, data)
			video, _ := init.Video()
			packets := ffprobe(t, data)
			joined := bytes.Clone(init.Raw)
			seen, end := 0, uint64(0)
			for _, f := range fragments {
				joined = append(joined, f.Raw...)
				v, ok := f.Track(video.ID)
				if !ok {
					continue
				}
				flags := "__"
				if v.Sync {
					flags = "K_"
				}
				if got := fmt.Sprintf("%d,%s", v.DecodeTime, flags); seen >= len(packets) || got != packets[seen] {
					t.Errorf("sample %d: got %s, ffprobe says %q", seen, got, packets)
				}
				if v.DecodeTime != end {
					t.Errorf("sample %d begins at %d, the one before ended at %d", seen, v.DecodeTime, end)
				}
				seen, end = seen+v.Samples, v.DecodeTime+v.Duration
			}
			if seen != len(packets) {
				t.Errorf("%d samples, ffprobe says %d", seen, len(packets))
			}
			rest, whole := bytes.CutPrefix(data, joined)
			if !whole || (name == "no mfra") != (len(rest) == 0) || len(rest) > 0 && string(rest[4:8]) != "mfra" {
				t.Error("the fragments are not the input up to its mfra")
			}
		})
	}
}

func TestScannerAndNextAgree(t *testing.T) {
	for name := range samples {
		t.Run(name, func(t *testing.T) { agree(t, sample(t, name)) })
	}
	agree(t, made(t, gops))
}

// agree fails unless Scanner and Next find the same fragments and end alike.
func agree(t *testing.T, data []byte) {
	t.Helper()
	init, fragments, scanned := scan(data)
	if init == nil {
		return
	}
	off := int64(len(init.Raw))
	infos, walked := walk(data, off)
	if len(infos) != len(fragments) {
		t.Fatalf("Scanner finds %d fragments (%v), Next %d (%v)", len(fragments), scanned, len(infos), walked)
	}
	for i, f := range fragments {
		if infos[i].Offset != off || infos[i].Size != int64(len(f.Raw)) || !slices.Equal(infos[i].Tracks, f.Tracks) {
			t.Fatalf("fragment %d: Scanner %+v of %d bytes at %d, Next %+v", i, f.Tracks, len(f.Raw), off, infos[i])
		}
		off += infos[i].Size
	}
	var a, b *FormatError
	switch {
	case errors.As(scanned, &a) && errors.As(walked, &b) && *a == *b:
	case scanned == io.ErrUnexpectedEOF && walked == ErrIncomplete:
	case scanned == io.EOF && walked == io.EOF:
	default:
		t.Fatalf("Scanner ends with %v, Next with %v", scanned, walked)
	}
}

func TestEveryTruncation(t *testing.T) {
	data := sample(t, "b-frames and audio")
	init, whole := mustScan(t, data)
	data = data[:len(init.Raw)+sizes(whole[:4])+600] // into the fifth fragment or beyond
	ends := map[int]int{}                            // clean ends: offset to number of fragments
	for n := range whole {
		ends[len(init.Raw)+sizes(whole[:n])] = n
	}
	for n := range data {
		cut := data[:n]
		_, fragments, err := scan(cut)
		want := io.ErrUnexpectedEOF
		if _, clean := ends[n]; clean || n == 0 {
			want = io.EOF
		}
		if err != want {
			t.Fatalf("cut at %d: %v, want %v", n, err, want)
		}
		for i, f := range fragments {
			if !bytes.Equal(f.Raw, whole[i].Raw) || !slices.Equal(f.Tracks, whole[i].Tracks) {
				t.Fatalf("cut at %d: fragment %d is wrong", n, i)
			}
		}
		if _, err := ParseInit(cut[:min(n, len(init.Raw)-1)]); err != io.ErrUnexpectedEOF {
			t.Fatalf("ParseInit cut at %d: %v", n, err)
		}
		agree(t, cut)
	}
}

func sizes(fragments []Fragment) (n int) {
	for _, f := range fragments {
		n += len(f.Raw)
	}
	return n
}

// A fragment comes out as soon as its last byte is in, however the bytes come.
func TestScannerReadsNoFurther(t *testing.T) {
	data := sample(t, "h264")
	init, whole := mustScan(t, data)
	r, w := io.Pipe()
	s := NewScanner(iotest.OneByteReader(r), Limits{})
	go func() {
		w.Write(init.Raw)
		w.Write(whole[0].Raw) // and then nothing more until it was returned
	}()
	if _, err := s.Init(); err != nil {
		t.Fatal(err)
	}
	if f, err := s.Next(); err != nil || !bytes.Equal(f.Raw, whole[0].Raw) {
		t.Fatalf("first fragment: %v", err)
	}
	broken := errors.New("the pipe broke")
	w.CloseWithError(broken)
	for range 2 {
		if _, err := s.Next(); err != broken {
			t.Fatalf("error %v, want the reader's own, again and again", err)
		}
	}
}

func TestMalformed(t *testing.T) {
	data := sample(t, "h264")
	init, whole := mustScan(t, data)
	frag := whole[1].Raw
	at := func(kind string) int { return bytes.Index(frag, []byte(kind)) - 4 }
	put := func(pos int, v uint32) []byte {
		b := bytes.Clone(frag)
		binary.BigEndian.PutUint32(b[pos:], v)
		return b
	}
	rename := func(from, to string) []byte {
		return bytes.Replace(bytes.Clone(frag), []byte(from), []byte(to), 1)
	}
	mb := func(size int64) []byte {
		b := append([]byte{0, 0, 0, 1}, "mdat"...)
		return binary.BigEndian.AppendUint64(b, uint64(size))
	}
	for name, bad := range map[string][]byte{
		"zeros":                 make([]byte, 100),
		"zeros after prft":      append(AppendPRFT(nil, 1, when, 0), make([]byte, 50)...),
		"size 0":                put(0, 0),
		"size 7":                put(0, 7),
		"mdat to the end":       put(at("mdat"), 0),
		"mdat without moof":     frag[at("mdat"):],
		"moof without mdat":     slices.Concat(frag[:at("mdat")], frag),
		"moov again":            init.Raw,
		"unknown box":           rename("moof", "mo\x00f"),
		"2 GB mdat":             put(at("mdat"), 1<<31),
		"2 GB moof":             put(0, 1<<31),
		"2 GB free":             slices.Concat([]byte{0x80, 0, 0, 0, 'f', 'r', 'e', 'e'}, frag),
		"8 EB mdat":             slices.Concat(frag[:at("mdat")], mb(1<<62)),
		"negative mdat":         slices.Concat(frag[:at("mdat")], mb(-1)),
		"64 bit size of 15":     slices.Concat(frag[:at("mdat")], mb(15)),
		"moof of 2 MiB":         slices.Concat(binary.BigEndian.AppendUint32(nil, 2<<20), frag[4:]),
		"traf beyond moof":      put(at("traf"), 10000),
		"traf of size 0":        put(at("traf"), 0),
		"tfdt beyond traf":      put(at("tfdt"), 10000),
		"no traf":               rename("traf", "trap"),
		"no tfhd":               rename("tfhd", "xxxx"),
		"no tfdt":               rename("tfdt", "xxxx"),
		"tfdt version 2":        put(at("tfdt")+8, 2<<24),
		"decode time too large": put(at("tfdt")+12, 0xffffffff),
		"trun version 2":        put(at("trun")+8, 2<<24|1),
		"no duration":           put(at("tfhd")+8, 0x20032),
		"tfhd too short":        put(at("tfhd")+8, 0x2003b),
		"a billion samples":     put(at("trun")+12, 1<<30),
		"media before mdat":     put(at("trun")+16, 20),
		"media beyond mdat":     put(at("trun")+16, 1000),
		"sample beyond mdat":    put(at("tfhd")+24, 1<<20),
		"mfra in between":       slices.Concat([]byte{0, 0, 0, 8, 'm', 'f', 'r', 'a'}, frag),
		"short prft":            slices.Concat([]byte{0, 0, 0, 12, 'p', 'r', 'f', 't', 0, 0, 0, 0}, frag),
	} {
		t.Run(name, func(t *testing.T) {
			stream := slices.Concat(init.Raw, whole[0].Raw, bad)
			_, fragments, err := scan(stream)
			var f *FormatError
			if !errors.As(err, &f) || len(fragments) > 2 {
				t.Fatalf("%d fragments, %v; want a FormatError", len(fragments), err)
			}
			if start := int64(len(init.Raw) + len(whole[0].Raw)); f.Offset < start || f.Offset >= int64(len(stream)) {
				t.Errorf("%v: the fragment begins at %d", f, start)
			}
			agree(t, stream)
		})
	}
}

// Boxes that belong to the next fragment, 64 bit sizes and a second trun.
func TestUnusualButValid(t *testing.T) {
	data := sample(t, "h264")
	init, whole := mustScan(t, data)
	frag := whole[1].Raw
	mdat := bytes.Index(frag, []byte("mdat")) - 4
	long := append([]byte{0, 0, 0, 1}, "mdat"...)
	long = binary.BigEndian.AppendUint64(long, uint64(len(frag)-mdat+8))
	long = slices.Concat(frag[:mdat], long, frag[mdat+8:])
	trun := bytes.Index(long, []byte("trun")) - 4
	binary.BigEndian.PutUint32(long[trun+16:], uint32(mdat+16))

	two := slices.Concat(frag[:mdat], frag[trun:mdat], frag[mdat:])
	for _, parent := range []string{"moof", "traf"} {
		p := two[bytes.Index(two, []byte(parent))-4:]
		binary.BigEndian.PutUint32(p, binary.BigEndian.Uint32(p)+uint32(mdat-trun))
	}
	for _, pos := range []int{trun, mdat} { // both point at the same, moved media
		binary.BigEndian.PutUint32(two[pos+16:], uint32(2*mdat-trun+8))
	}
	free := append([]byte{0, 0, 0, 9}, "free-"...)
	styp := append([]byte{0, 0, 0, 16}, "stypmsdh\x00\x00\x00\x00"...)

	stream := slices.Concat(init.Raw, styp, free, AppendPRFT(nil, 1, when, 7), long, two)
	_, got := mustScan(t, stream)
	if len(got) != 2 || len(got[0].Raw) != 16+9+32+len(long) {
		t.Fatalf("fragments %+v", got)
	}
	v, _ := got[1].Track(1)
	if v.Samples != 2 || v.Duration != 2048 {
		t.Errorf("two truns: %+v", v)
	}
	if samples, err := got[1].Samples(1); err != nil || len(samples) != 2 || samples[1].Duration != 1024 || !bytes.Equal(samples[0].Data, samples[1].Data) {
		t.Errorf("two truns: %d samples, %v", len(samples), err)
	}
	agree(t, stream)
	infos, _ := walk(stream, int64(len(init.Raw)))
	if i := infos[0]; !i.PRFT.Equal(when) || i.PRFTMediaTime != 7 {
		t.Errorf("prft %v, %d", i.PRFT, i.PRFTMediaTime)
	}
	if i := infos[1]; !i.PRFT.IsZero() {
		t.Errorf("a fragment without prft has %v", i.PRFT)
	}
}

func TestLimits(t *testing.T) {
	data := sample(t, "h264")
	init, whole := mustScan(t, data)
	for _, c := range []struct {
		lim       Limits
		init, all bool
	}{
		{Limits{MaxInit: len(init.Raw) - 1}, false, false},
		{Limits{MaxInit: len(init.Raw), MaxFragment: len(whole[0].Raw) - 1}, true, false},
		{Limits{MaxInit: len(init.Raw), MaxFragment: len(whole[0].Raw)}, true, true},
	} {
		s := NewScanner(bytes.NewReader(data), c.lim)
		if _, err := s.Init(); (err == nil) != c.init {
			t.Errorf("%+v: Init %v", c.lim, err)
		}
		if _, err := s.Next(); (err == nil) != c.all {
			t.Errorf("%+v: Next %v", c.lim, err)
		}
	}
}

// A header may declare what it likes: memory follows the bytes that arrive.
func TestNoMemoryForPromises(t *testing.T) {
	data := sample(t, "h264")
	init, whole := mustScan(t, data)
	promise := bytes.Clone(whole[1].Raw)
	binary.BigEndian.PutUint32(promise[bytes.Index(promise, []byte("mdat"))-4:], 1<<30)
	s := NewScanner(bytes.NewReader(slices.Concat(init.Raw, promise)), Limits{MaxFragment: 2 << 30})
	if _, err := s.Init(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Next(); err != io.ErrUnexpectedEOF {
		t.Fatal(err)
	}
	if cap(s.buf) > 1<<20 {
		t.Errorf("%d bytes taken for %d", cap(s.buf), len(promise))
	}
}

func TestInitMalformed(t *testing.T) {
	data := sample(t, "b-frames and audio")
	init, fragments := mustScan(t, data)
	replace := func(from, to string) []byte {
		return bytes.ReplaceAll(init.Raw, []byte(from), []byte(to))
	}
	timescale := bytes.Clone(init.Raw)
	clear(timescale[bytes.Index(timescale, []byte("mdhd"))+16:][:4])
	for name, bad := range map[string][]byte{
		"no ftyp":          init.Raw[28:],
		"two ftyp":         slices.Concat(init.Raw[:28], init.Raw),
		"fragment instead": slices.Concat(init.Raw[:28], fragments[0].Raw),
		"more after moov":  slices.Concat(init.Raw, []byte{0}),
		"not fragmented":   replace("mvex", "free"),
		"no tracks":        replace("trak", "free"),
		"no codec":         replace("stsd", "free"),
		"no avcC":          replace("avcC", "free"),
		"no esds":          replace("esds", "free"),
		"quote in codec":   replace("mp4a", "a\"\n,"),
		"timescale 0":      timescale,
		"one number twice": bytes.Replace(init.Raw, []byte("tkhd\x00\x00\x00\x03\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02"), []byte("tkhd\x00\x00\x00\x03\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01"), 1),
		"zeros":            make([]byte, 1000),
	} {
		t.Run(name, func(t *testing.T) {
			var f *FormatError
			if _, err := ParseInit(bad); !errors.As(err, &f) {
				t.Errorf("%v, want a FormatError", err)
			}
		})
	}
}
