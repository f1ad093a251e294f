package runner

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// TestOrphanedSocket: one that has lost its name, seen as a container sees a
// socket that is mounted into it.
func TestOrphanedSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "docker.sock")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	fd, err := unix.Open(path, unix.O_PATH, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	mounted := fmt.Sprintf("unix:///proc/self/fd/%d", fd)
	if Orphaned("unix://"+path) || Orphaned(mounted) {
		t.Error("it has a name")
	}
	l.Close()
	if !Orphaned(mounted) {
		t.Error("it has no name any more")
	}
	again, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if !Orphaned(mounted) || Orphaned("unix://"+path) {
		t.Error("the new one is another")
	}
	if Orphaned("tcp://127.0.0.1:2375") || Orphaned("unix://"+filepath.Join(filepath.Dir(path), "none")) {
		t.Error("there is no socket")
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if r := reason(net.ErrClosed, mounted); r.Code != "engine-away" || r == reason(net.ErrClosed, "unix://"+path) {
		t.Errorf("told %+v", r)
	}
}
