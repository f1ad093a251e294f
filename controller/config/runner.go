package config

import (
	"math"
	"net/url"
	"strconv"
	"strings"
	"time"
)

type runnerKind string

func (r *runnerKind) Decode(value string) error {
	return oneOf((*string)(r), value, "process", "docker")
}

type dockerEngine string

func (h *dockerEngine) Decode(value string) error {
	*h = dockerEngine(value)
	u, err := url.Parse(value)
	if err == nil && u.Scheme == "unix" && u.Host == "" && strings.HasPrefix(u.Path, "/") || err == nil && u.Scheme == "tcp" && goodHost(u) && u.Path == "" {
		return nil
	}
	return accepted("unix:///path or tcp://host:port of a Docker Engine, such as unix:///var/run/docker.sock")
}

type lease time.Duration

func (l *lease) Decode(value string) error {
	d, ok := duration(value, 10*time.Second, 7*day)
	if !ok {
		return accepted("a duration from 10s to 7d, such as 15m or 1h")
	}
	*l = lease(d)
	return nil
}

type cpus float64

func (c *cpus) Decode(value string) error {
	n, err := strconv.ParseFloat(value, 64)
	if err != nil || math.IsNaN(n) || n != 0 && (n < 0.05 || n > 1024) {
		return accepted("a number of cores from 0.05 to 1024, such as 1.5, or 0 for all")
	}
	*c = cpus(n)
	return nil
}

type memory int64

func (m *memory) Decode(value string) error {
	n, ok := size(value)
	if !ok || n != 0 && n < 64e6 {
		return accepted("a size of at least 64MB, such as 1GB or 512MiB, or 0 for unlimited")
	}
	*m = memory(n)
	return nil
}

type processes int64

func (p *processes) Decode(value string) error {
	n, err := strconv.ParseInt(value, 10, 32)
	if err != nil || n != 0 && (n < 50 || n > 100_000) {
		return accepted("a number from 50 to 100000, or 0 for unlimited")
	}
	*p = processes(n)
	return nil
}
