package e2e

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lookback/controller/playlist/conform"
	"lookback/e2e/rig"
)

// recording is what is served of a camera.
type recording struct {
	live, archive, segment string // its playlist and the folder of its media, and a segment, as URLs
}

// recording waits until a segment of another archive than that of before is recorded.
func (s *quiet) recording(t *testing.T, before recording) (now recording) {
	t.Helper()
	eventually(t, soon, "a segment is recorded", func() bool {
		answer, err := http.Get(s.Origin + "/hls/" + rig.CameraName + "/window.m3u8")
		if err != nil {
			return false
		}
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		if err != nil {
			return false
		}
		list, err := conform.Parse(text)
		if err != nil || len(list.Segments) == 0 {
			return false
		}
		folder := "/hls/" + rig.CameraName + "/"
		identity, _, _ := strings.Cut(list.Segments[0].URI, "/")
		now = recording{folder + "live.m3u8?" + answer.Request.URL.RawQuery, folder + identity + "/", folder + list.Segments[0].URI}
		return now.archive != before.archive
	})
	return now
}

// quiet is a stack without a browser.
type quiet struct{ *rig.Stack }

// status is that of an answer, with who may keep it.
func (s *quiet) status(t *testing.T, path string) string {
	t.Helper()
	answer, err := http.Get(s.Origin + path)
	must(t, err)
	answer.Body.Close()
	return fmt.Sprintf("%d %s", answer.StatusCode, answer.Header.Get("Cache-Control"))
}

// TestIdentity: the real controller and nginx over what happens to archives.
func TestIdentity(t *testing.T) {
	const forever, never, gone = "200 public, max-age=31536000, immutable", "404 no-store", "410 no-store"
	stack, err := rig.New(t.Context(), rig.Options{Root: "..", Dir: t.TempDir(), Size: "320x180", FPS: "5", Plain: true, Setting: []string{"PART=200ms", "SEGMENT=1s"}})
	must(t, err)
	t.Cleanup(stack.Close)
	s := &quiet{stack}
	must(t, s.Start(t.Context()))
	expect := func(t *testing.T, path, want string) {
		t.Helper()
		if got := s.status(t, path); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
	restart := func(t *testing.T, between func()) {
		t.Helper()
		s.Controller.Stop()
		between()
		must(t, s.Controller.Start())
		must(t, s.Ready(t.Context()))
	}
	first := s.recording(t, recording{})
	expect(t, first.segment, forever)
	expect(t, strings.Replace(first.segment, first.archive, "/hls/"+rig.CameraName+"/", 1), never)
	if number, err := url.Parse(first.live); err != nil || len(number.Query().Get("epoch")) < 10 {
		t.Errorf("the first number is no time: %s, %v", first.live, err)
	}

	t.Run("a start", func(t *testing.T) {
		restart(t, func() { expect(t, first.segment, forever) }) // nginx alone
		if now := s.recording(t, recording{}); now != first {
			t.Errorf("%+v, before %+v", now, first)
		}
		expect(t, first.segment, forever)
	})
	t.Run("a kill", func(t *testing.T) {
		s.Controller.Kill()
		must(t, s.Controller.Start())
		must(t, s.Ready(t.Context()))
		if now := s.recording(t, recording{}); now != first {
			t.Errorf("%+v, before %+v", now, first)
		}
	})
	t.Run("the machine's start", func(t *testing.T) {
		restart(t, func() { s.forgetWitness(t) })
		now := s.recording(t, first)
		expect(t, first.segment, never)
		expect(t, now.segment, forever)
		first = now
	})
	t.Run("all of it deleted", func(t *testing.T) {
		before := s.recording(t, recording{})
		restart(t, func() {
			s.forgetWitness(t)
			must(t, os.RemoveAll(filepath.Join(s.Media, rig.CameraName)))
			must(t, os.RemoveAll(filepath.Join(s.Media, ".spool", rig.CameraName)))
		})
		now := s.recording(t, before)
		expect(t, before.segment, never)
		expect(t, now.segment, forever)
		expect(t, before.live, gone)
		if filepath.Base(now.segment) != "000000000.m4s" {
			t.Errorf("the numbers go on with %s", now.segment)
		}
	})
}

// forgetWitness is what the machine's start does.
func (s *quiet) forgetWitness(t *testing.T) {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(s.Dir, "lookback-witness-*"))
	must(t, err)
	if len(found) == 0 {
		t.Fatal("there is no witness")
	}
	for _, path := range found {
		must(t, os.RemoveAll(path))
	}
}
