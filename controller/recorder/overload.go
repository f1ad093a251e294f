package recorder

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"lookback/controller/camera"
	"lookback/controller/spool"
)

// An encoder that is too slow does not show in ffmpeg's speed. Frames are
// stamped when they are read, so the output stays in time while pictures that
// nobody has read grow old in the kernel, and the camera drops the others.

const (
	// overloadWindow is for how long it must have been so.
	overloadWindow = 10 * time.Second
	// backlog is how much unread is more than a frame on its way, bytes; what
	// the kernel keeps at most is set by ffmpeg's -recv_buffer_size.
	backlog = 64 << 10
	// maxLag is how late pictures may leave ffmpeg.
	maxLag = 500 * time.Millisecond
	// keptUp is the share of the camera's frames that must get through. One
	// that sends more slowly leaves no backlog.
	keptUp = 0.85
	// backlogEvery is at which of ffmpeg's reports, one a second, the kernel is
	// asked while all is well.
	backlogEvery = 5
)

// overloadWatch notices an ffmpeg that does not keep up with its camera.
type overloadWatch struct {
	planned float64 // frames a second that the camera sends
	samples []backlogSample
	since   time.Duration // of the first of all samples with a backlog, of which samples are the newest
}

type backlogSample struct {
	at   time.Duration
	read float64 // frames that ffmpeg has read
}

// behind reports whether the last sample showed a backlog.
func (w *overloadWatch) behind() bool { return len(w.samples) > 0 }

// add takes how much is unread, how late the last pictures left, and how many
// frames were read so far; overloaded reports whether it has been too much for long.
func (w *overloadWatch) add(now time.Duration, unread int64, lag time.Duration, read float64) (overloaded bool) {
	if unread < backlog && lag < maxLag {
		w.samples = nil
		return false
	}
	if len(w.samples) == 0 {
		w.since = now
	}
	w.samples = append(w.samples, backlogSample{now, read})
	for now-w.samples[0].at > overloadWindow+2*time.Second {
		w.samples = w.samples[1:]
	}
	first := w.samples[0]
	span := now - first.at
	return span >= overloadWindow && (lag >= maxLag || (read-first.read)/span.Seconds() < keptUp*w.planned)
}

// overloadJudge answers an overload with fewer frames, so that what is recorded is
// live. After a while more are tried.
type overloadJudge struct {
	overloadWatch
	plan       camera.Plan
	unread     func() int64         // bytes that ffmpeg has not read yet
	lag        func() time.Duration // how late pictures leave it
	full       camera.Rate          // that the camera sends
	fewerAfter time.Duration        // how long an overload must last
	load       *load                // outlives this ffmpeg
	status     *spool.Status
	log        *slog.Logger
	reports    int
}

func newOverloadJudge(r *Recorder, plan camera.Plan, lag func() time.Duration) *overloadJudge {
	return &overloadJudge{overloadWatch: overloadWatch{planned: plan.SourceRate.Float()}, plan: plan, lag: lag, full: r.facts.FrameRate,
		unread: func() int64 { return r.unread(r.status.PID) }, fewerAfter: r.fewerAfter, load: &r.load, status: &r.status, log: r.Log}
}

func (j *overloadJudge) look(e evidence) string {
	if e.report == nil || j.plan.Copy {
		return ""
	}
	if j.reports++; !j.behind() && j.reports%backlogEvery != 0 {
		return ""
	}
	overloaded := j.add(e.at, j.unread(), j.lag(), e.report.taken())
	switch l := j.load; {
	case overloaded:
		j.tell()
		l.last = e.at
		if e.at-j.since >= j.fewerAfter && l.more(j.full) {
			l.ease = min(maxEase, 2*max(l.ease, minEase/2))
			return camera.Overload
		}
	case j.behind():
	case l.halvings > 0 && e.at-l.last >= l.ease:
		l.last = e.at
		l.halvings--
		return camera.LoadEased
	case l.halvings == 0 && j.status.Overload != nil && e.at-l.last >= calm:
		j.status.Overload = nil
		j.log.Info("this machine keeps up with the camera again")
	}
	return ""
}

// tell says once that it is too much.
func (j *overloadJudge) tell() {
	if j.status.Overload != nil {
		return
	}
	at := time.Now().UTC()
	j.status.Overload = &at
	j.log.Warn("this machine can't keep up with the camera", "plan", j.plan.Line, "advice", camera.ReasonFor(camera.Overload).Advice)
}

const (
	// fewerAfter is how long an overload must last before fewer frames are
	// recorded: something else may have been busy for a moment.
	fewerAfter = 30 * time.Second
	// minEase and maxEase are after how long more frames are tried again.
	minEase, maxEase = 2 * time.Minute, 2 * time.Hour
	// calm is how long there must have been no overload to call it over.
	calm = time.Minute
	// slowest is the rate that is not halved any more, frames a second.
	slowest = 2
)

// load is by how much fewer frames are recorded than the camera sends.
type load struct {
	halvings int
	last     time.Duration // when that changed or an overload was seen, monotonic
	ease     time.Duration // after how long more are tried
}

// more halves the rate, unless it is low enough.
func (l *load) more(full camera.Rate) bool {
	if full.Float()/float64(int(1)<<l.halvings) <= slowest {
		return false
	}
	l.halvings++
	return true
}

// plan decides how the camera is treated: as the facts are, or with fewer
// frames when that is too much for this machine.
func (r *Recorder) plan() camera.Plan { return r.planBy(r.settings()) }

func (r *Recorder) planBy(settings camera.Settings) camera.Plan {
	plan := camera.MakePlan(*r.facts, settings)
	if plan.Direct {
		plan.Reasons = append(plan.Reasons, r.notes...)
		if r.waits(plan) {
			plan.Reasons = append(plan.Reasons, fewPictures)
		}
	}
	if plan.Stamped || plan.Units {
		plan.Reasons = append(plan.Reasons, r.trust.sentences()...)
	}
	if r.load.halvings == 0 || plan.Copy {
		return plan
	}
	fewer := *r.facts
	fewer.FrameRate = camera.Snap(fewer.FrameRate.Float() / float64(int(1)<<r.load.halvings))
	settings.Overloaded = true
	if settings.FPS >= fewer.FrameRate.Float()*0.9 {
		settings.FPS = 0 // it is not the camera that sends fewer
	}
	if less := camera.MakePlan(fewer, settings); !less.Copy {
		less.SourceRate = r.facts.FrameRate
		return less
	}
	return plan
}

// unread is how many bytes wait in the kernel for a process to read them from
// its TCP connections; 0 when that can't be known.
func unread(pid int) (total int64) {
	proc := fmt.Sprintf("/proc/%d/", pid)
	fds, _ := filepath.Glob(proc + "fd/*")
	own := map[string]bool{}
	for _, fd := range fds {
		target, _ := os.Readlink(fd)
		if inode, ok := strings.CutPrefix(target, "socket:["); ok {
			own[strings.TrimSuffix(inode, "]")] = true
		}
	}
	if len(own) == 0 {
		return 0
	}
	for _, table := range []string{"net/tcp", "net/tcp6"} {
		text, _ := os.ReadFile(proc + table)
		for line := range strings.Lines(string(text)) {
			// sl local remote state tx:rx timer retransmits uid timeout inode
			f := strings.Fields(line)
			if len(f) < 10 || !own[f[9]] {
				continue
			}
			_, rx, _ := strings.Cut(f[4], ":")
			n, _ := strconv.ParseInt(rx, 16, 64)
			total += n
		}
	}
	return total
}
