package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// runs is how many discontinuities a camera's window has.
func (h *house) runs(camera string) int {
	return strings.Count(h.get("/hls/"+camera+"/window.m3u8").body, "#EXT-X-DISCONTINUITY\n")
}

// TestListChanges: cameras come, go and change in the file while one of the
// environment and one of the file go on, of which no frame is lost. A mistake
// changes nothing and is said once.
func TestListChanges(t *testing.T) {
	h := newHouse(t, "CAMERAS=fixed=test:320x180@5")
	const steady, b, c = "steady=test:320x180@5", "b=test:320x180@5", "c=test:320x180@5"
	h.write(steady, b)
	h.serve("CAMERAS_FILE=" + h.list)
	h.untilLive("fixed", "steady", "b")

	added := time.Now()
	h.write(steady, b, c)
	h.untilLive("c")
	t.Logf("a camera that was added is live after %v", time.Since(added).Round(10*time.Millisecond))

	h.write(steady, b+" TITLE=Yard WINDOW=3m", c)
	h.until("the title is another", func() bool { return h.cameras()["b"].Title == "Yard" })
	h.write(steady, "b=test:160x90@5 TITLE=Yard", c)
	h.until("b is another run", func() bool { return h.runs("b") == 1 })
	h.untilLive("b")

	h.write(steady, "b=nothing-that-could-be-read", c)
	h.until("the mistake is said", func() bool { return strings.Contains(h.log.String(), "the list of cameras has a mistake") })
	if n := strings.Count(h.log.String(), "the list of cameras has a mistake"); n != 1 {
		t.Errorf("it is said %d times", n)
	}
	for _, name := range []string{"fixed", "steady", "b", "c"} {
		if got := h.state(name); got != "live" {
			t.Errorf("after a mistake %s is %s", name, got)
		}
	}

	h.write(steady, c)
	h.until("b has ended", func() bool { return h.state("b") == "ended" })
	h.untilLive("fixed", "steady", "c")
	if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	h.until("a signal has the list read anew", func() bool { return strings.Contains(h.log.String(), "came=[] went=[] changed=[]") })
	if !strings.Contains(h.log.String(), "docker compose up -d") {
		t.Error("nobody is told what other settings need")
	}
	if took := h.stop(); took > 5*time.Second {
		t.Errorf("the end took %v", took)
	}
	for _, name := range []string{"fixed", "steady", "c"} {
		if f := framesOf(t, h.media, name); f.runs != 1 || len(f.holes) > 0 || f.count < 10 {
			t.Errorf("%s has %d runs, %d frames, holes at %v", name, f.runs, f.count, f.holes)
		}
	}
	if f := framesOf(t, h.media, "b"); f.runs != 2 {
		t.Errorf("b has %d runs: a title is no reason for a new one, another picture is", f.runs)
	}
	sound(t, h.media)
}

// TestEndedCamera: what is no longer named keeps its history, at run time and
// after a start; its loss is closed; when it comes back it goes on with its MSNs.
func TestEndedCamera(t *testing.T) {
	var mu sync.Mutex
	var alerts []string
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var m struct {
			Event, Camera string
			Ended         bool
		}
		if json.NewDecoder(r.Body).Decode(&m) == nil && m.Camera == "lost" { // on a slow machine others are late, too
			mu.Lock()
			defer mu.Unlock()
			alerts = append(alerts, strings.TrimSpace(m.Camera+" "+m.Event+map[bool]string{true: " ended"}[m.Ended]))
		}
	}))
	defer receiver.Close()
	told := func(what string) func() bool {
		return func() bool {
			mu.Lock()
			defer mu.Unlock()
			return strings.Contains(strings.Join(alerts, ","), what)
		}
	}
	h := newHouse(t, "CAMERAS=a=test:320x180@5", "ALERT_WEBHOOK="+receiver.URL, "ALERT_AFTER=5s")
	const b, lost = "b=test:320x180@5", "lost=http://127.0.0.1:1/"
	h.write(b, lost)
	h.serve("CAMERAS_FILE=" + h.list)
	h.untilLive("a", "b")
	h.until("three segments of b", func() bool { return strings.Count(h.get("/hls/b/window.m3u8").body, ".m4s") > 3 })
	h.until("the lost one is told", told("lost camera-lost"))

	h.write("")
	h.until("b has ended", func() bool { return h.state("b") == "ended" })
	h.until("the loss is closed", told("lost camera-lost,lost camera-back ended"))
	h.until("its playlist has an end", func() bool { return strings.HasSuffix(h.get("/hls/b/live.m3u8").body, "#EXT-X-ENDLIST\n") })
	h.ended("b")
	h.until("what never had a picture is gone", func() bool { _, there := h.cameras()["lost"]; return !there })
	h.stop()
	last := framesOf(t, h.media, "b")

	h.serve("CAMERAS_FILE=" + h.list)
	h.until("the ended one is found", func() bool {
		return h.state("b") == "ended" && strings.HasSuffix(h.get("/hls/b/window.m3u8").body, "#EXT-X-ENDLIST\n")
	})
	h.ended("b")
	h.untilLive("a")
	h.until("nothing is unready", func() bool { return h.get("/readyz").status == http.StatusOK })
	h.write(b)
	h.untilLive("b")
	if list := h.get("/hls/b/live.m3u8").body; strings.Contains(list, "ENDLIST") || h.runs("b") != 1 {
		t.Errorf("it came back as %s", list)
	}
	h.stop()
	if f := framesOf(t, h.media, "b"); f.runs != 2 || f.lowest != last.lowest || f.count <= last.count {
		t.Errorf("before %+v, when it had come back %+v", last, f)
	}
	sound(t, h.media)
}

// ended fails unless everything that is there of an ended camera is served.
func (h *house) ended(name string) {
	h.t.Helper()
	c := h.cameras()[name]
	if c.Reason != nil || len(c.Health) > 0 || c.Live != nil || c.Window == nil || c.Window.Seconds <= 0 {
		h.t.Errorf("it is told as %+v", c)
	}
	text := h.get("/api/cameras/" + name).body
	picture := pictureURL.FindString(text)
	for _, path := range []string{"hls/" + name + "/index.m3u8", "hls/" + name + "/live.m3u8?_HLS_msn=999", "hls/" + name + "/window.m3u8?from=2020-01-01T00:00:00Z",
		"api/cameras/" + name + "/timeline", picture} {
		if got := h.get("/" + path); got.status != http.StatusOK {
			h.t.Errorf("%s: %d %s", path, got.status, got.body)
		}
	}
	if ready := h.get("/readyz"); strings.Contains(ready.body, `"name":"`+name+`"`) {
		h.t.Errorf("it is unready: %s", ready.body)
	}
}

var pictureURL = regexp.MustCompile(`hls/\w+/[0-9a-f]{16}/pictures/\d+\.mp4`)

// forgotten reports whether of the demo camera nothing is left but the numbers that it used.
func (h *house) forgotten() bool {
	left, err := filepath.Glob(filepath.Join(h.media, "demo", "*"))
	_, spool := os.Stat(filepath.Join(h.media, ".spool", "demo"))
	_, shown := h.cameras()["demo"]
	return err == nil && !shown && os.IsNotExist(spool) && (len(left) == 0 || len(left) == 1 && filepath.Base(left[0]) == "state.json")
}

// archived reports whether a camera has a segment in its archive.
func (h *house) archived(camera string) bool {
	found, _ := filepath.Glob(filepath.Join(h.media, camera, "*-*-*", "*", "*.m4s"))
	return len(found) > 0
}

// TestDemoIsForgotten: with its files, when the first camera comes, while the
// program runs and at a start, and it comes again when the last one goes.
func TestDemoIsForgotten(t *testing.T) {
	h := newHouse(t, "DEMO_URL=test:320x180@5")
	const a = "a=test:320x180@5"
	h.write("")
	h.serve("CAMERAS_FILE=" + h.list)
	h.untilLive("demo")
	h.until("it is archived", func() bool { return h.archived("demo") })
	h.write(a)
	h.untilLive("a")
	h.until("the demo is forgotten", h.forgotten)
	h.write("")
	h.untilLive("demo")
	h.until("a has ended", func() bool { return h.state("a") == "ended" })
	h.until("the demo is archived again", func() bool { return h.archived("demo") })
	h.stop()
	h.write(a)
	h.serve("CAMERAS_FILE=" + h.list)
	h.untilLive("a")
	h.until("the demo of before is forgotten", h.forgotten)
	h.stop()
	sound(t, h.media)
}

// TestOwnCameraCalledDemo: what somebody recorded under that name is not forgotten.
func TestOwnCameraCalledDemo(t *testing.T) {
	h := newHouse(t, "DEMO_URL=test:320x180@5")
	h.write("demo=test:160x90@5")
	h.serve("CAMERAS_FILE=" + h.list)
	h.untilLive("demo")
	h.until("it is archived", func() bool { return h.archived("demo") })
	h.stop()
	h.write("") // now it is the demo camera that goes on with it
	h.serve("CAMERAS_FILE=" + h.list)
	h.until("it is recorded in a run of its own", func() bool { return h.runs("demo") == 1 })
	h.write("a=test:320x180@5")
	h.untilLive("a")
	h.until("demo has ended", func() bool { return h.state("demo") == "ended" })
	h.stop()
	if f := framesOf(t, h.media, "demo"); f.runs != 2 || f.count == 0 {
		t.Errorf("of somebody's own camera %+v is left", f)
	}
}
