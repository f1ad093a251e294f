package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"lookback/controller/viewer"
	"lookback/e2e/rig"
)

// hostOptions of a system made of processes.
type hostOptions struct {
	Root string // of the source tree
	Dir  string // everything that is made goes here; short, since sockets are in it
	Size string // of the demo camera's picture
	Disk int64  // bytes of the file system that holds the media
	// Clock permits to step the machine's clock.
	Clock bool
}

// host is demo camera, controller and nginx as processes of this machine: the
// camera in a network of its own and the media on a small disk of its own,
// where that is permitted.
type host struct {
	hostOptions
	camera, controller, nginx *rig.Process
	link                      *link  // nil: the camera is on the loopback interface
	disk                      *disk  // nil: the media are on a large disk
	clock                     *clock // nil: is left alone
	origin, metrics           string
	source, demo              string // http://host:port of the camera: for the controller, for us
	cannot                    []string
}

func newHost(ctx context.Context, o hostOptions) (h *host, err error) {
	h = &host{hostOptions: o}
	defer func() {
		if err != nil {
			h.Close()
		}
	}()
	if !o.Clock {
		h.cannot = append(h.cannot, clockSteps)
	} else if h.clock, err = newClock(); err != nil {
		return h, err
	}
	binary := filepath.Join(o.Dir, "controller")
	build := exec.CommandContext(ctx, "go", "build", "-o", binary, "./controller")
	build.Dir = o.Root
	if out, err := build.CombinedOutput(); err != nil {
		return h, fmt.Errorf("go build ./controller: %w\n%s", err, out)
	}
	if err := os.MkdirAll(h.Media(), 0o755); err != nil {
		return h, err
	}
	if h.disk, err = newDisk(h.Media(), o.Disk); err != nil {
		h.cannot = append(h.cannot, fmt.Sprintf("disk full: no file system of %d MB can be mounted here (%v)", o.Disk>>20, err))
	}
	if err := h.prepareCamera(binary); err != nil {
		return h, err
	}
	return h, h.prepareRest(binary)
}

func (h *host) prepareCamera(binary string) error {
	address, err := rig.FreeAddress()
	if err != nil {
		return err
	}
	_, port, _ := net.SplitHostPort(address)
	h.source, h.demo = "http://"+address, "http://"+address
	path, args := binary, []string{"demo-camera", "-listen", address, "-size", h.Size, "-blocks"}
	if h.link, err = newLink(); err != nil {
		h.cannot = append(h.cannot, fmt.Sprintf("network faults: no network namespace for the camera (%v); its own faults must do", err))
	} else {
		h.source, h.demo = "http://"+net.JoinHostPort(h.link.data, port), "http://"+net.JoinHostPort(h.link.control, port)
		args[2] = ":" + port
		path, args = "ip", append([]string{"netns", "exec", h.link.name, binary}, args...)
		h.cannot = append(h.cannot, h.link.cannot...)
	}
	h.camera = &rig.Process{Name: "demo camera", Path: path, Args: args}
	return nil
}

func (h *host) prepareRest(binary string) error {
	page, err := rig.FreeAddress()
	if err != nil {
		return err
	}
	metrics, err := rig.FreeAddress()
	if err != nil {
		return err
	}
	h.origin, h.metrics = "http://"+page, "http://"+metrics+"/metrics"
	// The page as it is now: whoever works on it meanwhile must not be another fault.
	served := filepath.Join(h.Dir, "page")
	if err := viewer.Lay(filepath.Join(h.Root, "viewer"), served); err != nil {
		return fmt.Errorf("the page (make build gets its library): %w", err)
	}
	socket := "unix:" + filepath.Join(h.Dir, "c.sock")
	h.controller = &rig.Process{Name: "controller", Path: binary, Args: []string{"serve"}, Env: []string{
		"PATH=" + os.Getenv("PATH") + ":/usr/sbin", "HOME=" + os.Getenv("HOME"),
		"CAMERAS=" + h.Camera() + "=" + h.source + "/stream.mjpg", "MEDIA_DIR=" + h.Media(), "LISTEN=" + socket,
		"METRICS_LISTEN=" + metrics, "WINDOW=24h", fmt.Sprintf("DISK_RESERVE=%d", h.reserve()),
	}}
	n := rig.Nginx{
		Root: h.Root, Etc: filepath.Join(h.Dir, "etc"), Tmp: filepath.Join(h.Dir, "tmp"),
		Listen: page, Controller: socket, Media: h.Media(), Viewer: served,
	}
	if err := errors.Join(os.MkdirAll(n.Tmp, 0o755), n.Render()); err != nil {
		return err
	}
	h.nginx, err = rig.NginxProcess(n.Etc)
	return err
}

// reserve is DISK_RESERVE: an eighth of a small disk, nothing of a shared one.
func (h *host) reserve() int64 {
	if h.disk == nil {
		return 0
	}
	return h.Disk / 8
}

// Start starts camera, controller and nginx.
func (h *host) Start(ctx context.Context) error {
	if err := h.startCamera(ctx); err != nil {
		return err
	}
	if err := h.controller.Start(); err != nil {
		return err
	}
	if err := h.startNginx(ctx); err != nil {
		return err
	}
	return rig.Answers(ctx, h.controller, h.origin+"/healthz")
}

func (h *host) startCamera(ctx context.Context) error {
	if err := h.camera.Start(); err != nil {
		return err
	}
	return rig.Answers(ctx, h.camera, h.demo+"/faults")
}

// startNginx starts nginx, which may find its port still taken by a worker
// that is about to end.
func (h *host) startNginx(ctx context.Context) error {
	var err error
	for range 20 {
		if err = h.nginx.Start(); err != nil {
			return err
		}
		if err = rig.Answers(ctx, h.nginx, h.origin+"/nginx-alive"); err == nil {
			return nil
		}
		if e := wait(ctx, 50*time.Millisecond); e != nil {
			return e
		}
	}
	return err
}

// Freeze ends everything, in the order in which the picture goes.
func (h *host) Freeze() {
	for _, p := range []*rig.Process{h.camera, h.controller, h.nginx} {
		if p != nil {
			p.Stop()
		}
	}
}

// Close leaves nothing behind.
func (h *host) Close() {
	h.Freeze()
	h.clock.close()
	h.link.close()
	h.disk.close()
}

func (h *host) Camera() string   { return "front" }
func (h *host) Origin() string   { return h.origin }
func (h *host) Metrics() string  { return h.metrics }
func (h *host) Media() string    { return filepath.Join(h.Dir, "media") }
func (h *host) Demo() string     { return h.demo }
func (h *host) Cannot() []string { return h.cannot }

func (h *host) Log() string {
	return h.camera.Log() + h.controller.Log() + h.nginx.Log()
}

// Processes are the controller, the ffmpeg that records, nginx and its workers.
func (h *host) Processes() map[string]int {
	all := map[string]int{"controller": h.controller.Pid()}
	for of, p := range map[string]*rig.Process{"ffmpeg": h.controller, "nginx": h.nginx} {
		family, _ := rig.Family(p.Pid()) // what has just ended is not there
		for _, member := range family {
			name, _ := member.Comm()
			if name == of {
				all[of] = member.PID // of nginx, the youngest worker
			}
		}
	}
	return all
}
