package metrics

import (
	"context"
	"errors"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"lookback/controller/archive"
	"lookback/controller/health"
	"lookback/controller/playlist/life"
	"lookback/controller/spool"
)

// measured is a simulated camera and its monitor.
type measured struct {
	*life.Simulation
	name    string
	says    func() (spool.Status, error)
	ended   bool
	monitor *health.Monitor
}

func measure(name string, says func() (spool.Status, error)) *measured {
	c := &measured{Simulation: life.Usual(), name: name, says: says}
	c.monitor = health.NewMonitor(c, time.Now())
	return c
}

func (c *measured) Name() string                   { return c.name }
func (c *measured) Forecast() (f archive.Forecast) { return f }
func (c *measured) Status() (spool.Status, error)  { return c.says() }
func (c *measured) Archiving() health.Archiving    { return health.Archiving{Loaded: true} }
func (c *measured) Keeping() *health.Keeping       { return nil }
func (c *measured) Report(t time.Time) health.Report {
	if c.ended {
		return health.Report{Verdict: health.Verdict{State: health.HasEnded}}
	}
	return c.monitor.Report(t)
}

// two are a camera that plays and one that never did.
func two(t *testing.T) (*measured, *Metrics) {
	var cam *measured
	cam = measure("front", func() (spool.Status, error) {
		return spool.Status{State: spool.Recording, At: time.UnixMicro(cam.Snapshot().Edge()), Picture: &spool.Picture{Luma: 99, Dark: new(time.Time)}, FPS: 29.5, Speed: 1.01, Restarts: map[string]uint64{"stalled": 2, "ended": 1}, Flaws: map[string]float64{"late": 1.5}, Stamps: &spool.Stamps{Pace: 0.6}}, nil
	})
	back := measure("back", func() (spool.Status, error) { return spool.Status{}, errors.New("no status yet") })
	m := New(Options{MediaDir: t.TempDir(), Version: "1.2.3", Now: func() time.Time { return time.UnixMicro(cam.Snapshot().Edge() + 250_000) }})
	m.Watch(func() []Camera { return []Camera{cam, back} })
	return cam, m
}

// scrape is what Prometheus gets.
func scrape(m *Metrics) string {
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	return w.Body.String()
}

func TestNamesAndUnits(t *testing.T) {
	cam, m := two(t)
	cam.Run(0)
	cam.Parts(30)
	m.Playlist("front", "live", 200, time.Second)
	problems, err := testutil.GatherAndLint(m.Registry())
	if err != nil || len(problems) > 0 {
		t.Errorf("%v %v", problems, err)
	}
}

func TestValues(t *testing.T) {
	cam, m := two(t)
	cam.Run(0)
	cam.Parts(25)
	cam.Run(5_000_000)
	cam.Parts(10)
	m.Playlist("front", "live", 200, 90*time.Millisecond)
	m.Playlist("front", "live", 499, time.Second)
	m.Alert("front", "camera-lost", "delivered")
	text := scrape(m)
	for _, line := range []string{
		`lookback_live_edge_age_seconds{camera="front"} 0.25`,
		`lookback_window_start_timestamp_seconds{camera="front"} 1.79534519e+09`,
		`lookback_window_seconds{camera="front"} 3.5`,
		`lookback_window_seconds{camera="back"} 0`,
		`lookback_media_bytes{camera="front"} 25000`,
		`lookback_recording{camera="front"} 1`,
		`lookback_recording{camera="back"} 0`,
		`lookback_recorder_restarts_total{camera="front",reason="stalled"} 2`,
		`lookback_picture_flaw_seconds_total{camera="front",kind="late"} 1.5`,
		`lookback_picture_flaw_seconds_total{camera="front",kind="standstill"} 0`,
		`lookback_picture_flaw_seconds_total{camera="front",kind="sparse"} 0`,
		`lookback_ffmpeg_frames_per_second{camera="front"} 29.5`,
		`lookback_ffmpeg_speed_ratio{camera="front"} 1.01`,
		`lookback_camera_health{camera="front",code="segments"} 1`,
		`lookback_camera_health{camera="front",code="content"} 0`,
		`lookback_camera_health{camera="back",code="recorder"} 0`,
		`lookback_picture_luma{camera="front"} 99`,
		`lookback_stamp_pace_ratio{camera="front"} 0.6`,
		`lookback_camera_health{camera="front",code="stamps"} 0`,
		`lookback_alert_deliveries_total{camera="front",event="camera-lost",result="delivered"} 1`,
		`lookback_discontinuity_sequence{camera="front"} 1`,
		`lookback_playlist_requests_total{camera="front",code="200",variant="live"} 1`,
		`lookback_playlist_requests_total{camera="front",code="499",variant="live"} 1`,
		`lookback_playlist_hold_seconds_bucket{camera="front",variant="live",le="0.1"} 1`,
		`lookback_playlist_hold_seconds_count{camera="front",variant="live"} 1`,
	} {
		if !strings.Contains(text, "\n"+line+"\n") {
			t.Errorf("%s is missing", line)
		}
	}
	for _, name := range []string{"lookback_disk_free_bytes ", `lookback_build_info{`, "go_goroutines ", "process_cpu_seconds_total "} {
		if !strings.Contains(text, "\n"+name) {
			t.Errorf("%s is missing", name)
		}
	}
	for _, never := range []string{`lookback_live_edge_age_seconds{camera="back"}`, `lookback_camera_health{camera="back",code="source"}`, `lookback_camera_health{camera="front",code="motion"}`} {
		if strings.Contains(text, never) {
			t.Errorf("%s: nothing is known of it", never)
		}
	}
	if t.Failed() {
		t.Log(text)
	}
}

func TestPublishedIsCountedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cam, m := two(t)
		cam.Run(0)
		cam.Parts(33) // before the metrics began
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { m.Follow(ctx, cam); close(ended) }()
		synctest.Wait()
		for range 40 {
			cam.Parts(1)
			synctest.Wait()
		}
		cam.Run(1_000_000)
		cam.Parts(25) // several snapshots while the counter sleeps
		synctest.Wait()
		// 33 to 73 parts: 2 segments complete; then the cut one and one of 25.
		for counted, want := range map[*prometheus.CounterVec]float64{m.parts: 65, m.segments: 4, m.bytes: 65_000} {
			if got := testutil.ToFloat64(counted.WithLabelValues("front")); got != want {
				t.Errorf("published: %v, want %v", got, want)
			}
		}
		stop()
		<-ended
		m.Playlist("front", "live", 200, time.Second) // of a request that was still held
		for _, line := range strings.Split(scrape(m), "\n") {
			if strings.Contains(line, `_total{camera="front"`) && !strings.Contains(line, "recorder_restarts") && !strings.Contains(line, "picture_flaw") {
				t.Errorf("of a camera that is gone it tells %s", line)
			}
		}
	})
}

// TestEndedCamera: of its history is told, of its health and edge nothing.
func TestEndedCamera(t *testing.T) {
	cam, m := two(t)
	cam.Run(0)
	cam.Parts(25)
	cam.ended = true
	text := scrape(m)
	for _, line := range []string{`lookback_media_bytes{camera="front"} 20000`, `lookback_window_seconds{camera="front"} 2.5`} {
		if !strings.Contains(text, "\n"+line+"\n") {
			t.Errorf("%s is missing", line)
		}
	}
	never := regexp.MustCompile(`(?m)^lookback_(camera_health|live_edge_age_seconds|recording|recorder_\w+|picture_\w+|ffmpeg_\w+){camera="front".*`)
	if told := never.FindString(text); told != "" {
		t.Errorf("of an ended camera it tells %s", told)
	}
}
