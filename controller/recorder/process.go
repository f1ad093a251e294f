package recorder

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"lookback/controller/child"
)

const (
	// pipeSize is what the kernel keeps when we are slow for a moment, bytes.
	pipeSize = 1 << 20
	// interruptGrace is how long ffmpeg may take to end after an interrupt.
	interruptGrace = 2 * time.Second
	// drainGrace is how long what it has written may still be read after its end.
	drainGrace = time.Second
	logLines   = 50
	maxLogLine = 500 // bytes kept of a line
)

// process is one ffmpeg with its four pipes. Whoever starts it calls stop or
// cancels its context, and then waits on done.
type process struct {
	out, progress *os.File
	stderr, sound *os.File
	in            *os.File // its stdin; nil: it has none
	pid           int
	kill          func() // at once
	done          chan struct{}
	err           error // how it ended, once done is closed
}

// startProcess starts ffmpeg. When ctx ends it is interrupted, and killed when
// it does not heed that. It dies with us even when we are killed (Pdeathsig).
// memory is what it may have, bytes; list is what it finds on its stdin, nil for nothing.
func startProcess(ctx context.Context, name string, args []string, list []byte, memory int64) (*process, error) {
	cmd := child.Command(ctx, name, args...)
	if list != nil {
		cmd.Stdin = bytes.NewReader(list)
	}
	return (&process{done: make(chan struct{})}).start(cmd, memory)
}

// startPiped is the same with a pipe to its stdin.
func startPiped(ctx context.Context, name string, args []string, memory int64) (*process, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	cmd := child.Command(ctx, name, args...)
	cmd.Stdin = r
	p, err := (&process{done: make(chan struct{}), in: w}).start(cmd, memory)
	if err != nil {
		w.Close()
	}
	return p, err
}

// unread is how many bytes lie in its stdin (FIONREAD).
func (p *process) unread() (n int, err error) {
	outer := p.stdin(func(fd uintptr) { n, err = unix.IoctlGetInt(int(fd), unix.TIOCINQ) })
	return n, cmp.Or(outer, err)
}

// narrow has the kernel keep no more than so much on the way to its stdin, bytes.
func (p *process) narrow(size int) { setPipeSize(p.in, size) }

// setPipeSize has the kernel keep so much in a pipe (F_SETPIPE_SZ), bytes.
func setPipeSize(pipe *os.File, size int) error {
	raw, err := pipe.SyscallConn()
	if err != nil {
		return err
	}
	outer := raw.Control(func(fd uintptr) { _, err = unix.FcntlInt(fd, unix.F_SETPIPE_SZ, size) })
	return cmp.Or(outer, err)
}

// stdin lends the descriptor of its stdin. Fd would make it one that blocks: closing it
// would not end a write.
func (p *process) stdin(use func(fd uintptr)) error {
	raw, err := p.in.SyscallConn()
	if err != nil {
		return err
	}
	return raw.Control(use)
}

func (p *process) start(cmd *exec.Cmd, memory int64) (*process, error) {
	var ours, theirs []*os.File
	closeAll := func(files []*os.File) {
		for _, f := range files {
			f.Close()
		}
	}
	for range 4 {
		r, w, err := os.Pipe()
		if err != nil {
			closeAll(append(ours, theirs...))
			return nil, err
		}
		ours, theirs = append(ours, r), append(theirs, w)
	}
	p.out, p.stderr, p.progress, p.sound = ours[0], ours[1], ours[2], ours[3]
	// Not being allowed the size (fs.pipe-max-size, pipe-user-pages-soft) costs
	// only slack.
	unix.FcntlInt(theirs[0].Fd(), unix.F_SETPIPE_SZ, pipeSize)

	cmd.Stdout, cmd.Stderr, cmd.ExtraFiles = theirs[0], theirs[1], theirs[2:]
	cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = interruptGrace
	started := make(chan error)
	go func() {
		// The parent that Pdeathsig means is a thread, not the process: it
		// must live until ffmpeg has ended.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := child.Start(cmd, memory)
		if err == nil {
			p.pid = cmd.Process.Pid
		}
		started <- err
		if err == nil {
			p.err = cmd.Wait()
			// Nothing that it may have started is left behind.
			unix.Kill(-p.pid, unix.SIGKILL)
		}
		close(p.done)
	}()
	err := <-started
	closeAll(theirs)
	if err != nil {
		closeAll(ours)
		return nil, err
	}
	p.kill = func() { cmd.Process.Kill() }
	return p, nil
}

// finish waits for the end, then bounds how long its pipes are still read.
func (p *process) finish() {
	<-p.done
	for _, f := range []*os.File{p.out, p.stderr, p.progress, p.sound} {
		f.SetReadDeadline(time.Now().Add(drainGrace))
	}
}

func (p *process) close() {
	p.out.Close()
	p.stderr.Close()
	p.progress.Close()
	p.sound.Close()
}

// ring keeps the last lines of a log.
type ring struct {
	mu    sync.Mutex
	lines []string
}

func (r *ring) add(line string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(line) > maxLogLine {
		line = line[:maxLogLine]
	}
	if r.lines = append(r.lines, line); len(r.lines) > logLines {
		r.lines = append([]string(nil), r.lines[len(r.lines)-logLines:]...)
	}
}

// last is a copy of the lines.
func (r *ring) last() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]string(nil), r.lines...)
}

// readLines hands each line to each. A line without end is cut, so that
// garbage costs no memory.
func readLines(r io.Reader, each func(string)) {
	br := bufio.NewReaderSize(r, 4096)
	for {
		line, err := br.ReadSlice('\n')
		if text := strings.TrimSpace(string(line)); text != "" {
			each(text)
		}
		if err != nil && err != bufio.ErrBufferFull {
			return
		}
	}
}

// progress is what ffmpeg says of itself once a second.
type progress struct {
	frames, dup, drop uint64
	speed             float64 // 1 = real time
	refused           uint64  // of those dropped, what ffmpeg was not even given
}

// read is how many of the camera's pictures it has read.
func (p progress) read() float64 { return float64(p.frames) - float64(p.dup) + float64(p.drop) }

// taken is how many of them ffmpeg has been given.
func (p progress) taken() float64 { return p.read() - float64(p.refused) }

// readProgress parses ffmpeg's -progress: key=value lines, a group ends with
// the key "progress".
func readProgress(r io.Reader, each func(progress)) {
	var p progress
	readLines(r, func(line string) {
		key, value, _ := strings.Cut(line, "=")
		value = strings.TrimSpace(value)
		switch key {
		case "frame":
			p.frames, _ = strconv.ParseUint(value, 10, 64)
		case "dup_frames":
			p.dup, _ = strconv.ParseUint(value, 10, 64)
		case "drop_frames":
			p.drop, _ = strconv.ParseUint(value, 10, 64)
		case "speed":
			p.speed, _ = strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(value, "x")), 64)
		case "progress":
			each(p)
		}
	})
}
