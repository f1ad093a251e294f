package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"lookback/e2e/rig"
)

// compose is docker-compose.yml as it is, under a project name and on ports of
// its own, its media on a small disk of its own where that is permitted.
type compose struct {
	hostOptions
	project         string
	origin, metrics string
	environment     []string
	recorder        string // the service in whose container ffmpeg runs
	disk            *disk
	cannot          []string
}

func newCompose(_ context.Context, o hostOptions) (c *compose, err error) {
	c = &compose{hostOptions: o, cannot: []string{clockSteps}, recorder: "controller", project: fmt.Sprintf("lookback-chaos-%d", os.Getpid())}
	defer func() {
		if err != nil {
			c.disk.close()
		}
	}()
	if err := os.MkdirAll(c.Media(), 0o777); err != nil {
		return c, err
	}
	if c.disk, err = newDisk(c.Media(), o.Disk); err != nil {
		c.cannot = append(c.cannot, fmt.Sprintf("disk full: no file system of %d MB can be mounted here (%v)", o.Disk>>20, err))
		// The containers' user must be able to write to it.
		if err = os.Chmod(c.Media(), 0o777); err != nil {
			return c, err
		}
	}
	c.cannot = append(c.cannot, "network faults: the containers' networks are left alone; -stack host has them")
	addresses := make([]string, 2)
	for i := range addresses {
		if addresses[i], err = rig.FreeAddress(); err != nil {
			return c, err
		}
	}
	c.origin, c.metrics = "http://"+addresses[0], "http://"+addresses[1]+"/metrics"
	reserve := int64(0)
	if c.disk != nil {
		reserve = o.Disk / 8
	}
	// Set, if only to nothing: whatever a .env beside the file says doesn't count.
	c.environment = append(os.Environ(), "BIND_IP=127.0.0.1", "METRICS_BIND_IP=127.0.0.1",
		"HTTP_PORT="+portOf(addresses[0]), "METRICS_PORT="+portOf(addresses[1]), "MEDIA_PATH="+c.Media(),
		"DEMO_SIZE="+o.Size, "WINDOW=24h", fmt.Sprintf("DISK_RESERVE=%d", reserve),
		"CAMERAS=", "DEMO_URL=", "DEMO_FPS=", "DEMO_BLOCKS=on", "PUID=", "PGID=", "WINDOW_BYTES=", "SEGMENT=", "PART=", "ENCODER=",
		"HOSTS=", "CORS_ORIGINS=", "LOG_LEVEL=", "LOG_FORMAT=")
	return c, nil
}

func portOf(address string) string {
	_, port, _ := net.SplitHostPort(address)
	return port
}

// compose runs docker compose.
func (c *compose) compose(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "docker", append([]string{"compose", "--project-name", c.project}, args...)...)
	cmd.Dir, cmd.Env = c.Root, c.environment
	out, err := cmd.CombinedOutput()
	if err != nil {
		return string(out), fmt.Errorf("docker compose %s: %w\n%s", strings.Join(args, " "), err, tail(string(out)))
	}
	return string(out), nil
}

// docker runs docker on a service's container, whose name Compose makes.
func (c *compose) docker(service string, args ...string) (string, error) {
	out, err := exec.Command("docker", append(args, c.container(service))...).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("docker %s %s: %w: %s", strings.Join(args, " "), service, err, out)
	}
	return strings.TrimSpace(string(out)), nil
}

// container is the name of a service's container; the one recorder's is made by
// the controller.
func (c *compose) container(service string) string {
	if service == recorderService {
		return c.project + "-recorder-" + c.Camera()
	}
	return c.project + "-" + service + "-1"
}

// Start builds the images and waits until everything is healthy.
func (c *compose) Start(ctx context.Context) error {
	_, err := c.compose(ctx, "up", "--build", "--detach", "--wait", "--wait-timeout", "300")
	return err
}

// Freeze stops the containers.
func (c *compose) Freeze() { c.compose(context.Background(), "stop") }

// Close leaves nothing behind but the images.
func (c *compose) Close() {
	c.compose(context.Background(), "down", "--volumes", "--remove-orphans", "--timeout", "5")
	c.disk.close()
}

func (c *compose) Camera() string   { return "demo" }
func (c *compose) Origin() string   { return c.origin }
func (c *compose) Metrics() string  { return c.metrics }
func (c *compose) Media() string    { return filepath.Join(c.Dir, "media") }
func (c *compose) Cannot() []string { return c.cannot }

// Demo is the container's own address, which is another after a restart.
func (c *compose) Demo() string {
	address, err := c.docker("demo", "inspect", "--format", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}")
	if err != nil || address == "" {
		return "http://0.0.0.0:1" // nobody answers there
	}
	return "http://" + net.JoinHostPort(address, "8081")
}

func (c *compose) Log() string {
	said, _ := c.compose(context.Background(), "logs", "--timestamps", "--tail", "2000")
	return said
}

// Processes are the controller, the ffmpeg that records and an nginx worker.
func (c *compose) Processes() map[string]int {
	all := map[string]int{}
	for name, service := range map[string]string{"controller": "controller", "ffmpeg": c.recorder, "nginx": "nginx"} {
		if found, err := c.find(service, name); err == nil {
			all[name] = found[len(found)-1]
		}
	}
	return all
}

// find are the processes of a service with that name, as this machine numbers them.
func (c *compose) find(service, name string) (found []int, err error) {
	said, err := c.docker(service, "inspect", "--format", "{{.State.Pid}}")
	if err != nil {
		return nil, err
	}
	first, err := strconv.Atoi(said)
	if err != nil || first <= 0 {
		return nil, fmt.Errorf("%s does not run", service)
	}
	family, err := rig.Family(first)
	for _, p := range family {
		if comm, _ := p.Comm(); comm == name {
			found = append(found, p.PID)
		}
	}
	if err == nil && len(found) == 0 {
		err = fmt.Errorf("%s runs no %s", service, name)
	}
	return found, err
}

// Kinds are the faults of a stack of containers.
func (c *compose) Kinds() []Kind {
	kinds := []Kind{
		c.kill("kill ffmpeg", 3, c.recorder, "ffmpeg"),
		c.kill("kill controller", 3, "controller", "controller"),
		c.kill("kill nginx", 2, "nginx", "nginx"),
		{Name: "kill nginx worker", Weight: 2, Process: true, Strike: c.killWorker},
		{Name: "kill camera", Weight: 2, Strike: c.killCamera},
	}
	for _, service := range []string{"controller", "nginx", "demo"} {
		kinds = append(kinds, c.pause(service), c.restart(service))
	}
	kinds = append(kinds, cameraKinds(c.Demo)...)
	return append(kinds, c.disk.kinds()...)
}

// kill is SIGKILL from outside of the container: the engine starts again what
// it has not killed itself.
func (c *compose) kill(name string, weight int, service, process string) Kind {
	return Kind{Name: name, Weight: weight, Process: true,
		Strike: func(ctx context.Context, _ time.Duration, _ *rand.Rand) (gone time.Time, err error) {
			var last error
			err = rig.Until(ctx, 20*time.Second, service+" runs "+process, func() bool {
				var all []int
				if all, last = c.find(service, process); last != nil {
					return false
				}
				gone = time.Now()
				last = syscall.Kill(all[0], syscall.SIGKILL)
				return last == nil
			})
			if err != nil {
				err = errors.Join(err, last)
			}
			return gone, err
		}}
}

func (c *compose) killWorker(_ context.Context, _ time.Duration, dice *rand.Rand) (time.Time, error) {
	all, err := c.find("nginx", "nginx")
	if err != nil || len(all) < 2 {
		return time.Time{}, errors.Join(err, fmt.Errorf("nginx has the processes %v", all))
	}
	return time.Now(), syscall.Kill(all[1+dice.IntN(len(all)-1)], syscall.SIGKILL)
}

// killCamera kills the camera; the cause is gone when the engine has it back.
func (c *compose) killCamera(ctx context.Context, _ time.Duration, dice *rand.Rand) (time.Time, error) {
	before, err := c.find("demo", "controller")
	if err != nil {
		return time.Time{}, err
	}
	if err := syscall.Kill(before[0], syscall.SIGKILL); err != nil {
		return time.Time{}, err
	}
	err = rig.Until(ctx, 30*time.Second, "the camera is back", func() bool {
		now, err := c.find("demo", "controller")
		return err == nil && now[0] != before[0]
	})
	return time.Now(), err
}

func (c *compose) pause(service string) Kind {
	return Kind{Name: "pause " + service, Weight: 1, Shortest: time.Second, Longest: 10 * time.Second,
		Strike: func(ctx context.Context, lasts time.Duration, _ *rand.Rand) (time.Time, error) {
			if _, err := c.docker(service, "pause"); err != nil {
				return time.Time{}, err
			}
			err := wait(ctx, lasts)
			_, e := c.docker(service, "unpause")
			return time.Now(), errors.Join(err, e)
		}}
}

// restart is an orderly one; the cause is gone when the engine says so.
func (c *compose) restart(service string) Kind {
	return Kind{Name: "restart " + service, Weight: 1,
		Strike: func(context.Context, time.Duration, *rand.Rand) (time.Time, error) {
			_, err := c.docker(service, "restart")
			return time.Now(), err
		}}
}
