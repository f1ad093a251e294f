package recorder

import (
	"context"
	"errors"
	"net"
	"os"
	"slices"
	"syscall"
	"time"

	"lookback/controller/camera"
)

const (
	// knockEvery is how often a camera that can't be reached is tried. A
	// connection costs it next to nothing, and no ffmpeg is started for it.
	knockEvery = 500 * time.Millisecond
	// knockGently is the same for one that takes connections only to end them.
	knockGently = time.Second
	// listenFor is how long a connection must stay open to be taken for more.
	listenFor = 300 * time.Millisecond
	// knockFor is how long one knock may take: TCP repeats what a cut cable
	// swallowed only after 1, 3, 7 s, but a new knock comes at once.
	knockFor = time.Second
	// maxKnocking is how long ffmpeg, which knows more reasons, is held back
	// while nothing at all answers.
	maxKnocking = 30 * time.Second
)

// unreached are the reasons after which knocking may tell that a camera is back.
var unreached = []string{camera.ConnectionRefused, camera.Unreachable, camera.Timeout, camera.Stalled, camera.StreamEnded}

// knockOrSleep passes the time until the next attempt. A camera that was not reached
// is knocked at meanwhile, and tried as soon as it opens.
func (r *Recorder) knockOrSleep(ctx context.Context, delay time.Duration) {
	door, every := camera.Door(r.URL), knockEvery
	listen := r.status.Code == camera.StreamEnded
	if listen {
		every = knockGently
	}
	if door == "" || !slices.Contains(unreached, r.status.Code) || listen && delay < knockGently {
		sleep(ctx, delay)
		return
	}
	begun, shut := time.Now(), false
	for {
		knocked := time.Now()
		conn, err := r.dial(ctx, door, listen)
		waited := time.Since(begun)
		switch {
		case err == nil && shut && ctx.Err() == nil:
			r.door = conn
			return
		case ctx.Err() != nil:
			shutDoor(conn)
			return
		case err == nil: // it was open all the time: something else is wrong
			shutDoor(conn)
			if listen {
				delay = r.soon(delay)
			}
			sleep(ctx, delay-waited)
			return
		case waited >= delay && !silent(err), waited >= maxKnocking:
			return
		}
		shut = true
		sleep(ctx, every-time.Since(knocked))
	}
}

// silent tells that nothing answered, so that ffmpeg would only wait too.
func silent(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout() || errors.Is(err, syscall.EHOSTUNREACH) || errors.Is(err, syscall.ENETUNREACH)
}

// shutDoor closes a connection, if there is one.
func shutDoor(c net.Conn) {
	if c != nil {
		c.Close()
	}
}

// takeDoor is the connection on which the camera has answered a knock: where it is
// read here, that is the one to use, since it may be the only one that it has.
func (r *Recorder) takeDoor() net.Conn {
	c := r.door
	r.door = nil
	return c
}

// knock opens a connection; with listen it waits whether the other side closes it,
// as a proxy does whose camera is away. That is then the error.
func knock(ctx context.Context, door string, listen bool) (net.Conn, error) {
	dialer := net.Dialer{Timeout: knockFor}
	c, err := dialer.DialContext(ctx, "tcp", door)
	if err != nil || !listen {
		return c, err
	}
	c.SetReadDeadline(time.Now().Add(listenFor))
	if _, err = c.Read(make([]byte, 1)); errors.Is(err, os.ErrDeadlineExceeded) {
		return c, c.SetReadDeadline(time.Time{})
	}
	c.Close()
	return nil, err
}

func sleep(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
