package lane

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"lookback/controller/spool"
)

// socketName is the recorder's socket in its camera's spool, and the name under which
// it is made.
const (
	socketName = "live.sock"
	newName    = ".live.sock"
)

// patience is how long a taker may take nothing.
const patience = 10 * time.Second

// Sender is the recorder's end. Its methods never wait for anybody, and do nothing
// while there is no socket. One goroutine owns it.
type Sender struct {
	dir      string
	fan      fan
	listener *net.UnixListener // nil: there is none
	group    sync.WaitGroup
	end      context.CancelFunc
}

// NewSender sends what a camera's recorder has; dir is the camera's spool. Only who
// holds its recorder.lock may.
func NewSender(dir string) *Sender { return &Sender{dir: dir} }

// Listen makes the socket, where there is none yet. The error is why that can't be.
func (s *Sender) Listen() error {
	if s.listener != nil {
		return nil
	}
	l, err := listen(s.dir)
	if err != nil {
		return err
	}
	var ctx context.Context
	ctx, s.end = context.WithCancel(context.Background())
	s.listener = l
	s.group.Go(func() { s.accept(ctx, l) })
	return nil
}

// listen replaces the socket that a recorder has left by one of its own, mode 0600.
func listen(dir string) (*net.UnixListener, error) {
	var l *net.UnixListener
	err := reach(dir, newName, func(path string) (err error) {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		l, err = net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
		return err
	})
	if err != nil {
		return nil, err
	}
	l.SetUnlinkOnClose(false) // by then it may be another recorder's
	made := filepath.Join(dir, newName)
	if err := errors.Join(os.Chmod(made, 0o600), os.Rename(made, filepath.Join(dir, socketName))); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

// reach calls do with a path to a socket that is short enough for one.
func reach(dir, name string, do func(path string) error) error {
	path := filepath.Join(dir, name)
	if len(path) <= spool.MaxSocketPath {
		return do(path)
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return do(fmt.Sprintf("/proc/self/fd/%d/%s", d.Fd(), name))
}

// accept sends to everybody who connects.
func (s *Sender) accept(ctx context.Context, l *net.UnixListener) {
	for {
		conn, err := l.Accept()
		if err != nil {
			if ctx.Err() != nil || errors.Is(err, net.ErrClosed) {
				return
			}
			select { // such as EMFILE
			case <-time.After(time.Second):
			case <-ctx.Done():
				return
			}
			continue
		}
		t := s.fan.join()
		s.group.Go(func() {
			defer conn.Close()
			defer s.fan.leave(t)
			defer context.AfterFunc(ctx, func() { conn.Close() })() // who takes nothing is not waited for
			for {
				all, err := s.fan.next(ctx, t)
				if err != nil || deliver(conn, all) != nil {
					return
				}
			}
		})
	}
}

// deliver writes all at once.
func deliver(conn net.Conn, all [][]byte) error {
	if err := conn.SetWriteDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	buffers := net.Buffers(all)
	_, err := buffers.WriteTo(conn)
	return err
}

// Begin begins a run. The error is that of encoding it.
func (s *Sender) Begin(r Run) error {
	m, err := r.message()
	if err == nil {
		s.fan.begin(m, "")
	}
	return err
}

// Picture sends a picture.
func (s *Sender) Picture(p Picture) {
	if s.listener != nil {
		s.fan.add(item{p.message(), p.Sync})
	}
}

// Sound sends frames of sound.
func (s *Sender) Sound(f Sound) {
	if s.listener != nil && len(f.Frames) > 0 {
		s.fan.add(item{f.message(), false})
	}
}

// Close takes the socket away, and lets go of those who are connected.
func (s *Sender) Close() error {
	if s.listener == nil {
		return nil
	}
	err := errors.Join(s.listener.Close(), os.Remove(filepath.Join(s.dir, socketName)))
	s.end()
	s.group.Wait()
	s.listener = nil
	return err
}

// dial connects to a camera's recorder.
func dial(ctx context.Context, dir string) (conn net.Conn, err error) {
	err = reach(dir, socketName, func(path string) (err error) {
		var d net.Dialer
		conn, err = d.DialContext(ctx, "unix", path)
		return err
	})
	return conn, err
}
