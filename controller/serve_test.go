package main

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"lookback/controller/config"
	"lookback/controller/logged"
	"lookback/e2e/rig"
)

// house is a media directory, a list of cameras, and controllers one after the other.
type house struct {
	t     *testing.T
	media string
	list  string // the file of cameras
	env   []string

	log   logged.Text
	http  *http.Client
	begun time.Time
	stop  func() (took time.Duration) // of the controller that runs
}

func newHouse(t *testing.T, env ...string) *house {
	dir := t.TempDir()
	h := &house{t: t, media: filepath.Join(dir, "media"), list: filepath.Join(dir, "config", "cameras"), env: env}
	for _, folder := range []string{h.media, filepath.Dir(h.list)} {
		if err := os.Mkdir(folder, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	h.http = &http.Client{Transport: &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
		return net.Dial("unix", filepath.Join(dir, "http"))
	}}}
	h.env = append([]string{"MEDIA_DIR=" + h.media, "DISK_RESERVE=0", "ENCODER=libx264", "PART=200ms", "SEGMENT=1s", "LOG_LEVEL=debug",
		"LISTEN=unix:" + filepath.Join(dir, "http"), "METRICS_LISTEN=unix:" + filepath.Join(dir, "metrics")}, env...)
	t.Cleanup(func() { t.Log(h.log.String()) })
	return h
}

// serve starts a controller. What is in the list then is its first list.
func (h *house) serve(env ...string) {
	h.t.Helper()
	cfg, err := config.Load(append(slices.Clone(h.env), env...))
	if err != nil {
		h.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background()) // that of the test ends before its cleanup
	ended := make(chan error, 1)
	h.begun = time.Now()
	go func() { ended <- serve(ctx, cfg, newLogger(cfg.LogLevel, cfg.LogFormat, &h.log)) }()
	h.stop = func() time.Duration {
		if ctx.Err() != nil {
			return 0
		}
		cancel()
		begun := time.Now()
		if err := <-ended; err != nil {
			h.t.Errorf("it ended with %v", err)
		}
		h.http.CloseIdleConnections()
		return time.Since(begun)
	}
	h.t.Cleanup(func() { h.stop() })
}

// write makes a new list of cameras, as editors do.
func (h *house) write(lines ...string) {
	h.t.Helper()
	next := h.list + ".new"
	if err := os.WriteFile(next, []byte(strings.Join(lines, "\n")+"\n"), 0o644); err != nil {
		h.t.Fatal(err)
	}
	if err := os.Rename(next, h.list); err != nil {
		h.t.Fatal(err)
	}
}

// answer is what a request got.
type answer struct {
	status int
	header http.Header
	body   string
}

// get is a zero answer when there is none.
func (h *house) get(path string) (a answer) {
	got, err := h.http.Get("http://lookback" + path)
	if err != nil {
		return a
	}
	defer got.Body.Close()
	body, err := io.ReadAll(got.Body)
	if err != nil {
		return a
	}
	return answer{got.StatusCode, got.Header, string(body)}
}

// seen is a camera as the API tells of it.
type seen struct {
	Name, Title, State string
	Reason             *struct{ Code, Title, Advice string }
	Health             []struct {
		Code, State, Severity string
		Told                  bool
		Reason                *struct{ Code, Title, Advice string }
	}
	Window *struct{ Seconds float64 }
	Live   *struct {
		Edge time.Time
	}
	Plan string
}

// cameras are those of the API's list.
func (h *house) cameras() map[string]seen {
	var list struct{ Cameras []seen }
	all := map[string]seen{}
	if json.Unmarshal([]byte(h.get("/api/cameras").body), &list) == nil {
		for _, c := range list.Cameras {
			all[c.Name] = c
		}
	}
	return all
}

// state is one camera's, "" when there is none.
func (h *house) state(name string) string { return h.cameras()[name].State }

// link is the reason why a link of a camera's health fails, "" when it does not.
func (h *house) link(camera, code string) (reason string, advice string) {
	for _, l := range h.cameras()[camera].Health {
		if l.Code == code && l.Reason != nil {
			return l.Reason.Code, l.Reason.Title + " " + l.Reason.Advice
		}
	}
	return "", ""
}

// until waits for a condition.
func (h *house) until(what string, holds func() bool) {
	h.t.Helper()
	if err := rig.Until(h.t.Context(), 40*time.Second, what, holds); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) untilLive(names ...string) {
	h.t.Helper()
	for _, name := range names {
		h.until(name+" is live", func() bool { return h.state(name) == "live" })
	}
}

// soonest is a bound for what takes milliseconds, on a machine that is busy.
const soonest = time.Second

// TestOddFilesHarmNobody: what stands in the way of an archive's files, once a
// folder and once a pipe that gives nothing, is reported and hurts nobody. The page
// answers at once, both cameras record and play, and the end is in time.
func TestOddFilesHarmNobody(t *testing.T) {
	for name, place := range map[string]func(path string) error{
		"a folder": func(path string) error { return os.Mkdir(path, 0o755) },
		"a pipe":   func(path string) error { return syscall.Mkfifo(path, 0o644) },
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t, "CAMERAS=a=test:320x180@5 b=test:320x180@5")
			odd := filepath.Join(h.media, "a", "2020-02-02", "20", "index.m3u8")
			if err := os.MkdirAll(filepath.Dir(odd), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := place(odd); err != nil {
				t.Fatal(err)
			}
			h.serve()
			h.until("the API answers", func() bool { return h.get("/api/cameras").status == http.StatusOK })
			if took := time.Since(h.begun); took > soonest {
				t.Errorf("the API answers after %v", took)
			}
			h.untilLive("a", "b")
			if code, text := h.link("a", "history"); code != "left-out" || !strings.Contains(text, odd) {
				t.Errorf("of what is left out a says %q %s", code, text)
			}
			if ready := h.get("/readyz"); ready.status != http.StatusOK || !strings.Contains(ready.body, `"link":"history"`) {
				t.Errorf("readyz: %d %s", ready.status, ready.body)
			}
			for _, list := range []string{"a", "b"} {
				if got := h.get("/hls/" + list + "/live.m3u8"); got.status != http.StatusOK {
					t.Errorf("%s does not play: %d %s", list, got.status, got.body)
				}
			}
			if took := h.stop(); took > 2*time.Second {
				t.Errorf("the end took %v", took)
			}
		})
	}
}

// TestUnreadableArchive: a camera whose folder can't be one says so, and records
// into its spool; the other one plays. When it is mended the camera goes on by
// itself, with all that was recorded meanwhile.
func TestUnreadableArchive(t *testing.T) {
	h := newHouse(t, "CAMERAS=a=test:320x180@5 b=test:320x180@5")
	folder := filepath.Join(h.media, "a")
	if err := os.WriteFile(folder, []byte("not a folder"), 0o644); err != nil {
		t.Fatal(err)
	}
	h.serve()
	h.untilLive("b")
	h.until("a says why", func() bool { code, _ := h.link("a", "archive"); return code == "unreadable" })
	if _, text := h.link("a", "archive"); !strings.Contains(text, folder) {
		t.Errorf("the advice is %s", text)
	}
	a := h.cameras()["a"]
	if a.State != "starting" || a.Title != "A" && a.Title != "a" || a.Window != nil || a.Live != nil {
		t.Errorf("a is %+v", a)
	}
	for _, list := range []string{"index.m3u8", "live.m3u8", "window.m3u8", "live.m3u8?_HLS_msn=3&_HLS_part=1"} {
		if got := h.get("/hls/a/" + list); got.status != http.StatusServiceUnavailable || got.header.Get("Retry-After") == "" {
			t.Errorf("%s: %d %v", list, got.status, got.header)
		}
	}
	if h.get("/healthz").status != http.StatusOK {
		t.Error("the container would be started anew because of it")
	}
	if ready := h.get("/readyz"); ready.status != http.StatusServiceUnavailable || !strings.Contains(ready.body, `"name":"a"`) {
		t.Errorf("readyz: %d %s", ready.status, ready.body)
	}
	h.until("a records", func() bool { return recorded(t, h.media, "a") >= 2 })
	mended := time.Now()
	if err := os.Remove(folder); err != nil {
		t.Fatal(err)
	}
	h.untilLive("a")
	h.until("a is well", func() bool { code, _ := h.link("a", "archive"); return code == "" })
	first := h.get("/hls/a/window.m3u8?from=2020-01-01T00:00:00Z").body
	if began := dateOf(first); began.IsZero() || !began.Before(mended) {
		t.Errorf("what was recorded before is lost: it begins at %v, mended at %v", began, mended)
	}
}

// TestNewerArchive: an archive of a newer version is left alone, and recorded
// beside it goes on.
func TestNewerArchive(t *testing.T) {
	h := newHouse(t, "CAMERAS=a=test:320x180@5 b=test:320x180@5")
	if err := os.Mkdir(filepath.Join(h.media, "a"), 0o755); err != nil {
		t.Fatal(err)
	}
	state := filepath.Join(h.media, "a", "state.json")
	if err := os.WriteFile(state, []byte(`{"format": 99}`), 0o644); err != nil {
		t.Fatal(err)
	}
	h.serve()
	h.untilLive("b")
	h.until("a says why", func() bool {
		code, text := h.link("a", "archive")
		return code == "unreadable" && strings.Contains(text, "format 99 is newer")
	})
	h.until("a records", func() bool { return recorded(t, h.media, "a") >= 1 })
	if took := h.stop(); took > 2*time.Second {
		t.Errorf("the end took %v", took)
	}
	if got, err := os.ReadFile(state); err != nil || string(got) != `{"format": 99}` {
		t.Errorf("state.json is %s, %v", got, err)
	}
}
