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
	"lookback/controller/httpcam"
	"lookback/controller/rtsp"
)

const (
	// dialEvery is how often a camera that can't be reached is tried. A
	// connection costs it next to nothing, and no ffmpeg is started for it.
	dialEvery = 500 * time.Millisecond
	// dialGently is the same for one that takes connections only to end them.
	dialGently = time.Second
	// listenFor is how long a connection must stay open to be taken for more.
	listenFor = 300 * time.Millisecond
	// dialTimeout is how long one attempt may take: TCP repeats what a cut cable
	// swallowed only after 1, 3, 7 s, but a new attempt begins at once.
	dialTimeout = time.Second
	// maxDialing is how long ffmpeg, which knows more reasons, is held back
	// while nothing at all answers.
	maxDialing = 30 * time.Second
)

// unreached are the reasons after which dialing may tell that a camera is back.
var unreached = []string{camera.ConnectionRefused, camera.Unreachable, camera.Timeout, camera.Stalled, camera.StreamEnded}

// dialOrSleep passes the time until the next attempt. A camera that was not reached
// is dialed meanwhile, and tried as soon as it answers. Where it is read here, the
// connection on which it answers is the one to use: it may have no other place.
func (r *Recorder) dialOrSleep(ctx context.Context, delay time.Duration) {
	address, every := camera.TCPAddress(r.URL), dialEvery
	listen := r.status.Code == camera.StreamEnded
	if listen {
		every = dialGently
	}
	if address == "" || !slices.Contains(unreached, r.status.Code) || listen && delay < dialGently {
		sleep(ctx, delay)
		return
	}
	kind, _ := camera.KindOf(r.URL)
	if kind == camera.RTSP && !r.direct() && !r.mayAnswerHere() { // ffmpeg's own attempt is the next connection
		if listen {
			delay = r.soon(delay)
		}
		sleep(ctx, delay)
		return
	}
	begun, here, shut := time.Now(), kind == camera.HTTP || kind == camera.RTSP, false
	if here && !r.away { // it answers, as far as is known: something else is wrong
		if listen {
			delay = r.soon(delay)
		}
		sleep(ctx, delay)
	}
	for ctx.Err() == nil {
		dialed := time.Now()
		conn, err := r.dial(ctx, address, listen)
		waited := time.Since(begun)
		switch {
		case err == nil && (shut || here) && ctx.Err() == nil:
			r.conn = conn
			return
		case ctx.Err() != nil:
			closeConn(conn)
			return
		case err == nil: // it answered all the time: something else is wrong
			closeConn(conn)
			if listen {
				delay = r.soon(delay)
			}
			sleep(ctx, delay-waited)
			return
		}
		shut, r.away = true, true
		over := waited >= delay && !silent(err) || waited >= maxDialing
		if !over || listen { // each of these was a connection
			sleep(ctx, every-time.Since(dialed))
		}
		if over {
			return
		}
	}
}

// mayAnswerHere reports whether an RTSP camera that ffmpeg reads may be read here once
// more, on the connection on which it answers: it was away, and may be another one.
func (r *Recorder) mayAnswerHere() bool {
	foreign, least := r.foreign, r.least
	defer func() { r.foreign, r.least = foreign, least }()
	r.foreign, r.least = "", camera.Rough
	r.away = r.away || slices.Contains([]string{camera.ConnectionRefused, camera.Unreachable, camera.Timeout}, r.status.Code)
	return r.away && r.direct()
}

// silent reports whether nothing answered, so that ffmpeg would only wait too.
func silent(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout() || errors.Is(err, syscall.EHOSTUNREACH) || errors.Is(err, syscall.ENETUNREACH)
}

// closeConn closes a connection, if there is one.
func closeConn(c net.Conn) {
	if c != nil {
		c.Close()
	}
}

// takeConn is the connection on which the camera has answered, nil for none.
func (r *Recorder) takeConn() net.Conn {
	c := r.conn
	r.conn = nil
	return c
}

// dials notes that the camera is tried, on the connection on which it has answered or
// on another one. One that ends every connection remains away until one holds.
func (r *Recorder) dials() {
	r.away = r.away && r.conn == nil && r.status.Code == camera.StreamEnded
}

// unanswered reports whether no connection came about. The next knock may tell then.
func unanswered(err error) bool {
	op, e := (*net.OpError)(nil), (*rtsp.Error)(nil)
	return errors.As(err, &op) && op.Op == "dial" || errors.As(err, &e) && e.Unanswered
}

// dialCamera opens a connection; with listen it waits whether the other side closes it,
// as a proxy does whose camera is away. That is then the error.
func dialCamera(ctx context.Context, address string, listen bool) (net.Conn, error) {
	dialer := net.Dialer{Timeout: dialTimeout, KeepAliveConfig: httpcam.KeepAlive}
	c, err := dialer.DialContext(ctx, "tcp", address)
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
