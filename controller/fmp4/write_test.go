package fmp4

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// parameterSets are the NAL units of a configuration record, one of each kind.
func parameterSets(t *testing.T, v Picture) (sets [][]byte) {
	t.Helper()
	c := v.Config
	next := func(at int) int {
		size := int(binary.BigEndian.Uint16(c[at:]))
		sets = append(sets, c[at+2:at+2+size])
		return at + 2 + size
	}
	if v.Entry == "avc1" {
		next(next(6) + 1)
		return sets
	}
	for at := 23; at < len(c) && len(sets) < 3; {
		at = next(at + 3)
	}
	return sets
}

// rewritten is a recording with everything but its samples made anew.
func rewritten(t *testing.T, recording []byte, v Picture) []byte {
	t.Helper()
	init, fragments := mustScan(t, recording)
	track, _ := init.Video()
	made, err := NewInit(v, track.Timescale, nil)
	if err != nil {
		t.Fatal(err)
	}
	out := bytes.Clone(made.Raw)
	number := uint32(0)
	for _, f := range fragments {
		was, ok := f.Track(track.ID)
		if !ok {
			continue
		}
		samples, err := f.Samples(track.ID)
		if err != nil {
			t.Fatal(err)
		}
		number++
		out = AppendFragment(out, number, Piece{VideoTrack, was.DecodeTime, samples})
	}
	return out
}

// frames lists what ffmpeg decodes: the time and a sum of each picture.
func frames(t *testing.T, data []byte) []string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.mp4")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("ffmpeg", "-v", "error", "-xerror", "-i", path, "-map", "0:v", "-fps_mode", "passthrough", "-enc_time_base", "-1", "-f", "framecrc", "pipe:1")
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil || said.Len() > 0 {
		t.Fatalf("%v: %s", err, said.Bytes())
	}
	return slices.DeleteFunc(strings.Split(string(out), "\n"), func(l string) bool { return strings.HasPrefix(l, "#") })
}

// TestRewritten: ffmpeg sees the same pictures at the same times in what is made
// anew of its samples, and ours is read like its own.
func TestRewritten(t *testing.T) {
	for _, name := range []string{"h264", "b-frames", "h265", "gops"} {
		t.Run(name, func(t *testing.T) {
			recording := samples[name]
			if name == "gops" {
				recording = gops
			}
			data := made(t, recording)
			init, fragments := mustScan(t, data)
			v, err := init.Describe()
			if err != nil {
				t.Fatal(err)
			}
			ours := rewritten(t, data, v)
			if got, want := frames(t, ours), frames(t, data); !slices.Equal(got, want) {
				t.Errorf("decoded %q, want %q", got, want)
			}
			if got, want := ffprobe(t, ours), ffprobe(t, data); !slices.Equal(got, want) {
				t.Errorf("packets %q, want %q", got, want)
			}
			agree(t, ours)
			again, made := mustScan(t, ours)
			track, _ := init.Video()
			if want, _ := again.Video(); want != track || again.Codecs() != track.Codec {
				t.Errorf("%+v, was %+v", want, track)
			}
			n := 0
			for _, f := range fragments {
				want, ok := f.Track(track.ID)
				if !ok {
					continue
				}
				got, _ := made[n].Track(VideoTrack)
				if got != want {
					t.Errorf("fragment %d: %+v, was %+v", n, got, want)
				}
				n++
			}
		})
	}
}

// TestDescribedBySets: parameter sets make the configuration that ffmpeg makes of
// them, and the size of the picture.
func TestDescribedBySets(t *testing.T) {
	for _, name := range []string{"h264", "b-frames", "h265"} {
		init, _ := mustScan(t, sample(t, name))
		want, err := init.Describe()
		if err != nil {
			t.Fatal(err)
		}
		sets := parameterSets(t, want)
		var got Picture
		if want.Entry == "avc1" {
			got, err = AVCOf(sets[0], sets[1])
		} else {
			got, err = HEVCOf(sets[0], sets[1], sets[2])
		}
		if err != nil || got.Width != want.Width || got.Height != want.Height {
			t.Fatalf("%s: %+v, %v", name, got, err)
		}
		if want.Entry == "avc1" && !bytes.Equal(got.Config, want.Config) {
			t.Errorf("%s: % x, want % x", name, got.Config, want.Config)
		}
		got.Extra = want.Extra
		if made, err := NewInit(got, 90_000, nil); err != nil || made.Codecs() != init.Codecs() {
			t.Errorf("%s: %v, %v", name, made, err)
		}
		if a, b := frames(t, rewritten(t, sample(t, name), got)), frames(t, sample(t, name)); !slices.Equal(a, b) {
			t.Errorf("%s: decoded %q, want %q", name, a, b)
		}
		if want.Entry == "avc1" {
			if again, err := AVC(want.Config); err != nil || again.Width != want.Width || !bytes.Equal(again.Config, want.Config) {
				t.Errorf("%s: %+v, %v", name, again, err)
			}
		}
	}
}

func TestDescribedByNonsense(t *testing.T) {
	init, _ := mustScan(t, sample(t, "h264"))
	v, _ := init.Describe()
	for i := range v.Config {
		AVC(v.Config[:i]) // must not panic
	}
	three := bytes.Clone(v.Config)
	three[4] = 0xfe
	for name, config := range map[string][]byte{"nothing": nil, "start codes": []byte("\x00\x00\x00\x01\x67\x42\x00\x1f"), "lengths of three bytes": three} {
		if got, err := AVC(config); err == nil {
			t.Errorf("%s: %+v", name, got)
		}
	}
	for _, sets := range [][2]string{{"", ""}, {"\x67\x42", "\x68"}, {"\x68picture", "\x68"}} {
		if got, err := AVCOf([]byte(sets[0]), []byte(sets[1])); err == nil {
			t.Errorf("%q: %+v", sets, got)
		}
	}
	if got, err := HEVCOf(nil, []byte{0x42, 1, 1}, nil); err == nil {
		t.Errorf("%+v", got)
	}
}

// TestFragmentBytes: what is written, byte for byte.
func TestFragmentBytes(t *testing.T) {
	one := Piece{VideoTrack, 0x1_0000_0002, []Sample{{Duration: 512, Sync: true, Data: []byte("pict")}}}
	two := Piece{SoundTrack, 1024, []Sample{{1024, 0, true, []byte("so")}, {1024, 0, true, []byte("und")}}}
	got := AppendFragment([]byte("before"), 7, one, Piece{Track: 3}, two)
	want := "before" +
		unhex("000000b4") + "moof" + unhex("00000010") + "mfhd" + unhex("00000000 00000007") +
		unhex("0000004c") + "traf" +
		unhex("0000001c") + "tfhd" + unhex("00020038 00000001 00000200 00000004 02000000") +
		unhex("00000014") + "tfdt" + unhex("01000000 00000001 00000002") +
		unhex("00000014") + "trun" + unhex("01000001 00000001 000000bc") +
		unhex("00000050") + "traf" +
		unhex("00000018") + "tfhd" + unhex("00020028 00000002 00000400 02000000") +
		unhex("00000014") + "tfdt" + unhex("01000000 00000000 00000400") +
		unhex("0000001c") + "trun" + unhex("01000201 00000002 000000c0 00000002 00000003") +
		unhex("00000011") + "mdat" + "pictsound"
	if string(got) != want {
		t.Errorf("% x, want\n% x", got, want)
	}
	info, err := Next(bytes.NewReader(got[6:]), 0, int64(len(got)-6))
	if v, _ := info.Track(1); err != nil || v != (TrackFragment{1, 0x1_0000_0002, 512, 1, true}) {
		t.Errorf("%+v, %v", info, err)
	}
	if s, _ := info.Track(2); s != (TrackFragment{2, 1024, 2048, 2, true}) {
		t.Errorf("%+v", info)
	}
	shifted := AppendFragment(nil, 1, Piece{1, 0, []Sample{{Duration: 1, Shift: -5, Data: []byte("x")}}})
	f := Fragment{Raw: shifted}
	if back, err := f.Samples(1); err != nil || len(back) != 1 || back[0].Shift != -5 || back[0].Sync || string(back[0].Data) != "x" {
		t.Errorf("%+v, %v", back, err)
	}
}

func unhex(s string) string {
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		panic(err)
	}
	return string(b)
}

// TestSquareOrNot: pixels that are not square are shown in their proportions.
func TestSquareOrNot(t *testing.T) {
	v := Picture{Width: 720, Height: 576, Extra: appendBox(nil, "pasp", u32(64, 45))}
	if w, h := v.shown(); w != 1024 || h != 576 {
		t.Errorf("%dx%d", w, h)
	}
	v.Extra = appendBox(nil, "pasp", u32(1, 0))
	if w, h := v.shown(); w != 720 || h != 576 {
		t.Errorf("%dx%d", w, h)
	}
}
