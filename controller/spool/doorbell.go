package spool

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"net"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/sys/unix"
)

// MaxSocketPath is the longest path a unix socket can have on Linux (sun_path
// less the terminating zero).
const MaxSocketPath = 107

func doorbellPath(mediaDir string) string { return filepath.Join(Root(mediaDir), "doorbell") }

// Ring wakes whoever follows the spool. It is only a hint: a full or missing
// doorbell is no error, since the follower polls as well.
type Ring struct {
	addr *net.UnixAddr
	conn *net.UnixConn
	name []byte
}

// NewRing makes a doorbell button for one camera.
func NewRing(mediaDir, camera string) *Ring {
	return &Ring{addr: &net.UnixAddr{Name: doorbellPath(mediaDir), Net: "unixgram"}, name: []byte(camera)}
}

// Press rings, dialling anew when the listener has been replaced.
func (r *Ring) Press() { r.send(r.name) }

// Tell rings and says how the recorder is, for a listener in another process
// that a disk which takes nothing keeps from reading status.json. The error is that
// of encoding it; whether anybody listens is not told.
func (r *Ring) Tell(s Status) error {
	s.Format = Format
	data, err := json.Marshal(s)
	if err == nil {
		r.send(append(append(slices.Clone(r.name), '\n'), data...))
	}
	return err
}

func (r *Ring) send(message []byte) {
	for range 2 {
		if r.conn == nil {
			conn, err := net.DialUnix("unixgram", nil, r.addr)
			if err != nil {
				return
			}
			r.conn = conn
		}
		if err := r.offer(message); err == nil || errors.Is(err, unix.EAGAIN) {
			return
		}
		r.Close()
	}
}

// offer never waits: a listener that hangs fills the socket. A deadline would wake the
// program once more for each part.
func (r *Ring) offer(message []byte) error {
	raw, err := r.conn.SyscallConn()
	if err != nil {
		return err
	}
	outer := raw.Write(func(fd uintptr) bool {
		err = unix.Send(int(fd), message, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL)
		return true
	})
	return cmp.Or(outer, err)
}

// Close lets go of the socket.
func (r *Ring) Close() {
	if r.conn != nil {
		r.conn.Close()
		r.conn = nil
	}
}

// maxCall is the longest message, bytes: a status with fifty lines of ffmpeg's log.
const maxCall = 64 << 10

// Doorbell is the listening side.
type Doorbell struct {
	conn *net.UnixConn
	buf  []byte
}

// Call is a ring of the doorbell.
type Call struct {
	Camera string  // whose recorder rang
	Status *Status // what it says of itself; nil: it only rang
}

// ListenDoorbell replaces the media directory's doorbell by one of its own.
// On a path too long for a socket it returns nil and no error: followers poll. So
// they can after an error, which is that of making the socket or its folder.
func ListenDoorbell(mediaDir string) (*Doorbell, error) {
	path := doorbellPath(mediaDir)
	if len(path) > MaxSocketPath {
		return nil, nil
	}
	if err := os.MkdirAll(Root(mediaDir), 0o755); err != nil {
		return nil, err
	}
	if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
		return nil, err
	}
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		return nil, err
	}
	return &Doorbell{conn, make([]byte, maxCall)}, nil
}

// Wait returns who rings next, or an error once the doorbell is closed. One
// goroutine may wait.
func (d *Doorbell) Wait() (Call, error) {
	n, err := d.conn.Read(d.buf)
	name, said, tells := bytes.Cut(d.buf[:n], []byte{'\n'})
	call := Call{Camera: string(name)}
	if tells {
		var s Status
		if json.Unmarshal(said, &s) == nil && s.Format <= Format { // else only a ring
			call.Status = &s
		}
	}
	return call, err
}

// Close ends all waiting.
func (d *Doorbell) Close() error { return d.conn.Close() }
