package web

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"lookback/controller/archive"
	"lookback/controller/health"
	"lookback/controller/playlist/life"
	"lookback/controller/spool"
)

// house is a handler over one simulated camera.
type house struct {
	http.Handler
	cam     *life.Simulation
	cameras atomic.Pointer[[]*shown]
	status  spool.Status
	err     error
	now     time.Time // zero: the camera's live edge

	mediaDir string // of standAlone
}

func newHouse(t *testing.T, change ...func(*Options)) *house {
	t.Helper()
	h := &house{cam: life.Usual(), status: spool.Status{State: spool.Recording}}
	h.cam.Dir = t.TempDir()
	front := newShown("front", h.cam, func() (spool.Status, error) {
		s := h.status
		s.At = h.clock()
		return s, h.err
	})
	front.monitor = health.NewMonitor(front, h.clock())
	o := h.options(front)
	for _, c := range change {
		c(&o)
	}
	h.Handler = New(o)
	return h
}

// options serve some cameras.
func (h *house) options(cameras ...*shown) Options {
	h.show(cameras...)
	return Options{Log: slog.New(slog.DiscardHandler), Now: h.clock,
		Cameras: func() (all []Camera) {
			for _, c := range *h.cameras.Load() {
				all = append(all, c)
			}
			return all
		},
		Find: func(name string) (Camera, bool) {
			all := *h.cameras.Load()
			i := slices.IndexFunc(all, func(c *shown) bool { return c.name == name })
			if i < 0 {
				return nil, false
			}
			return all[i], true
		}}
}

// show has the house serve other cameras.
func (h *house) show(cameras ...*shown) { h.cameras.Store(&cameras) }

// media is what archive.Archive and life.Simulation have in common.
type media interface {
	Snapshot() *archive.Snapshot
	OpenMedia(msn uint64) (*os.File, error)
	OpenInit(firstMSN uint64) (*os.File, error)
	Bytes() int64
}

// shown is a camera with a simulated recorder.
type shown struct {
	media
	name, title string
	zone        string
	says        func() (spool.Status, error)
	ended       bool
	life        context.Context
	forget      func() // ends its life
	monitor     *health.Monitor
}

func newShown(name string, m media, says func() (spool.Status, error)) *shown {
	c := &shown{media: m, name: name, title: name, says: says}
	c.monitor = health.NewMonitor(c, time.Now())
	c.life, c.forget = context.WithCancel(context.Background())
	return c
}

func (c *shown) Name() string                  { return c.name }
func (c *shown) Title() string                 { return c.title }
func (c *shown) TimeZone() string              { return c.zone }
func (c *shown) Source() string                { return "http://camera/stream" }
func (c *shown) Life() context.Context         { return c.life }
func (c *shown) Status() (spool.Status, error) { return c.says() }
func (c *shown) Archiving() health.Archiving   { return health.Archiving{Loaded: true} }
func (c *shown) Keeping() *health.Keeping      { return nil }

func (c *shown) Forecast() archive.Forecast {
	return archive.Forecast{BytesPerHour: 1_900_000_000, Fits: 61 * time.Hour, Bound: "DISK_RESERVE"}
}

func (c *shown) Report(now time.Time) health.Report {
	if c.ended {
		return health.Report{Verdict: health.Verdict{State: health.HasEnded, Since: time.UnixMicro(c.Snapshot().Edge())}}
	}
	return c.monitor.Report(now)
}

func (h *house) clock() time.Time {
	if !h.now.IsZero() {
		return h.now
	}
	return time.UnixMicro(max(life.Begin, h.cam.Snapshot().Edge()))
}

// ask sends a request through the handler and follows where it is sent on;
// headers are name, value, ….
func (h *house) ask(ctx context.Context, method, target string, headers ...string) *httptest.ResponseRecorder {
	w := h.once(ctx, method, target, headers...)
	if w.Code != http.StatusFound {
		return w
	}
	from, err := url.Parse(target)
	if err != nil {
		return w
	}
	to, err := from.Parse(w.Header().Get("Location"))
	if err != nil {
		return w
	}
	return h.once(ctx, method, to.String(), headers...)
}

// once sends a request through the handler.
func (h *house) once(ctx context.Context, method, target string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequestWithContext(ctx, method, "http://localhost:8080"+target, nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func (h *house) get(t *testing.T, target string, headers ...string) *httptest.ResponseRecorder {
	return h.ask(t.Context(), http.MethodGet, target, headers...)
}

// later sends a request that may be held and delivers its answer.
func (h *house) later(ctx context.Context, target string) <-chan *httptest.ResponseRecorder {
	done := make(chan *httptest.ResponseRecorder, 1)
	go func() { done <- h.ask(ctx, http.MethodGet, target) }()
	return done
}

// problemOf is the error in an answer.
func problemOf(t *testing.T, w *httptest.ResponseRecorder) problem {
	t.Helper()
	var p problem
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || p.Error.Code == "" || p.Error.Message == "" {
		t.Fatalf("%d %q is no error in JSON: %v", w.Code, w.Body, err)
	}
	return p
}

func TestNothingToPlayYet(t *testing.T) {
	h := newHouse(t)
	for _, target := range []string{"/hls/front/index.m3u8", "/hls/front/live.m3u8", "/hls/front/window.m3u8", "/hls/front/live.m3u8?_HLS_msn=4200&_HLS_part=0"} {
		w := h.get(t, target)
		if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" || problemOf(t, w).Error.Code != "no-picture" {
			t.Errorf("%s: %d %v %s", target, w.Code, w.Header(), w.Body)
		}
	}
}

func TestPlaylistHeaders(t *testing.T) {
	h := newHouse(t)
	h.cam.Run(0)
	h.cam.Parts(130)
	for _, target := range []string{"/hls/front/index.m3u8", "/hls/front/live.m3u8", "/hls/front/live.m3u8?_HLS_skip=YES",
		"/hls/front/window.m3u8", "/hls/front/window.m3u8?from=2026-11-22T10:59:50Z&to=2026-11-22T10:59:55Z&x=y"} {
		plain := h.get(t, target)
		packed := h.get(t, target, "Accept-Encoding", "br;q=1, gzip;q=0.8")
		head := h.ask(t.Context(), http.MethodHead, target)
		for _, w := range []*httptest.ResponseRecorder{plain, packed, head} {
			if w.Code != 200 || w.Header().Get("Content-Type") != "application/vnd.apple.mpegurl" ||
				w.Header().Get("Cache-Control") != "no-store" || w.Header().Get("Vary") != "Accept-Encoding" ||
				w.Header().Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("%s: %d %v", target, w.Code, w.Header())
			}
		}
		z, err := gzip.NewReader(packed.Body)
		if err != nil {
			t.Fatal(err)
		}
		unpacked, err := io.ReadAll(z)
		if err != nil || string(unpacked) != plain.Body.String() || packed.Header().Get("Content-Encoding") != "gzip" {
			t.Errorf("%s: gzip %v holds %q, plain %q", target, err, unpacked, plain.Body)
		}
		if head.Header().Get("Content-Length") != plain.Header().Get("Content-Length") {
			t.Errorf("%s: HEAD says %v", target, head.Header())
		}
	}
}

func TestGzipIsAskedFor(t *testing.T) {
	for header, want := range map[string]bool{"": false, "gzip": true, "GZIP": true, "br, gzip": true, "gzip;q=0": false,
		"gzip; q=0.5": true, "*": true, "*;q=0": false, "*, gzip;q=0": false, "identity": false, "br": false} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("Accept-Encoding", header)
		if got := gzipped(r); got != want {
			t.Errorf("Accept-Encoding %q: %v", header, got)
		}
	}
}

func TestBadQueries(t *testing.T) {
	h := newHouse(t)
	h.cam.Run(0)
	h.cam.Parts(130) // 4200 to 4205 complete, ten parts of 4206
	for target, parameter := range map[string]string{
		"live.m3u8?_HLS_msn=":                           "_HLS_msn",
		"live.m3u8?_HLS_msn=-1":                         "_HLS_msn",
		"live.m3u8?_HLS_msn=+1":                         "_HLS_msn",
		"live.m3u8?_HLS_msn=1e3":                        "_HLS_msn",
		"live.m3u8?_HLS_msn=99999999999999999999":       "_HLS_msn",
		"live.m3u8?_HLS_msn=4205&_HLS_msn=4206":         "_HLS_msn",
		"live.m3u8?_HLS_msn=4208":                       "_HLS_msn",
		"live.m3u8?_HLS_msn=18446744073709551615":       "_HLS_msn",
		"live.m3u8?_HLS_part=3":                         "_HLS_part",
		"live.m3u8?_HLS_msn=4206&_HLS_part=x":           "_HLS_part",
		"live.m3u8?_HLS_msn=4206&_HLS_part=40":          "_HLS_part",
		"live.m3u8?_HLS_msn=4207&_HLS_part=30":          "_HLS_part",
		"live.m3u8?_HLS_skip=NO":                        "_HLS_skip",
		"live.m3u8?_HLS_skip=YES&_HLS_skip=YES":         "_HLS_skip",
		"live.m3u8?epoch=":                              "epoch",
		"live.m3u8?epoch=-1":                            "epoch",
		"live.m3u8?epoch=3.5&_HLS_msn=4206":             "epoch",
		"live.m3u8?epoch=18446744073709551616":          "epoch",
		"live.m3u8?epoch=00":                            "epoch",
		"live.m3u8?epoch=+0":                            "epoch",
		"live.m3u8?epoch=%2B0":                          "epoch",
		"live.m3u8?epoch=0x0":                           "epoch",
		"live.m3u8?epoch=0%20":                          "epoch",
		"live.m3u8?epoch=0_0":                           "epoch",
		"live.m3u8?epoch=%D9%A0":                        "epoch",
		"window.m3u8?epoch=01":                          "epoch",
		"index.m3u8?epoch=0":                            "epoch",
		"index.m3u8?epoch=x":                            "epoch",
		"index.m3u8?from=2026-11-22T10:59:50Z":          "from",
		"index.m3u8?_HLS_msn=4206":                      "_HLS_msn",
		"live.m3u8?from=2026-11-22T10:59:50Z":           "from",
		"live.m3u8?epoch=0&to=2026-11-22T10:59:50Z":     "to",
		"window.m3u8?epoch=0&epoch=1":                   "epoch",
		"live.m3u8?epoch=0&epoch=0":                     "epoch",
		"live.m3u8?epoch=1":                             "epoch",
		"window.m3u8?epoch=18446744073709551615":        "epoch",
		"window.m3u8?epoch=x&from=2026-11-22T10:59:50Z": "epoch",
		"window.m3u8?epoch=1&from=2026-11-22T10:59:50Z&to=2026-11-22T10:59:55Z": "epoch",
		"live.m3u8?%zz":                       "query",
		"window.m3u8?a;b":                     "query",
		"window.m3u8?from=yesterday":          "from",
		"window.m3u8?from=":                   "from",
		"window.m3u8?to=2026-11-22T10:59:55Z": "from",
		"window.m3u8?from=2026-11-22T10:59:50Z&to=2026-11-22T10:59:50Z":            "to",
		"window.m3u8?from=2026-11-22T10:59:50Z&to=2026-11-24T10:59:50Z":            "to",
		"window.m3u8?from=2026-11-22T10:59:50Z&to=x":                               "to",
		"window.m3u8?from=2026-11-22T10:59:50Z&_HLS_skip=x":                        "_HLS_skip",
		"window.m3u8?from=2026-11-22T10:59:50Z&_HLS_msn=9999":                      "_HLS_msn",
		"/api/cameras/front/timeline?points=0":                                     "points",
		"/api/cameras/front/timeline?points=many":                                  "points",
		"/api/cameras/front/timeline?from=2026-11-22T10:59:50Z&to=2026-01-01T0:0Z": "to",
	} {
		if !strings.HasPrefix(target, "/") {
			target = "/hls/front/" + target
		}
		w := h.get(t, target)
		if w.Code != http.StatusBadRequest || w.Header().Get("Cache-Control") != noStore {
			t.Errorf("%s: %d %v", target, w.Code, w.Header())
			continue
		}
		if e := problemOf(t, w).Error; e.Code != "bad-query" || e.Parameter != parameter || e.Accepted == "" || !strings.Contains(e.Message, parameter) {
			t.Errorf("%s: %+v", target, e)
		}
	}
}

func TestNotFound(t *testing.T) {
	h := newHouse(t)
	h.cam.Run(0)
	h.cam.Parts(30)
	for _, target := range []string{"/", "/hls/back/live.m3u8", "/api/cameras/back", "/hls/front/other.m3u8", "/hls/front/../front/live.m3u8", "/hls/%66ront/live.m3u8", "/%68ls/front/live.m3u8", "/api/cameras%3f",
		"/hls/front/%2e%2e/front/live.m3u8", "/hls//front/live.m3u8", "/hls/..%2fetc/passwd", "/hls/.spool/front/status.json",
		"/hls/front/0123456789abcdef/parts/", "/hls/front/0123456789abcdef/parts/4200.m4s", "/hls/front/0123456789abcdef/parts/04200.1.m4s", "/hls/front/0123456789abcdef/parts/4200.01.m4s",
		"/hls/front/0123456789abcdef/parts/4200.0", "/hls/front/0123456789abcdef/parts/4200.-1.m4s", "/hls/front/0123456789abcdef/parts/4200.0.0.m4s", "/hls/front/0123456789abcdef/parts/4200.20.m4s",
		"/hls/front/0123456789abcdef/parts/4201.11.m4s", "/hls/front/0123456789abcdef/parts/4202.1.m4s", "/hls/front/0123456789abcdef/parts/4203.0.m4s", "/hls/front/0123456789abcdef/parts/4199.0.m4s",
		"/hls/front/window.m3u8?from=2027-01-01T00:00:00Z", "/hls/front/window.m3u8?from=2026-01-01T00:00:00Z&to=2026-01-01T01:00:00Z"} {
		w := h.get(t, target)
		if w.Code != http.StatusNotFound || w.Header().Get("Cache-Control") != noStore {
			t.Errorf("%s: %d %v", target, w.Code, w.Header())
		}
		problemOf(t, w)
	}
	if w := h.ask(t.Context(), http.MethodPost, "/hls/front/live.m3u8"); w.Code != http.StatusMethodNotAllowed {
		t.Errorf("POST: %d", w.Code)
	}
}

func TestHealthz(t *testing.T) {
	var err error
	h := newHouse(t, func(o *Options) { o.Alive = func() error { return err } })
	if w := h.get(t, "/healthz"); w.Code != 200 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if err = errors.New("the archive's loop ended"); h.get(t, "/healthz").Code != http.StatusServiceUnavailable {
		t.Error("well though a loop ended")
	}
	if w := h.get(t, "/readyz"); w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), `"name":"front","state":"starting"`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	h.cam.Run(0)
	h.cam.Parts(1)
	if w := h.get(t, "/readyz"); w.Code != 200 || !strings.Contains(w.Body.String(), `"ready":true,"missing":[]`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
