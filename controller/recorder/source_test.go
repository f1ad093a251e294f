package recorder

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// mjpegCamera is a small camera: multipart JPEG at a constant rate. It notes
// when it began to send each frame.
type mjpegCamera struct {
	*httptest.Server
	fps   float64
	stall atomic.Bool // sends nothing, keeps the connection

	mu    sync.Mutex
	sent  []time.Time
	conns int
}

func newMJPEGCamera(t *testing.T, fps float64, width, height int) *mjpegCamera {
	c := &mjpegCamera{fps: fps}
	frames := pictures(width, height, 8)
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { c.serve(w, r, frames) }))
	t.Cleanup(func() { c.CloseClientConnections(); c.Close() })
	return c
}

func (c *mjpegCamera) serve(w http.ResponseWriter, r *http.Request, frames [][]byte) {
	c.mu.Lock()
	c.conns++
	c.mu.Unlock()
	w.Header().Set("Content-Type", "multipart/x-mixed-replace; boundary=frame")
	begun := time.Now()
	for i := 0; ; i++ {
		if !c.stall.Load() {
			frame := frames[i%len(frames)]
			c.mu.Lock()
			c.sent = append(c.sent, time.Now())
			c.mu.Unlock()
			fmt.Fprintf(w, "--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n", len(frame))
			w.Write(frame)
			fmt.Fprint(w, "\r\n")
			w.(http.Flusher).Flush()
		}
		select {
		case <-time.After(time.Until(begun.Add(time.Duration(float64(i+1) / c.fps * float64(time.Second))))):
		case <-r.Context().Done():
			return
		}
	}
}

// pictures is how many were sent.
func (c *mjpegCamera) pictures() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.sent)
}

func (c *mjpegCamera) connections() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.conns
}

// pictures are JPEGs with a bar that wanders.
func pictures(width, height, n int) [][]byte {
	out := make([][]byte, n)
	for i := range n {
		img := image.NewYCbCr(image.Rect(0, 0, width, height), image.YCbCrSubsampleRatio420)
		for p := range img.Y {
			img.Y[p] = uint8(p % 251)
		}
		for p := range img.Cb {
			img.Cb[p], img.Cr[p] = 128, 128
		}
		for y := range height {
			for x := range width / n {
				img.Y[img.YOffset(i*width/n+x, y)] = color.GrayModel.Convert(color.White).(color.Gray).Y
			}
		}
		var b bytes.Buffer
		jpeg.Encode(&b, img, nil)
		out[i] = b.Bytes()
	}
	return out
}

// newTSCamera is a camera that sends H.264 in an MPEG transport stream: an
// ffmpeg per connection, ended with it.
func newTSCamera(t *testing.T, args ...string) *httptest.Server {
	return newTSStream(t, append(slices.Clone(testPicture), args...)...)
}

var testPicture = []string{"-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25", "-c:v", "libx264", "-preset", "ultrafast", "-sc_threshold", "0"}

// newTSStream is a camera that sends what ffmpeg makes of the arguments.
func newTSStream(t *testing.T, args ...string) *httptest.Server {
	return newTSStreams(t, func(int) []string { return args })
}

// newTSStreams is the same with other arguments for each connection, from 0 on.
func newTSStreams(t *testing.T, args func(connection int) []string) *httptest.Server {
	var connections atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "video/mp2t")
		all := append([]string{"-nostdin", "-loglevel", "error", "-re"}, args(int(connections.Add(1)-1))...)
		cmd := exec.CommandContext(r.Context(), "ffmpeg", append(all, "-f", "mpegts", "-flush_packets", "1", "pipe:1")...)
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		out, err := cmd.StdoutPipe()
		if err != nil || cmd.Start() != nil {
			panic(http.ErrAbortHandler)
		}
		defer cmd.Wait()
		buf := make([]byte, 32<<10)
		for {
			n, err := out.Read(buf)
			if err != nil {
				return
			}
			w.Write(buf[:n])
			w.(http.Flusher).Flush()
		}
	}))
	t.Cleanup(func() { server.CloseClientConnections(); server.Close() })
	return server
}
