package metrics

import (
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sys/unix"

	"lookback/controller/health"
	"lookback/controller/playlist"
	"lookback/controller/spool"
)

// described are all that the collector sends, in the order in which they are named.
var described []*prometheus.Desc

// describe names a metric of a camera.
func describe(name, help string, labels ...string) *prometheus.Desc {
	return describeAll(name, help, append([]string{"camera"}, labels...)...)
}

// describeAll names a metric with exactly these labels.
func describeAll(name, help string, labels ...string) *prometheus.Desc {
	d := prometheus.NewDesc("lookback_"+name, help, labels, nil)
	described = append(described, d)
	return d
}

var (
	edgeAge       = describe("live_edge_age_seconds", "How long ago the newest published picture ended; below 0 while it is the newest that there can be.")
	windowStart   = describe("window_start_timestamp_seconds", "Unix time of the oldest picture.")
	windowLength  = describe("window_seconds", "Media in the window, gaps not counted.")
	diskUsed      = describe("media_bytes", "Size of the archive on disk.")
	diskRate      = describe("media_bytes_per_second", "What the archive takes a second, over the last hour of media.")
	historyFits   = describe("history_fits_seconds", "How much history will fit at the present rate, within WINDOW, WINDOW_BYTES and DISK_RESERVE.")
	recording     = describe("recording", "1 while the recorder receives pictures, else 0.")
	restarts      = describe("recorder_restarts_total", "Ends of ffmpeg by reason since the recorder began.", "reason")
	flawed        = describe("picture_flaw_seconds_total", "For how long the picture was not what the camera saw since the recorder began: a standstill, late, or sparse.", "kind")
	ffmpegFPS     = describe("ffmpeg_frames_per_second", "Frames a second that come, from ffmpeg or the camera itself.")
	ffmpegSpeed   = describe("ffmpeg_speed_ratio", "Speed of ffmpeg, 1 is real time; 0 where none runs.")
	healthy       = describe("camera_health", "1 while this link between camera and picture holds, 0 while it fails, absent while one before it fails or nobody looks.", "code")
	stampPace     = describe("stamp_pace_ratio", "How many seconds of the camera's time stamps pass in one: 1 while they can be trusted, 0 while they tell nothing.")
	luma          = describe("picture_luma", "Median brightness of the key frame looked at last, 0 black to 255 white.")
	discontinuity = describe("discontinuity_sequence", "Discontinuity sequence number of the newest run.")

	diskFree = describeAll("disk_free_bytes", "Free space where the archive lies, for the controller's user.")
)

// collector reads snapshot and report when it is asked.
type collector struct {
	Options
	cameras func() []Camera
}

// Describe names what Collect sends.
func (c *collector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range described {
		ch <- d
	}
}

// Collect reads all cameras and the disk.
func (c *collector) Collect(ch chan<- prometheus.Metric) {
	for _, cam := range c.cameras() {
		now := c.Now()
		collectArchive(ch, cam)
		if r := cam.Report(now); r.State != health.HasEnded {
			collectEdge(ch, cam, now)
			collectForecast(ch, cam)
			collectStatus(ch, cam.Name(), r.Status, r.StatusErr)
			collectHealth(ch, cam.Name(), r)
		}
	}
	var fs unix.Statfs_t
	if err := unix.Statfs(c.MediaDir, &fs); err != nil {
		ch <- prometheus.NewInvalidMetric(diskFree, fmt.Errorf("%s: %w", c.MediaDir, err))
		return
	}
	ch <- gauge(diskFree, float64(fs.Bavail)*float64(fs.Bsize))
}

func gauge(d *prometheus.Desc, v float64, labels ...string) prometheus.Metric {
	return prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
}

// collectArchive leaves out what a camera without a picture does not have.
func collectArchive(ch chan<- prometheus.Metric, cam Camera) {
	s := cam.Snapshot()
	ch <- gauge(diskUsed, float64(cam.Bytes()), cam.Name())
	ch <- gauge(windowLength, float64(playlist.Length(s))/1e6, cam.Name())
	if run, ok := playlist.NewestRun(s); ok {
		ch <- gauge(windowStart, float64(playlist.Start(s))/1e6, cam.Name())
		ch <- gauge(discontinuity, float64(run.Sequence), cam.Name())
	}
}

func collectEdge(ch chan<- prometheus.Metric, cam Camera, now time.Time) {
	if s := cam.Snapshot(); !s.Empty() {
		ch <- gauge(edgeAge, float64(now.UnixMicro()-s.Edge())/1e6, cam.Name())
	}
}

func collectForecast(ch chan<- prometheus.Metric, cam Camera) {
	if f := cam.Forecast(); f.BytesPerHour > 0 {
		ch <- gauge(diskRate, float64(f.BytesPerHour)/3600, cam.Name())
		ch <- gauge(historyFits, f.Fits.Seconds(), cam.Name())
	}
}

// collectStatus tells of a recorder that has not reported only that.
func collectStatus(ch chan<- prometheus.Metric, name string, s spool.Status, err error) {
	up := 0.0
	if err == nil && s.State == spool.Recording {
		up = 1
	}
	ch <- gauge(recording, up, name)
	if err != nil {
		return
	}
	ch <- gauge(ffmpegFPS, s.FPS, name)
	ch <- gauge(ffmpegSpeed, s.Speed, name)
	pace := 1.0
	if s.Stamps != nil {
		pace = s.Stamps.Pace
	}
	ch <- gauge(stampPace, pace, name)
	for reason, n := range s.Restarts {
		ch <- prometheus.MustNewConstMetric(restarts, prometheus.CounterValue, float64(n), name, reason)
	}
	for _, kind := range spool.FlawKinds {
		ch <- prometheus.MustNewConstMetric(flawed, prometheus.CounterValue, s.Flaws[kind], name, kind)
	}
}

// collectHealth leaves out the links of which nothing is known.
func collectHealth(ch chan<- prometheus.Metric, name string, r health.Report) {
	for _, l := range r.Links {
		switch l.State {
		case health.OK:
			ch <- gauge(healthy, 1, name, l.Code)
		case health.Failing:
			ch <- gauge(healthy, 0, name, l.Code)
		}
	}
	if p := r.Status.Picture; p != nil {
		ch <- gauge(luma, float64(p.Luma), name)
	}
}
