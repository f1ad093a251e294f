package recorder

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"lookback/controller/camera"
	"lookback/controller/child"
	"lookback/controller/spool"
)

// script is an ffmpeg that does what sh is told; it starts faster than the
// test binary does.
func script(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ffmpeg")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

// encodedMedia is short H.264 in FLV as ffmpeg makes it for us.
func encodedMedia(t *testing.T, args ...string) string {
	return made(t, args, "-f", "flv", "-flvflags", "no_duration_filesize+no_metadata")
}

// media is a short fragmented MP4, likewise.
func media(t *testing.T, args ...string) string {
	return made(t, args, "-f", "mp4", "-movflags", "+cmaf+delay_moov+skip_sidx+skip_trailer+frag_every_frame")
}

func made(t *testing.T, args []string, muxer ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "media")
	all := slices.Concat([]string{"-nostdin", "-loglevel", "error", "-f", "lavfi", "-i"}, args, muxer, []string{path})
	if out, err := exec.Command("ffmpeg", all...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return path
}

// TestThousandRestarts: an ffmpeg that fails, leaves a child behind or dies
// after some pictures, a thousand times without a pause. Nothing is left of
// any of them, and none would have been followed by the next at once.
func TestThousandRestarts(t *testing.T) {
	pictures := encodedMedia(t, "testsrc2=size=64x64:rate=10:duration=0.5", "-c:v", "libx264", "-preset", "ultrafast")
	ways := []string{
		script(t, "echo 'http://cam/: Connection refused' >&2; exit 1"),
		script(t, "exec cat "+pictures),
		script(t, "head -c 2000 "+pictures+"; kill -9 $$"),
		script(t, "sleep 1000 & exit 0"),
	}
	r := New(Options{MediaDir: t.TempDir(), Camera: "front", Request: camera.Request{Segment: 2 * time.Second, Part: 100 * ms, Encoder: "auto"}})
	r.bell = spool.NewRing(r.MediaDir, r.Camera)
	attempt := func(i int) {
		r.facts, r.doubts = &camera.Facts{Kind: camera.RTMP, Format: "mpjpeg", Codec: "mjpeg", Width: 64, Height: 64, FrameRate: camera.Rate{Num: 10, Den: 1}}, 0
		r.FFmpeg = ways[0] // mostly; each other way once in twenty
		if i%20 < len(ways) {
			r.FFmpeg = ways[i%20]
		}
		if delay := r.attempt(t.Context()); delay <= 0 {
			t.Fatalf("restart %d would come at once", i)
		}
	}
	attempt(0)
	runtime.GC()
	goroutines, files := runtime.NumGoroutine(), descriptors()
	for i := range 1000 {
		attempt(i)
		if i%100 == 99 {
			if left := children(); len(left) > 0 {
				t.Fatalf("after %d: children %v", i+1, left)
			}
			// A goroutine that has done its last may still be on its way out.
			until(t, 5*time.Second, fmt.Sprintf("after %d: %d goroutines and %d descriptors at most", i+1, goroutines, files), func() bool {
				return runtime.NumGoroutine() <= goroutines && descriptors() <= files
			})
		}
	}
	total := uint64(0)
	for _, n := range r.status.Restarts {
		total += n
	}
	if total != 1001 || r.status.Restarts[camera.ConnectionRefused] < 800 || r.status.Restarts[camera.Killed] != 50 {
		t.Errorf("%d: %v", total, r.status.Restarts)
	}
}

// TestHealthyMinute: a life of a minute forgives all failures, a shorter one none.
func TestHealthyMinute(t *testing.T) {
	r := New(Options{MediaDir: t.TempDir(), Camera: "front"})
	r.bell = spool.NewRing(r.MediaDir, r.Camera)
	for range 12 {
		r.ended(outcome{reason: camera.ReasonFor(camera.Timeout)})
	}
	if d := r.ended(outcome{lived: healthy - time.Second}); d < maxDelay/2 {
		t.Errorf("after a life of less than a minute: %v", d)
	}
	if d := r.ended(outcome{lived: healthy}); d > minDelay || d <= 0 {
		t.Errorf("after a healthy minute: %v", d)
	}
}

// TestVerySlowCamera: a frame every two seconds is not a stall.
func TestVerySlowCamera(t *testing.T) {
	t.Parallel()
	cam := newMJPEGCamera(t, 0.5, 320, 180)
	r, _ := start(t, cam.URL, func(r *Recorder) { r.FPS = 0.5; r.stall = 100 * ms })
	until(t, 40*time.Second, "four segments", func() bool { return segments(t, r, 0) >= 4 })
	if s, err := r.Status(); err != nil || len(s.Restarts) > 0 || s.State != spool.Recording || s.Last == nil || time.Since(*s.Last) > 10*time.Second {
		t.Errorf("%+v, %v", s, err)
	}
}

// hanging is a file on a disk that hangs while the lock is held.
type hanging struct {
	segmentFile
	disk *sync.RWMutex
}

func (h hanging) Write(b []byte) (int, error) {
	h.disk.RLock()
	defer h.disk.RUnlock()
	return h.segmentFile.Write(b)
}

// TestDiskHangs: that is said, recording goes on by itself afterwards, and a
// disk that hangs at the end is not waited for.
func TestDiskHangs(t *testing.T) {
	t.Parallel()
	var disk sync.RWMutex
	cam := newMJPEGCamera(t, 30, 320, 180)
	r, stop := start(t, cam.URL, func(r *Recorder) {
		r.Log, r.maxDiskTime = discarded, 500*ms
		r.open = func(path string) (segmentFile, error) {
			f, err := openSegment(path)
			return hanging{f, &disk}, err
		}
	})
	said := func(code string) func() bool {
		return func() bool {
			s, err := r.Status()
			return err == nil && s.Code == code && time.Since(s.At) < 5*time.Second
		}
	}
	until(t, 30*time.Second, "recording", func() bool { return live(t, r, 0) && said("")() })
	disk.Lock()
	until(t, 20*time.Second, "disk-slow", said(camera.DiskSlow))
	disk.Unlock()
	until(t, 30*time.Second, "a new run", func() bool { return live(t, r, 1) && said("")() })
	if n := status(r).Restarts[camera.DiskSlow]; n == 0 {
		t.Error("ffmpeg went on with what had gathered")
	}
	disk.Lock()
	until(t, 20*time.Second, "disk-slow", said(camera.DiskSlow))
	begun := time.Now()
	stop()
	if took := time.Since(begun); took > 10*time.Second {
		t.Errorf("the end took %v", took)
	}
	disk.Unlock()
	dirs := runs(t, r)
	until(t, 10*time.Second, "what was left to hang to end", func() bool { _, err := spool.ReadEnd(dirs[len(dirs)-1]); return err == nil })
}

// TestSuspendedAndSetBack: a machine that slept and one whose clock was set back record
// on in a new run with the right time, and say what happened.
func TestSuspendedAndSetBack(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		step, slept time.Duration
		code        string
	}{
		"asleep":   {2 * time.Hour, 2 * time.Hour, camera.Resumed},
		"set back": {-time.Hour, 0, camera.ClockJump},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var mu sync.Mutex
			var step, slept time.Duration
			cam := newMJPEGCamera(t, 15, 320, 180)
			r, stop := start(t, cam.URL, func(r *Recorder) {
				r.FPS = 15
				real := r.clock
				r.clock = func() (time.Time, time.Duration) {
					mu.Lock()
					defer mu.Unlock()
					wall, mono := real()
					return wall.Add(step), mono
				}
				r.asleep = func() time.Duration {
					mu.Lock()
					defer mu.Unlock()
					return slept
				}
			})
			until(t, 40*time.Second, "recording", func() bool { return live(t, r, 0) })
			mu.Lock()
			step, slept = c.step, c.slept
			mu.Unlock()
			until(t, 20*time.Second, "a new run", func() bool { return len(runs(t, r)) >= 2 && status(r).Code == "" && status(r).State == spool.Recording })
			stop()
			s := status(r)
			if s.Clock == nil || s.Clock.Slept != (c.slept > 0) || (time.Duration(s.Clock.By*1e9)-c.step).Abs() > time.Second || s.Restarts[c.code] != 1 || len(s.Restarts) != 1 {
				t.Errorf("%+v, %v", s.Clock, s.Restarts)
			}
			var epochs []int64
			for _, dir := range runs(t, r) {
				epochs = append(epochs, readRun(t, dir).Epoch)
			}
			if d := time.Duration(max(epochs[0], epochs[1])-min(epochs[0], epochs[1])) * time.Microsecond; (d - c.step.Abs()).Abs() > time.Minute {
				t.Errorf("the runs are %v apart", d)
			}
		})
	}
}

// TestStoodStill: a program that was stopped for a while (SIGSTOP, a machine
// that swaps) does not take the camera for stalled.
func TestStoodStill(t *testing.T) {
	t.Parallel()
	var stood atomic.Int64
	cam := newMJPEGCamera(t, 15, 320, 180)
	r, _ := start(t, cam.URL, func(r *Recorder) {
		r.FPS = 15
		real := r.clock
		r.clock = func() (time.Time, time.Duration) {
			wall, mono := real()
			return wall.Add(time.Duration(stood.Load())), mono + time.Duration(stood.Load())
		}
	})
	until(t, 40*time.Second, "two segments", func() bool { return segments(t, r, 0) >= 2 })
	before := segments(t, r, 0)
	stood.Store(int64(time.Minute))
	until(t, 40*time.Second, "two more", func() bool { return len(runs(t, r)) > 1 || segments(t, r, 0) >= before+2 })
	if s := status(r); len(s.Restarts) > 0 || len(runs(t, r)) > 1 {
		t.Errorf("%d runs, ended by %v", len(runs(t, r)), s.Restarts)
	}
}

// TestAsleep: on a machine that runs, the two clocks don't drift apart.
func TestAsleep(t *testing.T) {
	if a, b := asleep(), asleep(); a < -100*ms || (b-a).Abs() > 100*ms {
		t.Errorf("%v, %v", a, b)
	}
}

// TestNobodyIsLeftBehind: a child of ffmpeg that keeps its pipes open ends with it.
func TestNobodyIsLeftBehind(t *testing.T) {
	t.Parallel()
	note := filepath.Join(t.TempDir(), "pid")
	p, err := startProcess(t.Context(), script(t, "sleep 1000 & echo $! > "+note), nil, nil, child.Memory(0))
	if err != nil {
		t.Fatal(err)
	}
	p.finish()
	p.close()
	text, err := os.ReadFile(note)
	if err != nil {
		t.Fatal(err)
	}
	stat := filepath.Join("/proc", strings.TrimSpace(string(text)), "stat")
	until(t, 5*time.Second, "its child to end", func() bool {
		// Its new parent may not have reaped it yet: pid (name) Z ….
		line, err := os.ReadFile(stat)
		return err != nil || strings.Contains(string(line), ") Z ")
	})
}
