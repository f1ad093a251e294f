package spool

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"time"
)

// maxSocketPath is the longest path a unix socket can have on Linux (sun_path
// less the terminating zero).
const maxSocketPath = 107

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
func (r *Ring) Press() {
	for range 2 {
		if r.conn == nil {
			conn, err := net.DialUnix("unixgram", nil, r.addr)
			if err != nil {
				return
			}
			r.conn = conn
		}
		// A listener that hangs fills the socket; the write must not wait for it.
		r.conn.SetWriteDeadline(time.Now().Add(time.Millisecond))
		_, err := r.conn.Write(r.name)
		if err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
			return
		}
		r.Close()
	}
}

// Close lets go of the socket.
func (r *Ring) Close() {
	if r.conn != nil {
		r.conn.Close()
		r.conn = nil
	}
}

// Doorbell is the listening side.
type Doorbell struct{ conn *net.UnixConn }

// ListenDoorbell replaces the media directory's doorbell by one of its own.
// On a path too long for a socket it returns nil and no error: followers poll.
func ListenDoorbell(mediaDir string) (*Doorbell, error) {
	path := doorbellPath(mediaDir)
	if len(path) > maxSocketPath {
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
	return &Doorbell{conn}, nil
}

// Wait returns the name of the camera whose recorder rang next, or an error
// once the doorbell is closed.
func (d *Doorbell) Wait() (string, error) {
	var buf [64]byte
	n, err := d.conn.Read(buf[:])
	return string(buf[:n]), err
}

// Close ends all waiting.
func (d *Doorbell) Close() error { return d.conn.Close() }
