package main

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"lookback/controller/config"
)

// TestListenRefused: each address at which nobody can listen is a mistake in the setting.
func TestListenRefused(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	folder := t.TempDir()
	for address, says := range map[string]string{
		"nosuchhost.invalid:1":         "an address of this machine",
		taken.Addr().String():          "an address that is free",
		"192.0.2.1:8090":               "an address that this user may listen on",
		"unix:" + folder + "/a/b":      "an address that this user may listen on",
		"unix:" + filepath.Dir(folder): "host:port that this machine can listen on", // a folder with things in it
	} {
		l, err := listen("LISTEN", address)
		if err == nil {
			l.Close()
		}
		var mistake *config.Error
		if !errors.As(err, &mistake) || mistake.Setting != "LISTEN" || mistake.Value != address || !strings.Contains(err.Error(), "accepted is "+says) {
			t.Errorf("%s: %v", address, err)
		}
	}
}

// TestSocketOfAnotherUser: who changed PUID is told the way out.
func TestSocketOfAnotherUser(t *testing.T) {
	eperm := &os.PathError{Op: "remove", Path: "/run/s", Err: syscall.EPERM}
	err := staleError("LISTEN", "unix:/run/s", eperm, 1000, &owner{10001, 10001})
	for _, says := range []string{"user 1000 may remove", "user 10001 left this one", "docker compose down", "operation not permitted"} {
		if !strings.Contains(err.Error(), says) {
			t.Errorf("%q is missing: %v", says, err)
		}
	}
	if err := staleError("LISTEN", "unix:/run/s", eperm, 1000, &owner{1000, 1000}); strings.Contains(err.Error(), "down") {
		t.Errorf("of its own socket it says %v", err)
	}
}
