package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"syscall"
	"time"

	"lookback/e2e/rig"
)

// Kinds are the faults of a system of processes.
func (h *host) Kinds() []Kind {
	kinds := []Kind{
		{Name: "kill ffmpeg", Weight: 3, Process: true, Strike: h.killFFmpeg},
		{Name: "kill controller", Weight: 3, Process: true, Strike: h.killController},
		{Name: "kill nginx", Weight: 2, Process: true, Strike: h.killNginx},
		{Name: "kill nginx worker", Weight: 2, Process: true, Strike: h.killWorker},
		{Name: "kill camera", Weight: 2, Longest: 3 * time.Second, Strike: h.killCamera},
		h.stop("stop ffmpeg", h.ffmpegs),
		h.stop("stop controller", func() ([]int, error) { return []int{h.controller.Pid()}, nil }),
		h.stop("stop nginx", func() ([]int, error) { return pids(h.nginx.Pid()) }),
		h.stop("stop camera", func() ([]int, error) { return []int{h.camera.Pid()}, nil }),
		h.stop("stop everything", h.everything),
	}
	kinds = append(kinds, cameraKinds(h.Demo)...)
	return slices.Concat(kinds, h.link.kinds(), h.disk.kinds(), h.clock.kinds())
}

func (h *host) killFFmpeg(ctx context.Context, _ time.Duration, _ *rand.Rand) (gone time.Time, err error) {
	err = rig.Until(ctx, 20*time.Second, "the controller has an ffmpeg", func() bool {
		all, err := h.ffmpegs()
		gone = time.Now()
		return err == nil && syscall.Kill(all[0], syscall.SIGKILL) == nil
	})
	return gone, err
}

// killController kills the controller and, as Compose does, starts it again.
func (h *host) killController(context.Context, time.Duration, *rand.Rand) (time.Time, error) {
	gone := time.Now()
	h.controller.Kill()
	return gone, h.controller.Start()
}

// killNginx kills the master and its workers, which in a container can't
// outlive process 1, and starts nginx again.
func (h *host) killNginx(ctx context.Context, _ time.Duration, _ *rand.Rand) (time.Time, error) {
	all, err := pids(h.nginx.Pid())
	if err != nil {
		return time.Time{}, err
	}
	gone := time.Now()
	tell(all, syscall.SIGKILL) // the master first, or it would start new ones
	h.nginx.Kill()
	return gone, h.startNginx(ctx)
}

// killWorker kills one worker; the master starts another.
func (h *host) killWorker(_ context.Context, _ time.Duration, dice *rand.Rand) (time.Time, error) {
	all, err := pids(h.nginx.Pid())
	if err != nil || len(all) < 2 {
		return time.Time{}, errors.Join(err, fmt.Errorf("nginx has the processes %v", all))
	}
	return time.Now(), syscall.Kill(all[1+dice.IntN(len(all)-1)], syscall.SIGKILL)
}

// killCamera kills the camera and has it back after a while.
func (h *host) killCamera(ctx context.Context, lasts time.Duration, _ *rand.Rand) (time.Time, error) {
	h.camera.Kill()
	if err := wait(ctx, lasts); err != nil {
		return time.Time{}, err
	}
	err := h.startCamera(ctx)
	return time.Now(), err
}

// stop is a fault that stops processes and lets them go on.
func (h *host) stop(name string, which func() ([]int, error)) Kind {
	return Kind{Name: name, Weight: 1, Shortest: time.Second, Longest: 10 * time.Second,
		Strike: func(ctx context.Context, lasts time.Duration, _ *rand.Rand) (time.Time, error) {
			all, err := which()
			if err != nil {
				return time.Time{}, err
			}
			tell(all, syscall.SIGSTOP)
			err = wait(ctx, lasts)
			tell(all, syscall.SIGCONT)
			return time.Now(), err
		}}
}

func (h *host) ffmpegs() (found []int, err error) {
	family, err := rig.Family(h.controller.Pid())
	for _, p := range family {
		if name, _ := p.Comm(); name == "ffmpeg" {
			found = append(found, p.PID)
		}
	}
	if err == nil && len(found) == 0 {
		err = errors.New("the controller has no ffmpeg")
	}
	return found, err
}

// everything is what a suspended machine stops; the pages stay awake.
func (h *host) everything() (all []int, err error) {
	for _, p := range []*rig.Process{h.camera, h.controller, h.nginx} {
		more, err := pids(p.Pid())
		if err != nil {
			return nil, err
		}
		all = append(all, more...)
	}
	return all, nil
}

// pids are a process and its descendants.
func pids(pid int) (all []int, err error) {
	family, err := rig.Family(pid)
	for _, p := range family {
		all = append(all, p.PID)
	}
	if err == nil && len(all) == 0 {
		err = fmt.Errorf("process %d has ended", pid)
	}
	return all, err
}

// tell signals those that are still there.
func tell(all []int, s syscall.Signal) {
	for _, pid := range all {
		syscall.Kill(pid, s)
	}
}
