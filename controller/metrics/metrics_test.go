package metrics

import (
	"context"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"lookback/controller/playlist/life"
	"lookback/controller/spool"
)

// two are a camera that plays and one that never did.
func two(t *testing.T) (*life.Camera, *Metrics) {
	cam := life.Usual()
	m := New(Options{MediaDir: t.TempDir(), Version: "1.2.3", Now: func() time.Time { return time.UnixMicro(cam.Snapshot().Edge() + 250_000) }})
	m.Watch([]Camera{
		{Name: "front", Archive: cam, Status: func() (spool.Status, error) {
			return spool.Status{State: spool.Recording, At: time.UnixMicro(cam.Snapshot().Edge()), Picture: &spool.Picture{Luma: 99, Dark: new(time.Time)}, FPS: 29.5, Speed: 1.01, Restarts: map[string]uint64{"stalled": 2, "ended": 1}, Flaws: map[string]float64{"late": 1.5}}, nil
		}},
		{Name: "back", Archive: life.Usual(), Status: func() (spool.Status, error) { return spool.Status{}, errors.New("no status yet") }},
	})
	return cam, m
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
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
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
		`lookback_alert_deliveries_total{camera="front",event="camera-lost",result="delivered"} 1`,
		`lookback_discontinuity_sequence{camera="front"} 1`,
		`lookback_parts_published_total{camera="back"} 0`,
		`lookback_playlist_requests_total{camera="front",code="200",variant="live"} 1`,
		`lookback_playlist_requests_total{camera="front",code="499",variant="live"} 1`,
		`lookback_playlist_hold_seconds_bucket{camera="front",variant="live",le="0.1"} 1`,
		`lookback_playlist_hold_seconds_count{camera="front",variant="live"} 1`,
	} {
		if !strings.Contains(w.Body.String(), "\n"+line+"\n") {
			t.Errorf("%s is missing", line)
		}
	}
	for _, name := range []string{"lookback_disk_free_bytes ", `lookback_build_info{`, "go_goroutines ", "process_cpu_seconds_total "} {
		if !strings.Contains(w.Body.String(), "\n"+name) {
			t.Errorf("%s is missing", name)
		}
	}
	for _, never := range []string{`lookback_live_edge_age_seconds{camera="back"}`, `lookback_camera_health{camera="back",code="source"}`, `lookback_camera_health{camera="front",code="motion"}`} {
		if strings.Contains(w.Body.String(), never) {
			t.Errorf("%s: nothing is known of it", never)
		}
	}
	if t.Failed() {
		t.Log(w.Body)
	}
}

func TestPublishedIsCountedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cam, m := two(t)
		cam.Run(0)
		cam.Parts(33) // before the metrics began
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { m.Run(ctx); close(ended) }()
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
	})
}
