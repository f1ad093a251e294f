package child

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// What a child may have is set once it runs, and it says so itself.
func TestChildIsBound(t *testing.T) {
	cmd := Command(t.Context(), "sh", "-c", "read go; cat /proc/self/limits /proc/self/oom_score_adj")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	cmd.Stdout = &out
	if err := Start(cmd, 600<<20); err != nil {
		t.Fatal(err)
	}
	in.Write([]byte("\n"))
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	var found []string
	for line := range strings.Lines(out.String()) {
		if f := strings.Fields(line); strings.HasPrefix(line, "Max data size") {
			found = append(found, f[3], f[4])
		} else if strings.HasPrefix(line, "Max core file size") {
			found = append(found, f[4])
		}
		if strings.TrimSpace(line) == sacrifice {
			found = append(found, "oom")
		}
	}
	if !slices.Equal(found, []string{"629145600", "629145600", "0", "oom"}) {
		t.Errorf("got %q of %s", found, out.String())
	}
}

// A child that wants more than it may have gets no more, and fails alone.
func TestChildFailsAlone(t *testing.T) {
	cmd := Command(t.Context(), "sh", "-c", `read go; exec dd if=/dev/zero of=/dev/null bs=200M count=1`)
	cmd.Stdin = strings.NewReader("\n")
	var said strings.Builder
	cmd.Stderr = &said
	if err := Run(cmd, 64<<20); err == nil || !strings.Contains(said.String(), "memory") {
		t.Errorf("%v: %s", err, said.String())
	}
}

func TestChildInheritsWhatItNeeds(t *testing.T) {
	got := environment([]string{"CAMERAS=a=http://u:p@h/", "CAM_A_HEADERS=x", "ALERT_SECRET=x", "FFREPORT=file=x", "AWS_SECRET=x", "PATHS=x",
		"PATH=/bin", "http_proxy=http://p", "HTTPS_PROXY=http://p", "no_proxy=h", "LD_LIBRARY_PATH=/l", "LIBVA_DRIVER_NAME=iHD", "TZ=UTC", "PULSE_SERVER=x"})
	want := []string{"MALLOC_ARENA_MAX=2", "PATH=/bin", "http_proxy=http://p", "HTTPS_PROXY=http://p", "no_proxy=h", "LD_LIBRARY_PATH=/l", "LIBVA_DRIVER_NAME=iHD", "TZ=UTC", "PULSE_SERVER=x"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	t.Setenv("LOOKBACK_TEST_SECRET", "x")
	out, err := Command(t.Context(), "env").Output()
	if err != nil || strings.Contains(string(out), "LOOKBACK_TEST_SECRET") || !strings.Contains(string(out), "PATH="+os.Getenv("PATH")) {
		t.Errorf("%v: %s", err, out)
	}
}

func TestMissingProgram(t *testing.T) {
	if err := Run(Command(t.Context(), "no-such-program"), Memory(0)); err == nil || !strings.Contains(err.Error(), exec.ErrNotFound.Error()) {
		t.Error(err)
	}
}
