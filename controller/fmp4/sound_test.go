package fmp4

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestSoundBesidePicture: what is put together plays, and decodes to silence of
// the right length.
func TestSoundBesidePicture(t *testing.T) {
	recording := sample(t, "h264")
	init, fragments := mustScan(t, recording)
	picture, err := init.Describe()
	if err != nil {
		t.Fatal(err)
	}
	track, _ := init.Video()
	for channels, config := range map[int][]byte{1: {0x11, 0x88}, 2: {0x11, 0x90}} {
		aac, err := ParseAAC(config)
		if err != nil || aac.Rate != 48000 || aac.Channels != channels {
			t.Fatalf("%+v, %v", aac, err)
		}
		with, err := NewInit(picture, track.Timescale, &aac)
		if err != nil || with.Codecs() != init.Codecs()+",mp4a.40.2" {
			t.Fatalf("%v, %v", with, err)
		}
		file, next := with.Raw, uint64(0)
		for i, f := range fragments {
			v, _ := f.Track(1)
			samples, err := f.Samples(1)
			if err != nil {
				t.Fatal(err)
			}
			sound := Piece{Track: SoundTrack, DecodeTime: next}
			for ; next+AACFrame <= (v.DecodeTime+v.Duration)*48000/uint64(track.Timescale); next += AACFrame {
				sound.Samples = append(sound.Samples, Sample{Duration: AACFrame, Sync: true, Data: aac.Silence()})
			}
			file = AppendFragment(file, uint32(i+1), Piece{VideoTrack, v.DecodeTime, samples}, sound)
		}
		path := filepath.Join(t.TempDir(), "x.mp4")
		if err := os.WriteFile(path, file, 0o644); err != nil {
			t.Fatal(err)
		}
		probe := exec.Command("ffmpeg", "-nostdin", "-loglevel", "error", "-xerror", "-i", path, "-map", "0:a", "-f", "s16le", "pipe:1", "-map", "0:v", "-f", "null", "-")
		var said bytes.Buffer
		probe.Stderr = &said
		samples, err := probe.Output()
		if err != nil || said.Len() > 0 {
			t.Fatalf("%v: %s", err, said.String())
		}
		if n := len(samples) / 2 / channels; n != int(next) || n < 46000 {
			t.Errorf("%d samples, want %d", n, next)
		}
		for _, b := range samples {
			if b != 0 {
				t.Error("silence is to be heard")
				break
			}
		}
	}
}

func TestParseAACRefuses(t *testing.T) {
	for name, config := range map[string][]byte{"nothing": nil, "HE": {0x2b, 0x92}, "rate": {0x17, 0x88}, "six channels": {0x11, 0xb0}, "960": {0x11, 0x8c}} {
		if got, err := ParseAAC(config); err == nil {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
