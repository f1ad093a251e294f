package fabricate

import (
	"context"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"lookback/controller/archive"
)

func options(dir string) Options {
	return Options{
		MediaDir: dir, Cameras: []string{"front", "back"}, End: time.Date(2026, 11, 22, 12, 0, 30, 0, time.UTC), Length: 4 * time.Minute,
		Segment: 2 * time.Second, Part: 500 * time.Millisecond, FPS: 4, Size: "128x72", Runs: 3, Away: 6 * time.Second, Lost: 2,
		Log: slog.New(slog.DiscardHandler),
	}
}

// What is fabricated is an archive like any other: it loads as it was meant,
// nothing is wrong with it, and it plays.
func TestMake(t *testing.T) {
	dir := t.TempDir()
	o := options(dir)
	if err := Make(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	for _, camera := range o.Cameras {
		found, err := archive.Check(archive.CheckOptions{MediaDir: dir, Camera: camera})
		if err != nil || len(found) > 0 {
			t.Errorf("%s: %v, %v", camera, found, err)
		}
		c, err := archive.Load(context.Background(), archive.Options{MediaDir: dir, Camera: camera, Window: time.Hour, Log: o.Log})
		if err != nil {
			t.Fatal(err)
		}
		s := c.Snapshot()
		gaps, discontinuities := 0, 0
		for _, seg := range s.Segments {
			if seg.Flags&archive.Gap != 0 {
				gaps++
			}
			if seg.Flags&archive.Discontinuity != 0 {
				discontinuities++
			}
		}
		if len(s.Segments) != 111 || discontinuities != 2 || gaps != 2 || s.Edge() != o.End.UnixMicro() {
			t.Errorf("%s: %d segments, %d discontinuities, %d gaps, the edge is %v", camera, len(s.Segments), discontinuities, gaps, time.UnixMicro(s.Edge()).UTC())
		}
	}
	out, err := exec.Command("ffprobe", "-v", "error", "-allowed_extensions", "ALL", "-count_packets", "-show_entries", "stream=nb_read_packets", "-of", "csv=p=0",
		filepath.Join(dir, "front", "2026-11-22", "11", "index.m3u8")).Output()
	first, _, _ := strings.Cut(string(out), "\n")
	if n, _ := strconv.Atoi(strings.TrimSpace(first)); err != nil || n < 90*8 {
		t.Errorf("ffprobe of an hour: %v, %q", err, out)
	}
	if err := Make(t.Context(), o); err == nil {
		t.Error("an archive that is there was overwritten")
	}
}

func TestOptions(t *testing.T) {
	for name, change := range map[string]func(*Options){
		"fps":     func(o *Options) { o.FPS = 7 },
		"segment": func(o *Options) { o.Segment = 2100 * time.Millisecond },
		"part":    func(o *Options) { o.Part = 2 * time.Second },
		"runs":    func(o *Options) { o.Runs = 1000 },
		"camera":  func(o *Options) { o.Cameras = nil },
	} {
		o := options(t.TempDir())
		change(&o)
		if err := Make(t.Context(), o); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// BenchmarkLoad loads a camera's archive. LOOKBACK_ARCHIVE names a media
// directory with a fabricated archive of any length; without it two hours are
// made. LOOKBACK_CAMERAS loads so many at once.
func BenchmarkLoad(b *testing.B) {
	dir := os.Getenv("LOOKBACK_ARCHIVE")
	if dir == "" {
		dir = b.TempDir()
		o := options(dir)
		o.Cameras, o.Length = []string{"front"}, 2*time.Hour
		if err := Make(b.Context(), o); err != nil {
			b.Fatal(err)
		}
	}
	cameras, err := archive.CheckCameras(dir)
	if err != nil || len(cameras) == 0 {
		b.Fatal(cameras, err)
	}
	many, _ := strconv.Atoi(os.Getenv("LOOKBACK_CAMERAS"))
	var kept []*archive.Archive
	for b.Loop() {
		kept = nil
		for i := range max(many, 1) {
			c, err := archive.Load(context.Background(), archive.Options{MediaDir: dir, Camera: cameras[i%len(cameras)], Window: 366 * 24 * time.Hour, Log: slog.New(slog.DiscardHandler)})
			if err != nil {
				b.Fatal(err)
			}
			kept = append(kept, c)
		}
	}
	b.ReportMetric(float64(len(kept[0].Snapshot().Segments)), "segments")
	b.ReportMetric(float64(peakRSS(b))/1e6, "peak-MB")
}

// peakRSS is the most memory that this process ever had, bytes.
func peakRSS(b *testing.B) int64 {
	data, err := os.ReadFile("/proc/self/status")
	if err != nil {
		b.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(data), "VmHWM:")
	kb, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
	if err != nil {
		b.Fatal(err)
	}
	return kb * 1024
}
