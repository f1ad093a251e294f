package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"github.com/prometheus/procfs"

	"lookback/e2e/rig"
)

// Recovery is what became of a kill -9. Times are in seconds since the kill.
type Recovery struct {
	Picture         float64 `json:"picture"`         // until one that was taken after the kill was shown
	Live            float64 `json:"live"`            // until the page says that it is live
	Discontinuities int     `json:"discontinuities"` // new ones in the playlist
	Reloaded        bool    `json:"reloaded"`        // the page was loaded again, which must not be needed
}

// lookback is the whole stack with a browser.
type lookback struct {
	options
	*rig.Stack
	browser *rig.Browser
}

// measureLookback runs the parts that need our own stack, all on one.
func measureLookback(ctx context.Context, o options, report *Report) error {
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	stack, err := rig.New(ctx, rig.Options{Root: ".", Dir: dir, Size: o.size, FPS: o.fps, Setting: o.settings})
	if err != nil {
		return err
	}
	defer stack.Close()
	browser, err := rig.OpenBrowser(ctx)
	if err != nil {
		return err
	}
	defer browser.Close()
	l := &lookback{o, stack, browser}
	if err := l.measure(ctx, report); err != nil {
		return fmt.Errorf("%w\ncontroller:\n%s", err, stack.Controller.Log())
	}
	return nil
}

func (l *lookback) measure(ctx context.Context, report *Report) (err error) {
	if report.StartUp, err = l.startUp(ctx); err != nil {
		return err
	}
	if l.wants("idle") {
		say("without a viewer, %v", l.seconds/2)
		meter := startMeter(l.groups())
		if err := wait(ctx, l.seconds/2); err != nil {
			return err
		}
		idle := &Idle{}
		idle.Cost, idle.Conditions = meter.stop()
		report.Idle = idle
	}
	if l.wants("open") {
		if report.Opens, err = l.open(); err != nil {
			return err
		}
	}
	if l.wants("view") {
		say("one viewer, %v", l.settle+l.seconds)
		if report.View, err = view(ctx, l.options, l.browser, l.Origin, l.groups()); err != nil {
			return err
		}
	}
	if l.wants("recovery") {
		report.KillFFmpeg, report.KillController, err = l.recover(ctx)
	}
	return err
}

// groups are our processes, by name.
func (l *lookback) groups() map[string]func() []procfs.Proc {
	return map[string]func() []procfs.Proc{
		"controller": func() []procfs.Proc { return alone(l.Controller.Pid()) },
		"ffmpeg":     func() []procfs.Proc { return children(l.Controller.Pid()) },
		"nginx":      func() []procfs.Proc { return family(l.Nginx.Pid()) },
		"camera":     func() []procfs.Proc { return alone(l.Camera.Pid()) },
	}
}

// startUp starts everything but the controller, opens the page, which says
// that the controller is away, and then starts the controller.
func (l *lookback) startUp(ctx context.Context) (*StartUp, error) {
	say("start-up")
	if err := errors.Join(l.StartCamera(ctx), l.StartNginx(ctx)); err != nil {
		return nil, err
	}
	return l.startController(ctx)
}

// startController starts it under an open page.
func (l *lookback) startController(ctx context.Context) (*StartUp, error) {
	page, err := openPage(l.browser, l.Origin)
	if err != nil {
		return nil, err
	}
	defer page.Close()
	if err := page.Until(patience, `lookback.state === "unreachable"`); err != nil {
		return nil, err
	}
	_, load := machine()
	begun := time.Now()
	if err := l.Controller.Start(); err != nil {
		return nil, err
	}
	if err := rig.Answers(ctx, l.Controller, l.Origin+"/hls/"+rig.CameraName+"/live.m3u8"); err != nil {
		return nil, err
	}
	playlist := time.Since(begun).Seconds()
	picture, err := pictureSince(page, begun)
	_, after := machine()
	return &StartUp{Playlist: playlist, Picture: picture, Load: [2]float64{load, after}}, err
}

// pictureSince waits for a picture that was taken and shown after an instant,
// and tells how long after.
func pictureSince(page *rig.Page, instant time.Time) (seconds float64, err error) {
	first := fmt.Sprintf(`eyes.first({after: %d, from: %[1]d})`, instant.UnixMilli())
	if err := page.Until(patience, first); err != nil {
		return 0, err
	}
	at, err := rig.Eval[float64](page, first+".at")
	return at/1000 - float64(instant.UnixMilli())/1000, err
}

// open opens the page with an empty cache each time.
func (l *lookback) open() (opens []float64, err error) {
	say("%d openings of the page", l.opens)
	for range l.opens {
		seconds, err := opening(l.browser, l.Origin)
		if err != nil {
			return nil, err
		}
		opens = append(opens, seconds)
	}
	return opens, nil
}

// opening opens the page and tells when its first frame came, s.
func opening(browser *rig.Browser, url string) (float64, error) {
	page, err := openPage(browser, url)
	if err != nil {
		return 0, err
	}
	defer page.Close()
	return firstFrame(page)
}

// recover kills ffmpeg and the controller, again and again, under one page.
// The recorder's back-off grows with every kill within a minute.
func (l *lookback) recover(ctx context.Context) (ffmpeg, controller []Recovery, err error) {
	page, err := openPage(l.browser, l.Origin)
	if err != nil {
		return nil, nil, err
	}
	defer page.Close()
	for range l.kills {
		r, err := l.kill(ctx, page, func() error {
			pid, err := l.FFmpeg()
			if err != nil {
				return err
			}
			return syscall.Kill(pid, syscall.SIGKILL)
		})
		if err != nil {
			return nil, nil, err
		}
		ffmpeg = append(ffmpeg, r)
	}
	for range l.kills {
		r, err := l.kill(ctx, page, func() error {
			l.Controller.Kill()
			return l.Controller.Start()
		})
		if err != nil {
			return nil, nil, err
		}
		controller = append(controller, r)
	}
	return ffmpeg, controller, nil
}

func (l *lookback) kill(ctx context.Context, page *rig.Page, kill func() error) (r Recovery, err error) {
	const live = `lookback.state === "live" && eyes.latency < 1500 && (window.loadedOnce ??= true)`
	if err := page.Until(patience, live); err != nil {
		return r, err
	}
	// A steady picture, as a viewer has it who is caught by the kill.
	if err := wait(ctx, l.settle); err != nil {
		return r, err
	}
	before, err := l.Discontinuities()
	if err != nil {
		return r, err
	}
	say("kill")
	killed := time.Now()
	if err := kill(); err != nil {
		return r, err
	}
	if r.Picture, err = pictureSince(page, killed); err != nil {
		return r, err
	}
	if err := page.Until(patience, `lookback.state === "live"`); err != nil {
		return r, err
	}
	r.Live = time.Since(killed).Seconds()
	if r.Reloaded, err = rig.Eval[bool](page, `!window.loadedOnce`); err != nil {
		return r, err
	}
	after, err := l.Discontinuities()
	r.Discontinuities = after - before
	return r, err
}
