package camera

import (
	"context"
	"errors"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"lookback/controller/child"
)

// failure makes an error of what a tool said. Reasons stay readable by errors.As.
func failure(ctx context.Context, tools Tools, cmd *tool, stderr string, err error) error {
	lines := linesOf(stderr)
	reason := Classify(lines, err)
	if ctx.Err() != nil {
		reason = reasons[Timeout]
		if cmd.peak > greedy {
			reason = reasons[TooMuchMemory]
		}
	}
	if len(lines) == 0 {
		return reason
	}
	return &Failure{tools.said(lines), reason}
}

func linesOf(stderr string) (lines []string) {
	for line := range strings.Lines(stderr) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

// said are a tool's last lines without credentials.
func (tools Tools) said(lines []string) []string {
	lines = lines[max(0, len(lines)-maxSaid):]
	if tools.Redact != nil {
		for i := range lines {
			lines[i] = tools.Redact(lines[i])
		}
	}
	return lines
}

// maxSaid is how many lines of a failed tool are kept.
const maxSaid = 20

// Failure is the end of a tool that has failed.
type Failure struct {
	Said   []string // its last lines, at least one, without credentials
	Reason Reason
}

// Error is the last line with the reason.
func (f *Failure) Error() string { return f.Said[len(f.Said)-1] + ": " + f.Reason.Error() }

// Unwrap is the reason.
func (f *Failure) Unwrap() error { return f.Reason }

// ReasonOf finds the reason in an error; others are ffmpeg's failure.
func ReasonOf(err error) Reason {
	if r := (Reason{}); errors.As(err, &r) {
		return r
	}
	return reasons[FFmpegFailed]
}

// greedy is from how much memory on a tool that has learnt nothing was fed something
// that has no end, bytes.
const greedy = child.MaxAlloc

// tool is a program on its way.
type tool struct {
	*exec.Cmd
	peak int64 // the most memory that it was seen to take, bytes
}

// run runs it to its end, and looks at its memory meanwhile. What only learns yields to
// what records.
func (t *tool) run(memory int64) error {
	if err := child.Start(t.Cmd, memory); err != nil {
		return err
	}
	child.Yield(t.Process.Pid)
	over, looked := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(looked)
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-over:
				return
			case <-tick.C:
				t.peak = max(t.peak, child.Peak(t.Process.Pid))
			}
		}
	}()
	err := t.Wait()
	close(over)
	<-looked
	return err
}

// command prepares a tool that is killed when the context ends.
func command(ctx context.Context, name string, args ...string) *tool {
	t := &tool{Cmd: child.Command(ctx, name, args...)}
	t.WaitDelay = time.Second
	return t
}

func micros(d time.Duration) string { return strconv.FormatInt(d.Microseconds(), 10) }
