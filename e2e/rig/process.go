package rig

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
	"time"
)

// stopGrace is how long a process may take to end when it is asked to.
const stopGrace = 10 * time.Second

// Process is a program that can be started again after it has ended.
type Process struct {
	Name string
	Path string
	Args []string
	Env  []string // nil: this program's

	log  Log
	cmd  *exec.Cmd
	done chan struct{} // closed when the present life has ended
}

// Start begins a life; the one before must have ended.
func (p *Process) Start() error {
	p.cmd = exec.Command(p.Path, p.Args...)
	p.cmd.Env = p.Env
	p.cmd.Stdout, p.cmd.Stderr = &p.log, &p.log
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	p.done = make(chan struct{})
	started := make(chan error, 1)
	go func(cmd *exec.Cmd, done chan struct{}) {
		// Pdeathsig means the thread that started the process: it must live as long.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer close(done)
		err := cmd.Start()
		started <- err
		if err == nil {
			cmd.Wait()
		}
	}(p.cmd, p.done)
	if err := <-started; err != nil {
		return fmt.Errorf("%s: %w", p.Name, err)
	}
	return nil
}

// Pid is that of the present life.
func (p *Process) Pid() int { return p.cmd.Process.Pid }

// Log is what all lives have said.
func (p *Process) Log() string { return p.log.String() }

// Kill ends the present life without a warning and waits for its end.
func (p *Process) Kill() {
	p.cmd.Process.Kill()
	<-p.done
}

// Stop asks the present life, if there is one, to end, and waits.
func (p *Process) Stop() {
	if p.cmd == nil || p.cmd.Process == nil {
		return
	}
	p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.done:
	case <-time.After(stopGrace):
		p.Kill()
	}
}

// Ended reports whether the present life is over.
func (p *Process) Ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// Log collects what a process says.
type Log struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *Log) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(b)
}

func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// Until asks every 20 ms whether the condition holds. The error names what was
// waited for, and is returned after the deadline or when ctx ends.
func Until(ctx context.Context, deadline time.Duration, what string, holds func() bool) error {
	ctx, cancel := context.WithTimeout(ctx, deadline)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-ctx.Done():
			if errors.Is(ctx.Err(), context.DeadlineExceeded) {
				return fmt.Errorf("not within %v: %s", deadline, what)
			}
			return ctx.Err()
		case <-tick.C:
		}
	}
	return nil
}

// FreeAddress is a loopback host:port that nobody listens on now. The kernel gives
// ports from 32768 on to connections that go out: one of those may be taken soon.
func FreeAddress() (string, error) {
	var last error
	for range 100 {
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", 20000+rand.IntN(12000)))
		if err == nil {
			l.Close()
			return l.Addr().String(), nil
		}
		last = err
	}
	return "", last
}

// command finds a program also where a user's PATH does not reach.
func command(name string) (string, error) {
	for _, candidate := range []string{name, "/usr/sbin/" + name} {
		if path, err := exec.LookPath(candidate); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("%s is not installed", name)
}

// plainEnv is what a program needs of this one's environment: a setting that
// happens to be set here must not change what is tested.
func plainEnv(more ...string) []string {
	env := []string{"PATH=" + os.Getenv("PATH") + ":/usr/sbin", "HOME=" + os.Getenv("HOME"), "TMPDIR=" + os.TempDir()}
	if tz, ok := os.LookupEnv("TZ"); ok {
		env = append(env, "TZ="+tz)
	}
	return append(env, more...)
}
