package spool

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestRunIsWholeWhenItAppears(t *testing.T) {
	camera := t.TempDir()
	id := NewRunID(time.Unix(1, 0))
	dir, lock, err := Create(camera, Run{ID: id, Epoch: 42}, []byte("init"))
	if err != nil {
		t.Fatal(err)
	}
	names, err := Runs(camera)
	if err != nil || len(names) != 1 || names[0] != id {
		t.Fatalf("Runs = %v, %v", names, err)
	}
	run, err := ReadRun(dir)
	if err != nil || run.Epoch != 42 || run.Format != Format {
		t.Errorf("ReadRun = %+v, %v", run, err)
	}
	if init, err := os.ReadFile(InitPath(dir)); err != nil || string(init) != "init" {
		t.Errorf("init section %q, %v", init, err)
	}
	if alive, err := Alive(dir); err != nil || !alive {
		t.Errorf("Alive = %v, %v while the lock is held", alive, err)
	}
	lock.Close()
	if alive, err := Alive(dir); err != nil || alive {
		t.Errorf("Alive = %v, %v after the lock was let go", alive, err)
	}
}

func TestNewerFormatIsRefused(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "run.json"), []byte(`{"format": 99}`), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadRun(dir); err == nil {
		t.Error("a run of format 99 was accepted")
	}
}

func TestDoorbell(t *testing.T) {
	media := t.TempDir()
	ring := NewRing(media, "front")
	defer ring.Close()
	ring.Press()  // nobody listens yet: no error, no block
	for range 2 { // the second listener replaces the first
		bell, err := ListenDoorbell(media)
		if err != nil || bell == nil {
			t.Fatal(bell, err)
		}
		ring.Press()
		if call, err := bell.Wait(); err != nil || call.Camera != "front" || call.Status != nil {
			t.Errorf("Wait = %+v, %v", call, err)
		}
		if err := ring.Tell(Status{State: Recording, FPS: 25}); err != nil {
			t.Error(err)
		}
		if call, err := bell.Wait(); err != nil || call.Camera != "front" || call.Status == nil || call.Status.FPS != 25 {
			t.Errorf("Wait = %+v, %v", call, err)
		}
		bell.Close()
		if _, err := bell.Wait(); err == nil {
			t.Error("Wait on a closed doorbell gave no error")
		}
	}
}

// TestRefusedLock: a disk that takes files and knows no locks is told from one that
// another holds.
func TestRefusedLock(t *testing.T) {
	dir := t.TempDir()
	first, err := LockCamera(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	refused := (*LockError)(nil)
	if _, err := LockCamera(dir); !errors.Is(err, unix.EAGAIN) || errors.As(err, &refused) {
		t.Errorf("of two recorders: %v", err)
	}
	defer func() { fcntl = unix.FcntlFlock }()
	for _, errno := range []unix.Errno{unix.ENOLCK, unix.ENOSYS, unix.EOPNOTSUPP, unix.EACCES} {
		fcntl = func(uintptr, int, *unix.Flock_t) error { return errno }
		if _, err := LockFile(filepath.Join(dir, "lock")); !errors.As(err, &refused) || !errors.Is(err, errno) {
			t.Errorf("%v: %v", errno, err)
		}
	}
}
