// Package child starts the programs that read what cameras send. What they are sent
// may be hostile, so each of them has bounds of its own. Its memory ends before the
// machine's does, and the kernel ends it before anything else. It inherits nothing
// of the environment that it does not need.
package child

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

const (
	// least is what a program may have before its pictures are counted, bytes.
	// Probing H.265 of 7680x4320 with 10 bits takes less.
	least = 512 << 20
	// perPixel is what it may have for each pixel besides, bytes. Decoding JPEG and
	// encoding it at 7680x4320 takes 26, H.264 with 16 reference frames 24 more.
	perPixel = 64
	// perCPU is for the stacks of two threads, bytes.
	perCPU = 16 << 20
	// maxThreads is how many threads the user of this program may have altogether
	// when a child of it starts another.
	maxThreads = 16384
	// behind is by how much the priority of a child that yields is below ours. Where
	// processors are short it gets a tenth of what one gets that records.
	behind = 10
	// sacrifice is the child's oom_score_adj: when memory is short the kernel ends
	// it before the controller, and before what others run on this machine.
	sacrifice = "500"
)

// MaxAlloc is the largest block that ffmpeg may ask for at once, bytes: a plane of a
// picture of the largest size with 16 bits, and as much again. It is the value of
// -max_alloc.
const MaxAlloc = 128 << 20

// Memory is what a program that works on pictures of so many pixels may have, bytes.
func Memory(pixels int) int64 {
	return least + int64(pixels)*perPixel + int64(runtime.NumCPU())*perCPU
}

// Command prepares a program. Its process group is its own, so that a terminal's ^C
// reaches only us. Start and Run bind it.
func Command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Env = environment(os.Environ())
	return cmd
}

// Start starts a prepared program and binds it to so much memory, bytes.
func Start(cmd *exec.Cmd, memory int64) error {
	if err := cmd.Start(); err != nil {
		return err
	}
	if err := bind(cmd.Process.Pid, memory); err != nil {
		cmd.Process.Kill()
		cmd.Wait()
		return err
	}
	return nil
}

// Yield has a program that was just started work only where nobody else wants the
// processor (nice 10 below ours). It can't be taken back: that takes CAP_SYS_NICE.
func Yield(pid int) {
	if raw, err := unix.Getpriority(unix.PRIO_PROCESS, 0); err == nil {
		ours := 20 - raw // the system call gives 1 to 40
		unix.Setpriority(unix.PRIO_PROCESS, pid, min(19, ours+behind))
	}
}

// Run is Start, and waits for the end.
func Run(cmd *exec.Cmd, memory int64) error {
	if err := Start(cmd, memory); err != nil {
		return err
	}
	return cmd.Wait()
}

// Peak is the most memory that a process has taken so far, bytes; 0 where nobody
// knows.
func Peak(pid int) int64 {
	status, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	for line := range strings.Lines(string(status)) {
		if f := strings.Fields(line); len(f) > 1 && f[0] == "VmHWM:" {
			kB, _ := strconv.ParseInt(f[1], 10, 64)
			return kB << 10
		}
	}
	return 0
}

// bind sets the bounds of a process that has just begun. One that is over already
// needs none, and a kernel or sandbox that allows no such bounds keeps nothing from
// being recorded.
func bind(pid int, memory int64) error {
	for _, l := range []struct {
		resource int
		most     uint64
	}{
		{unix.RLIMIT_DATA, uint64(memory)}, // what is written to and private, stacks included
		{unix.RLIMIT_NPROC, maxThreads},
		{unix.RLIMIT_CORE, 0}, // it would hold what the camera's address is
	} {
		var now unix.Rlimit
		err := unix.Prlimit(pid, l.resource, nil, &now)
		if err == nil && now.Max > l.most {
			now = unix.Rlimit{Cur: min(now.Cur, l.most), Max: l.most}
			err = unix.Prlimit(pid, l.resource, &now, nil)
		}
		if err != nil && !slices.Contains([]error{unix.ESRCH, unix.EPERM, unix.ENOSYS}, err) {
			return fmt.Errorf("a limit of a child: %w", err)
		}
	}
	// Where /proc is not to be written it is merely as likely to be ended as others.
	os.WriteFile("/proc/"+strconv.Itoa(pid)+"/oom_score_adj", []byte(sacrifice), 0)
	return nil
}

// needed are the variables that a program may inherit: where programs, libraries and
// certificates lie, language and time zone, proxies, graphics and sound.
var needed = regexp.MustCompile(`^(PATH|LD_[A-Z0-9_]+|TZ|TZDIR|LANG|LC_[A-Z]+|HOME|USER|TMPDIR|XDG_[A-Z_]+|SSL_CERT_(FILE|DIR)|` +
	`(?i:https?_proxy|ftp_proxy|all_proxy|no_proxy)|(NVIDIA|CUDA|LIBVA|VDPAU|MFX|ONEVPL|DRI|MESA|GALLIUM|ALSA|PULSE)_[A-Z0-9_]+|MALLOC_[A-Z_]+)=`)

// environment is what of ours a child inherits.
func environment(ours []string) []string {
	env := []string{"MALLOC_ARENA_MAX=2"} // one for each thread would be counted as memory; ours may say otherwise
	for _, pair := range ours {
		if needed.MatchString(pair) {
			env = append(env, pair)
		}
	}
	return env
}
