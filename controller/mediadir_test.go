package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"lookback/controller/spool"
)

// TestWithoutDoorbell: where the disk takes no socket cameras are recorded and played all
// the same, and one line says what that costs.
func TestWithoutDoorbell(t *testing.T) {
	h := newHouse(t, "CAMERAS=a=test:320x180@10")
	// As on exFAT, nobody can make a socket there.
	if err := os.MkdirAll(filepath.Join(spool.Root(h.media), "doorbell", "in the way"), 0o755); err != nil {
		t.Fatal(err)
	}
	h.serve()
	h.untilLive("a")
	h.until("its segments are listed", func() bool {
		return strings.Count(h.get("/hls/a/live.m3u8").body, ".m4s") > 2
	})
	if got := strings.Count(h.log.String(), "the doorbell of MEDIA_DIR can't be used"); got != 1 {
		t.Errorf("it is said %d times", got)
	}
}

// TestLockable: why a media directory can't be had is told as it is.
func TestLockable(t *testing.T) {
	for err, want := range map[error]string{
		unix.EAGAIN:                          "a folder that no other controller uses",
		&spool.LockError{Err: unix.ENOLCK}:   "a disk that locks files, which this one refuses (no locks available)",
		&spool.LockError{Err: unix.EACCES}:   "a disk that locks files, which this one refuses (permission denied)",
		fmt.Errorf("open x: %w", unix.EROFS): fmt.Sprintf("a folder that user %d may write (open x: read-only file system)", os.Getuid()),
	} {
		if got := lockable(err, t.TempDir()); !strings.Contains(got, want) {
			t.Errorf("%v: %s", err, got)
		}
	}
}

// TestWhoMayWrite: a volume that belongs to another user than PUID says whose it is, as
// to root, who has no rights over it in the containers.
func TestWhoMayWrite(t *testing.T) {
	const whose = "; it belongs to user 10001 and group 10001: with Docker set PUID=10001 and PGID=10001, or give the folder of MEDIA_PATH to user 0"
	for _, c := range []struct {
		err  error
		of   *owner
		want string
	}{
		{unix.EACCES, &owner{10001, 10001}, "a folder that user 0 may write (permission denied)" + whose},
		{&os.PathError{Op: "open", Path: "x", Err: unix.EACCES}, &owner{10001, 10001}, "a folder that user 0 may write (open x: permission denied)" + whose},
		{unix.EACCES, &owner{0, 0}, "a folder that user 0 may write (permission denied)"},
		{unix.EACCES, nil, "a folder that user 0 may write (permission denied)"},
		{unix.EROFS, &owner{10001, 10001}, "a folder that user 0 may write (read-only file system)"},
	} {
		if got := writable(c.err, 0, c.of); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
	if of := ownerOf(filepath.Join(t.TempDir(), "not", "there")); of == nil || of.user != os.Getuid() {
		t.Errorf("it belongs to %v", of)
	}
}
