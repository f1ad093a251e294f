// Package metrics names every metric once. All begin with lookback_, use base
// units and carry one label, camera, plus a reason or variant where needed.
package metrics

import (
	"net/http"
	"runtime"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"lookback/controller/archive"
	"lookback/controller/health"
)

// Camera is what is measured of a camera.
type Camera interface {
	Name() string
	Snapshot() *archive.Snapshot
	// Bytes is the archive's size on disk.
	Bytes() int64
	// Forecast tells how much history will fit, zero while nobody knows.
	Forecast() archive.Forecast
	Report(now time.Time) health.Report
}

// Options are what is measured.
type Options struct {
	MediaDir string           // whose file system's free space is told
	Version  string           // of the program
	Now      func() time.Time // nil: time.Now
}

// Metrics holds the registry and what is counted as it happens. What can be
// read from snapshot and status is read when Prometheus asks.
type Metrics struct {
	options  Options
	registry *prometheus.Registry
	gone     sync.Map // names of cameras of which nothing is counted any more
	counted  []vector // all of the following

	requests *prometheus.CounterVec
	held     *prometheus.HistogramVec
	segments *prometheus.CounterVec
	parts    *prometheus.CounterVec
	bytes    *prometheus.CounterVec
	alerts   *prometheus.CounterVec
	ends     *prometheus.CounterVec
}

// New registers what is counted. Follow must run for the counters of published media.
func New(o Options) *Metrics {
	if o.Now == nil {
		o.Now = time.Now
	}
	m := &Metrics{options: o, registry: prometheus.NewRegistry()}
	m.requests = m.counter("playlist_requests_total", "Playlist requests by variant and HTTP status (499: the client left).", "variant", "code")
	m.held = m.histogram("playlist_hold_seconds", "How long answered playlist requests waited for a new part.",
		[]float64{0.005, 0.025, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 1, 2, 5, 10}, "variant")
	m.segments = m.counter("segments_published_total", "Media segments completed since the start.")
	m.parts = m.counter("parts_published_total", "Parts published since the start.")
	m.bytes = m.counter("published_bytes_total", "Bytes of the parts published since the start.")
	m.alerts = m.counter("alert_deliveries_total", "Deliveries to ALERT_WEBHOOK by event and result (delivered, failed: will be tried again, given-up).", "event", "result")
	m.ends = m.counter("recorder_container_ends_total", "Ends of recorders' containers that the controller did not ask for, by reason, as the Docker Engine tells them.", "reason")
	m.registry.MustRegister(buildInfo(o.Version), collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// vector is what is counted, for each camera and label.
type vector interface {
	prometheus.Collector
	DeletePartialMatch(labels prometheus.Labels) int
}

// counter registers one with the label camera and these.
func (m *Metrics) counter(name, help string, labels ...string) *prometheus.CounterVec {
	c := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "lookback_" + name, Help: help}, append([]string{"camera"}, labels...))
	m.add(c)
	return c
}

// histogram registers one with the label camera and these.
func (m *Metrics) histogram(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
	h := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "lookback_" + name, Help: help, Buckets: buckets}, append([]string{"camera"}, labels...))
	m.add(h)
	return h
}

// add has a vector told, and a camera's part of it removed with the camera.
func (m *Metrics) add(v vector) {
	m.registry.MustRegister(v)
	m.counted = append(m.counted, v)
}

// Watch has the cameras of each instant measured. It is called once, before Handler.
func (m *Metrics) Watch(cameras func() []Camera) {
	m.registry.MustRegister(&collector{m.options, cameras})
}

// count adds to what is counted of a camera, unless that is gone.
func (m *Metrics) count(c *prometheus.CounterVec, n float64, camera string, labels ...string) {
	if _, gone := m.gone.Load(camera); !gone {
		c.WithLabelValues(append([]string{camera}, labels...)...).Add(n)
	}
}

// forget has all that was counted of a camera disappear.
func (m *Metrics) forget(camera string) {
	m.gone.Store(camera, true)
	for _, v := range m.counted {
		v.DeletePartialMatch(prometheus.Labels{"camera": camera})
	}
}

func buildInfo(version string) prometheus.Collector {
	g := prometheus.NewGauge(prometheus.GaugeOpts{Name: "lookback_build_info", Help: "1, with the program's version.",
		ConstLabels: prometheus.Labels{"version": version, "go": runtime.Version()}})
	g.Set(1)
	return g
}

// Registry is where everything is registered.
func (m *Metrics) Registry() *prometheus.Registry { return m.registry }

// Handler serves the metrics.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{Registry: m.registry})
}

// Playlist counts a playlist request that was answered with status after it
// had been held.
func (m *Metrics) Playlist(camera, variant string, status int, held time.Duration) {
	m.count(m.requests, 1, camera, variant, strconv.Itoa(status))
	if _, gone := m.gone.Load(camera); status == http.StatusOK && !gone {
		m.held.WithLabelValues(camera, variant).Observe(held.Seconds())
	}
}

// Alert counts an attempt to deliver an alert.
func (m *Metrics) Alert(camera, event, result string) {
	m.count(m.alerts, 1, camera, event, result)
}

// RecorderEnded counts the end of a recorder's container.
func (m *Metrics) RecorderEnded(camera, reason string) {
	m.count(m.ends, 1, camera, reason)
}
