package recorder

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"
)

// numberedCamera sends JPEGs over HTTP that tell which one they are, each when it is due.
type numberedCamera struct {
	url   string
	close func()

	mu   sync.Mutex
	sent []time.Time // when each was
}

func newNumberedCamera(due func(n int) time.Duration) *numberedCamera {
	c := &numberedCamera{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		w.Header().Set("Content-Type", "multipart/x-mixed-replace; boundary=frame")
		for begun := time.Now(); q.Context().Err() == nil; {
			c.mu.Lock()
			n := len(c.sent)
			c.sent = append(c.sent, begun.Add(due(n)))
			c.mu.Unlock()
			time.Sleep(time.Until(begun.Add(due(n))))
			picture := numberedIn(n, 8, false)
			fmt.Fprintf(w, "--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n%s\r\n", len(picture), picture)
			w.(http.Flusher).Flush()
		}
	}))
	c.url, c.close = server.URL, func() { server.CloseClientConnections(); server.Close() }
	return c
}

// times are when the pictures were sent so far.
func (c *numberedCamera) times() []time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.sent)
}

// numberedPictures are those of such a camera that were recorded.
type numberedPictures struct {
	seen   map[int]bool
	newest int
	wrong  int           // dated wrongly
	worst  time.Duration // by how much one is
}

// pictures are those that were recorded in runs none of which begins before the one ahead
// of it has ended; most is by how much a date may be off.
func (c *numberedCamera) pictures(t *testing.T, r *Recorder, most time.Duration) (p numberedPictures, err error) {
	t.Helper()
	sent, end := c.times(), time.Time{}
	p.seen = map[int]bool{}
	for _, dir := range runs(t, r) {
		run := readRun(t, dir)
		begin := time.UnixMicro(run.Epoch)
		if begin.Before(end) {
			return p, fmt.Errorf("a run begins %v before the end of the one ahead of it", end.Sub(begin))
		}
		if run.length() == 0 {
			continue
		}
		end = begin.Add(run.length())
		infos := slices.Concat(run.segments...)
		for k, n := range numbersOf(t, "mp4", run.stream(t)) {
			if p.seen[n] || n >= len(sent) {
				continue
			}
			p.seen[n], p.newest = true, max(p.newest, n)
			d := infos[k].PRFT.Sub(sent[n])
			if d.Abs() > p.worst.Abs() {
				p.worst = d
			}
			if d.Abs() > most {
				p.wrong++
			}
		}
	}
	return p, nil
}
