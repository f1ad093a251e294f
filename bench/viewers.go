package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/prometheus/procfs"

	"lookback/e2e/rig"
)

// Viewers is what many viewers of one camera got, and what that cost.
type Viewers struct {
	*Simulated
	// Costs include what the controller does without any viewer: see Alone.
	Cost       map[string]Cost `json:"cost"`
	Conditions Conditions      `json:"conditions"`
}

// Audiences are the same camera with more and more viewers.
type Audiences struct {
	Picture   string     `json:"picture"`
	Alone     *Idle      `json:"alone"` // nobody looks
	Audiences []*Viewers `json:"audiences"`
}

// audienceSize is small: the viewers are what is measured, not the encoder.
const audienceSize = "640x360"

// audienceMost bounds the time for which a thousand viewers load the machine.
const audienceMost = 20 * time.Second

func measureAudiences(ctx context.Context, o options) (*Audiences, error) {
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	stack, err := rig.New(ctx, rig.Options{Root: ".", Dir: dir, Size: audienceSize, FPS: o.fps, Setting: o.settings})
	if err != nil {
		return nil, err
	}
	defer stack.Close()
	if err := stack.Start(ctx); err != nil {
		return nil, err
	}
	if err := rig.Answers(ctx, stack.Controller, stack.Origin+"/hls/"+rig.CameraName+"/live.m3u8"); err != nil {
		return nil, err
	}
	groups := (&lookback{Stack: stack}).groups()
	say("nobody looks")
	if err := wait(ctx, warmUp); err != nil {
		return nil, err
	}
	meter := startMeter(groups)
	if err := wait(ctx, min(o.seconds, audienceMost)/2); err != nil {
		return nil, err
	}
	a := &Audiences{Picture: audienceSize + " at " + o.fps + " fps", Alone: &Idle{}}
	a.Alone.Cost, a.Alone.Conditions = meter.stop()
	for _, viewers := range o.viewers {
		v, err := audience(ctx, o, stack, groups, viewers)
		if err != nil {
			return a, fmt.Errorf("%d viewers: %w\ncontroller:\n%s\nnginx:\n%s", viewers, err, stack.Controller.Log(), stack.Nginx.Log())
		}
		a.Audiences = append(a.Audiences, v)
	}
	return a, nil
}

// audience lets a number of viewers look from a process of their own.
func audience(ctx context.Context, o options, stack *rig.Stack, groups map[string]func() []procfs.Proc, viewers int) (*Viewers, error) {
	length := min(o.seconds, audienceMost)
	say("%d viewers, %v", viewers, warmUp+length)
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, warmUp+length+time.Minute)
	defer cancel()
	simulated := exec.CommandContext(ctx, self, simulatedCommand, strings.TrimPrefix(stack.Origin, "http://"), rig.CameraName,
		strconv.Itoa(viewers), strconv.Itoa(int(length.Seconds())))
	simulated.Stderr = os.Stderr
	simulated.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	stdin, err := simulated.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := simulated.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := simulated.Start(); err != nil {
		return nil, err
	}
	v, err := follow(bufio.NewReader(stdout), simulated.Process.Pid, groups)
	stdin.Close()
	if waitErr := simulated.Wait(); err == nil || waitErr != nil && err == io.EOF {
		err = waitErr
	}
	return v, err
}

// follow measures what it costs from the line with which the simulated viewers begin to
// the one with its result.
func follow(lines *bufio.Reader, simulated int, groups map[string]func() []procfs.Proc) (*Viewers, error) {
	if _, err := lines.ReadBytes('\n'); err != nil {
		return nil, err
	}
	groups["viewers"] = func() []procfs.Proc { return alone(simulated) }
	meter := startMeter(groups)
	result, err := lines.ReadBytes('\n')
	if err != nil {
		return nil, err
	}
	v := &Viewers{}
	v.Cost, v.Conditions = meter.stop()
	return v, json.Unmarshal(result, &v.Simulated)
}

// perThousand is what a group took for 1000 viewers in a second, s of processor time.
func (v *Viewers) perThousand(group string) float64 {
	return v.Cost[group].CPU * 1000 / float64(v.Viewers)
}

func (a *Audiences) print(w io.Writer) {
	if a == nil {
		return
	}
	fmt.Fprintf(w, "\nlive viewers of %s\tspread of a part, ms: p50\tp99\tmax\tlongest part\tunderruns (late for all)\tviewers with any\tmissing\tcamera's longest gap\tplaylists/s\tbytes\n", a.Picture)
	for _, v := range a.Audiences {
		fmt.Fprintf(w, "%d, %.0f s, %d parts\t%.1f\t%.1f\t%.1f\t%.0f\t%d (%d)\t%d\t%d\t%.0f ms\t%.1f\t%.0f\n", v.Viewers, v.Seconds, v.Parts,
			v.Spread.P50*1000, v.Spread.P99*1000, v.Spread.Max*1000, v.PartTarget*1000, v.Underruns, v.ByAll, v.Starved, v.Missing,
			v.LongestGap*1000, v.Playlists, v.PlaylistBytes)
		if v.Failed > 0 {
			fmt.Fprintf(w, "\t%d VIEWERS FAILED: %s\n", v.Failed, v.Failure)
		}
	}
	fmt.Fprintln(w, "\nCPU seconds per 1000 viewer-seconds\tcontroller\tnginx\ttogether\tthe viewers' process, of a core\tcontroller, MB\tnginx, MB\tload\tothers' cores")
	line := func(name string, cost map[string]Cost, c Conditions, per func(string) string, viewers float64) {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%.2f\t%.0f\t%.0f\t%.1f–%.1f\t%.2f\n", name, per("controller"), per("nginx"), per(""), viewers,
			float64(cost["controller"].Memory)/1e6, float64(cost["nginx"].Memory)/1e6, c.Load[0], c.Load[1], c.Others)
	}
	line("nobody, of a core", a.Alone.Cost, a.Alone.Conditions, func(group string) string {
		if group == "" {
			return fmt.Sprintf("%.3f", a.Alone.Cost["controller"].CPU+a.Alone.Cost["nginx"].CPU)
		}
		return fmt.Sprintf("%.3f", a.Alone.Cost[group].CPU)
	}, 0)
	for _, v := range a.Audiences {
		line(strconv.Itoa(v.Viewers), v.Cost, v.Conditions, func(group string) string {
			if group == "" {
				return fmt.Sprintf("%.2f", v.perThousand("controller")+v.perThousand("nginx"))
			}
			return fmt.Sprintf("%.2f", v.perThousand(group))
		}, v.Cost["viewers"].CPU)
	}
}
