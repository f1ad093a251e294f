package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"time"

	"lookback/controller/config"
)

// listen opens what LISTEN or METRICS_LISTEN names: host:port or unix:/path.
func listen(setting, address string) (net.Listener, error) {
	path, isUnix := strings.CutPrefix(address, "unix:")
	if !isUnix {
		l, err := net.Listen("tcp", address)
		return l, listenError(setting, address, err)
	}
	if _, err := dial(context.Background(), address); err == nil {
		return nil, &config.Error{Setting: setting, Value: address, Accepted: "a socket that no other program listens on; a controller is running here already"}
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, listenError(setting, address, err)
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, listenError(setting, address, err)
	}
	// nginx is another user. Who may come here at all is decided by who has the
	// folder, a volume that only the two containers share.
	return l, os.Chmod(path, 0o666)
}

func listenError(setting, address string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.EADDRINUSE):
		return &config.Error{Setting: setting, Value: address, Accepted: "an address that is free; another program listens on this one"}
	case errors.Is(err, syscall.EACCES), errors.Is(err, syscall.EPERM), errors.Is(err, syscall.ENOENT), errors.Is(err, syscall.EADDRNOTAVAIL):
		return &config.Error{Setting: setting, Value: address, Accepted: fmt.Sprintf("an address that this user may listen on (%v)", err)}
	}
	return fmt.Errorf("%s=%q: %w", setting, address, err)
}

func dial(ctx context.Context, address string) (net.Conn, error) {
	var d net.Dialer
	if path, ok := strings.CutPrefix(address, "unix:"); ok {
		return d.DialContext(ctx, "unix", path)
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return d.DialContext(ctx, "tcp", net.JoinHostPort(host, port))
}

// healthcheck asks the controller that listens on address. It is about the
// program, never about cameras: restarting it mends no camera.
func healthcheck(ctx context.Context, address string) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	client := http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return dial(ctx, address) },
	}}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://localhost/healthz", nil)
	if err != nil {
		return err
	}
	answer, err := client.Do(request)
	if err != nil {
		return fmt.Errorf("LISTEN=%q: no controller answers: %w", address, err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(answer.Body, 1000))
		return fmt.Errorf("the controller is not well: %s: %s", answer.Status, strings.TrimSpace(string(text)))
	}
	return nil
}
