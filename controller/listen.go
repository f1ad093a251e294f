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
		return nil, staleError(setting, address, err, os.Getuid(), ownerOf(path))
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, listenError(setting, address, err)
	}
	// nginx is another user. Who may come here at all is decided by who has the
	// folder, a volume that only the two containers share.
	return l, os.Chmod(path, 0o666)
}

// staleError is about a socket that an earlier life left and that can't be removed. In
// Docker it lies in a volume that only "down" empties, and where each user may remove but
// its own.
func staleError(setting, address string, err error, user int, of *owner) error {
	if of == nil || of.user == user || !errors.Is(err, syscall.EPERM) && !errors.Is(err, syscall.EACCES) {
		return listenError(setting, address, err)
	}
	return &config.Error{Setting: setting, Value: address, Accepted: fmt.Sprintf("a socket that user %d may remove, while user %d left this one when it was killed; with Docker, after another PUID: "+
		"docker compose down, then docker compose up -d, which costs nothing that is recorded (%v)", user, of.user, err)}
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
	var unknown *net.DNSError
	if errors.As(err, &unknown) {
		return &config.Error{Setting: setting, Value: address, Accepted: fmt.Sprintf("an address of this machine, such as :8090 or 127.0.0.1:8090 (no such host: %s)", unknown.Name)}
	}
	return &config.Error{Setting: setting, Value: address, Accepted: fmt.Sprintf("host:port that this machine can listen on, such as :8090, or unix:/path (%v)", err)}
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
