package rig

import (
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// failer is a test.
type failer interface {
	Helper()
	Fatal(...any)
	Fatalf(string, ...any)
}

// PutFIFO puts a FIFO where a file may lie: opening it as one waits for ever.
func PutFIFO(t failer, path string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(path); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mkfifo(path, 0o644); err != nil {
		t.Fatal(err)
	}
}

// Returns fails the test when do has not returned after 10 s.
func Returns(t failer, what string, do func()) {
	t.Helper()
	over := make(chan struct{})
	go func() { defer close(over); do() }()
	select {
	case <-over:
	case <-time.After(10 * time.Second):
		t.Fatalf("%s hangs", what)
	}
}
