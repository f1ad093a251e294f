//go:build cameras

package e2e

import (
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"lookback/controller/camera"
	"lookback/controller/recorder"
	"lookback/controller/spool"
)

// sender is ffmpeg that sends a clip to an address for ever. It can be halted,
// and be exchanged for one that sends another clip: whoever reads at the other
// end of a relay stays connected.
type sender struct {
	format, to string
	cmd        *exec.Cmd
}

func (s *sender) send(t *testing.T, file string) {
	t.Helper()
	s.stop()
	s.cmd = exec.Command("ffmpeg", "-nostdin", "-loglevel", "quiet", "-re", "-stream_loop", "-1", "-i", file, "-c", "copy", "-f", s.format, s.to)
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
}

func (s *sender) stop() {
	if s.cmd != nil {
		s.cmd.Process.Kill()
		s.cmd.Wait()
	}
}

func (s *sender) signal(sig syscall.Signal) { s.cmd.Process.Signal(sig) }

// relayed are ways on which the reader's connection outlives the sender.
var relayed = map[string]func(*testing.T) (to, format, from string){
	"udp": func(t *testing.T) (string, string, string) {
		address := "udp://" + freeAddress(t)
		return address + "?pkt_size=1316", "mpegts", address
	},
	"rtmp": func(t *testing.T) (string, string, string) {
		rtmp, _ := relay(t)
		return rtmp, "flv", rtmp
	},
	"rtsp": func(t *testing.T) (string, string, string) {
		_, port, _ := strings.Cut(freeAddress(t), ":")
		return "rtp://127.0.0.1:" + port + "?pkt_size=1400", "rtp", "rtsp://" + rtspServer(t, "", "x-h264=udp:"+port) + "/x-h264"
	},
}

// TestCameraChanges: another picture in mid-stream, without an end of the
// connection, is a new run of the same camera, which plays. A camera that sends
// nothing for a while is waited for.
func TestCameraChanges(t *testing.T) {
	small := clip(t, "small.ts", picture+x264+"-threads 1 -g 12")
	large := clip(t, "large.ts", strings.ReplaceAll(picture, "320x180", "640x360")+x264+"-threads 1 -g 12")
	for name, way := range relayed {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			to, format, from := way(t)
			s := &sender{to: to, format: format}
			t.Cleanup(s.stop)
			s.send(t, small)
			options := recorder.Options{MediaDir: t.TempDir(), Camera: "x", Request: camera.Request{Source: at(from), Segment: time.Second, Part: 200 * time.Millisecond, Encoder: "auto"}}
			r, stop := record(t, options)
			dir := spool.CameraDir(options.MediaDir, options.Camera)
			first, _ := recorded(t, r, dir, "the first picture", func(spool.Run) bool { return true })

			s.send(t, large)
			second, run := recorded(t, r, dir, "the larger picture", func(run spool.Run) bool { return run.Width == 640 })
			if end, err := spool.ReadEnd(first); err != nil || end.Code != camera.StreamChanged {
				t.Errorf("the first run ended with %+v, %v", end, err)
			}
			if run.Height != 360 || !strings.Contains(run.Plan, "copying H.264 640x360") {
				t.Errorf("%+v", run)
			}
			plays(t, first)
			plays(t, second)

			s.signal(syscall.SIGSTOP)
			settled(t, r, "stall", func() bool {
				st, _ := r.Status()
				return st.Restarts[camera.Stalled]+st.Restarts[camera.StreamEnded]+st.Restarts[camera.Timeout] > 0
			})
			s.signal(syscall.SIGCONT)
			third, _ := recorded(t, r, dir, "the picture after the pause", func(run spool.Run) bool { return run.Width == 640 && filepath.Base(second) < run.ID })
			stop()
			plays(t, third)
		})
	}
}

// recorded waits for two whole segments of a run, and returns its folder.
func recorded(t *testing.T, r *recorder.Recorder, cameraDir, what string, wanted func(spool.Run) bool) (dir string, run spool.Run) {
	t.Helper()
	settled(t, r, what, func() bool {
		names, err := spool.Runs(cameraDir)
		if err != nil || len(names) == 0 {
			return false
		}
		dir = filepath.Join(cameraDir, names[len(names)-1])
		seqs, err := spool.Segments(dir)
		if err != nil || len(seqs) < 3 {
			return false
		}
		run, err = spool.ReadRun(dir)
		return err == nil && wanted(run)
	})
	return dir, run
}
