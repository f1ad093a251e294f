package rtsp

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"net"

	"lookback/controller/camera"
)

func (s *session) dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := s.dialPlain(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return &wary{Conn: conn}, nil
}

func (s *session) dialPlain(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := s.plan.Conn, error(nil)
	if s.plan.Conn = nil; conn == nil {
		conn, err = (&net.Dialer{}).DialContext(ctx, network, address)
	}
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conn = conn
	return conn, nil
}

// dialTLS shakes hands before gortsplib gets the connection, which would wait
// for that without a limit.
func (s *session) dialTLS(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := s.dialPlain(ctx, network, address)
	if err != nil {
		return nil, err
	}
	host, _, _ := net.SplitHostPort(address)
	secure := tls.Client(conn, tlsConfig(host, s.plan.VerifyTLS))
	if err := secure.HandshakeContext(ctx); err != nil {
		conn.Close()
		if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
			return nil, err
		}
		return nil, tlsError{err}
	}
	return &wary{Conn: secure}, nil
}

// wary is a connection that fails when HTTP is spoken on it. gortsplib would
// skip that and wait.
type wary struct {
	net.Conn
	heard bool
}

func (w *wary) Read(b []byte) (int, error) {
	n, err := w.Conn.Read(b)
	if !w.heard && n > 0 && bytes.HasPrefix(b[:n], []byte("HTTP/")) {
		return 0, failed(camera.NotAStream, "a web server answers at the camera's address")
	}
	w.heard = w.heard || n > 0
	return n, err
}

// tlsConfig takes what old cameras speak. That is for cameras alone.
func tlsConfig(host string, verify bool) *tls.Config {
	c := &tls.Config{ServerName: host, InsecureSkipVerify: !verify, MinVersion: tls.VersionTLS10}
	for _, s := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
		c.CipherSuites = append(c.CipherSuites, s.ID)
	}
	return c
}

// listen opens a port for packets. A key frame comes in one burst, which the
// kernel's buffer has to hold; it may give less than is asked for.
func listen(network, address string) (net.PacketConn, error) {
	c, err := net.ListenPacket(network, address)
	if u, ok := c.(*net.UDPConn); ok {
		u.SetReadBuffer(4 << 20)
	}
	return c, err
}
