package main

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestArguments: what a command does not take is refused, and does not start it.
func TestArguments(t *testing.T) {
	for _, c := range []struct {
		args   string
		status int
		says   string
	}{
		{"", exitUsage, "usage: controller COMMAND"},
		{"help", exitOK, ""},
		{"--help", exitOK, ""},
		{"version", exitOK, ""},
		{"serve --help", exitUsage, `serve takes no arguments, not ["--help"]`},
		{"serve now", exitUsage, `serve takes no arguments, not ["now"]`},
		{"healthcheck x", exitUsage, "healthcheck takes no arguments"},
		{"version x", exitUsage, "version takes no arguments"},
		{"record", exitUsage, "record takes one camera's name"},
		{"recorders all", exitUsage, `recorders takes remove and cameras' names, not "all"`},
		{"dance", exitUsage, `unknown command "dance"`},
	} {
		var stderr strings.Builder
		if got := run(strings.Fields(c.args), &stderr); got != c.status || !strings.Contains(stderr.String(), c.says) {
			t.Errorf("controller %s: status %d, want %d; it says %s", c.args, got, c.status, &stderr)
		}
	}
}

// TestVersion: the program that scripts/build makes tells which commit it is.
func TestVersion(t *testing.T) {
	want, err := exec.Command("../scripts/version").Output()
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(t.TempDir(), "controller")
	if out, err := exec.Command("go", "build", "-ldflags=-X main.release="+strings.TrimSpace(string(want)), "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	got, err := exec.Command(program, "version").Output()
	if err != nil || !strings.HasPrefix(string(got), strings.TrimSpace(string(want))+" go") {
		t.Errorf("it says %q, the tree is %q (%v)", got, want, err)
	}
}
