package main

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestArguments: what a command does not take is refused, and does not start it.
// Who asks for help gets it, on stdout, and nothing is started either.
func TestArguments(t *testing.T) {
	t.Setenv("MEDIA_DIR", t.TempDir())
	for _, c := range []struct {
		args   string
		status int
		says   string
		prints string
	}{
		{"", exitUsage, "usage: controller COMMAND", ""},
		{"help", exitOK, "", "usage: controller COMMAND"},
		{"--help", exitOK, "", "\n  help         print this"},
		{"-h now", exitUsage, "-h takes no arguments", ""},
		{"help help", exitOK, "", "  help "},
		{"help version", exitOK, "", "  version      print the version\n"},
		{"help --help", exitOK, "", "  help         print this"},
		{"-h --help", exitUsage, "-h takes no arguments", ""},
		{"--version x", exitUsage, "--version takes no arguments", ""},
		{"help serve", exitOK, "", "  serve        record the cameras"},
		{"help dance", exitUsage, `unknown command "dance"`, ""},
		{"help demo-camera", exitOK, "", "  demo-camera  be an HTTP camera"},
		{"serve --help", exitOK, "", "  serve        record the cameras"},
		{"healthcheck -h", exitOK, "", "  healthcheck  ask"},
		{"check --mend --help", exitOK, "", "  check        verify what is recorded: check [--mend]"},
		{"rename -help", exitOK, "", "rename OLD NEW"},
		{"record front --help", exitOK, "", "record CAMERA"},
		{"recorders remove --help", exitOK, "", "recorders [remove [CAMERA…]]"},
		{"version", exitOK, "", " go1."},
		{"--version", exitOK, "", " go1."},
		{"version --help", exitOK, "", "print the version"},
		{"serve now", exitUsage, `controller: serve takes no arguments, not ["now"]`, ""},
		{"healthcheck x", exitUsage, "healthcheck takes no arguments", ""},
		{"help engine-proxy", exitOK, "", "  engine-proxy let a controller keep"},
		{"engine-proxy x", exitUsage, "engine-proxy takes no arguments", ""},
		{"engine-proxy", exitUsage, `LISTEN=":8090": accepted is unix:/path`, ""},
		{"version x", exitUsage, "version takes no arguments", ""},
		{"record", exitUsage, "controller: wrong arguments: record takes one camera's name", ""},
		{"record ../../etc", exitUsage, `controller: wrong arguments: "../../etc": accepted is a camera's name`, ""},
		{"rename a", exitUsage, "controller: wrong arguments: rename takes", ""},
		{"remove", exitUsage, "controller: wrong arguments: remove takes", ""},
		{"recorders all", exitUsage, `controller: wrong arguments: recorders takes remove and cameras' names, not "all"`, ""},
		{"demo-camera x", exitUsage, "controller: demo-camera: wrong arguments", ""},
		{"dance", exitUsage, `controller: unknown command "dance"`, ""},
	} {
		var stdout, stderr strings.Builder
		got := run(strings.Fields(c.args), &stdout, &stderr)
		if got != c.status || !strings.Contains(stderr.String(), c.says) || !strings.Contains(stdout.String(), c.prints) {
			t.Errorf("controller %s: status %d, want %d; it says %s\nand prints %s", c.args, got, c.status, &stderr, &stdout)
		}
		if c.status == exitOK && stderr.Len() > 0 || c.status != exitOK && stdout.Len() > 0 {
			t.Errorf("controller %s: it says %q and prints %q", c.args, &stderr, &stdout)
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
