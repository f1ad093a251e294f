package democam

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

const (
	boundary = "lookback"
	// The delimiter is sent after each part rather than before it, so that a
	// client that waits for it has the picture at once.
	delimiter       = "\r\n--" + boundary + "\r\n"
	maxPartOverhead = 160 // bytes of a part that are not its picture, at most

	streamHead = "HTTP/1.1 200 OK\r\n" +
		"Content-Type: multipart/x-mixed-replace; boundary=" + boundary + "\r\n" +
		"Cache-Control: no-store\r\nConnection: close\r\n\r\n--" + boundary + "\r\n"

	// sendBuffer holds a few frames: a client that lags sees a young picture
	// when it goes on, not what the kernel has kept for it (bytes).
	sendBuffer = 256 << 10
	// writeTimeout is how long a client may take not one byte.
	writeTimeout = 30 * time.Second
)

// appendPartHead writes the head of a part with a picture of n bytes, its
// instant as seconds since 1970-01-01 UTC.
func appendPartHead(dst []byte, n int, at time.Time) []byte {
	return fmt.Appendf(dst, "Content-Type: image/jpeg\r\nContent-Length: %d\r\nX-Timestamp: %d.%06d\r\n\r\n",
		n, at.Unix(), at.Nanosecond()/1000)
}

// client is somebody who watches. It holds the newest frame that it has not
// taken yet and no other, however slow it is.
type client struct {
	next chan *frame   // of capacity 1
	done chan struct{} // closed when the camera drops it
	conn net.Conn      // nil for a snapshot
}

// offer makes f the client's next frame; false when that replaced another.
func (cl *client) offer(f *frame) bool {
	select {
	case cl.next <- f:
		return true
	default:
	}
	select {
	case <-cl.next:
	default: // taken in this very moment
		cl.next <- f
		return true
	}
	cl.next <- f
	return false
}

// join lets a client watch; nil when the camera is closed. Whoever joins
// leaves.
func (c *Server) join(conn net.Conn) *client {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ctx.Err() != nil {
		return nil
	}
	cl := &client{next: make(chan *frame, 1), done: make(chan struct{}), conn: conn}
	c.clients[cl] = struct{}{}
	c.tasks.Add(1)
	c.changed()
	return cl
}

func (c *Server) leave(cl *client) {
	c.mu.Lock()
	delete(c.clients, cl)
	c.mu.Unlock()
	c.changed()
	c.tasks.Done()
}

// disconnect drops all clients. The caller holds the lock.
func (c *Server) disconnect() {
	for cl := range c.clients {
		delete(c.clients, cl)
		close(cl.done)
		if cl.conn != nil {
			cl.conn.Close() // also ends a write that hangs
		}
	}
}

// ServeHTTP serves GET /stream.mjpg, /snapshot.jpg, /healthz, / and /faults,
// and POST /faults. The server must speak HTTP/1: a stream takes over its
// connection, so that a part is one write.
func (c *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { c.handler.ServeHTTP(w, r) }

func (c *Server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /stream.mjpg", c.stream)
	mux.HandleFunc("GET /snapshot.jpg", c.snapshot)
	mux.HandleFunc("GET /faults", c.showFaults)
	mux.HandleFunc("POST /faults", c.setFaults)
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "ok\n") })
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		io.WriteString(w, `<!doctype html><html lang=en><title>Lookback demo camera</title>`+
			`<body style="margin:0;background:#04121c"><img src=stream.mjpg alt="A lake at dusk and a clock" style="width:100%">`+"\n")
	})
	// A page of another origin may look, but cause no faults.
	return http.NewCrossOriginProtection().Handler(mux)
}

// stream sends frames until the client leaves or is dropped.
func (c *Server) stream(w http.ResponseWriter, r *http.Request) {
	c.refuse()
	if r.Method == http.MethodHead {
		w.Header().Set("Content-Type", "multipart/x-mixed-replace; boundary="+boundary)
		return
	}
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		http.Error(w, "a stream needs HTTP/1.1: "+err.Error(), http.StatusInternalServerError)
		return
	}
	defer conn.Close()
	cl := c.join(conn)
	if cl == nil {
		return
	}
	defer c.leave(cl)
	log := c.log.With("client", conn.RemoteAddr().String())
	log.Debug("a client watches")
	err = cl.send()
	log.Debug("a client has left", "reason", err)
}

// send writes frames until that fails or the client is gone.
func (cl *client) send() error {
	conn := cl.conn
	conn.SetDeadline(time.Time{})
	if tcp, ok := conn.(*net.TCPConn); ok {
		tcp.SetWriteBuffer(sendBuffer)
	}
	gone := make(chan error, 1)
	go func() { // ends with the connection, which is closed and waited for below
		_, err := io.Copy(io.Discard, conn)
		gone <- err
	}()
	err := cl.frames(gone)
	conn.Close()
	if err == nil {
		return nil
	}
	<-gone
	return err
}

// frames is the loop of send; nil when gone has reported.
func (cl *client) frames(gone <-chan error) error {
	if _, err := io.WriteString(cl.conn, streamHead); err != nil {
		return err
	}
	for {
		select {
		case f := <-cl.next:
			cl.conn.SetWriteDeadline(time.Now().Add(writeTimeout))
			if _, err := cl.conn.Write(f.part); err != nil {
				return err
			}
		case <-gone:
			return nil
		case <-cl.done:
			return net.ErrClosed
		}
	}
}

// snapshot sends the next frame.
func (c *Server) snapshot(w http.ResponseWriter, r *http.Request) {
	c.refuse()
	cl := c.join(nil)
	if cl == nil {
		http.Error(w, "the camera is being switched off", http.StatusServiceUnavailable)
		return
	}
	defer c.leave(cl)
	select {
	case f := <-cl.next:
		w.Header().Set("Content-Type", "image/jpeg")
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Timestamp", fmt.Sprintf("%d.%06d", f.at.Unix(), f.at.Nanosecond()/1000))
		w.Write(f.jpeg)
	case <-cl.done:
		panic(http.ErrAbortHandler)
	case <-r.Context().Done():
	}
}

// refuse ends the request without an answer while the camera is to take no
// connections.
func (c *Server) refuse() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.faults.expire(time.Now())
	if c.faults.refuse.active {
		panic(http.ErrAbortHandler)
	}
}
