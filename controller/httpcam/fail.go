package httpcam

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"

	"lookback/controller/camera"
)

// failed makes a camera.Reason of what the network says; an error that has one
// keeps it.
func failed(doing string, err error) error {
	if errors.As(err, new(camera.Reason)) {
		return fmt.Errorf("%s: %w", doing, err)
	}
	return fmt.Errorf("%s: %w: %w", doing, err, camera.ReasonFor(codeOf(err)))
}

func codeOf(err error) string {
	switch {
	case errors.As(err, new(*net.DNSError)):
		return camera.DNS
	case errors.As(err, new(*handshakeError)):
		return camera.TLS
	case silent(err):
		return camera.Timeout
	case errors.Is(err, syscall.ECONNREFUSED):
		return camera.ConnectionRefused
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EHOSTDOWN), errors.Is(err, syscall.EADDRNOTAVAIL):
		return camera.Unreachable
	}
	return camera.StreamEnded
}

// silent reports whether something did not come in time.
func silent(err error) bool {
	var timeout net.Error
	return errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, context.DeadlineExceeded) ||
		errors.Is(err, syscall.ETIMEDOUT) || errors.As(err, &timeout) && timeout.Timeout()
}

// hungUp reports whether the other side has closed a connection that was kept.
func hungUp(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

// statusError is the reason of an answer that is an error. Its words are not
// repeated: some servers put the address into them.
func statusError(status int) error {
	code := camera.HTTPError
	switch status {
	case 401:
		code = camera.Unauthorized
	case 403:
		code = camera.Forbidden
	case 404, 410:
		code = camera.NotFound
	}
	return &answerError{status, camera.ReasonFor(code)}
}

// answerError is an answer that is an error.
type answerError struct {
	status int
	reason camera.Reason
}

func (e *answerError) Error() string { return fmt.Sprintf("it answers %d: %v", e.status, e.reason) }
func (e *answerError) Unwrap() error { return e.reason }

// StatusOf is the status of the answer that an error is about, 0 when none came.
func StatusOf(err error) int {
	if e := (*answerError)(nil); errors.As(err, &e) {
		return e.status
	}
	return 0
}

// emitError carries what the receiver of pictures said past all judging.
type emitError struct{ err error }

func (e *emitError) Error() string { return e.err.Error() }
func (e *emitError) Unwrap() error { return e.err }
