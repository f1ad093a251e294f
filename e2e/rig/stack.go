package rig

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/prometheus/procfs"

	"lookback/controller/viewer"
)

// CameraName is the one camera's.
const CameraName = "front"

// patience is how long anything may take to answer on a busy machine.
const patience = 30 * time.Second

// Options of a stack.
type Options struct {
	Root    string   // of the source tree
	Dir     string   // everything that is made goes here; short, because sockets are in it
	Size    string   // of the demo camera's picture
	FPS     string   // "" : 30
	Plain   bool     // the demo camera draws no blocks; eyes.js sees nothing
	Setting []string // of the controller, such as PART=200ms
	Others  []string // names of more cameras, all on a second demo camera, which is small and slow
}

// Stack is everything but the browser. Its processes may be killed, stopped
// and started at will.
type Stack struct {
	Options
	Camera, Controller, Nginx *Process
	Second                    *Process // demo camera of the others; nil without them

	nginx   Nginx
	Origin  string // http://host:port of nginx
	Media   string // media directory
	camera  string // host:port of the demo camera
	second  string // host:port of the second one
	metrics string // host:port
}

// New builds the controller and prepares all processes, without starting any.
func New(ctx context.Context, o Options) (*Stack, error) {
	s := &Stack{Options: o, Media: filepath.Join(o.Dir, "media")}
	addresses := make([]string, 4)
	for i := range addresses {
		var err error
		if addresses[i], err = FreeAddress(); err != nil {
			return nil, err
		}
	}
	s.Origin, s.camera, s.metrics, s.second = "http://"+addresses[0], addresses[1], addresses[2], addresses[3]
	binary, err := buildController(ctx, o.Root, o.Dir)
	if err != nil {
		return nil, err
	}
	page := filepath.Join(o.Dir, "page")
	if err := viewer.Lay(filepath.Join(o.Root, "viewer"), page); err != nil {
		return nil, fmt.Errorf("the page (make build gets its library): %w", err)
	}
	socket := "unix:" + filepath.Join(o.Dir, "controller.sock")
	blocks := "on"
	if o.Plain {
		blocks = "off"
	}
	s.Camera = &Process{Name: "demo camera", Path: binary, Env: plainEnv(),
		Args: []string{"demo-camera", "-listen", s.camera, "-size", o.Size, "-fps", or(o.FPS, "30"), "-blocks=" + blocks}}
	s.Controller = &Process{Name: "controller", Path: binary, Args: []string{"serve"}, Env: plainEnv(append([]string{
		"CAMERAS=" + s.cameras(binary), "MEDIA_DIR=" + s.Media, "LISTEN=" + socket, "METRICS_LISTEN=" + s.metrics, "PARTS_DIR=" + s.parts(),
	}, o.Setting...)...)}
	err = s.prepareNginx(addresses[0], socket, page)
	return s, err
}

// buildController puts the program into a folder.
func buildController(ctx context.Context, root, dir string) (binary string, err error) {
	binary = filepath.Join(dir, "controller")
	build := exec.CommandContext(ctx, "go", "build", "-o", binary, "./controller")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build ./controller: %w\n%s", err, out)
	}
	return binary, nil
}

// Controller is a controller with settings of its own and nothing around it, to be
// started. It may have so many descriptors; 0: as many as this program.
func Controller(ctx context.Context, root, dir string, descriptors int, settings ...string) (*Process, error) {
	binary, err := buildController(ctx, root, dir)
	if err != nil {
		return nil, err
	}
	p := &Process{Name: "controller", Path: binary, Args: []string{"serve"}, Env: plainEnv(settings...)}
	if descriptors > 0 {
		p.Path, p.Args = "/bin/sh", []string{"-c", fmt.Sprintf(`ulimit -n %d && exec "$0" serve`, descriptors), binary}
	}
	return p, nil
}

func (s *Stack) prepareNginx(listen, socket, page string) error {
	n := Nginx{
		Root: s.Root, Etc: filepath.Join(s.Dir, "etc"), Tmp: filepath.Join(s.Dir, "tmp"),
		Listen: listen, Controller: socket, Media: s.Media, Viewer: page, Parts: s.parts(),
	}
	for _, dir := range []string{n.Tmp, s.Media, n.Parts} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
	}
	s.nginx = n
	if err := n.Render(); err != nil {
		return err
	}
	var err error
	s.Nginx, err = NginxProcess(n.Etc)
	return err
}

// RenderNginx has nginx configured as another source tree has it, from its next start on.
func (s *Stack) RenderNginx(root string) error {
	n := s.nginx
	n.Root = root
	return n.Render()
}

// parts is where the controller leaves parts for nginx.
func (s *Stack) parts() string { return filepath.Join(s.Dir, "parts") }

// Start starts camera, controller and nginx, and waits until they answer.
func (s *Stack) Start(ctx context.Context) error {
	return errors.Join(s.StartCamera(ctx), s.startSecond(ctx), s.Controller.Start(), s.StartNginx(ctx), s.Ready(ctx))
}

// StartCamera starts the demo camera and waits until it answers.
func (s *Stack) StartCamera(ctx context.Context) error {
	return startAndWait(ctx, s.Camera, "http://"+s.camera+"/faults")
}

// StartNginx starts nginx and waits until it answers.
func (s *Stack) StartNginx(ctx context.Context) error {
	return startAndWait(ctx, s.Nginx, s.Origin+"/nginx-alive")
}

// Ready waits until the controller answers through nginx.
func (s *Stack) Ready(ctx context.Context) error {
	return Answers(ctx, s.Controller, s.Origin+"/healthz")
}

// Close ends everything, in the order in which the picture goes.
func (s *Stack) Close() {
	for _, p := range []*Process{s.Camera, s.Second, s.Controller, s.Nginx} {
		if p != nil {
			p.Stop()
		}
	}
}

// SourceURL is where the demo camera's pictures are.
func (s *Stack) SourceURL() string { return "http://" + s.camera + "/stream.mjpg" }

// MetricsURL is where the controller's metrics are.
func (s *Stack) MetricsURL() string { return "http://" + s.metrics + "/metrics" }

// Fault asks the demo camera for a fault, such as "stall=on".
func (s *Stack) Fault(command string) error {
	return Fault(context.Background(), "http://"+s.camera, command)
}

// Get reads a URL of nginx.
func (s *Stack) Get(path string) (string, error) {
	answer, err := http.Get(s.Origin + path)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if answer.StatusCode != http.StatusOK {
		return "", fmt.Errorf("GET %s: %s: %s", path, answer.Status, body)
	}
	return string(body), err
}

// Discontinuities counts those that the window's playlist marks.
func (s *Stack) Discontinuities() (int, error) {
	list, err := s.Get("/hls/" + CameraName + "/window.m3u8")
	return strings.Count(list, "#EXT-X-DISCONTINUITY\n"), err
}

// FFmpeg is the process id of the ffmpeg that records.
func (s *Stack) FFmpeg() (int, error) {
	family, err := Family(s.Controller.Pid())
	if err != nil {
		return 0, err
	}
	for _, p := range family {
		if name, _ := p.Comm(); name == "ffmpeg" {
			return p.PID, nil
		}
	}
	return 0, errors.New("the controller has no ffmpeg")
}

// Family is a process with all its descendants.
func Family(pid int) (family []procfs.Proc, err error) {
	all, err := procfs.AllProcs()
	if err != nil {
		return nil, err
	}
	children := map[int][]procfs.Proc{}
	for _, p := range all {
		stat, err := p.Stat()
		if err != nil {
			continue // it has just ended
		}
		children[stat.PPID] = append(children[stat.PPID], p)
		if p.PID == pid {
			family = append(family, p)
		}
	}
	for i := 0; i < len(family); i++ {
		family = append(family, children[family[i].PID]...)
	}
	return family, nil
}

func startAndWait(ctx context.Context, p *Process, url string) error {
	if err := p.Start(); err != nil {
		return err
	}
	return Answers(ctx, p, url)
}

// Answers waits until a URL of a process answers without an error.
func Answers(ctx context.Context, p *Process, url string) error {
	var last error
	err := Until(ctx, patience, p.Name+" answers", func() bool {
		answer, err := http.Get(url)
		if last = err; err != nil {
			return p.Ended()
		}
		answer.Body.Close()
		return answer.StatusCode < 300
	})
	if p.Ended() {
		return fmt.Errorf("%s has ended:\n%s", p.Name, p.Log())
	}
	return errors.Join(err, last)
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
