package rtsp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"syscall"

	"github.com/bluenviron/gortsplib/v5/pkg/base"
	"github.com/bluenviron/gortsplib/v5/pkg/liberrors"

	"lookback/controller/camera"
)

// Error is why a camera is not read, or no longer. It holds no credentials.
type Error struct {
	Code   string // of a camera.Reason
	Detail string
	// FFmpeg reports whether the camera is not at fault as far as is known: ffmpeg may
	// read it, now that this connection is closed.
	FFmpeg bool
	// Camera is what is known of one that is left to ffmpeg; nil where that is too little.
	Camera *Description
	// Unanswered reports whether no connection came about.
	Unanswered bool
}

func (e *Error) Error() string { return e.Detail }

// Reason is what people are told.
func (e *Error) Reason() camera.Reason { return camera.ReasonFor(e.Code) }

func failed(code, format string, args ...any) *Error {
	return &Error{Code: code, Detail: fmt.Sprintf(format, args...)}
}

// notOurs is a camera that is left to ffmpeg.
func notOurs(code, format string, args ...any) *Error {
	return &Error{Code: code, Detail: fmt.Sprintf(format, args...), FFmpeg: true}
}

// tlsError is a failure of the handshake.
type tlsError struct{ error }

func (e tlsError) Unwrap() error { return e.error }

// status is the code with which a camera has refused, 0 for all else.
func status(err error) base.StatusCode {
	if bad := (liberrors.ErrClientBadStatusCode{}); errors.As(err, &bad) {
		return bad.Code
	}
	return 0
}

// classify makes an Error of whatever the dialler or gortsplib says.
func classify(err error) *Error {
	if e := (*Error)(nil); errors.As(err, &e) {
		return e
	}
	if bad := (liberrors.ErrClientBadStatusCode{}); errors.As(err, &bad) {
		return refusal(bad)
	}
	if code := wayCode(err); code != "" {
		e, op := failed(code, "%s", plain(err)), (*net.OpError)(nil)
		e.Unanswered = errors.As(err, &op) && op.Op == "dial"
		return e
	}
	if strings.Contains(err.Error(), "Content-Length exceeds") {
		return failed(camera.TooMuchMemory, "the camera's description of itself is too long: %s", plain(err))
	}
	return notOurs(camera.NotAStream, "the camera speaks a dialect of RTSP that is not understood here: %s", plain(err))
}

// plain is an error's text without addresses, which may hold credentials.
func plain(err error) string {
	if u := (*url.Error)(nil); errors.As(err, &u) {
		return "an address that can't be read"
	}
	if strings.Contains(err.Error(), "://") {
		return "an address that can't be used"
	}
	return err.Error()
}

// wayCode is the code of what went wrong on the way to the camera.
func wayCode(err error) string {
	var dns *net.DNSError
	var handshake tlsError
	var network net.Error
	switch {
	case errors.As(err, &dns):
		return camera.DNS
	case errors.Is(err, syscall.ECONNREFUSED):
		return camera.ConnectionRefused
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EHOSTDOWN):
		return camera.Unreachable
	case errors.Is(err, liberrors.ErrClientTCPTimeout{}), errors.Is(err, liberrors.ErrClientUDPTimeout{}):
		return camera.Stalled
	case errors.Is(err, liberrors.ErrClientRequestTimedOut{}), errors.Is(err, context.DeadlineExceeded),
		errors.As(err, &network) && network.Timeout():
		return camera.Timeout
	case errors.As(err, &handshake):
		return camera.TLS
	case hungUp(err):
		return camera.StreamEnded
	}
	return ""
}

// hungUp: the camera has closed the connection.
func hungUp(err error) bool {
	for _, e := range []error{io.EOF, io.ErrUnexpectedEOF, syscall.ECONNRESET, syscall.EPIPE, net.ErrClosed} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// refusal is the error of an answer that is none of success.
func refusal(bad liberrors.ErrClientBadStatusCode) *Error {
	code := camera.HTTPError
	switch bad.Code {
	case base.StatusUnauthorized:
		code = camera.Unauthorized
	case base.StatusForbidden:
		code = camera.Forbidden
	case base.StatusNotFound, base.StatusGone:
		code = camera.NotFound
	}
	if strings.Contains(strings.ToLower(bad.Message), "publish") {
		code = camera.NoPublisher
	}
	return failed(code, "the camera answers %d %s", bad.Code, bad.Message)
}
