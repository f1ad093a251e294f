package fmp4

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// samples are real ffmpeg outputs, each made once per test binary. The audio of
// "b-frames and audio" interleaves with the video, and the trailing mfra stays.
var samples = map[string]func() ([]byte, error){
	"h264":               record("-c:v libx264 -preset ultrafast -g 5 -bf 0"),
	"b-frames":           record("-c:v libx264 -preset veryfast -g 5 -bf 2"),
	"b-frames and audio": record("-f lavfi -i sine=d=1 -c:v libx264 -preset veryfast -g 5 -bf 2 -c:a aac"),
	"h265":               record("-c:v libx265 -preset ultrafast -x265-params log-level=error:keyint=5 -tag:v hvc1"),
	"mpeg4":              record("-c:v mpeg4 -g 5"),
	"no mfra":            recordAs("+cmaf+delay_moov+skip_sidx+frag_every_frame+skip_trailer", "-c:v libx264 -preset ultrafast -g 5 -bf 0"),
}

// gops has one fragment for each group of pictures, at an uneven frame rate.
var gops = recordAs("+cmaf+delay_moov+skip_sidx+frag_keyframe",
	"-vf setpts=N*(N+3)/20/TB -fps_mode vfr -c:v libx264 -preset veryfast -g 5 -bf 2")

func record(args string) func() ([]byte, error) {
	return recordAs("+cmaf+delay_moov+skip_sidx+frag_every_frame", args)
}

func recordAs(movflags, args string) func() ([]byte, error) {
	return sync.OnceValues(func() ([]byte, error) {
		all := append(strings.Fields("-v error -f lavfi -i testsrc2=s=96x64:r=10:d=1"), strings.Fields(args)...)
		all = append(all, strings.Fields("-threads 1 -f mp4 -movflags "+movflags+" pipe:1")...)
		cmd := exec.Command("ffmpeg", all...)
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		if err != nil {
			err = errors.Join(err, errors.New(stderr.String()))
		}
		return out, err
	})
}

func sample(t testing.TB, name string) []byte {
	t.Helper()
	return made(t, samples[name])
}

func made(t testing.TB, recording func() ([]byte, error)) []byte {
	t.Helper()
	data, err := recording()
	if err != nil {
		t.Fatalf("ffmpeg: %v", err)
	}
	return bytes.Clone(data)
}

// scan reads everything; the fragments are copies.
func scan(data []byte) (init *Init, fragments []Fragment, err error) {
	s := NewScanner(bytes.NewReader(data), Limits{})
	if init, err = s.Init(); err != nil {
		return nil, nil, err
	}
	for {
		f, err := s.Next()
		if err != nil {
			return init, fragments, err
		}
		fragments = append(fragments, Fragment{Raw: bytes.Clone(f.Raw), Tracks: f.Tracks})
	}
}

func mustScan(t testing.TB, data []byte) (*Init, []Fragment) {
	t.Helper()
	init, fragments, err := scan(data)
	if err != io.EOF {
		t.Fatalf("scan ended with %v, want io.EOF", err)
	}
	return init, fragments
}

// walk follows Next from off to its first error.
func walk(data []byte, off int64) (infos []Info, err error) {
	for {
		i, err := Next(bytes.NewReader(data), off, int64(len(data)))
		if err != nil {
			return infos, err
		}
		infos = append(infos, i)
		off += i.Size
	}
}

// ffprobe lists the video packets as "dts,flags", dts in ticks, as ffmpeg
// itself reads them.
func ffprobe(t *testing.T, data []byte) []string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "probe.mp4")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("ffprobe", "-v", "error", "-select_streams", "v", "-show_entries",
		"packet=dts,flags", "-of", "csv=p=0", path).Output()
	if err != nil {
		t.Fatalf("ffprobe: %v", err)
	}
	var lines []string
	for line := range strings.Lines(string(out)) {
		lines = append(lines, strings.Trim(line, ",\n"))
	}
	return lines
}
