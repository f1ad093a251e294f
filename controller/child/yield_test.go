package child

import (
	"os"
	"strconv"
	"strings"
	"testing"
)

// A child that yields has a lower priority than we have, and so has what it starts.
func TestChildYields(t *testing.T) {
	niceness := func(stat string) int {
		n, err := strconv.Atoi(strings.Fields(stat[strings.LastIndex(stat, ")"):])[17])
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	self, err := os.ReadFile("/proc/self/stat")
	if err != nil {
		t.Fatal(err)
	}
	cmd := Command(t.Context(), "sh", "-c", "read go; cat /proc/self/stat")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	cmd.Stdout = &out
	if err := Start(cmd, Memory(0)); err != nil {
		t.Fatal(err)
	}
	Yield(cmd.Process.Pid)
	in.Write([]byte("\n"))
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	if ours, got := niceness(string(self)), niceness(out.String()); got != min(19, ours+behind) {
		t.Errorf("%d beside our %d", got, ours)
	}
}
