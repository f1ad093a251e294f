package fmp4

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestAddSound: what is put together plays, and decodes to silence of the
// right length.
func TestAddSound(t *testing.T) {
	cmd := exec.Command("ffmpeg", "-nostdin", "-loglevel", "error", "-f", "lavfi", "-i", "testsrc2=size=64x64:rate=25:duration=1", "-c:v", "libx264", "-bf", "0",
		"-f", "mp4", "-movflags", "+cmaf+delay_moov+skip_sidx+skip_trailer+frag_every_frame", "-write_prft", "pts", "pipe:1")
	video, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	for channels, config := range map[int][]byte{1: {0x11, 0x88}, 2: {0x11, 0x90}} {
		aac, err := ParseAAC(config)
		if err != nil || aac.Rate != 48000 || aac.Channels != channels {
			t.Fatalf("%+v, %v", aac, err)
		}
		s := NewScanner(bytes.NewReader(video), Limits{})
		init, err := s.Init()
		if err != nil {
			t.Fatal(err)
		}
		with, id, err := init.AddSound(aac)
		if err != nil || id != 2 || with.Codecs() != init.Codecs()+",mp4a.40.2" {
			t.Fatalf("%v, track %d, %v", with, id, err)
		}
		file, next := bytes.NewBuffer(with.Raw), uint64(0)
		for {
			f, err := s.Next()
			if err != nil {
				break
			}
			if f.PRFT.Year() != 1970 {
				t.Errorf("prft %v", f.PRFT)
			}
			v, _ := f.Track(1)
			var frames [][]byte
			first := next
			for ; next+AACFrame <= (v.DecodeTime+v.Duration)*48000/12800; next += AACFrame {
				frames = append(frames, aac.Silence())
			}
			if len(frames) == 0 {
				file.Write(f.Raw)
				continue
			}
			if err := f.AddSound(id, first, frames); err != nil {
				t.Fatal(err)
			}
			file.Write(f.Raw)
		}
		path := filepath.Join(t.TempDir(), "x.mp4")
		if err := os.WriteFile(path, file.Bytes(), 0o644); err != nil {
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
