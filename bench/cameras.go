package main

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"lookback/controller/democam"
	"lookback/controller/spool"
	"lookback/e2e/rig"
)

const (
	roundTrip = 20 * time.Millisecond
	fps       = 30
	nearKeys  = 2 * time.Second
	farKeys   = 10 * time.Second
)

// Cameras is what was measured with H.264 that is copied. Times are in seconds.
type Cameras struct {
	StartUp *StartUps    `json:"start_up"`
	Idle    *Idle        `json:"idle"` // one camera, no viewer
	View    *Viewing     `json:"view"`
	Own     Distribution `json:"own"`       // the same camera's delay in a player that shows each picture at once
	Joins   []float64    `json:"joins"`     // key frames 10 s apart: until the first picture
	FarJoin []float64    `json:"far_joins"` // the same, a round trip of 20 ms away
}

// StartUps are seconds from the start of the controller to the first picture on
// a page that was open all the time, each at another place between two key frames.
type StartUps struct {
	First []float64 `json:"first"` // nothing is known of the camera
	Again []float64 `json:"again"` // its playlists have promised their constants, but nothing else is remembered
	Far   float64   `json:"far"`   // as First, with 10 s between key frames, once
	Load  float64   `json:"load"`  // at most
}

// measureCameras looks at copied cameras. Their server is GStreamer's.
func measureCameras(ctx context.Context, o options) (c *Cameras, err error) {
	c = &Cameras{}
	browser, err := rig.OpenBrowser(ctx)
	if err != nil {
		return c, err
	}
	defer browser.Close()
	if err := withRTSP(ctx, o, nearKeys, browser, c.watch); err != nil {
		return c, err
	}
	return c, withRTSP(ctx, o, farKeys, browser, c.join)
}

// copying is the whole stack with a camera whose H.264 is copied.
type copying struct {
	*lookback
	rtsp *rig.RTSP
}

// withRTSP has the demo camera's pictures as H.264 over RTSP, starts all but
// the controller, and measures.
func withRTSP(ctx context.Context, o options, gop time.Duration, browser *rig.Browser, measure func(context.Context, *copying) error) error {
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	stack, err := rig.New(ctx, rig.Options{Root: ".", Dir: dir, Size: o.size, FPS: fmt.Sprint(fps), Setting: o.settings})
	if err != nil {
		return err
	}
	defer stack.Close()
	if err := errors.Join(stack.StartCamera(ctx), stack.StartNginx(ctx)); err != nil {
		return err
	}
	rtsp, err := rig.StartRTSP(ctx, ".", liveH264(stack.SourceURL(), gop)...)
	if err != nil {
		return err
	}
	defer rtsp.Close()
	stack.Controller.Env = append(stack.Controller.Env, "CAMERAS="+rig.CameraName+"="+rtsp.URL)
	if err := measure(ctx, &copying{&lookback{o, stack, browser}, rtsp}); err != nil {
		return fmt.Errorf("%w\nRTSP: %s%s\ncontroller:\n%s", err, rtsp.Server.Log(), rtsp.Encoder.Log(), stack.Controller.Log())
	}
	return nil
}

// liveH264 has ffmpeg encode what an MJPEG camera sends, as it comes.
func liveH264(source string, gop time.Duration) []string {
	return append([]string{"-f", "mpjpeg", "-analyzeduration", "0", "-probesize", "32", "-thread_type", "slice", "-i", source,
		"-vf", "settb=1/90000,setpts=(RTCTIME-RTCSTART)/(TB*1000000),format=yuv420p", "-fps_mode", "passthrough"}, x264(gop)...)
}

func x264(gop time.Duration) []string {
	frames := fmt.Sprint(int(gop.Seconds() * fps))
	// One thread, and so one slice: GStreamer loses the first of several. Without
	// a time base the stamps would be MJPEG's, rounded to 1/25 s.
	return []string{"-threads", "1", "-enc_time_base", "1:90000", "-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-crf", "23", "-maxrate", "4M", "-bufsize", "4M",
		"-g", frames, "-keyint_min", frames, "-sc_threshold", "0"}
}

// watch takes start-up, cost without a viewer, and latency.
func (c *Cameras) watch(ctx context.Context, l *copying) (err error) {
	say("copied H.264, key frame every %v: %d start-ups of each sort", nearKeys, l.opens)
	if c.StartUp, err = l.startUps(ctx); err != nil {
		return err
	}
	say("without a viewer, %v", l.seconds/2)
	if err := wait(ctx, l.settle); err != nil {
		return err
	}
	meter := startMeter(l.groups())
	if err := wait(ctx, l.seconds/2); err != nil {
		return err
	}
	c.Idle = &Idle{}
	c.Idle.Cost, c.Idle.Conditions = meter.stop()
	say("one viewer, %v", l.settle+l.seconds)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	delays := make(chan ownDelay, 1)
	go func() { delays <- readDelays(ctx, l.rtsp.URL, l.size) }()
	if c.View, err = view(ctx, l.options, l.browser, l.Origin, l.groups()); err != nil {
		return err
	}
	cancel()
	own := <-delays
	c.Own = distribution(own.seconds)
	return own.err
}

// startUps starts the controller again and again, and leaves it running.
func (l *copying) startUps(ctx context.Context) (*StartUps, error) {
	all := &StartUps{}
	camera := spool.CameraDir(l.Media, rig.CameraName)
	for n := range 2 * l.opens {
		forget, to := l.Media, &all.First
		if n >= l.opens {
			forget, to = filepath.Join(camera, "facts.json"), &all.Again
		}
		if n > 0 {
			l.Controller.Stop()
		}
		if err := os.RemoveAll(forget); err != nil {
			return nil, err
		}
		if err := errors.Join(os.MkdirAll(l.Media, 0o755), wait(ctx, time.Duration(n%l.opens)*nearKeys/time.Duration(l.opens))); err != nil {
			return nil, err
		}
		one, err := l.startController(ctx)
		if err != nil {
			return nil, err
		}
		*to, all.Load = append(*to, one.Picture), max(all.Load, one.Load[0], one.Load[1])
	}
	return all, nil
}

// ownDelay is how old a camera's pictures were when they had come and been decoded.
type ownDelay struct {
	seconds []float64
	err     error // nil when it was ended from outside
}

// readDelays reads the clock in each picture of a camera as soon as ffmpeg has
// decoded it, until ctx ends.
func readDelays(ctx context.Context, address, size string) (d ownDelay) {
	var width int
	if _, err := fmt.Sscanf(size, "%dx", &width); err != nil {
		return ownDelay{err: err}
	}
	strip := image.NewGray(image.Rect(0, 0, width, 2*democam.BlockEdge(width)))
	cmd := exec.CommandContext(ctx, "ffmpeg", "-nostdin", "-loglevel", "error", "-rtsp_transport", "tcp", "-fflags", "nobuffer", "-flags", "low_delay",
		"-thread_type", "slice", "-i", address, "-vf", fmt.Sprintf("format=gray,crop=%d:%d:0:0", width, strip.Rect.Dy()),
		"-fps_mode", "passthrough", "-f", "rawvideo", "pipe:1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return ownDelay{err: err}
	}
	for {
		if _, err := io.ReadFull(out, strip.Pix); err != nil {
			break
		}
		if coded, ok := democam.ReadBlocks(strip); ok {
			d.seconds = append(d.seconds, time.Since(coded).Seconds())
		}
	}
	err = cmd.Wait()
	if ctx.Err() == nil {
		d.err = fmt.Errorf("the reader of %s ended: %w", address, err)
	} else if len(d.seconds) == 0 {
		d.err = fmt.Errorf("the reader of %s saw no clock", address)
	}
	return d
}

// join opens the page again and again, near and far.
func (c *Cameras) join(ctx context.Context, l *copying) (err error) {
	say("copied H.264, key frame every %v: %d openings of the page near and far", farKeys, l.opens)
	one, err := l.startController(ctx)
	if err != nil {
		return err
	}
	c.StartUp.Far = one.Picture
	// Until there is as much behind the live edge as a join may want.
	if err := wait(ctx, 2*farKeys); err != nil {
		return err
	}
	if c.Joins, err = l.joins(ctx, l.Origin); err != nil {
		return err
	}
	origin, err := url.Parse(l.Origin)
	if err != nil {
		return err
	}
	far, err := delay(ctx, origin.Host, roundTrip)
	if err != nil {
		return err
	}
	defer far.close()
	c.FarJoin, err = l.joins(ctx, "http://"+far.address())
	return err
}

// joins opens the page at different places between two key frames.
func (l *copying) joins(ctx context.Context, address string) (all []float64, err error) {
	for range l.opens {
		seconds, err := opening(l.browser, address)
		if err != nil {
			return nil, err
		}
		all = append(all, seconds)
		if err := wait(ctx, farKeys*3/10); err != nil {
			return nil, err
		}
	}
	return all, nil
}
