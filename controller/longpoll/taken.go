package longpoll

import (
	"io"
	"net"
)

// taken is a connection that goes on with net/http: what was read of it comes
// first.
type taken struct {
	net.Conn
	read []byte
}

func (t *taken) Read(p []byte) (int, error) {
	if len(t.read) == 0 {
		return t.Conn.Read(p)
	}
	n := copy(p, t.read)
	if t.read = t.read[n:]; len(t.read) == 0 {
		t.read = nil
	}
	return n, nil
}

// ReadFrom lets files go from the disk to the socket without coming by here.
func (t *taken) ReadFrom(r io.Reader) (int64, error) {
	if direct, ok := t.Conn.(io.ReaderFrom); ok {
		return direct.ReadFrom(r)
	}
	return io.Copy(struct{ io.Writer }{t.Conn}, r)
}

// CloseWrite tells the client that nothing more comes.
func (t *taken) CloseWrite() error {
	if half, ok := t.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}
