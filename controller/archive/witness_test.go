package archive

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
)

// TestWitnessThatCannotGo: in a folder that takes no changes a witness can be neither
// replaced nor removed. It proves nothing any more.
func TestWitnessThatCannotGo(t *testing.T) {
	const nobody = 65534
	dir := t.TempDir()
	w := newWitness(disk{}, dir, "front")
	said := testimony{Identity: newIdentity(), Boot: bootID(), Reserved: 10, Next: 5}
	if err := w.bear(said); err != nil {
		t.Fatal(err)
	}
	if os.Geteuid() == 0 { // whom no mode keeps from anything
		if err := os.Chmod(filepath.Dir(dir), 0o755); err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{dir, filepath.Join(dir, "front.json")} {
			if err := os.Chown(path, nobody, nobody); err != nil {
				t.Fatal(err)
			}
		}
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		unix.Setfsuid(nobody)
		defer unix.Setfsuid(0)
	}
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	said.Next = 6
	if err := w.bear(said); err == nil {
		t.Fatal("the folder takes changes")
	}
	if old, err := newWitness(disk{}, dir, "front").recall(); err == nil && old.proves(state{Identity: said.Identity, Reserved: 10}, 6) == nil {
		t.Errorf("%+v still proves", old)
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
}
