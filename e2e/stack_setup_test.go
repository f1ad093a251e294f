//go:build stack

package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path"
	"strings"
	"testing"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/client"

	"lookback/controller/playlist/conform"
)

// stack is the project's docker-compose.yml, unchanged, under a project name
// and on ports of its own.
type stack struct {
	project     string
	page        string // http://host:port of nginx
	metrics     string // http://host:port of the metrics
	environment []string
	engine      *client.Client
}

// newStack prepares a stack that Compose has not started yet. Whatever it
// leaves behind is removed at the end of the test, volumes included.
func newStack(t *testing.T) *stack {
	t.Helper()
	engine, err := client.NewClientWithOpts(client.FromEnv, client.WithAPIVersionNegotiation())
	must(t, err)
	page, metrics := freeAddress(t), freeAddress(t)
	s := &stack{
		project: fmt.Sprintf("lookback-test-%d", os.Getpid()),
		page:    "http://" + page,
		metrics: "http://" + metrics,
		engine:  engine,
		// Set, if only to nothing: whatever a .env beside the file says doesn't count.
		environment: append(os.Environ(), "BIND_IP=127.0.0.1", "METRICS_BIND_IP=127.0.0.1",
			"HTTP_PORT="+port(t, page), "METRICS_PORT="+port(t, metrics),
			"CAMERAS=", "DEMO_URL=", "DEMO_SIZE=", "DEMO_FPS=", "DEMO_BLOCKS=on", "MEDIA_PATH=", "PUID=", "PGID=",
			"WINDOW=1h", "WINDOW_BYTES=", "DISK_RESERVE=0", "SEGMENT=", "PART=", "ENCODER=", "HOSTS=", "CORS_ORIGINS=",
			"LOG_LEVEL=", "LOG_FORMAT=", "PICTURE_CHECKS=", "ALERT_WEBHOOK=", "ALERT_SECRET=", "ALERT_AFTER=", "RUNNER=", "DOCKER_ENGINE="),
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("ps:\n%s", s.try("ps", "--all"))
			t.Logf("logs:\n%s", s.try("logs", "--timestamps", "--tail", "100"))
		}
		s.try("down", "--volumes", "--remove-orphans", "--rmi", "all", "--timeout", "5")
		engine.Close()
	})
	return s
}

func port(t *testing.T, address string) string {
	t.Helper()
	_, port, err := net.SplitHostPort(address)
	must(t, err)
	return port
}

func (s *stack) command(args ...string) *exec.Cmd {
	cmd := exec.Command("docker", append([]string{"compose", "--project-name", s.project}, args...)...)
	cmd.Dir, cmd.Env = "..", s.environment
	return cmd
}

// try runs docker compose and returns all it says; what fails shows in it.
func (s *stack) try(args ...string) string {
	out, err := s.command(args...).CombinedOutput()
	if err != nil {
		return fmt.Sprintf("%s\n%v", out, err)
	}
	return string(out)
}

// compose runs docker compose and returns what it prints.
func (s *stack) compose(t *testing.T, args ...string) string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd := s.command(args...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("docker compose %s: %v\n%s%s", strings.Join(args, " "), err, &stdout, &stderr)
	}
	return stdout.String()
}

// up starts the stack and waits until it is healthy.
func (s *stack) up(t *testing.T) {
	t.Helper()
	begun := time.Now()
	s.compose(t, "up", "--build", "--detach", "--wait", "--wait-timeout", "300")
	t.Logf("up, built and healthy after %v", time.Since(begun).Round(100*time.Millisecond))
}

// inspect is what the engine says of a service's container.
func (s *stack) inspect(t *testing.T, service string) container.InspectResponse {
	t.Helper()
	id := strings.TrimSpace(s.compose(t, "ps", "--all", "--quiet", service))
	info, err := s.engine.ContainerInspect(context.Background(), id)
	must(t, err)
	return info
}

// pid finds a process of a service as the host numbers it.
func (s *stack) pid(t *testing.T, service, command string) string {
	t.Helper()
	top, err := s.engine.ContainerTop(context.Background(), s.inspect(t, service).ID, []string{"-eo", "pid,args"})
	must(t, err)
	for _, process := range top.Processes {
		program, _, _ := strings.Cut(process[1], " ") // nginx calls itself "nginx: master process"
		if strings.TrimSuffix(path.Base(program), ":") == command {
			return process[0]
		}
	}
	t.Fatalf("%s runs no %s, but %v", service, command, top.Processes)
	return ""
}

// kill sends SIGKILL from outside of the container: inside, process 1 is immune
// to it, and the engine does not restart what it has killed itself.
func (s *stack) kill(t *testing.T, pid string) {
	t.Helper()
	out, err := exec.Command("docker", "run", "--rm", "--pid=host", "--network=none", "--user=0", "--cap-drop=ALL", "--cap-add=KILL",
		"--entrypoint=sh", s.project+"-controller", "-c", "kill -9 "+pid).CombinedOutput()
	if err != nil {
		t.Fatalf("kill -9 %s: %v\n%s", pid, err, out)
	}
}

// get fetches a path of the page through nginx, or any absolute URL.
func (s *stack) get(url string) (status int, header http.Header, body []byte, err error) {
	if strings.HasPrefix(url, "/") {
		url = s.page + url
	}
	client := http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Get(url)
	if err != nil {
		return 0, nil, nil, err
	}
	defer answer.Body.Close()
	body, err = io.ReadAll(answer.Body)
	return answer.StatusCode, answer.Header, body, err
}

// fetch is get for what has to be there.
func (s *stack) fetch(t *testing.T, url string) (http.Header, []byte) {
	t.Helper()
	status, header, body, err := s.get(url)
	must(t, err)
	if status != http.StatusOK {
		t.Fatalf("GET %s: %d %s", url, status, body)
	}
	return header, body
}

// playlist fetches and parses a media playlist of the camera.
func (s *stack) playlist(t *testing.T, name string) *conform.Parsed {
	t.Helper()
	_, text := s.fetch(t, "/hls/"+camera+"/"+name)
	list, err := conform.Parse(text)
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, text)
	}
	return list
}

// camera is the name that the controller gives the demo camera.
const camera = "demo"

// edge is the newest picture, by the API; zero while the camera is not live.
func (s *stack) edge() time.Time { return s.edgeOf(camera) }

func (s *stack) edgeOf(name string) time.Time {
	status, _, body, err := s.get("/api/cameras/" + name)
	if err != nil || status != http.StatusOK {
		return time.Time{}
	}
	var answer struct {
		State string
		Live  *struct{ Edge time.Time }
	}
	if json.Unmarshal(body, &answer) != nil || answer.State != "live" || answer.Live == nil {
		return time.Time{}
	}
	return answer.Live.Edge
}

// inFlight is how much later than now the newest picture may be dated.
const inFlight = 500 * time.Millisecond

// liveAfter waits until there is a picture taken after the moment.
func (s *stack) liveAfter(t *testing.T, moment time.Time, deadline time.Duration) {
	t.Helper()
	// What was on its way at that moment may be dated a little later.
	eventually(t, deadline, "live again", func() bool { return s.edge().After(moment.Add(inFlight)) })
	t.Logf("live again %.1f s later", time.Since(moment).Seconds())
}

// history is what nginx sees of the archive: the hash of each file by its path.
func (s *stack) history(t *testing.T) map[string]string {
	t.Helper()
	out := s.compose(t, "exec", "-T", "nginx", "sh", "-c",
		"cd /var/lib/lookback && find . -path ./.spool -prune -o '(' -name '*.m4s' -o -name '*.mp4' ')' -exec sha256sum '{}' +")
	files := map[string]string{}
	for line := range strings.Lines(out) {
		hash, file, found := strings.Cut(strings.TrimSpace(line), "  ")
		if !found {
			t.Fatalf("sha256sum says %q", line)
		}
		files[file] = hash
	}
	return files
}
