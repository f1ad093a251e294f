package rig

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	enginePID      = "/var/run/docker.pid"
	engineSettings = "/etc/docker/daemon.json"
	// engineTime is how long the daemon may take to end, with all containers, or
	// to start.
	engineTime = 60 * time.Second
)

// Engine is the Docker Engine's daemon of this machine. It is not ours alone:
// stopping it is for machines where that harms nobody.
type Engine struct {
	pid     int
	systemd bool
	// What it takes to start the daemon again, where no systemd does.
	path, dir string
	args, env []string
	log       string
	// The settings as they were found; nil: there was no file.
	settings []byte
	changed  bool
}

// FindEngine finds the daemon that runs, by its pid file.
func FindEngine() (*Engine, error) {
	if os.Getuid() != 0 {
		return nil, errors.New("only root may stop the Docker Engine")
	}
	e := &Engine{}
	if _, err := os.Stat("/run/systemd/system"); err == nil {
		e.systemd = exec.Command("systemctl", "is-active", "--quiet", "docker.service").Run() == nil
	}
	if err := e.look(); err != nil {
		return nil, fmt.Errorf("no Docker Engine whose daemon runs on this machine: %w", err)
	}
	var err error
	if e.settings, err = os.ReadFile(engineSettings); err != nil && !os.IsNotExist(err) {
		return nil, err
	}
	return e, nil
}

// look reads which process the daemon is and how it was started.
func (e *Engine) look() error {
	text, err := os.ReadFile(enginePID)
	if err != nil {
		return err
	}
	if e.pid, err = strconv.Atoi(strings.TrimSpace(string(text))); err != nil {
		return fmt.Errorf("%s: %w", enginePID, err)
	}
	of := func(name string) string { return fmt.Sprintf("/proc/%d/%s", e.pid, name) }
	arguments, err := os.ReadFile(of("cmdline"))
	environment, envErr := os.ReadFile(of("environ"))
	path, pathErr := os.Readlink(of("exe"))
	dir, dirErr := os.Readlink(of("cwd"))
	log, _ := os.Readlink(of("fd/1"))
	if err := errors.Join(err, envErr, pathErr, dirErr); err != nil {
		return err
	}
	if filepath.Base(path) != "dockerd" {
		return fmt.Errorf("%s names %s", enginePID, path)
	}
	e.path, e.dir, e.log = path, dir, log
	e.args, e.env = split(arguments), split(environment)
	return nil
}

func split(zeroTerminated []byte) (all []string) {
	for s := range bytes.SplitSeq(bytes.TrimSuffix(zeroTerminated, []byte{0}), []byte{0}) {
		all = append(all, string(s))
	}
	return all
}

// Answers reports whether the daemon does.
func (e *Engine) Answers() bool {
	_, err := e.info("{{.ServerVersion}}")
	return err == nil
}

func (e *Engine) info(format string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, "docker", "info", "--format", format).Output()
	return strings.TrimSpace(string(out)), err
}

// Stop ends the daemon in an orderly way, and with it all containers unless they
// live on (LiveRestore).
func (e *Engine) Stop(ctx context.Context) error {
	if e.systemd { // the socket first, else whoever asks next would start it again
		if out, err := exec.CommandContext(ctx, "systemctl", "stop", "docker.socket", "docker.service").CombinedOutput(); err != nil {
			return fmt.Errorf("systemctl stop: %w: %s", err, out)
		}
		return nil
	}
	if err := e.look(); err != nil {
		return err
	}
	if err := syscall.Kill(e.pid, syscall.SIGTERM); err != nil {
		return err
	}
	return Until(ctx, engineTime, "the Docker Engine has ended", func() bool {
		_, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", e.pid)) // fails for one that nobody has waited for, too
		return err != nil
	})
}

// Start starts the daemon again as it was started before, and waits until it answers.
func (e *Engine) Start(ctx context.Context) error {
	if err := e.start(ctx); err != nil {
		return err
	}
	return Until(ctx, engineTime, "the Docker Engine answers", e.Answers)
}

func (e *Engine) start(ctx context.Context) error {
	if e.systemd {
		if out, err := exec.CommandContext(ctx, "systemctl", "start", "docker.socket", "docker.service").CombinedOutput(); err != nil {
			return fmt.Errorf("systemctl start: %w: %s", err, out)
		}
		return nil
	}
	cmd := &exec.Cmd{Path: e.path, Args: e.args, Env: e.env, Dir: e.dir, SysProcAttr: &syscall.SysProcAttr{Setsid: true}}
	if log, err := os.OpenFile(e.log, os.O_WRONLY|os.O_APPEND, 0); err == nil {
		defer log.Close()
		cmd.Stdout, cmd.Stderr = log, log
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	go cmd.Wait() // it outlives this program, but must not stay behind as a zombie
	return nil
}

// LiveRestore sets whether containers live on while the daemon is stopped.
func (e *Engine) LiveRestore(ctx context.Context, on bool) error {
	settings := map[string]any{}
	if len(e.settings) > 0 {
		if err := json.Unmarshal(e.settings, &settings); err != nil {
			return fmt.Errorf("%s: %w", engineSettings, err)
		}
	}
	settings["live-restore"] = on
	data, err := json.MarshalIndent(settings, "", "  ")
	if err != nil {
		return err
	}
	e.changed = true
	if err := os.WriteFile(engineSettings, append(data, '\n'), 0o644); err != nil {
		return err
	}
	if err := e.look(); err != nil {
		return err
	}
	if err := syscall.Kill(e.pid, syscall.SIGHUP); err != nil {
		return err
	}
	return Until(ctx, engineTime, fmt.Sprint("the Docker Engine takes live-restore: ", on), func() bool {
		is, err := e.info("{{.LiveRestoreEnabled}}")
		return err == nil && is == strconv.FormatBool(on)
	})
}

// Close puts the settings back as they were found.
func (e *Engine) Close() error {
	if !e.changed {
		return nil
	}
	was := struct {
		On bool `json:"live-restore"`
	}{}
	json.Unmarshal(e.settings, &was)
	// Told by the file, since the daemon keeps what a file no longer says.
	err := e.LiveRestore(context.Background(), was.On)
	if e.settings == nil {
		return errors.Join(err, os.Remove(engineSettings))
	}
	return errors.Join(err, os.WriteFile(engineSettings, e.settings, 0o644))
}
