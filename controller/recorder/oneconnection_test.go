package recorder

import (
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"lookback/controller/spool"
)

// TestTheConnectionThatLearns: whatever plan is made for a camera that is read here, the
// connection on which it is learnt is the one on which it is recorded.
func TestTheConnectionThatLearns(t *testing.T) {
	t.Parallel()
	promised := func(part time.Duration) func(*Recorder) {
		return func(r *Recorder) {
			p := &spool.Promised{Number: 1, Constants: spool.Constants{PartTarget: part.Microseconds(), TargetDuration: 2e6, Independent: true}}
			r.renewed = renewals{shorter: 1, longer: 1} // so that no other is promised now
			r.Promise = func() *spool.Promised { return p }
		}
	}
	rtspOf := func(pictures ...string) func(*testing.T) (string, func() int) {
		return func(t *testing.T) (string, func() int) {
			cam := &rtspCamera{fps: 25}
			if len(pictures) > 0 {
				cam.show(h264Pictures(t, "320x180", pictures...))
			}
			return cam.begin(t), func() int { all, _ := cam.connections(); return all }
		}
	}
	h265 := func(t *testing.T) (string, func() int) {
		cam := &rtspCamera{fps: 25, h265: true}
		cam.show(h265Pictures(t))
		return cam.begin(t), func() int { all, _ := cam.connections(); return all }
	}
	refreshes := func(t *testing.T) (string, func() int) { // after some key frames
		cam := &rtspCamera{fps: 25}
		all := h264Pictures(t, "320x180", "-x264-params", refreshing)
		cam.show(append(slices.Repeat(all[:12], 4), slices.Repeat(all[12:36], 100)...))
		return cam.begin(t), func() int { all, _ := cam.connections(); return all }
	}
	mjpeg := func(t *testing.T) (string, func() int) {
		cam := newMJPEGCamera(t, 25, 320, 180)
		return cam.URL, cam.connections
	}
	for name, c := range map[string]struct {
		begin  func(*testing.T) (string, func() int)
		change func(*Recorder)
		plan   string
		runs   int
	}{
		"RTSP, a lower rate":                  {rtspOf(), func(r *Recorder) { r.FPS = 10 }, "encoding H.264 320x180 at 10 fps", 1},
		"RTSP, its own rate":                  {rtspOf(), func(r *Recorder) { r.FPS = 25 }, "copying H.264", 1},
		"RTSP, another size":                  {rtspOf(), func(r *Recorder) { r.Height = 90 }, "encoding H.264 160x90 at 25 fps", 1},
		"RTSP, quality":                       {rtspOf(), func(r *Recorder) { r.Quality = 30 }, "encoding H.264 320x180 at 25 fps", 1},
		"RTSP, quality and a lower rate":      {rtspOf(), func(r *Recorder) { r.Quality, r.FPS = 30, 12 }, "encoding H.264 320x180 at 12 fps", 1},
		"RTSP, promised to be slower":         {rtspOf(), promised(50 * ms), "encoding H.264 320x180 at", 1},
		"RTSP, promised as it is":             {rtspOf(), promised(138 * ms), "copying H.264", 1},
		"RTSP, 4:2:2":                         {rtspOf("-g", "25", "-pix_fmt", "yuv422p"), nil, "encoding H.264", 1},
		"RTSP, H.265":                         {h265, nil, "encoding H.265", 1},
		"RTSP, H.265, at a lower rate":        {h265, func(r *Recorder) { r.FPS = 10 }, "encoding H.265 320x180 at 10 fps", 1},
		"RTSP, H.265 is copied":               {h265, func(r *Recorder) { r.CopyH265 = true }, "copying H.265", 1},
		"RTSP, H.265 copied, at a lower rate": {h265, func(r *Recorder) { r.CopyH265, r.FPS = true, 10 }, "encoding H.265 320x180 at 10 fps", 1},
		"RTSP, key frames at first alone":     {refreshes, nil, "encoding H.264", 2},
		"HTTP":                                {mjpeg, nil, "encoding MJPEG 320x180 at", 1}, // by arrivals, which a busy machine makes uneven
		"HTTP, a lower rate":                  {mjpeg, func(r *Recorder) { r.FPS = 10 }, "encoding MJPEG 320x180 at 10 fps", 1},
		"HTTP, a higher rate":                 {mjpeg, func(r *Recorder) { r.FPS = 30 }, "encoding MJPEG 320x180 at 30 fps", 1},
		"HTTP, another size":                  {mjpeg, func(r *Recorder) { r.Height = 90 }, "encoding MJPEG 160x90 at", 1},
		"HTTP, promised to be slower":         {mjpeg, promised(50 * ms), "encoding MJPEG 320x180 at", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address, connections := c.begin(t)
			r, stop := start(t, address, func(r *Recorder) {
				if r.FFprobe, r.Log = "/nowhere/ffprobe", discarded; c.change != nil {
					c.change(r)
				}
			})
			until(t, 120*time.Second, "two segments of "+c.plan, func() bool { return strings.HasPrefix(status(r).Plan, c.plan) && segments(t, r, c.runs-1) >= 3 })
			stop()
			if n := connections(); n != 1 || len(runs(t, r)) != c.runs {
				t.Errorf("%d connections, %d runs, %v", n, len(runs(t, r)), fmt.Sprint(status(r).Restarts))
			}
		})
	}
}

// TestOnePlaceThatIsTakenForLong: a camera falls silent once, and has one place that is
// taken for some seconds after a connection. It comes back, and is asked on each.
func TestOnePlaceThatIsTakenForLong(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	var all, empty atomic.Int64
	picture := pictures(320, 180, 1)[0]
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			n := all.Add(1)
			go func() {
				defer c.Close()
				if read, _ := c.Read(make([]byte, 4096)); read == 0 {
					empty.Add(1)
					return
				}
				io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=b\r\n\r\n")
				for i := 0; err == nil; i++ {
					if n == 1 && i == 40 { // silent until we close it
						io.Copy(io.Discard, c)
						return
					}
					_, err = fmt.Fprintf(c, "--b\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n%s\r\n", len(picture), picture)
					time.Sleep(100 * time.Millisecond)
				}
			}()
		}
	}()
	r, stop := start(t, "http://"+listener.Addr().String()+"/", func(r *Recorder) { r.stall, r.Log = 2*time.Second, discarded })
	until(t, 60*time.Second, "a second run", func() bool { return len(runs(t, r)) >= 2 })
	stop()
	if all.Load() != 2 || empty.Load() != 0 {
		t.Errorf("%d connections, %d without a request, %v", all.Load(), empty.Load(), status(r).Restarts)
	}
}
