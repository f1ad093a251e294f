package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/procfs"

	"lookback/e2e/rig"
)

const (
	manyAtOnce = 16
	// looped is how much of the demo camera is sent again and again.
	looped = 20 * time.Second
)

// Many is several cameras at once.
type Many struct {
	Kind       string          `json:"kind"`
	Cameras    int             `json:"cameras"`
	EdgeAge    []Distribution  `json:"edge_age"` // of each, s, as the API tells it
	Away       int             `json:"away"`     // answers in which a camera was not live
	Ready      float64         `json:"ready"`    // s from the start of the controller until all were live
	Cost       map[string]Cost `json:"cost"`
	Conditions Conditions      `json:"conditions"`
}

// source is one address at which all of the many cameras are.
type source struct {
	url    string
	close  func()
	groups map[string]func() []procfs.Proc // what it takes itself
	log    func() string
}

// manyKinds begin to send what the demo camera of a stack does, again and again. What
// the cameras cost themselves is to be little, so it was drawn and encoded before.
var manyKinds = map[string]func(context.Context, options, *rig.Stack) (*source, error){"rtsp": loopRTSP, "mjpeg": loopMJPEG}

var allKinds = kinds{"rtsp", "mjpeg"}

// measureMany records one stream sixteen times.
func measureMany(ctx context.Context, o options, kind string) (*Many, error) {
	m := &Many{Kind: kind, Cameras: manyAtOnce}
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return m, err
	}
	defer os.RemoveAll(dir)
	rate := fmt.Sprint(fps)
	if kind == "mjpeg" {
		rate = o.fps
	}
	stack, err := rig.New(ctx, rig.Options{Root: ".", Dir: dir, Size: o.size, FPS: rate, Setting: o.settings})
	if err != nil {
		return m, err
	}
	defer stack.Close()
	if o.controller != "" {
		if stack.Controller.Path, err = filepath.Abs(o.controller); err != nil {
			return m, err
		}
	}
	if err := errors.Join(stack.StartCamera(ctx), stack.StartNginx(ctx)); err != nil {
		return m, err
	}
	say("%d cameras, %s: making what they send", manyAtOnce, kind)
	from, err := manyKinds[kind](ctx, o, stack)
	if err != nil {
		return m, err
	}
	defer from.close()
	stack.Camera.Stop()
	var cameras []string
	for n := range manyAtOnce {
		cameras = append(cameras, fmt.Sprintf("cam%02d=%s", n+1, from.url))
	}
	stack.Controller.Env = append(stack.Controller.Env, "CAMERAS="+strings.Join(cameras, " "))
	if err := m.measure(ctx, o, stack, from); err != nil {
		return m, fmt.Errorf("%w\n%scontroller:\n%s", err, from.log(), stack.Controller.Log())
	}
	return m, nil
}

// loopRTSP sends H.264 over RTSP.
func loopRTSP(ctx context.Context, _ options, stack *rig.Stack) (*source, error) {
	file := filepath.Join(stack.Dir, "loop.ts")
	encode := append([]string{"-nostdin", "-loglevel", "error"}, append(liveH264(stack.SourceURL(), nearKeys), "-t", fmt.Sprint(looped.Seconds()), file)...)
	if out, err := exec.CommandContext(ctx, "ffmpeg", encode...).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("ffmpeg %s: %w\n%s", strings.Join(encode, " "), err, out)
	}
	rtsp, err := rig.StartRTSP(ctx, ".", "-re", "-stream_loop", "-1", "-i", file, "-c", "copy", "-an")
	if err != nil {
		return nil, err
	}
	return &source{url: rtsp.URL, close: rtsp.Close,
		groups: map[string]func() []procfs.Proc{"camera": func() []procfs.Proc { return append(alone(rtsp.Server.Pid()), alone(rtsp.Encoder.Pid())...) }},
		log:    func() string { return "RTSP: " + rtsp.Server.Log() + rtsp.Encoder.Log() }}, nil
}

// loopMJPEG sends JPEGs over HTTP, from this process.
func loopMJPEG(ctx context.Context, o options, stack *rig.Stack) (*source, error) {
	rate, err := strconv.ParseFloat(o.fps, 64)
	if err != nil {
		return nil, err
	}
	frames, err := readJPEGs(ctx, stack.SourceURL(), int(rate*looped.Seconds()))
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	server := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "multipart/x-mixed-replace; boundary=frame")
		begun, to := time.Now(), bufio.NewWriterSize(w, 1<<18)
		for n := 0; wait(r.Context(), time.Until(begun.Add(time.Duration(float64(n)/rate*float64(time.Second))))) == nil; n++ {
			frame := frames[n%len(frames)]
			fmt.Fprintf(to, "--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n", len(frame))
			to.Write(frame)
			to.WriteString("\r\n")
			if to.Flush() != nil || http.NewResponseController(w).Flush() != nil {
				return
			}
		}
	})}
	go server.Serve(listener)
	return &source{url: "http://" + listener.Addr().String(), close: func() { server.Close() }, log: func() string { return "" }}, nil
}

// readJPEGs are so many pictures of an MJPEG camera.
func readJPEGs(ctx context.Context, address string, count int) (all [][]byte, err error) {
	ask, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	answer, err := http.DefaultClient.Do(ask)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	_, parameters, err := mime.ParseMediaType(answer.Header.Get("Content-Type"))
	if err != nil {
		return nil, err
	}
	for parts := multipart.NewReader(answer.Body, parameters["boundary"]); len(all) < count; {
		part, err := parts.NextRawPart()
		if err != nil {
			return nil, err
		}
		frame, err := io.ReadAll(part)
		if err != nil {
			return nil, err
		}
		all = append(all, frame)
	}
	return all, nil
}

func (m *Many) measure(ctx context.Context, o options, stack *rig.Stack, from *source) error {
	begun := time.Now()
	if err := stack.Controller.Start(); err != nil {
		return err
	}
	err := rig.Until(ctx, patience, "all cameras are live", func() bool {
		_, away, err := edgeAges(stack)
		return err == nil && away == 0
	})
	if err != nil {
		return err
	}
	m.Ready = time.Since(begun).Seconds()
	if err := wait(ctx, o.settle); err != nil {
		return err
	}
	say("%d cameras, %s, %v", m.Cameras, m.Kind, o.seconds)
	groups := map[string]func() []procfs.Proc{
		"controller": func() []procfs.Proc { return alone(stack.Controller.Pid()) },
		"ffmpeg":     func() []procfs.Proc { return children(stack.Controller.Pid()) },
		"nginx":      func() []procfs.Proc { return family(stack.Nginx.Pid()) },
	}
	for name, group := range from.groups {
		groups[name] = group
	}
	meter := startMeter(groups)
	ages := make([][]float64, m.Cameras)
	for time.Since(meter.begun) < o.seconds {
		now, away, err := edgeAges(stack)
		if err != nil {
			return err
		}
		m.Away += away
		for n, age := range now {
			ages[n] = append(ages[n], age)
		}
		if err := wait(ctx, 50*time.Millisecond); err != nil {
			return err
		}
	}
	m.Cost, m.Conditions = meter.stop()
	for _, of := range ages {
		m.EdgeAge = append(m.EdgeAge, distribution(of))
	}
	return nil
}

// edgeAges is how old each camera's newest published part is, s, and how many
// cameras are not live.
func edgeAges(stack *rig.Stack) (ages []float64, away int, err error) {
	text, err := stack.Get("/api/cameras")
	if err != nil {
		return nil, 0, err
	}
	var answer struct {
		Cameras []struct {
			State string
			Live  *struct {
				EdgeAge float64 `json:"edge_age_seconds"`
			}
		}
	}
	if err := json.Unmarshal([]byte(text), &answer); err != nil {
		return nil, 0, err
	}
	for _, c := range answer.Cameras {
		if c.State != "live" || c.Live == nil {
			away++
			continue
		}
		ages = append(ages, c.Live.EdgeAge)
	}
	return ages, away, nil
}
