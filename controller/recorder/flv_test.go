package recorder

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"lookback/controller/camera"
	"lookback/controller/fmp4"
)

func never() time.Duration { return 0 }

// read is all that a source has, and its end.
func read(s source) (all []unit, err error) {
	for {
		u, err := s.next()
		if err != nil {
			return all, err
		}
		all = append(all, u)
	}
}

func TestSoundInFLV(t *testing.T) {
	out, err := exec.Command("ffmpeg", "-nostdin", "-loglevel", "error", "-f", "lavfi", "-i", "sine=duration=1:sample_rate=48000", "-c:a", "aac",
		"-output_ts_offset", "16777", "-f", "flv", "-flvflags", "no_duration_filesize+no_metadata", "pipe:1").Output()
	if err != nil {
		t.Fatal(err)
	}
	all, err := read(newFLVSound(bytes.NewReader(out), never))
	if len(all) < 47 || err != io.EOF || all[0].format.sound.Rate != 48000 || all[0].track != ofSound {
		t.Fatalf("%d frames, %v", len(all), err)
	}
	// The time goes on where its 24 bits are full, 16777.216 s.
	first, last := all[0].time(), all[len(all)-1].time()
	if first < 16776*time.Second || last-first < 950*time.Millisecond || last-first > 1050*time.Millisecond {
		t.Errorf("from %v to %v", first, last)
	}
}

func TestNoFLV(t *testing.T) {
	head := "FLV\x01\x05\x00\x00\x00\x09\x00\x00\x00\x00"
	for name, bad := range map[string]string{
		"another format":     "not FLV at all, is it",
		"another tag":        head + "\x07\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00\xaf\x01\x00\x00\x00\x00",
		"another sound":      head + "\x08\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00\x22\x22\x00\x00\x00\x00",
		"sound that is huge": head + "\x08\x10\x00\x00\x00\x00\x00\x00\x00\x00\x00",
		"a bad setting":      head + string(tagOf(tagSound, 0, "\xaf\x00\x2b\x92")),
	} {
		if all, err := read(newFLVSound(strings.NewReader(bad), never)); !errors.Is(err, errFLV) || len(all) > 0 {
			t.Errorf("%s: %v, %d frames", name, err, len(all))
		}
	}
	for name, bad := range map[string]string{
		"another codec":     head + string(tagOf(tagPicture, 0, "\x12\x01\x00\x00\x00\x00")),
		"H.265":             head + string(tagOf(tagPicture, 0, "\x90hvc1\x00")),
		"a short one":       head + string(tagOf(tagPicture, 0, "\x17\x01")),
		"no configuration":  head + string(tagOf(tagPicture, 0, "\x17\x00\x00\x00\x00nonsense")),
		"neither lengths":   head + string(tagOf(tagPicture, 0, "\x17\x01\x00\x00\x00\x00\x00\x00\x09\x65")),
		"no such thing":     head + string(tagOf(tagPicture, 0, "\x17\x07\x00\x00\x00")),
		"sets that are bad": head + string(tagOf(tagPicture, 0, "\x17\x01\x00\x00\x00\x00\x00\x00\x01\x67\x42\x00\x00\x01\x68\x01")),
	} {
		if all, err := read(newFLVPictures(strings.NewReader(bad), camera.Rate{Num: 30, Den: 1}, never)); !errors.Is(err, errFLV) || len(all) > 0 {
			t.Errorf("%s: %v, %d pictures", name, err, len(all))
		}
	}
	for _, cut := range []string{"", "FLV", head, head + "\x09\x00\x00"} {
		if all, err := read(newFLVPictures(strings.NewReader(cut), camera.Rate{Num: 30, Den: 1}, never)); errors.Is(err, errFLV) || err == nil || len(all) > 0 {
			t.Errorf("%q: %v, %d pictures", cut, err, len(all))
		}
	}
}

// tagOf is a tag of FLV.
func tagOf(kind byte, stamp int64, body string) []byte {
	tag := binary.BigEndian.AppendUint32(nil, uint32(kind)<<24|uint32(len(body)))
	tag = append(tag, byte(stamp>>16), byte(stamp>>8), byte(stamp), byte(stamp>>24&0x7f), 0, 0, 0)
	return binary.BigEndian.AppendUint32(append(tag, body...), uint32(11+len(body)))
}

// Parameter sets that libx264 makes of 320x180 at 30 fps, and of 640x360.
const (
	sps180 = "\x67\x64\x00\x0d\xac\xb4\x0a\x0c\xfc\xf8\x08\x80\x00\x00\x03\x00\x80\x00\x00\x1e\x47\x8a\x15\x50"
	sps360 = "\x67\x64\x00\x1e\xac\xb4\x05\x01\x7f\xcb\x80\x88\x00\x00\x03\x00\x08\x00\x00\x03\x01\xe4\x78\xb1\x75"
	pps    = "\x68\xef\x0f\xcb"
)

// configuration is a tag with an AVC configuration record of these sets.
func configuration(stamp int64, sps string) []byte {
	record := "\x01" + sps[1:4] + "\xff\xe1\x00" + string(rune(len(sps))) + sps + "\x01\x00" + string(rune(len(pps))) + pps
	return tagOf(tagPicture, stamp, "\x17\x00\x00\x00\x00"+record)
}

// coded is a tag of NAL units; key is what FLV says of it.
func codedTag(stamp int64, key bool, data string) []byte {
	head := "\x27\x01\x00\x00\x00"
	if key {
		head = "\x17\x01\x00\x00\x00"
	}
	return tagOf(tagPicture, stamp, head+data)
}

// TestPicturesOfEncoders: what each encoder of the table makes FLV carry, byte
// for byte, and what becomes of it.
func TestPicturesOfEncoders(t *testing.T) {
	nals := func(all ...string) string { return string(lengths(all...)) }
	script := tagOf(tagScript, 0, "\x02\x00\x0aonMetaData")
	end := tagOf(tagPicture, 99, "\x17\x02\x00\x00\x00")
	type picture struct {
		sync   bool
		data   string
		height int
	}
	cases := map[string]struct {
		tags [][]byte
		want []picture
	}{
		"libx264": {
			// Its own words come before the first picture.
			[][]byte{script, configuration(0, sps180), codedTag(0, true, nals("\x06x264", "\x65one")), codedTag(33, false, nals("\x41two")), end},
			[]picture{{true, nals("\x06x264", "\x65one"), 180}, {false, nals("\x41two"), 180}},
		},
		"h264_nvenc": {
			// Key frames that others may refer beyond are marked as such, but are none to begin with.
			[][]byte{configuration(0, sps180), codedTag(0, true, nals("\x65one")), codedTag(33, true, nals("\x06\x06recovery", "\x41two"))},
			[]picture{{true, nals("\x65one"), 180}, {false, nals("\x06\x06recovery", "\x41two"), 180}},
		},
		"h264_vaapi": {
			// Some drivers put delimiters and the sets before each key frame, which FLV does not mark.
			[][]byte{configuration(0, sps180), codedTag(0, false, nals("\x09\x10", sps180, pps, "\x65one")), codedTag(33, false, nals("\x09\x30", "\x41two"))},
			[]picture{{true, nals("\x09\x10", sps180, pps, "\x65one"), 180}, {false, nals("\x09\x30", "\x41two"), 180}},
		},
		"h264_qsv": {
			// The same configuration again changes nothing; another one does.
			[][]byte{configuration(0, sps180), codedTag(0, true, nals("\x65one")), configuration(33, sps180), codedTag(33, false, nals("\x41two")),
				configuration(67, sps360), codedTag(67, true, nals("\x65three"))},
			[]picture{{true, nals("\x65one"), 180}, {false, nals("\x41two"), 180}, {true, nals("\x65three"), 360}},
		},
		"h264_v4l2m2m": {
			// An empty configuration first, then start codes, the sets among them.
			[][]byte{tagOf(tagPicture, 0, "\x17\x00\x00\x00\x00"), codedTag(0, false, "\x00\x00\x00\x01\x41early"),
				codedTag(33, true, "\x00\x00\x00\x01"+sps180+"\x00\x00\x00\x01"+pps+"\x00\x00\x01\x65one"),
				codedTag(67, false, "\x00\x00\x00\x01\x09\x30\x00\x00\x00\x01\x41two\x00\x00"),
				codedTag(100, true, "\x00\x00\x01"+sps360+"\x00\x00\x01"+pps+"\x00\x00\x01\x65three")},
			[]picture{{true, nals("\x65one"), 180}, {false, nals("\x41two"), 180}, {true, nals("\x65three"), 360}},
		},
	}
	for _, encoder := range camera.EncoderNames() {
		c, ok := cases[encoder]
		if !ok {
			t.Errorf("nobody knows what %s makes", encoder)
			continue
		}
		stream := append([]byte("FLV\x01\x01\x00\x00\x00\x09\x00\x00\x00\x00"), slices.Concat(c.tags...)...)
		all, err := read(newFLVPictures(bytes.NewReader(stream), camera.Rate{Num: 30, Den: 1}, never))
		if err != io.EOF || len(all) != len(c.want) {
			t.Errorf("%s: %d pictures, %v", encoder, len(all), err)
			continue
		}
		for i, u := range all {
			want := c.want[i]
			if u.sync != want.sync || string(u.data) != want.data || u.format.picture.Height != want.height || u.late {
				t.Errorf("%s: picture %d: %q of %+v, want %+v", encoder, i, u.data, u.format.picture, want)
			}
			if same := i > 0 && u.format == all[i-1].format; i > 0 && same != (want.height == c.want[i-1].height) {
				t.Errorf("%s: picture %d goes on: %t", encoder, i, same)
			}
			if step := uint64(u.format.timescale) / 30; u.duration != step || u.dts != int64(i)*int64(step) || u.pts != u.dts {
				t.Errorf("%s: picture %d at %d of %d for %d", encoder, i, u.dts, u.format.timescale, u.duration)
			}
		}
	}
}

// TestBigPicture: a tag may be as long as its length can say.
func TestBigPicture(t *testing.T) {
	big := "\x65" + strings.Repeat("x", maxPictureTag-10)
	stream := slices.Concat([]byte("FLV\x01\x01\x00\x00\x00\x09\x00\x00\x00\x00"), configuration(0, sps180), codedTag(0, true, string(lengths(big))))
	all, err := read(newFLVPictures(bytes.NewReader(stream), camera.Rate{Num: 30, Den: 1}, never))
	if err != io.EOF || len(all) != 1 || len(all[0].data) != len(big)+4 {
		t.Errorf("%d pictures, %v", len(all), err)
	}
}

// TestFrameClock: milliseconds become frames of the very rate, for days, and a
// step that is none of it is one.
func TestFrameClock(t *testing.T) {
	for _, r := range []camera.Rate{{Num: 30, Den: 1}, {Num: 30000, Den: 1001}, {Num: 25, Den: 2}, {Num: 1, Den: 2}, {Num: 120, Den: 1}, {Num: 1_000_000, Den: 138_000}} {
		c := frameClock{rate: r}
		for i := range int64(1_000_000) {
			stamp := 777 + (i*int64(r.Den)*2000+int64(r.Num))/int64(2*r.Num) // rounded as ffmpeg does
			if got := c.tick(stamp); got != i {
				t.Fatalf("%v: frame %d is taken for %d", r, i, got)
			}
		}
		scale, frame := timebase(r)
		if scale < leastTimescale || uint64(scale)*uint64(r.Den) != frame*uint64(r.Num) {
			t.Errorf("%v: %d ticks a second, %d a frame", r, scale, frame)
		}
	}
	c := frameClock{rate: camera.Rate{Num: 10, Den: 1}}
	var got []int64
	for _, stamp := range []int64{0, 100, 260, 360, 460, 400, 500} { // 60 ms too far, then back
		got = append(got, c.tick(stamp))
	}
	if want := []int64{0, 1, 3, 4, 5, 4, 5}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// FuzzFLV: whatever comes, it ends with an error, and what is handed out is whole.
func FuzzFLV(f *testing.F) {
	head := []byte("FLV\x01\x01\x00\x00\x00\x09\x00\x00\x00\x00")
	f.Add(slices.Concat(head, configuration(0, sps180), codedTag(0, true, string(lengths("\x65one")))))
	f.Add(slices.Concat(head, codedTag(0, true, "\x00\x00\x00\x01"+sps180+"\x00\x00\x00\x01"+pps+"\x00\x00\x01\x65one")))
	f.Fuzz(func(t *testing.T, data []byte) {
		all, err := read(newFLVPictures(bytes.NewReader(data), camera.Rate{Num: 30, Den: 1}, never))
		if err == nil {
			t.Fatal("no end")
		}
		for _, u := range all {
			if u.format == nil || len(u.data) == 0 || !nalUnits(u.data, nil) {
				t.Fatalf("%+v", u)
			}
		}
		read(newFLVSound(bytes.NewReader(data), never))
	})
}

// TestPicturesOfRealFFmpeg: whether the parameter sets come before the pictures,
// among them or both, what is made of them plays.
func TestPicturesOfRealFFmpeg(t *testing.T) {
	for name, args := range map[string][]string{
		"before":       nil,
		"among":        {"-flags:v", "-global_header"},
		"first of all": {"-flags:v", "-global_header", "-bsf:v", "extract_extradata"},
	} {
		all := coded(t, camera.Rate{Num: 30000, Den: 1001}, append([]string{"testsrc2=size=320x180:rate=30000/1001:duration=0.5", "-pix_fmt", "yuv420p",
			"-c:v", "libx264", "-preset", "superfast", "-tune", "zerolatency", "-g", "5", "-bf", "0"}, args...)...)
		if len(all) != 15 || all[0].format.picture.Width != 320 || all[0].format.picture.Height != 180 {
			t.Fatalf("%s: %d pictures", name, len(all))
		}
		init, err := fmp4.NewInit(all[0].format.picture, all[0].format.timescale, nil)
		if err != nil {
			t.Fatal(err)
		}
		file := init.Raw
		for i, u := range all {
			if u.sync != (i%5 == 0) || u.dts != int64(i*1001) || u.duration != 1001 || u.format.timescale != 30000 {
				t.Errorf("%s: picture %d: %+v", name, i, u.stamp())
			}
			file = fmp4.AppendFragment(file, uint32(i+1), fmp4.Piece{Track: fmp4.VideoTrack, DecodeTime: uint64(u.dts),
				Samples: []fmp4.Sample{{Duration: uint32(u.duration), Sync: u.sync, Data: u.data}}})
		}
		path := filepath.Join(t.TempDir(), "x.mp4")
		if err := os.WriteFile(path, file, 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command("ffprobe", "-v", "error", "-count_frames", "-show_entries", "stream=nb_read_frames,r_frame_rate", "-of", "csv=p=0", path).CombinedOutput()
		if got := strings.TrimSpace(string(out)); err != nil || got != "30000/1001,15" {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}
