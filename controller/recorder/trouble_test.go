package recorder

import (
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"lookback/controller/spool"
)

// status reads the camera's status; the zero one when there is none yet.
func status(r *Recorder) spool.Status {
	s, _ := spool.ReadStatus(r.dir)
	return s
}

func TestFFmpegFails(t *testing.T) {
	t.Parallel()
	r, stop := start(t, "http://user:secret@cam/", withFake(t, "fake-fails"))
	until(t, 20*time.Second, "three restarts", func() bool { return status(r).Restarts["ffmpeg-failed"] >= 3 })
	until(t, 5*time.Second, "waiting", func() bool { return status(r).State == spool.Waiting })
	s := status(r)
	if s.Code != "ffmpeg-failed" || s.Title == "" || s.Advice == "" || s.Retry == nil {
		t.Errorf("%+v", s)
	}
	if log := strings.Join(s.Log, "\n"); strings.Contains(log, "secret") || !strings.Contains(log, "http://cam/: something odd") {
		t.Errorf("log: %s", log)
	}
	stop()
	if s := status(r); s.State != spool.Stopped || s.Code != "stopped" {
		t.Errorf("%+v", s)
	}
}

func TestFFmpegEndsByItself(t *testing.T) {
	t.Parallel()
	r, _ := start(t, "http://cam/", withFake(t, "fake-ends"))
	until(t, 20*time.Second, "reason", func() bool { return status(r).Restarts["stream-ended"] >= 1 })
}

func TestFFmpegIgnoresInterrupt(t *testing.T) {
	t.Parallel()
	r, stop := start(t, "http://cam/", withFake(t, "fake-ignores"))
	until(t, 20*time.Second, "a process", func() bool { return status(r).PID > 0 })
	stop() // fails when Run does not end
}

func TestFFmpegWritesGarbage(t *testing.T) {
	t.Parallel()
	r, _ := start(t, "http://cam/", withFake(t, "fake-garbage"))
	until(t, 30*time.Second, "reason", func() bool { return status(r).Restarts["invalid-data"] >= 1 })
}

// TestChatterIsBounded: what ffmpeg says without end costs no memory and keeps
// nothing from ending.
func TestChatterIsBounded(t *testing.T) {
	t.Parallel()
	r, stop := start(t, "http://cam/", withFake(t, "fake-chatter"), func(r *Recorder) { r.Log = discarded })
	until(t, 20*time.Second, "lines", func() bool { return len(status(r).Log) == logLines })
	stop()
	for _, l := range status(r).Log {
		if len(l) > maxLogLine {
			t.Errorf("a line of %d bytes", len(l))
		}
	}
}

func TestFFmpegMissing(t *testing.T) {
	t.Parallel()
	r, _ := start(t, "http://cam/", withFake(t, "fake-ends"), func(r *Recorder) { r.FFmpeg = "/nowhere/ffmpeg" })
	until(t, 20*time.Second, "reason", func() bool { return status(r).Code == "ffmpeg-missing" })
}

func TestCameraAbsent(t *testing.T) {
	t.Parallel()
	var here atomic.Bool
	cam := newMJPEGCamera(t, 30, 320, 180)
	gate := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if !here.Load() {
			http.Error(w, "no", http.StatusUnauthorized)
			return
		}
		cam.Config.Handler.ServeHTTP(w, q)
	}))
	t.Cleanup(func() { gate.CloseClientConnections(); gate.Close() })
	r, _ := start(t, gate.URL)
	until(t, 20*time.Second, "waiting", func() bool {
		s := status(r)
		return s.State == spool.Waiting && s.Code == "unauthorized" && s.Retry != nil
	})
	here.Store(true)
	until(t, 20*time.Second, "recording", func() bool { s := status(r); return s.State == spool.Recording && s.Code == "" })
}

// live reports whether the run-th run has pictures.
func live(t *testing.T, r *Recorder, run int) bool {
	dirs := runs(t, r)
	if len(dirs) <= run {
		return false
	}
	st, err := os.Stat(spool.SegmentPath(dirs[run], 0))
	return err == nil && st.Size() > 0
}

// TestKilledFFmpeg: after kill -9 a new run begins soon, without probing, and
// does not overlap the one before.
func TestKilledFFmpeg(t *testing.T) {
	t.Parallel()
	cam := newMJPEGCamera(t, 30, 320, 180)
	r, stop := start(t, cam.URL)
	until(t, 30*time.Second, "a segment", func() bool { return segments(t, r, 0) >= 2 })
	until(t, 5*time.Second, "a pid", func() bool { return status(r).PID > 0 })
	before := cam.connections()
	killed := time.Now()
	syscall.Kill(status(r).PID, syscall.SIGKILL)
	until(t, 5*time.Second, "a new run", func() bool { return live(t, r, 1) })
	t.Logf("recording again after %v", time.Since(killed))
	if n := cam.connections() - before; n != 1 {
		t.Errorf("%d connections for it, want 1", n)
	}
	until(t, 10*time.Second, "counted", func() bool { return status(r).Restarts["killed"] == 1 })
	stop()
	dirs := runs(t, r)
	first, second := readRun(t, dirs[0]), readRun(t, dirs[1])
	if first.end == nil || first.end.Code != "killed" {
		t.Errorf("end: %+v", first.end)
	}
	last := first.segments[len(first.segments)-1]
	if end := last[len(last)-1].PRFT.UnixMicro(); second.Epoch <= end {
		t.Errorf("the second run begins %d µs before the end of the first", end-second.Epoch)
	}
}

func TestStalledCamera(t *testing.T) {
	t.Parallel()
	cam := newMJPEGCamera(t, 30, 320, 180)
	r, _ := start(t, cam.URL, func(r *Recorder) { r.stall = time.Second })
	until(t, 30*time.Second, "recording", func() bool { return live(t, r, 0) })
	cam.stall.Store(true)
	until(t, 10*time.Second, "stalled", func() bool { return status(r).Restarts["stalled"] >= 1 })
	cam.stall.Store(false)
	until(t, 30*time.Second, "a new run", func() bool { return live(t, r, 1) })
}

// TestPausedCamera: a pause below the limit is filled with repeated frames,
// within the same run, and told.
func TestPausedCamera(t *testing.T) {
	t.Parallel()
	cam := newMJPEGCamera(t, 30, 320, 180)
	r, stop := start(t, cam.URL)
	until(t, 30*time.Second, "recording", func() bool { return live(t, r, 0) })
	cam.stall.Store(true)
	resume := time.AfterFunc(1500*time.Millisecond, func() { cam.stall.Store(false) })
	defer resume.Stop()
	until(t, 30*time.Second, "three segments", func() bool { return segments(t, r, 0) >= 3 })
	stop()
	if n := len(runs(t, r)); n != 1 {
		t.Errorf("%d runs, want 1", n)
	}
	run := readRun(t, runs(t, r)[0])
	last := run.segments[len(run.segments)-1]
	age := run.end.At.Sub(last[len(last)-1].PRFT)
	if age < -100*ms || age > time.Second {
		t.Errorf("at the end the newest frame is %v old", age)
	}
	var stood []time.Duration
	for _, segment := range run.segments {
		for _, info := range segment {
			for _, e := range info.Events {
				if e.Scheme == spool.FlawScheme && e.Value == spool.Standstill {
					stood = append(stood, time.Duration(e.Duration)*time.Second/time.Duration(e.Timescale))
				}
			}
		}
	}
	if len(stood) != 1 || stood[0] < time.Second || stood[0] > 3*time.Second {
		t.Errorf("standstills of %v are told, want one of 1.5 s", stood)
	}
}

func TestSlowCamera(t *testing.T) {
	t.Parallel()
	cam := newMJPEGCamera(t, 5, 320, 180)
	r, stop := start(t, cam.URL)
	until(t, 30*time.Second, "two segments", func() bool { return segments(t, r, 0) >= 2 })
	stop()
	run := readRun(t, runs(t, r)[0])
	if run.FrameRate != 5 || run.Constants.PartTarget != 200_000 || len(run.segments[0]) != 10 {
		t.Errorf("%+v, %d frames", run.Run, len(run.segments[0]))
	}
	// A frame's time is that at which it came, a moment after it was sent.
	cam.mu.Lock()
	defer cam.mu.Unlock()
	frame := run.segments[0][0].PRFT
	nearest := time.Hour
	for _, sent := range cam.sent {
		nearest = min(nearest, frame.Sub(sent).Abs())
	}
	if nearest > 99*ms { // half a frame: a busy machine takes its time
		t.Errorf("the first frame's time is %v from that of any frame sent", nearest)
	}
}

// faulty is a file on a disk that fills up.
type faulty struct {
	segmentFile
	err *atomic.Pointer[error]
}

func (f faulty) Write(b []byte) (int, error) {
	if err := f.err.Load(); err != nil {
		n, _ := f.segmentFile.Write(b[:len(b)/2])
		return n, *err
	}
	return f.segmentFile.Write(b)
}

// TestFullDisk: a full disk costs a gap, not ffmpeg's life, and leaves no
// half-written fragment. What comes while it is full is kept from the next key
// frame on, and there when it isn't any more.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err  error
		code string
	}{{syscall.ENOSPC, "disk-full"}, {syscall.EIO, "disk-error"}} {
		t.Run(c.code, func(t *testing.T) {
			t.Parallel()
			var fault atomic.Pointer[error]
			cam := newMJPEGCamera(t, 15, 320, 180)
			r, stop := start(t, cam.URL, func(r *Recorder) {
				r.Segment = 500 * ms
				r.open = func(path string) (segmentFile, error) {
					if err := fault.Load(); err != nil {
						return nil, *err
					}
					f, err := openSegment(path)
					return faulty{f, &fault}, err
				}
			})
			until(t, 30*time.Second, "recording", func() bool { return live(t, r, 0) && status(r).PID > 0 })
			pid := status(r).PID
			fault.Store(&c.err)
			until(t, 10*time.Second, "reason", func() bool { return status(r).Code == c.code })
			full := cam.pictures()
			until(t, 20*time.Second, "pictures", func() bool { return cam.pictures() >= full+45 }) // three seconds
			fault.Store(nil)
			until(t, 20*time.Second, "a new run", func() bool { return live(t, r, 1) })
			until(t, 5*time.Second, "recording", func() bool { return status(r).State == spool.Recording && status(r).Code == "" })
			if now := status(r).PID; now != pid {
				t.Errorf("ffmpeg is %d, was %d", now, pid)
			}
			stop()
			dirs := runs(t, r)
			if len(dirs) != 2 {
				t.Fatalf("%d runs", len(dirs))
			}
			first, second := readRun(t, dirs[0]), readRun(t, dirs[1])
			if lost := time.Duration(second.Epoch-first.Epoch)*time.Microsecond - first.length(); lost > 1500*ms {
				t.Errorf("%v are missing", lost)
			}
			if n := status(r).Restarts[c.code]; n != 1 {
				t.Errorf("%s was counted %d times", c.code, n)
			}
		})
	}
}

// TestClockStep: when the clock is set, ffmpeg is started anew at once and the
// new run has the new time.
func TestClockStep(t *testing.T) {
	t.Parallel()
	var step atomic.Int64
	cam := newMJPEGCamera(t, 30, 320, 180)
	r, stop := start(t, cam.URL, func(r *Recorder) {
		real := r.clock
		r.clock = func() (time.Time, time.Duration) {
			wall, mono := real()
			return wall.Add(time.Duration(step.Load())), mono
		}
	})
	until(t, 30*time.Second, "recording", func() bool { return live(t, r, 0) })
	step.Store(int64(time.Hour))
	until(t, 10*time.Second, "a new run", func() bool { return live(t, r, 1) })
	stop()
	dirs := runs(t, r)
	first, second := readRun(t, dirs[0]), readRun(t, dirs[1])
	if first.end == nil || first.end.Code != "clock-jump" {
		t.Errorf("end: %+v", first.end)
	}
	if d := time.Duration(second.Epoch-first.Epoch) * time.Microsecond; d < time.Hour || d > time.Hour+20*time.Second {
		t.Errorf("the second run begins %v after the first", d)
	}
}
