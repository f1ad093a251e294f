//go:build stack

package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/docker/docker/api/types/container"

	"lookback/e2e/rig"
)

// TestStackRunner: recording goes on while everything else is killed, upgraded
// or away, and what ends is started again, with the reason told.
func TestStackRunner(t *testing.T) {
	r := newRunnerStack(t, "runner")
	r.up(t)
	eventually(t, 30*time.Second, "the first picture", func() bool { return !r.edge().IsZero() })
	for _, step := range []struct {
		name string
		test func(*testing.T)
	}{
		{"confined, and nothing secret shows", r.testConfined},
		{"no mount is lost by the proxy", r.testMounts},
		{"the proxy lets nothing else through", r.testProxy},
		{"killed and upgraded while it records", r.testGoesOn},
		{"a recorder ends", r.testEnds},
		{"the Engine is away", r.testEngineAway},
		{"the Engine is stopped", r.testEngineStopped},
		{"another setting, a camera less", r.testSettings},
		{"two stacks", r.testNeighbour},
		{"down", r.testDown},
	} {
		if !t.Run(step.name, step.test) {
			return // what follows builds on it
		}
	}
}

func (r *runnerStack) testConfined(t *testing.T) {
	eventually(t, 20*time.Second, "two recorders", func() bool { return len(r.recorders(t)) == 2 })
	for name := range r.recorders(t) {
		text, err := exec.Command("docker", "inspect", r.project+"-recorder-"+name).CombinedOutput()
		must(t, err)
		if strings.Contains(string(text), password) || strings.Contains(string(text), "demo:8081") {
			t.Errorf("docker inspect shows the address of camera %s", name)
		}
	}
	info := r.recorder(t)
	h := info.HostConfig
	if !h.ReadonlyRootfs || h.Memory != 256e6 || h.PidsLimit == nil || *h.PidsLimit != 500 || !slices.Contains(h.SecurityOpt, "no-new-privileges:true") || h.Init == nil || !*h.Init {
		t.Errorf("host %+v", h)
	}
	if h.LogConfig.Config["max-size"] != "10m" || info.Config.User != r.inspect(t, "controller").Config.User {
		t.Errorf("log %v, user %q", h.LogConfig, info.Config.User)
	}
	for _, m := range info.Mounts {
		if m.Destination != "/var/lib/lookback" {
			t.Errorf("it has %s", m.Destination)
		}
	}
	process, err := exec.Command("docker", "exec", info.ID, "cat", "/proc/1/status").CombinedOutput()
	if err != nil || !strings.Contains(string(process), "CapBnd:\t0000000000000000\n") || !strings.Contains(string(process), "NoNewPrivs:\t1\n") {
		t.Errorf("%v\n%s", err, process)
	}
	if logs, _ := exec.Command("docker", "logs", info.ID).CombinedOutput(); strings.Contains(string(logs), password) || !strings.Contains(string(logs), "recorder starts") {
		t.Errorf("its log:\n%s", logs)
	}
}

// testGoesOn kills and upgrades the controller, and recreates nginx, while a page
// plays: not a frame may be missing, and nobody is to see a discontinuity.
func (r *runnerStack) testGoesOn(t *testing.T) {
	page := r.watch(t)
	from := r.newestSegment(t)
	recorder := r.recorder(t).ID
	var back, shown []float64
	returns := func(what string, moment time.Time) {
		t.Helper()
		eventually(t, 30*time.Second, "live after "+what, func() bool { return r.edge().After(moment) })
		api := time.Since(moment).Seconds()
		live := func(taken time.Time) float64 {
			must(t, page.Until(30*time.Second, fmt.Sprintf(`lookback.state === "live" && eyes.coded.at(-1) > %d`, taken.UnixMilli())))
			return time.Since(moment).Seconds()
		}
		back, shown = append(back, api), append(shown, live(moment))
		live(moment.Add(time.Second)) // it goes on
		t.Logf("%s: API live after %.2f s, the page with a newer picture after %.2f s", what, api, shown[len(shown)-1])
	}
	for i := range *kills {
		r.wellRested(t)
		returns(fmt.Sprintf("kill %d", i+1), r.strike(t, r.inspect(t, "controller").ID, "controller"))
	}
	for i := range *upgrades {
		r.release(t)
		r.compose(t, "build", "controller")
		moment := time.Now()
		r.compose(t, "up", "--detach", "--no-deps", "controller")
		returns(fmt.Sprintf("upgrade %d", i+1), moment)
	}
	moment := time.Now()
	r.compose(t, "up", "--detach", "--no-deps", "--force-recreate", "controller", "nginx")
	returns("recreating controller and nginx", moment)

	if now := r.recorder(t); now.ID != recorder || now.RestartCount != 0 || now.Image == r.inspect(t, "controller").Image {
		t.Errorf("the recorder is another: %s, was %s, restarted %d times", now.ID, recorder, now.RestartCount)
	}
	eventually(t, 20*time.Second, "what came last is archived", func() bool {
		numbers := segments(t, r.history(t))
		return uint64(numbers[len(numbers)-1]) > from+4
	})
	archived, begun := r.runs(t)
	after, next := r.tape(t, from)
	if archived != begun || len(after.holes) > 0 {
		t.Fatalf("%d runs are archived, the recorder began %d; holes: %v", archived, begun, after.holes)
	}
	if worst := slices.Max(after.steps); worst > 1000 || slices.Min(after.steps) < 0 {
		t.Errorf("pictures are up to %d ms apart", worst)
	}
	late := 0
	for _, s := range after.steps {
		if s < 50 || s > 150 { // one frame is 100 ms
			late++
		}
	}
	slices.Sort(back)
	slices.Sort(shown)
	t.Logf("%d kills, %d upgrades: %d segments, %d frames in %v, none missing; %d run(s), as the recorder began them; %d of the steps between pictures are not one frame, the longest is %d ms; live after %.2f s (median), %.2f s (longest), on the page %.2f and %.2f s",
		*kills, *upgrades, next-from, after.frames, after.length, archived, late, slices.Max(after.steps), back[len(back)/2], back[len(back)-1], shown[len(shown)/2], shown[len(shown)-1])
	if same, err := rig.Eval[bool](page, `window.mark === true`); err != nil || !same || len(page.Errors()) > 0 {
		t.Errorf("the page was loaded again, or erred: %v %v", err, page.Errors())
	}
	r.compose(t, "exec", "-T", "controller", "controller", "check", camera) // status 1 when it finds anything
}

// wellRested waits until the Engine will start the controller at once: it takes
// longer for one that has lived less than ten seconds, twice each time.
func (r *runnerStack) wellRested(t *testing.T) {
	t.Helper()
	if *kills <= 2 {
		return
	}
	eventually(t, time.Minute, "the controller has lived for 11 s", func() bool {
		begun, err := time.Parse(time.RFC3339Nano, r.inspect(t, "controller").State.StartedAt)
		must(t, err)
		return time.Since(begun) > 11*time.Second
	})
}

func (r *runnerStack) testEnds(t *testing.T) {
	ctx := context.Background()
	id := r.recorder(t).ID
	r.liveAfter(t, r.strike(t, id, "controller"), 20*time.Second)
	r.tells(t, "container", "recorder-killed")

	must(t, r.engine.ContainerStop(ctx, id, container.StopOptions{}))
	r.liveAfter(t, time.Now(), 20*time.Second)
	r.tells(t, "container", "recorder-stopped")

	id = r.recorder(t).ID
	must(t, r.engine.ContainerPause(ctx, id))
	r.tells(t, "recorder", "recorder-paused")
	must(t, r.engine.ContainerUnpause(ctx, id))
	r.liveAfter(t, time.Now(), 20*time.Second)

	// It grows until the kernel ends something in the container.
	exec.Command("docker", "exec", id, "sh", "-c", "tail /dev/zero").Run()
	r.tells(t, "container", "recorder-out-of-memory")
	r.liveAfter(t, time.Now(), 20*time.Second)
	_, text := r.fetch(t, r.metrics+"/metrics")
	for _, reason := range []string{"killed", "stopped", "out-of-memory"} {
		if !strings.Contains(string(text), `lookback_recorder_container_ends_total{camera="demo",reason="recorder-`+reason+`"} 1`) {
			t.Errorf("no metric tells of recorder-%s", reason)
		}
	}
}

// testEngineAway: the proxy is gone, and with it the Engine, as far as the
// controller can tell.
func (r *runnerStack) testEngineAway(t *testing.T) {
	r.compose(t, "stop", "--timeout", "1", "engine-proxy")
	r.tells(t, "engine", "engine-away")
	moment := r.strike(t, r.inspect(t, "controller").ID, "controller")
	r.liveAfter(t, moment, 20*time.Second)
	r.liveAfter(t, r.strike(t, r.recorder(t).ID, "controller"), 20*time.Second)
	r.compose(t, "start", "engine-proxy")
	r.engineIsBack(t)
}

// testEngineStopped stops the Engine itself: where it is told so containers live
// on, else everything ends. A page that plays comes back by itself.
func (r *runnerStack) testEngineStopped(t *testing.T) {
	if !*stopsEngine {
		t.Log("NOT DONE HERE: whatever else runs in the Engine would be stopped too; -args -engine permits it")
		return
	}
	engine, err := rig.FindEngine()
	must(t, err)
	t.Cleanup(func() { // others need it, too
		if !engine.Answers() {
			must(t, engine.Start(context.Background()))
		}
		must(t, engine.Close())
	})
	page := r.watch(t)
	must(t, engine.LiveRestore(t.Context(), true))
	for _, files := range [][]string{runnerFiles, runnerFiles[:2]} { // with the proxy, and without
		r.composeFiles(files...)
		r.compose(t, "up", "--detach", "--no-deps", "controller")
		r.liveAfter(t, time.Now(), 20*time.Second)
		r.stopEngine(t, engine, page, true)
	}
	must(t, engine.LiveRestore(t.Context(), false))
	r.stopEngine(t, engine, page, false)
	r.composeFiles(runnerFiles...)
	r.compose(t, "up", "--detach", "--no-deps", "controller")
	if same, err := rig.Eval[bool](page, `window.mark === true`); err != nil || !same || len(page.Errors()) > 0 {
		t.Errorf("the page was loaded again, or erred: %v %v", err, page.Errors())
	}
}

// stopEngine stops it and starts it again, and looks who comes back, and how.
func (r *runnerStack) stopEngine(t *testing.T, engine *rig.Engine, page *rig.Page, liveOn bool) {
	t.Helper()
	before, segment := r.recorder(t), r.newestSegment(t)
	inside := r.insideAddress(t) // without the Engine, published ports may lead nowhere
	must(t, engine.Stop(t.Context()))
	if liveOn {
		r.goesOnAlone(t, inside, time.Now())
	}
	must(t, engine.Start(t.Context()))
	started := time.Now()
	r.liveAfter(t, started, 30*time.Second)
	must(t, page.Until(30*time.Second, fmt.Sprintf(`lookback.state === "live" && eyes.coded.at(-1) > %d`, started.UnixMilli())))
	t.Logf("containers live on: %v; the page is live %.1f s after the Engine", liveOn, time.Since(started).Seconds())
	if liveOn { // the socket is another, and a mount does not follow; as the advice says
		r.compose(t, "restart", "controller", "nginx", "engine-proxy")
		r.liveAfter(t, time.Now(), 20*time.Second)
	}
	r.engineIsBack(t)
	now := r.recorder(t)
	if now.ID != before.ID || liveOn != (now.State.StartedAt == before.State.StartedAt) {
		t.Errorf("containers live on: %v; the recorder is %s since %s, was %s since %s", liveOn, now.ID, now.State.StartedAt, before.ID, before.State.StartedAt)
	}
	archived, begun := r.runs(t)
	if after, _ := r.tape(t, segment); liveOn && (archived != begun || len(after.holes) > 0) {
		t.Errorf("%d runs are archived, the recorder began %d; holes: %v", archived, begun, after.holes)
	}
}

func (r *runnerStack) engineIsBack(t *testing.T) {
	t.Helper()
	begun := time.Now()
	eventually(t, 30*time.Second, "the Engine answers the controller", func() bool { state, _ := r.link("engine"); return state == "ok" })
	t.Logf("it answers the controller %.1f s later", time.Since(begun).Seconds())
}

// goesOnAlone: the recorder records, and health says that the Engine is away.
func (r *runnerStack) goesOnAlone(t *testing.T, inside string, stopped time.Time) {
	t.Helper()
	outside := r.page
	defer func() { r.page = outside }()
	r.page = inside
	r.tells(t, "engine", "engine-away")
	r.liveAfter(t, stopped.Add(12*time.Second), 30*time.Second) // longer than the link's patience
}

func (r *runnerStack) testSettings(t *testing.T) {
	before := r.recorders(t)
	must(t, appendFile(r.override, "    environment: {CAM_BACK_QUALITY: \"30\"}\n"))
	r.compose(t, "up", "--detach", "--no-deps", "controller")
	eventually(t, 30*time.Second, "the other camera's recorder is another", func() bool {
		now := r.recorders(t)
		return now["back"].ID != "" && now["back"].ID != before["back"].ID && now["back"].State == "running"
	})
	if r.recorders(t)["demo"].ID != before["demo"].ID {
		t.Error("the recorder whose settings are the same was replaced as well")
	}
	first, _ := r.promised()
	for i, part := range []string{"200ms", "100ms"} { // all recorders are replaced, and playlists have another number
		r.set("PART", part)
		r.compose(t, "up", "--detach", "--no-deps", "controller")
		eventually(t, time.Minute, "PART="+part+" is in force", func() bool {
			number, target := r.promised()
			return number == first+i+1 && target.String() == part
		})
	}
	r.release(t)
	r.cameras("demo")
	r.compose(t, "up", "--detach", "--no-deps", "controller")
	eventually(t, 30*time.Second, "the recorder of the camera that is gone, too", func() bool { return len(r.recorders(t)) == 1 })
	r.liveAfter(t, time.Now(), 20*time.Second)
}

// promised is the number of the playlists of the camera that is looked at, and their
// part target; 0 while the API does not answer.
func (r *runnerStack) promised() (number int, part time.Duration) {
	var answer struct {
		Live *struct {
			Epoch int
			Part  float64 `json:"part_target_seconds"`
		}
	}
	_, _, body, err := r.get("/api/cameras/" + camera)
	if err != nil || json.Unmarshal(body, &answer) != nil || answer.Live == nil {
		return 0, 0
	}
	return answer.Live.Epoch, time.Duration(answer.Live.Part * float64(time.Second))
}

// testNeighbour: another stack on the same Engine comes, has its recorders removed
// and goes.
func (r *runnerStack) testNeighbour(t *testing.T) {
	mine := r.recorder(t)
	other := newRunnerStack(t, "neighbour")
	other.cameras("demo")
	other.compose(t, "up", "--build", "--detach", "controller", "engine-proxy", "demo") // its images have a name of their own
	eventually(t, 30*time.Second, "the neighbour's recorder", func() bool { return len(other.recorders(t)) == 1 })
	out := other.compose(t, "exec", "-T", "controller", "controller", "recorders")
	if !strings.Contains(out, other.project+"-recorder-demo") || strings.Contains(out, r.project+"-recorder") {
		t.Errorf("it lists\n%s", out)
	}
	other.compose(t, "stop", "controller")
	other.compose(t, "run", "--rm", "--no-deps", "controller", "recorders", "remove")
	if len(other.recorders(t)) > 0 {
		t.Error("the neighbour's recorder is still there")
	}
	if now := r.recorder(t); now.ID != mine.ID || now.RestartCount != mine.RestartCount {
		t.Error("our recorder was touched")
	}
	r.liveAfter(t, time.Now(), 10*time.Second)
}

// testDown: without a controller the recorder goes on until its lease is over,
// and the next controller begins with a new one.
func (r *runnerStack) testDown(t *testing.T) {
	r.set("LEASE", "10s")
	r.compose(t, "up", "--detach", "--no-deps", "controller")
	before := r.recorder(t).ID
	eventually(t, 30*time.Second, "a recorder with a shorter lease", func() bool {
		now := r.recorders(t)[camera]
		return now.ID != "" && now.ID != before && now.State == "running"
	})
	r.liveAfter(t, time.Now(), 20*time.Second)
	r.compose(t, "stop", "controller")
	id := r.recorder(t).ID
	if !r.recorder(t).State.Running {
		t.Fatal("the recorder ended with the controller")
	}
	eventually(t, 40*time.Second, "the recorder ends by itself", func() bool { return !r.recorder(t).State.Running })
	if s := r.recorder(t).State; s.ExitCode != 0 {
		t.Errorf("status %d", s.ExitCode)
	}
	moment := time.Now()
	r.compose(t, "start", "controller")
	r.liveAfter(t, moment, 30*time.Second)
	out := r.compose(t, "run", "--rm", "--no-deps", "controller", "recorders", "remove", "demo")
	if !strings.Contains(out, "removed "+r.project+"-recorder-demo") {
		t.Errorf("it says %q", out)
	}
	eventually(t, 20*time.Second, "a controller that runs makes another", func() bool {
		now := r.recorders(t)["demo"]
		return now.ID != "" && now.ID != id
	})
}
