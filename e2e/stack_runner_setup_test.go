//go:build stack

package e2e

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"

	"lookback/controller/fmp4"
	"lookback/e2e/rig"
)

// More of them for the numbers in docs/benchmarks.md.
var (
	stopsEngine = flag.Bool("engine", false, "stop and start this machine's Docker Engine too, whatever else runs in it (as root)")
	kills       = flag.Int("kills", 2, "how often the controller is killed while the Docker runner records")
	upgrades    = flag.Int("upgrades", 1, "how often the controller is upgraded meanwhile")
)

// password is in the address of a camera, and must be nowhere else.
const password = "hunter22-in-an-address"

// runnerStack is a stack whose recorders run in containers of their own, with
// a proxy before the Engine's socket.
type runnerStack struct {
	*stack
	media    string // on this machine
	override string // a Compose file that is ours
	version  int    // of the controller's image
	source   string // the tree that it is built from, "" for this one
}

func newRunnerStack(t *testing.T, name string) *runnerStack {
	t.Helper()
	s := newStack(t)
	s.project += "-" + name
	r := &runnerStack{stack: s, media: t.TempDir()}
	r.override = filepath.Join(t.TempDir(), "compose.yml")
	socket, err := os.Stat("/var/run/docker.sock")
	must(t, err)
	id := strconv.Itoa(os.Getuid())
	s.environment = append(s.environment, "MEDIA_PATH="+r.media, "PUID="+id, "PGID="+strconv.Itoa(os.Getgid()),
		fmt.Sprintf("DOCKER_GID=%d", socket.Sys().(*syscall.Stat_t).Gid), "DOCKER_SOCKET=", "RECORDER_CPUS=", "RECORDER_MEMORY=256MB", "RECORDER_PROCESSES=",
		"LEASE=", "DEMO_SIZE=320x180", "DEMO_FPS=10", "DEMO_BLOCKS=on", "SEGMENT=1s")
	r.composeFiles(runnerFiles...)
	r.cameras("demo", "back")
	r.release(t)
	t.Cleanup(func() {
		if t.Failed() {
			for _, c := range r.recorders(t) {
				logs, _ := exec.Command("docker", "logs", "--timestamps", "--tail", "50", c.ID).CombinedOutput()
				t.Logf("%s %s\n%s", c.Names[0], c.Status, logs)
			}
		}
		s.try("kill", "controller") // else it would make them anew
		for _, c := range r.recorders(t) {
			s.engine.ContainerRemove(context.Background(), c.ID, container.RemoveOptions{Force: true})
		}
	})
	return r
}

// runnerFiles are the Compose files; the last one adds the proxy.
var runnerFiles = []string{"docker-compose.yml", "docker-compose.docker-runner.yml", "docker-compose.docker-proxy.yml"}

// composeFiles are used from the next command on, and ours with them.
func (r *runnerStack) composeFiles(files ...string) {
	r.set("COMPOSE_FILE", strings.Join(append(slices.Clone(files), r.override), ":"))
}

// set changes a variable for the next command.
func (r *runnerStack) set(name, value string) { r.environment = append(r.environment, name+"="+value) }

// cameras are all views of the demo camera.
func (r *runnerStack) cameras(names ...string) {
	list := ""
	for _, n := range names {
		list += n + "=http://viewer:" + password + "@demo:8081/stream.mjpg "
	}
	r.set("CAMERAS", list)
}

// release makes the next image of the controller another one.
func (r *runnerStack) release(t *testing.T) {
	t.Helper()
	r.version++
	must(t, os.WriteFile(r.override, fmt.Appendf(nil, "services:\n  controller:\n    image: lookback-runner-test\n    build: {context: %q, labels: {lookback.test: %q}}\n",
		cmp.Or(r.source, "."), fmt.Sprint(r.version, time.Now())), 0o644))
}

// recorders are the recorders' containers, by the cameras' names.
func (r *runnerStack) recorders(t *testing.T) map[string]container.Summary {
	t.Helper()
	all, err := r.engine.ContainerList(context.Background(), container.ListOptions{All: true,
		Filters: filters.NewArgs(filters.Arg("label", "lookback.project="+r.project))})
	must(t, err)
	found := map[string]container.Summary{}
	for _, c := range all {
		found[c.Labels["lookback.camera"]] = c
	}
	return found
}

// recorder is the container of the camera that is looked at.
func (r *runnerStack) recorder(t *testing.T) container.InspectResponse {
	t.Helper()
	info, err := r.engine.ContainerInspect(context.Background(), r.project+"-recorder-"+camera)
	must(t, err)
	return info
}

// watch opens a page that plays, and leaves a mark in it.
func (r *runnerStack) watch(t *testing.T) *rig.Page {
	t.Helper()
	page := newPage(t, 960, 640)
	must(t, page.Open(r.page+"/#"+camera))
	must(t, page.Until(time.Minute, `window.eyes && window.lookback && lookback.state === "live" && (window.mark = true)`))
	return page
}

// newestSegment is the MSN of the newest segment, once there are a few.
func (r *runnerStack) newestSegment(t *testing.T) (msn uint64) {
	t.Helper()
	eventually(t, 20*time.Second, "a few segments", func() bool {
		numbers := segments(t, r.history(t))
		msn = uint64(numbers[len(numbers)-1])
		return len(numbers) > 2
	})
	return msn
}

// insideAddress is where nginx can be reached without a published port.
func (r *runnerStack) insideAddress(t *testing.T) string {
	t.Helper()
	for _, n := range r.inspect(t, "nginx").NetworkSettings.Networks {
		return "http://" + n.IPAddress + ":8080"
	}
	t.Fatal("nginx is in no network")
	return ""
}

// strike kills a process of a container from outside, and returns when.
func (r *runnerStack) strike(t *testing.T, id, program string) time.Time {
	t.Helper()
	top, err := r.engine.ContainerTop(context.Background(), id, []string{"-eo", "pid,args"})
	must(t, err)
	for _, p := range top.Processes {
		if path, _, _ := strings.Cut(p[1], " "); filepath.Base(path) != program {
			continue
		}
		pid, err := strconv.Atoi(p[0])
		must(t, err)
		moment := time.Now()
		if syscall.Kill(pid, syscall.SIGKILL) != nil { // not root
			r.kill(t, p[0])
		}
		return moment
	}
	t.Fatalf("%s runs no %s, but %v", id, program, top.Processes)
	return time.Time{}
}

// link is what the API says of a link of the camera's health: its state, and
// the code of the reason.
func (r *runnerStack) link(code string) (state, reason string) {
	_, _, body, err := r.get("/api/cameras/" + camera)
	var answer struct {
		Health []struct {
			Code, State string
			Reason      *struct{ Code string }
		}
	}
	if err != nil || json.Unmarshal(body, &answer) != nil {
		return "", ""
	}
	for _, l := range answer.Health {
		if l.Code == code {
			state = l.State
			if l.Reason != nil {
				reason = l.Reason.Code
			}
		}
	}
	return state, reason
}

// tells waits until a link fails for a reason.
func (r *runnerStack) tells(t *testing.T, code, reason string) {
	t.Helper()
	var last string
	eventually(t, 20*time.Second, code+" tells "+reason, func() bool {
		_, last = r.link(code)
		return last == reason
	})
}

// runs counts the camera's runs in the archive, each but the first of which
// begins with a discontinuity, and those that the recorder says it has begun.
func (r *runnerStack) runs(t *testing.T) (archived, begun int) {
	t.Helper()
	inits, err := filepath.Glob(filepath.Join(r.media, camera, "init", "*.mp4"))
	must(t, err)
	said, err := exec.Command("docker", "logs", r.recorder(t).ID).CombinedOutput()
	must(t, err)
	return len(inits), strings.Count(string(said), " msg=recording ")
}

// tape is what the archive holds of the camera.
type tape struct {
	frames int
	holes  []string      // where decode times don't follow each other
	steps  []int64       // between the pictures' own times inside a run, ms
	length time.Duration // by the pictures' own times
}

var archivedMSN = regexp.MustCompile(`(\d{9,})\.(m4s|mp4)$`)

// tape reads the archived segments with an MSN of at least from: their times, and
// the times in their pictures.
func (r *runnerStack) tape(t *testing.T, from uint64) (tp tape, next uint64) {
	t.Helper()
	inits, segments := map[uint64]string{}, map[uint64]string{}
	must(t, filepath.WalkDir(filepath.Join(r.media, camera), func(path string, _ os.DirEntry, err error) error {
		if found := archivedMSN.FindStringSubmatch(path); found != nil {
			msn, err := strconv.ParseUint(found[1], 10, 64)
			must(t, err)
			if found[2] == "mp4" {
				inits[msn] = path
			} else {
				segments[msn] = path
			}
		}
		return err
	}))
	var first uint64 // of the run to which from belongs
	for msn := range inits {
		if msn <= from {
			first = max(first, msn)
		}
	}
	stream, err := os.ReadFile(inits[first])
	must(t, err)
	var end uint64
	for next = from; segments[next] != ""; next++ {
		if init := inits[next]; init != "" && next > from { // the recorder began another run
			tp.show(t, stream)
			stream, err = os.ReadFile(init)
			must(t, err)
			end = 0
		}
		data, err := os.ReadFile(segments[next])
		must(t, err)
		stream = append(stream, data...)
		for off := int64(0); ; tp.frames++ {
			f, err := fmp4.Next(bytes.NewReader(data), off, int64(len(data)))
			if errors.Is(err, io.EOF) {
				break
			}
			must(t, err)
			v := f.Tracks[0]
			if tp.frames > 0 && v.DecodeTime != end {
				tp.holes = append(tp.holes, fmt.Sprintf("MSN %d: %d after %d", next, v.DecodeTime, end))
			}
			end = v.DecodeTime + v.Duration
			off = f.Offset + f.Size
		}
	}
	if last := slices.Max(keys(segments)); last >= next {
		tp.holes = append(tp.holes, fmt.Sprintf("MSN %d is missing, %d is there", next, last))
	}
	tp.show(t, stream)
	return tp, next
}

// show reads the pictures of a run.
func (tp *tape) show(t *testing.T, stream []byte) {
	t.Helper()
	codes, err := rig.DecodeBlocks(stream)
	must(t, err)
	for i := 1; i < len(codes); i++ {
		tp.steps = append(tp.steps, codes[i]-codes[i-1])
	}
	if len(codes) > 1 {
		tp.length += time.Duration(codes[len(codes)-1]-codes[0]) * time.Millisecond
	}
}

func keys[K cmp.Ordered, V any](m map[K]V) (all []K) {
	for k := range m {
		all = append(all, k)
	}
	return all
}

func appendFile(path, text string) error {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}
