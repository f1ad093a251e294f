package spool

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// A recorder in a process of its own ends by itself when nobody has wanted it
// for a while: a controller renews the camera's lease by setting the file's
// time, which a full disk allows too. What the file says is lease or over.
const (
	leased    = "lease\n"
	leaseOver = "over \n" // as long, so that a full disk takes it
)

// LeasePath is the file by which a recorder in a process of its own is wanted.
func LeasePath(cameraDir string) string { return filepath.Join(cameraDir, "lease") }

// RenewLease tells the recorder of a camera that it is still wanted. An error is the
// disk's: the recorder goes on until its lease is over, so it is to be called again.
func RenewLease(cameraDir string) error {
	if err := os.MkdirAll(cameraDir, 0o755); err != nil {
		return err
	}
	return writeLease(cameraDir, os.O_CREATE, leased)
}

// EndLease has the recorder of a camera end at once. Without a lease there is nothing
// to do, and no error; else that is the disk's, and the recorder goes on.
func EndLease(cameraDir string) error {
	err := writeLease(cameraDir, 0, leaseOver)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// writeLease changes the file where it is: replacing it needs space.
func writeLease(cameraDir string, create int, says string) error {
	if err := clearWay(LeasePath(cameraDir)); err != nil {
		return err
	}
	f, err := os.OpenFile(LeasePath(cameraDir), os.O_RDWR|create|unix.O_NONBLOCK|unix.O_NOFOLLOW, 0o644)
	if err != nil {
		return err
	}
	said := make([]byte, len(says))
	if n, _ := f.ReadAt(said, 0); string(said[:n]) != says {
		_, err = f.WriteAt([]byte(says), 0)
	}
	now := time.Now()
	return errors.Join(err, f.Close(), os.Chtimes(LeasePath(cameraDir), now, now))
}

// Lease is the recorder's side: it counts the time in which it saw no renewal.
// Clocks that are set don't matter, since it only looks whether the file's time
// is another; time in which nobody could look (a container that was paused, a
// disk that hung) counts as one look.
type Lease struct {
	cameraDir string
	length    time.Duration
	seen      time.Time // the file's time
	looked    time.Duration
	idle      time.Duration
}

// NewLease begins with a whole lease; now is monotonic.
func NewLease(cameraDir string, length, now time.Duration) *Lease {
	return &Lease{cameraDir: cameraDir, length: length, looked: now}
}

// Every is how often Over is to be asked.
func (l *Lease) Every() time.Duration { return min(l.length/10, 5*time.Second) }

// Over reports whether nobody wants the recorder any more; now is monotonic.
func (l *Lease) Over(now time.Duration) bool {
	passed := min(now-l.looked, 2*l.Every())
	l.looked = now
	info, err := os.Stat(LeasePath(l.cameraDir))
	if err == nil && !info.ModTime().Equal(l.seen) {
		l.seen, l.idle = info.ModTime(), 0
		says, err := ReadRegular(LeasePath(l.cameraDir), SmallFile)
		return err == nil && string(says) == leaseOver
	}
	l.idle += passed
	return l.idle >= l.length
}
