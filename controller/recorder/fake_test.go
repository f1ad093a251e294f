package recorder

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The test binary is also the fake ffmpeg: a link to it whose name is
// "fake-<what it does>" makes it one.
var fakes = map[string]func() int{
	"fake-ffprobe": func() int {
		fmt.Println(`{"format":{"format_name":"mpjpeg"},"streams":[{"codec_type":"video","codec_name":"mjpeg","width":320,"height":240}]}`)
		return 0
	},
	"fake-fails": func() int {
		fmt.Fprintln(os.Stderr, "http://user:secret@cam/: something odd")
		return 3
	},
	"fake-ends": func() int { return 0 },
	"fake-ignores": func() int {
		signal.Ignore(os.Interrupt)
		<-time.After(time.Minute)
		return 0
	},
	"fake-garbage": func() int {
		for {
			if _, err := os.Stdout.WriteString(strings.Repeat("garbage ", 1000)); err != nil {
				return 1
			}
		}
	},
	"fake-chatter": func() int {
		interrupted, stop := signal.NotifyContext(context.Background(), os.Interrupt)
		defer stop()
		for i := 0; interrupted.Err() == nil; i++ {
			fmt.Fprintf(os.Stderr, "line %d %s\n", i, strings.Repeat("x", 10_000))
		}
		return 255
	},
}

func TestMain(m *testing.M) {
	if fake, ok := fakes[filepath.Base(os.Args[0])]; ok {
		os.Exit(fake())
	}
	code := m.Run()
	if left := children(); len(left) > 0 && code == 0 {
		fmt.Fprintln(os.Stderr, "processes left behind:", left)
		code = 1
	}
	os.Exit(code)
}

// children are the processes that we are the parent of.
func children() (pids []string) {
	lists, _ := filepath.Glob("/proc/self/task/*/children")
	for _, l := range lists {
		b, _ := os.ReadFile(l)
		pids = append(pids, strings.Fields(string(b))...)
	}
	return pids
}

func fake(t *testing.T, name string) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(t.TempDir(), name)
	if err := os.Symlink(self, link); err != nil {
		t.Fatal(err)
	}
	return link
}

// withFake makes a recorder use fakes: no network, no camera.
func withFake(t *testing.T, name string) func(*Recorder) {
	return func(r *Recorder) {
		r.URL = strings.Replace(r.URL, "http://", "rtmp://", 1) // which ffmpeg reads
		r.FFmpeg, r.FFprobe, r.FPS = fake(t, name), fake(t, "fake-ffprobe"), 30
		r.Redact = func(s string) string { return strings.ReplaceAll(s, "user:secret@", "") }
	}
}
