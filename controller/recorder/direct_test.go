package recorder

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bluenviron/gortsplib/v5/pkg/auth"
	"github.com/bluenviron/gortsplib/v5/pkg/description"
	sdp "github.com/bluenviron/gortsplib/v5/pkg/format"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"

	"lookback/controller/camera"
	"lookback/controller/spool"
)

// noFFmpeg has neither ffmpeg nor ffprobe.
func noFFmpeg(r *Recorder) { r.FFmpeg, r.FFprobe = "/nowhere/ffmpeg", "/nowhere/ffprobe" }

func soundMedia(back bool, f sdp.Format) []*description.Media {
	return []*description.Media{{Type: description.MediaTypeAudio, IsBackChannel: back, Formats: []sdp.Format{f}}}
}

var (
	aacTrack  = &sdp.MPEG4Audio{PayloadTyp: 97, SizeLength: 13, IndexLength: 3, IndexDeltaLength: 3, Config: &mpeg4audio.AudioSpecificConfig{Type: mpeg4audio.ObjectTypeAACLC, SampleRate: 48000, ChannelConfig: 2}}
	alawTrack = &sdp.G711{PayloadTyp: 8, SampleRate: 8000, ChannelCount: 1}
)

// TestReadDirectly: cameras over RTSP that are recorded on their first connection,
// without any ffmpeg.
func TestReadDirectly(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		cam    func() *rtspCamera
		change func(*Recorder)
		reason string // that the plan must give
		sound  bool
	}{
		"as most are": {func() *rtspCamera { return &rtspCamera{fps: 25} }, nil, "", false},
		"5 fps":       {func() *rtspCamera { return &rtspCamera{fps: 5} }, nil, "", false},
		"SHA-256 Digest": {func() *rtspCamera {
			return &rtspCamera{fps: 25, login: []auth.VerifyMethod{auth.VerifyMethodDigestSHA256}}
		}, nil, "", false},
		"both Digests": {func() *rtspCamera {
			return &rtspCamera{fps: 25, login: []auth.VerifyMethod{auth.VerifyMethodDigestMD5, auth.VerifyMethodDigestSHA256}}
		}, nil, "", false},
		"461 to TCP":             {func() *rtspCamera { return &rtspCamera{fps: 25, udpOnly: true} }, nil, "refuses TCP", false},
		"UDP is set":             {func() *rtspCamera { return &rtspCamera{fps: 25, udpOnly: true} }, func(r *Recorder) { r.Transport = "udp" }, "", false},
		"no markers":             {func() *rtspCamera { return &rtspCamera{fps: 25, noMarker: true} }, nil, "one frame late", false},
		"talk-back, sound is on": {func() *rtspCamera { return &rtspCamera{fps: 25, medias: soundMedia(true, alawTrack)} }, func(r *Recorder) { r.Audio = "on" }, "sends no sound", false},
		"G.711, sound is off":    {func() *rtspCamera { return &rtspCamera{fps: 25, medias: soundMedia(false, alawTrack)} }, nil, "", false},
		"a rate is set":          {func() *rtspCamera { return &rtspCamera{fps: 25} }, func(r *Recorder) { r.FPS = 25 }, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			onAQuietMachine(t, func() error {
				cam := c.cam()
				url := cam.begin(t)
				if cam.login != nil {
					url = strings.Replace(url, "rtsp://", "rtsp://admin:gr8-secret@", 1)
				}
				r, stop := start(t, url, noFFmpeg, func(r *Recorder) {
					if c.change != nil {
						c.change(r)
					}
				})
				until(t, 40*time.Second, "three segments", func() bool { return segments(t, r, 0) >= 3 })
				until(t, 10*time.Second, "reason "+c.reason, func() bool { return strings.Contains(strings.Join(status(r).PlanReasons, "\n"), c.reason) })
				s := status(r)
				stop()
				if s.PID != 0 || s.Code != "" || len(s.Restarts) > 0 || !strings.HasPrefix(s.Plan, "copying H.264 320x180") || s.FPS == 0 {
					t.Errorf("%+v", s)
				}
				if all, _ := cam.connections(); all != 1 {
					t.Errorf("%d connections", all)
				}
				run := readRun(t, runs(t, r)[0])
				if len(runs(t, r)) != 1 || run.FrameRate != float64(cam.fps) || !run.Constants.Independent || run.Width != 320 {
					t.Errorf("%d runs, %+v", len(runs(t, r)), run.Run)
				}
				return cam.dated(run)
			})
		})
	}
}

// dated compares the dates of key frames with when they had been sent, in the
// median: the machine may be busy for a moment.
func (c *rtspCamera) dated(run recorded) error {
	keys := c.sentKeys()
	var off []time.Duration
	for _, info := range slices.Concat(run.segments...) {
		if tf, _ := info.Track(run.TrackID); !tf.Sync {
			continue
		}
		nearest := time.Hour
		for _, sent := range keys {
			if d := info.PRFT.Sub(sent); d.Abs() < nearest.Abs() {
				nearest = d
			}
		}
		off = append(off, nearest)
	}
	slices.Sort(off)
	if len(off) < 3 || off[len(off)/2].Abs() > 60*ms {
		return fmt.Errorf("key frames are dated %v after they were sent", off)
	}
	return nil
}

// TestDirectIsAtOnce: a picture is in the spool long before the next one comes.
func TestDirectIsAtOnce(t *testing.T) {
	cam := &rtspCamera{fps: 5}
	pictures := h264Pictures(t, "640x360", "-g", "5", "-crf", "30")
	cam.show(pictures)
	key := len(bytes.Join(pictures[0], nil))
	var mu sync.Mutex
	var written []time.Time // key frames, which alone are large
	_, stop := start(t, cam.begin(t), noFFmpeg, func(r *Recorder) {
		r.open = func(path string) (segmentFile, error) {
			f, err := openSegment(path)
			return watched{f, func(size int) {
				if mu.Lock(); size >= key*3/4 {
					written = append(written, time.Now())
				}
				mu.Unlock()
			}}, err
		}
	})
	until(t, 40*time.Second, "key frames", func() bool { mu.Lock(); defer mu.Unlock(); return len(written) >= 8 })
	stop()
	var delays []time.Duration
	keys := cam.sentKeys()
	for _, at := range written[4:] { // the first were held until their time was known
		since := time.Hour
		for _, sent := range keys {
			if d := at.Sub(sent); d > -5*ms && d < since {
				since = d
			}
		}
		delays = append(delays, since)
	}
	slices.Sort(delays)
	t.Logf("pictures are in the spool %v after they were sent", delays)
	if middle := delays[len(delays)/2]; middle > 30*ms {
		t.Errorf("a picture is in the spool %v after it was sent", middle)
	}
}

// TestDirectSound: sound is recorded on the connection of the picture: AAC as it is,
// G.711 by an ffmpeg of its own, beside pictures that are copied or encoded.
func TestDirectSound(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		track  sdp.Format
		rotate int
		line   string
	}{
		"AAC":                   {aacTrack, 0, "copying H.264 320x180 at 25 fps; key frame every 1s, with its AAC sound"},
		"G.711":                 {alawTrack, 0, "copying H.264 320x180 at 25 fps; key frame every 1s, its G.711 sound as AAC"},
		"AAC, encoded":          {aacTrack, 90, "encoding H.264 180x320 at 25 fps"},
		"G.711, encoded":        {alawTrack, 90, "encoding H.264 180x320 at 25 fps"},
		"G.711, 16 kHz, stereo": {&sdp.G711{PayloadTyp: 97, MULaw: true, SampleRate: 16000, ChannelCount: 2}, 0, "its G.711 sound as AAC"},
	} {
		t.Run(name, func(t *testing.T) {
			cam := &rtspCamera{fps: 25, medias: soundMedia(false, c.track)}
			r, stop := start(t, cam.begin(t), func(r *Recorder) { r.Audio, r.Rotate, r.FFprobe = "on", c.rotate, "/nowhere/ffprobe" })
			until(t, 60*time.Second, "two segments", func() bool { return segments(t, r, 0) >= 3 })
			s := status(r)
			stop()
			run := readRun(t, runs(t, r)[0])
			if !strings.Contains(run.Codecs, "mp4a.40.2") || !strings.Contains(s.Plan, c.line) || strings.Contains(strings.Join(s.PlanReasons, "\n"), "ffmpeg reads it") {
				t.Errorf("%s, %q, %q", run.Codecs, s.Plan, s.PlanReasons)
			}
			if all, _ := cam.connections(); all != 1 || len(runs(t, r)) != 1 {
				t.Errorf("%d connections, %d runs", all, len(runs(t, r)))
			}
		})
	}
}

// TestRTSPSoundIsInStep: the tone of a camera that sends G.711 begins with its flash,
// copied or encoded.
func TestRTSPSoundIsInStep(t *testing.T) {
	for name, rotate := range map[string]int{"copied": 0, "encoded": 90} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onAQuietMachine(t, func() error {
				cam := &rtspCamera{fps: 25, flash: true, medias: soundMedia(false, alawTrack)}
				cam.show(h264Pictures(t, "320x180", "-g", "25", "-vf", "drawbox=c=black:t=fill:enable='lt(t,1)',drawbox=c=white:t=fill:enable='gte(t,1)'"))
				r, stop := start(t, cam.begin(t), func(r *Recorder) { r.Audio, r.Rotate, r.Log = "on", rotate, discarded })
				until(t, 60*time.Second, "segments", func() bool { return segments(t, r, 0) >= 8 })
				stop()
				run := readRun(t, runs(t, r)[0])
				return run.flashesWithSound(t, 0)
			})
		})
	}
}

// TestSoundNeverCostsThePicture: whatever becomes of the ffmpeg that encodes the
// sound, pictures are recorded without a break.
func TestSoundNeverCostsThePicture(t *testing.T) {
	t.Parallel()
	for name, ffmpeg := range map[string]string{
		"there is none": "/nowhere/ffmpeg",
		"it ends":       script(t, "exit 1"),
		"it hangs":      script(t, "exec sleep 600"),
	} {
		t.Run(name, func(t *testing.T) {
			cam := &rtspCamera{fps: 25, medias: soundMedia(false, alawTrack)}
			r, stop := start(t, cam.begin(t), func(r *Recorder) { r.Audio, r.FFmpeg, r.FFprobe = "on", ffmpeg, "/nowhere/ffprobe" })
			until(t, 60*time.Second, "two segments", func() bool { return segments(t, r, 0) >= 3 })
			stop()
			if all, _ := cam.connections(); all != 1 || len(runs(t, r)) != 1 || status(r).Code != camera.Stopped {
				t.Errorf("%d connections, %d runs, %+v", all, len(runs(t, r)), status(r))
			}
		})
	}
}

// TestEncodedFromOneConnection: an RTSP camera that has to be encoded is recorded on
// its first connection, and its address is in no process list.
func TestEncodedFromOneConnection(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*Recorder, *rtspCamera){
		"turned":          func(r *Recorder, _ *rtspCamera) { r.Rotate = 90 },
		"smaller, slower": func(r *Recorder, _ *rtspCamera) { r.Height, r.FPS = 90, 10 },
		"B-frames": func(r *Recorder, c *rtspCamera) {
			r.Rotate = 90
			c.show(h264Pictures(t, "320x180", "-g", "25", "-bf", "2"))
		},
		"4:4:4": func(_ *Recorder, c *rtspCamera) {
			c.show(h264Pictures(t, "320x180", "-g", "25", "-pix_fmt", "yuv444p"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			cam := &rtspCamera{fps: 25, login: []auth.VerifyMethod{auth.VerifyMethodDigestSHA256}}
			url := strings.Replace(cam.begin(t), "rtsp://", "rtsp://admin:gr8-secret@", 1)
			r, stop := start(t, url, func(r *Recorder) { r.FFprobe = "/nowhere/ffprobe"; change(r, cam) })
			until(t, 60*time.Second, "two segments", func() bool { lines(t, "gr8-secret"); return segments(t, r, 0) >= 3 })
			s := status(r)
			stop()
			if s.PID == 0 || !strings.HasPrefix(s.Plan, "encoding H.264") || len(s.Restarts) > 0 {
				t.Errorf("%+v", s)
			}
			if all, _ := cam.connections(); all != 1 || len(runs(t, r)) != 1 {
				t.Errorf("%d connections, %d runs", all, len(runs(t, r)))
			}
		})
	}
}

// TestDirectSecret: while a camera with a password is recorded, that is in no
// process list, and neither in the status.
func TestDirectSecret(t *testing.T) {
	cam := &rtspCamera{fps: 25, login: []auth.VerifyMethod{auth.VerifyMethodDigestSHA256}}
	url := strings.Replace(cam.begin(t), "rtsp://", "rtsp://admin:gr8-secret@", 1)
	r, stop := start(t, url)
	until(t, 40*time.Second, "a segment", func() bool { lines(t, "gr8-secret"); return segments(t, r, 0) >= 2 })
	stop()
	file, err := os.ReadFile(filepath.Join(r.dir, "status.json"))
	if err != nil || bytes.Contains(file, []byte("gr8-secret")) {
		t.Errorf("%s, %v", file, err)
	}
}

// lines looks for a secret in the command lines of all processes.
func lines(t *testing.T, secret string) {
	t.Helper()
	all, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	if len(all) == 0 {
		t.Fatal("there are no processes")
	}
	for _, path := range all {
		if line, _ := os.ReadFile(path); bytes.Contains(line, []byte(secret)) {
			t.Fatalf("%s shows the password", bytes.ReplaceAll(line, []byte{0}, []byte{' '}))
		}
	}
}

// TestDirectTrouble: each trouble has its name, and recording goes on behind it.
func TestDirectTrouble(t *testing.T) {
	t.Parallel()
	t.Run("wrong password", func(t *testing.T) {
		cam := &rtspCamera{fps: 25, login: []auth.VerifyMethod{auth.VerifyMethodDigestSHA256}}
		url := strings.Replace(cam.begin(t), "rtsp://", "rtsp://admin:guess@", 1)
		r, stop := start(t, url, noFFmpeg)
		until(t, 20*time.Second, "unauthorized", func() bool { s := status(r); return s.Code == camera.Unauthorized && s.State == spool.Waiting })
		stop()
		if s := status(r); strings.Contains(strings.Join(s.Log, "\n"), "guess") || len(s.Log) == 0 {
			t.Errorf("log: %q", s.Log)
		}
	})
	t.Run("stalls", func(t *testing.T) {
		onAQuietMachine(t, func() error { // a camera with much to do learns late that a connection is closed
			cam := &rtspCamera{fps: 25}
			r, stop := start(t, cam.begin(t), noFFmpeg, func(r *Recorder) { r.stall = time.Second })
			until(t, 40*time.Second, "a segment", func() bool { return segments(t, r, 0) >= 2 })
			cam.stall.Store(true)
			until(t, 20*time.Second, "stalled", func() bool { return status(r).Restarts[camera.Stalled] > 0 })
			cam.stall.Store(false)
			until(t, 40*time.Second, "a new run", func() bool { return live(t, r, 1) && status(r).Code == "" })
			stop()
			if _, most := cam.connections(); most != 1 {
				return fmt.Errorf("%d connections at a time", most)
			}
			return nil
		})
	})
	t.Run("another picture", func(t *testing.T) {
		cam := &rtspCamera{fps: 25}
		r, stop := start(t, cam.begin(t), noFFmpeg)
		until(t, 40*time.Second, "a segment", func() bool { return segments(t, r, 0) >= 2 })
		cam.show(h264Pictures(t, "640x360", "-g", "25"))
		until(t, 40*time.Second, "a new run", func() bool { return live(t, r, 1) && strings.Contains(status(r).Plan, "640x360") })
		stop()
		all := runs(t, r)
		if run := readRun(t, all[len(all)-1]); run.Width != 640 || status(r).Restarts[camera.StreamChanged] != 1 {
			t.Errorf("%+v, %v", run.Run, status(r).Restarts)
		}
	})
}

// TestNotOurs: what can't be read here is read by ffmpeg, on one connection after
// the other, and the plan says why.
func TestNotOurs(t *testing.T) {
	t.Parallel()
	interlaced := h264Pictures(t, "320x180", "-g", "25", "-flags", "+ildct+ilme", "-x264-params", "tff=1")
	for name, c := range map[string]struct {
		change func(*Recorder)
		sound  sdp.Format // nil: none
		plan   string
		most   int // connections altogether
	}{
		"copied":       {func(*Recorder) {}, nil, "copying H.264 320x180 at 25 fps; key frame every 1s", 2},
		"beside AAC":   {func(r *Recorder) { r.Audio = "on" }, aacTrack, "copying H.264 320x180 at 25 fps; key frame every 1s, with its AAC sound", 2},
		"beside G.711": {func(r *Recorder) { r.Audio = "on" }, alawTrack, "copying H.264 320x180 at 25 fps; key frame every 1s, its G.711 sound as AAC", 2},
		"encoded":      {func(r *Recorder) { r.Height = 90 }, nil, "encoding H.264 160x90 at 25 fps", 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cam := &rtspCamera{fps: 25}
			cam.show(interlaced)
			if c.sound != nil {
				cam.medias = []*description.Media{{Type: description.MediaTypeAudio, Formats: []sdp.Format{c.sound}}}
			}
			r, stop := start(t, cam.begin(t), func(r *Recorder) { r.FFprobe = "/nowhere/ffprobe"; c.change(r) })
			until(t, 60*time.Second, "two segments", func() bool { return segments(t, r, 0) >= 3 })
			s := status(r)
			stop()
			if reasons := strings.Join(s.PlanReasons, "\n"); !strings.Contains(reasons, "ffmpeg reads it") || !strings.Contains(reasons, "interlaced") || !strings.HasPrefix(s.Plan, c.plan) || s.PID == 0 {
				t.Errorf("%+v", s)
			}
			if all, most := cam.connections(); most != 1 || all > c.most {
				t.Errorf("%d connections, %d at a time", all, most)
			}
		})
	}
}

// TestKnownCameraIsRecordedAtOnce: one whose facts are remembered is recorded from
// its first key frame on.
func TestKnownCameraIsRecordedAtOnce(t *testing.T) {
	t.Parallel()
	cam := &rtspCamera{fps: 25}
	url, dir := cam.begin(t), t.TempDir()
	at := func(r *Recorder) { r.MediaDir, r.dir = dir, spool.CameraDir(dir, r.Camera) }
	r, stop := start(t, url, noFFmpeg, at)
	until(t, 40*time.Second, "a segment", func() bool { return segments(t, r, 0) >= 3 && r.said.Load().State == spool.Recording })
	stop()
	if r.remembered.Knowledge != camera.Known || r.remembered.KeyInterval != time.Second {
		t.Fatalf("%+v", r.remembered)
	}
	begun := time.Now()
	r, stop = start(t, url, noFFmpeg, at)
	until(t, 20*time.Second, "its first picture", func() bool { return live(t, r, 1) })
	took := time.Since(begun)
	stop()
	if all, _ := cam.connections(); all != 2 || took > 2*time.Second {
		t.Errorf("%d connections, %v", all, took)
	}
}

// TestDialIsUsed: a camera that was away is recorded on the connection on which
// it answered first.
func TestDialIsUsed(t *testing.T) {
	// A camera that comes between a refusal and the first dialing is dialed once more.
	onAQuietMachine(t, func() error { return dialedRTSP(t) })
	onAQuietMachine(t, func() error { return dialedHTTP(t) })
}

func dialedRTSP(t *testing.T) error {
	cam := &rtspCamera{fps: 25, address: freeAddress(t)}
	cam.show(h264Pictures(t, "320x180", "-g", "25"))
	r, stop := start(t, "rtsp://"+cam.address+"/live", noFFmpeg)
	until(t, 20*time.Second, "refused", func() bool { return status(r).Code == camera.ConnectionRefused })
	cam.begin(t)
	until(t, 40*time.Second, "a segment", func() bool { return segments(t, r, 0) >= 2 })
	stop()
	if all, _ := cam.connections(); all != 1 {
		return fmt.Errorf("%d connections over RTSP", all)
	}
	return nil
}

func dialedHTTP(t *testing.T) error {
	mjpeg := newMJPEGCamera(t, 10, 320, 180)
	address := freeAddress(t)
	r, stop := start(t, "http://"+address, func(r *Recorder) { r.FFprobe = "/nowhere/ffprobe" })
	until(t, 20*time.Second, "refused", func() bool { return status(r).Code == camera.ConnectionRefused })
	listener, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	late := &httptest.Server{Listener: listener, Config: &http.Server{Handler: mjpeg.Config.Handler}}
	opened := atomic.Int64{}
	late.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			opened.Add(1)
		}
	}
	late.Start()
	t.Cleanup(func() { late.CloseClientConnections(); late.Close() })
	until(t, 40*time.Second, "a segment", func() bool { return segments(t, r, 0) >= 2 })
	stop()
	if n := opened.Load(); n != 1 {
		return fmt.Errorf("%d connections over HTTP", n)
	}
	return nil
}

// freeAddress is one at which nobody listens.
func freeAddress(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
