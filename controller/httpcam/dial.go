package httpcam

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"syscall"
	"time"
)

// receiveBuffer is what the kernel keeps for us, bytes: when this machine can't
// keep up, pictures wait in the camera, which leaves some out.
const receiveBuffer = 256 << 10

// KeepAlive is how a connection on which nothing comes is asked whether the camera is still
// there, so that no other one is needed for that.
var KeepAlive = net.KeepAliveConfig{Enable: true, Idle: 2 * time.Second, Interval: time.Second, Count: 3}

// dialTCP tries one address of a name after the other, never two at once: many
// cameras have a single place.
func (r *run) dialTCP(ctx context.Context, address string) (net.Conn, error) {
	if r.source.Dial != nil {
		return r.source.Dial(ctx, address)
	}
	dialer := net.Dialer{FallbackDelay: -1, KeepAliveConfig: KeepAlive}
	c, err := dialer.DialContext(ctx, "tcp", address)
	if tcp, ok := c.(*net.TCPConn); ok {
		tcp.SetReadBuffer(receiveBuffer)
	}
	return c, err
}

// dial connects to an address. Where a camera stumbles over what is new in TLS,
// it is asked again in older words, after the connection before is closed.
func (r *run) dial(ctx context.Context, a address) (*wire, error) {
	var first error
	for {
		c, err := r.dialOnce(ctx, a)
		if err == nil {
			return &wire{conn: c, key: a.key()}, nil
		}
		first = cmp.Or(first, err)
		if r.tlsStep+1 >= len(tlsSteps) || !stumbled(err) || ctx.Err() != nil {
			return nil, failed("connecting", first)
		}
		r.tlsStep++
	}
}

func (r *run) dialOnce(ctx context.Context, a address) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, r.limits.Connect)
	defer cancel()
	c := r.conn
	r.conn = nil
	if c == nil {
		var err error
		if c, err = r.dialTCP(ctx, a.hostPort()); err != nil {
			return nil, err
		}
	}
	if !a.secure {
		return c, nil
	}
	secured := tls.Client(c, r.tlsConfig(a))
	if err := secured.HandshakeContext(ctx); err != nil {
		c.Close()
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, &handshakeError{err}
	}
	return secured, nil
}

// handshakeError is a failure of TLS, and not of the way to the camera.
type handshakeError struct{ err error }

func (e *handshakeError) Error() string { return e.err.Error() }
func (e *handshakeError) Unwrap() error { return e.err }

// tlsSteps are the newest versions that are spoken, one try after the other.
var tlsSteps = []uint16{tls.VersionTLS13, tls.VersionTLS12, tls.VersionTLS10}

// stumbled reports whether older words may help: the camera hung up, or said no.
func stumbled(err error) bool {
	return errors.As(err, new(*handshakeError)) &&
		(errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) || errors.As(err, new(*net.OpError)))
}

// tlsConfig takes what cameras have: certificates nobody vouches for, TLS 1.0,
// ciphers that are out of use. Curves are the small ones: a greeting that does
// not fit in one packet is more than some read. Left out is what Go allows only
// the whole process: keys of 512 bits, signatures by SHA-1 in TLS 1.2; and what
// it has not got: ciphers that all need DHE. These end with the reason tls.
func (r *run) tlsConfig(a address) *tls.Config {
	var ciphers []uint16
	for _, suite := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
		ciphers = append(ciphers, suite.ID)
	}
	return &tls.Config{
		ServerName:         a.host,
		InsecureSkipVerify: !r.source.VerifyTLS,
		MinVersion:         tls.VersionTLS10,
		MaxVersion:         tlsSteps[r.tlsStep],
		CipherSuites:       ciphers,
		CurvePreferences:   []tls.CurveID{tls.X25519, tls.CurveP256, tls.CurveP384, tls.CurveP521},
		Renegotiation:      tls.RenegotiateOnceAsClient,
		RootCAs:            r.source.roots,
	}
}
