package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"

	"lookback/e2e/rig"
)

// recorderService is not one of Compose's, but has a container as they have.
const recorderService = "recorder"

// dockerStack is a stack whose recorder runs in a container of its own, with a
// proxy before the Engine's socket: stopping that is an Engine that is away, for
// us alone. Where that is permitted the real one is stopped as well.
type dockerStack struct {
	*compose
	engine *rig.Engine // nil: is left alone
}

func newDockerStack(ctx context.Context, o hostOptions, stopsEngine bool) (*dockerStack, error) {
	socket, err := os.Stat("/var/run/docker.sock")
	if err != nil {
		return nil, err
	}
	c, err := newCompose(ctx, o)
	if err != nil {
		return nil, err
	}
	c.recorder = recorderService
	c.environment = append(c.environment, "COMPOSE_FILE=docker-compose.yml:docker-compose.docker-runner.yml:docker-compose.docker-proxy.yml",
		fmt.Sprintf("DOCKER_GID=%d", socket.Sys().(*syscall.Stat_t).Gid), "DOCKER_SOCKET=", "DOCKER_ENGINE=", "RUNNER=", "LEASE=", "RECORDER_CPUS=", "RECORDER_MEMORY=512MB", "RECORDER_PROCESSES=")
	d := &dockerStack{compose: c}
	if !stopsEngine {
		c.cannot = append(c.cannot, "the Engine stopped and started: whatever else runs in it would be stopped too; -engine permits it")
	} else if d.engine, err = rig.FindEngine(); err != nil {
		c.cannot = append(c.cannot, fmt.Sprintf("the Engine stopped and started: %v", err))
	}
	return d, nil
}

// Freeze ends the recorder too, which would go on without a controller.
func (d *dockerStack) Freeze() {
	d.compose.compose(context.Background(), "stop", "controller")
	d.docker(recorderService, "stop")
	d.compose.Freeze()
}

// Close leaves no recorder behind.
func (d *dockerStack) Close() {
	d.compose.compose(context.Background(), "kill", "controller")
	d.docker(recorderService, "rm", "--force")
	if d.engine != nil { // after containers have lived on it counts their volumes as used until it starts again
		ctx := context.Background()
		if err := errors.Join(d.engine.Close(), d.engine.Stop(ctx), d.engine.Start(ctx)); err != nil {
			fmt.Fprintln(os.Stderr, "chaos: the Docker Engine:", err)
		}
	}
	d.compose.Close()
}

// Log has the recorder's as well.
func (d *dockerStack) Log() string {
	said, _ := d.docker(recorderService, "logs", "--tail", "1000")
	return d.compose.Log() + said
}

// Kinds are those of any stack, and what can become of a recorder's container
// and of the Engine.
func (d *dockerStack) Kinds() []Kind {
	return slices.Concat(d.compose.Kinds(), d.engineKinds(), []Kind{
		d.kill("kill recorder", 3, recorderService, "controller"),
		d.pause(recorderService),
		d.after("stop recorder", func() error { _, err := d.docker(recorderService, "stop"); return err }),
		d.after("kill recorder's container", func() error { _, err := d.docker(recorderService, "kill"); return err }),
		d.after("recorder out of memory", d.exhaust),
		d.pause("engine-proxy"),
		{Name: "Engine away", Weight: 2, Shortest: time.Second, Longest: 10 * time.Second, Strike: d.away},
		d.after("recreate controller and nginx", func() error {
			_, err := d.compose.compose(context.Background(), "up", "--detach", "--no-build", "--no-deps", "--force-recreate", "controller", "nginx")
			return err
		}),
	})
}

// engineKinds stop the Engine itself and start it again: with all containers, as
// it is by default, and with containers that live on.
func (d *dockerStack) engineKinds() []Kind {
	if d.engine == nil {
		return nil
	}
	kind := func(name string, liveOn bool) Kind {
		return Kind{Name: name, Weight: 2, Shortest: time.Second, Longest: 15 * time.Second,
			Strike: func(ctx context.Context, lasts time.Duration, _ *rand.Rand) (time.Time, error) {
				err := d.stopEngine(ctx, lasts, liveOn)
				return time.Now(), err
			}}
	}
	return []Kind{kind("stop Engine", false), kind("stop Engine alone", true)}
}

func (d *dockerStack) stopEngine(ctx context.Context, lasts time.Duration, liveOn bool) error {
	if err := d.engine.LiveRestore(ctx, liveOn); err != nil {
		return err
	}
	if err := d.engine.Stop(ctx); err != nil {
		return err
	}
	err := wait(ctx, lasts)
	// Even when the run ends: others need it.
	ctx = context.WithoutCancel(ctx)
	err = errors.Join(err, d.engine.Start(ctx))
	if liveOn { // its socket is another now, and a mount does not follow
		_, e := d.compose.compose(ctx, "restart", "controller", "nginx", "engine-proxy")
		err = errors.Join(err, e)
	}
	return err
}

// after is a fault whose cause is gone when do returns.
func (d *dockerStack) after(name string, do func() error) Kind {
	return Kind{Name: name, Weight: 1, Strike: func(context.Context, time.Duration, *rand.Rand) (time.Time, error) {
		err := do()
		return time.Now(), err
	}}
}

// exhaust has a process in the recorder's container grow until the kernel ends one.
func (d *dockerStack) exhaust() error {
	out, err := exec.Command("docker", "exec", d.container(recorderService), "tail", "/dev/zero").CombinedOutput()
	if err == nil || strings.Contains(string(out), "No such container") || strings.Contains(string(out), "is not running") {
		return fmt.Errorf("nothing ran out of memory: %w: %s", errors.Join(err), out)
	}
	return nil
}

func (d *dockerStack) away(ctx context.Context, lasts time.Duration, _ *rand.Rand) (time.Time, error) {
	if _, err := d.docker("engine-proxy", "stop", "--time", "1"); err != nil {
		return time.Time{}, err
	}
	err := wait(ctx, lasts)
	_, e := d.docker("engine-proxy", "start")
	return time.Now(), errors.Join(err, e)
}
