package recorder

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"
)

// blinker sends the same picture again and again, and once in a while another one,
// whose frame is by far larger than those beside it.
type blinker struct {
	fps   float64
	every int // of how many pictures one is another

	mu   sync.Mutex
	sent []time.Time // when those others had been sent in whole
}

func (b *blinker) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "multipart/x-mixed-replace; boundary=frame")
	still, noise := plainJPEG(false), plainJPEG(true)
	tick := time.NewTicker(time.Duration(float64(time.Second) / b.fps))
	defer tick.Stop()
	for i := 0; ; i++ {
		frame := still
		if i%b.every == b.every/2 {
			frame = noise
		}
		fmt.Fprintf(w, "--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n%s\r\n", len(frame), frame)
		w.(http.Flusher).Flush()
		if i%b.every == b.every/2 {
			b.mu.Lock()
			b.sent = append(b.sent, time.Now())
			b.mu.Unlock()
		}
		select {
		case <-tick.C:
		case <-r.Context().Done():
			return
		}
	}
}

func plainJPEG(noise bool) []byte {
	img := image.NewGray(image.Rect(0, 0, 320, 180))
	for i := range img.Pix {
		if img.Pix[i] = 90; noise {
			img.Pix[i] = uint8(rand.N(256))
		}
	}
	var b bytes.Buffer
	jpeg.Encode(&b, img, nil)
	return b.Bytes()
}

// watched is a file that notes when much is written to it.
type watched struct {
	segmentFile
	note func(size int)
}

func (w watched) Write(b []byte) (int, error) {
	n, err := w.segmentFile.Write(b)
	w.note(n)
	return n, err
}

// TestFramesDoNotWait: a frame of an encoded camera is in the spool long before the
// next one comes, whatever the rate.
func TestFramesDoNotWait(t *testing.T) {
	for _, fps := range []float64{30, 10, 1} {
		t.Run(fmt.Sprint(fps), func(t *testing.T) {
			t.Parallel()
			onAQuietMachine(t, func() error { return framesWait(t, fps) })
		})
	}
}

// framesWait tells by an error how long frames waited, if that is much of a frame.
func framesWait(t *testing.T, fps float64) error {
	cam := &blinker{fps: fps, every: max(3, int(fps/2)|1)}
	server := httptest.NewServer(cam)
	defer func() { server.CloseClientConnections(); server.Close() }()
	var mu sync.Mutex
	var written []time.Time // frames of those others
	_, stop := start(t, server.URL, func(r *Recorder) {
		r.FPS, r.Log = fps, discarded
		r.open = func(path string) (segmentFile, error) {
			f, err := openSegment(path)
			return watched{f, func(size int) {
				if mu.Lock(); size > 15_000 {
					written = append(written, time.Now())
				}
				mu.Unlock()
			}}, err
		}
	})
	until(t, 60*time.Second, "frames", func() bool { mu.Lock(); defer mu.Unlock(); return len(written) >= 6 })
	stop()
	var delays []time.Duration
	for _, at := range written[2:] { // the first were held until their time was known
		since := time.Hour
		for _, sent := range cam.sent {
			if d := at.Sub(sent); d > -5*ms && d < since {
				since = d
			}
		}
		delays = append(delays, since)
	}
	slices.Sort(delays)
	frame := time.Duration(float64(time.Second) / fps)
	middle := delays[len(delays)/2]
	t.Logf("at %v fps a frame is in the spool %v after its picture was sent: %v", fps, middle, delays)
	if share := float64(middle) / float64(frame); share > 0.75 {
		return fmt.Errorf("at %v fps a frame is in the spool %.2f of a frame after its picture was sent", fps, share)
	}
	return nil
}
