package recorder

import (
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"lookback/controller/camera"
	"lookback/controller/semaphore"
	"lookback/controller/spool"
)

// TestHangingProbes: cameras that take the connection and never say a word hold
// up nobody who is started behind them.
func TestHangingProbes(t *testing.T) {
	t.Parallel()
	mute, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { mute.Close() })
	one := semaphore.New(1, 200*ms)
	for range 3 {
		start(t, "http://"+mute.Addr().String()+"/", func(r *Recorder) { r.starts = one })
	}
	good, _ := start(t, newMJPEGCamera(t, 10, 320, 180).URL, func(r *Recorder) { r.starts = one })
	until(t, 15*time.Second, "the good one records", func() bool {
		s, err := good.Status()
		return err == nil && s.State == spool.Recording
	})
}

// TestRetriesQueueApart: cameras that answer with garbage again and again, however many,
// hold up nobody who is started behind them.
func TestRetriesQueueApart(t *testing.T) {
	t.Parallel()
	garbage := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "video/mp2t")
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}))
	t.Cleanup(func() { garbage.CloseClientConnections(); garbage.Close() })
	one, retries := semaphore.New(1, time.Hour), semaphore.New(1, time.Hour)
	bad := func(r *Recorder) {
		r.starts, r.retries, r.Log = one, retries, discarded
		r.unsound, r.least = retrying, camera.Known
	}
	start(t, garbage.URL, bad)
	until(t, 15*time.Second, "one is tried again", func() bool { return retries.Held() == 1 })
	good, _ := start(t, newMJPEGCamera(t, 10, 320, 180).URL, func(r *Recorder) { r.starts, r.retries = one, retries })
	until(t, 15*time.Second, "the good one records", func() bool {
		s, err := good.Status()
		return err == nil && s.State == spool.Recording
	})
	// A camera that has recorded of late is none of them.
	start(t, garbage.URL, bad, func(r *Recorder) { r.lastGood = 1 })
	until(t, 15*time.Second, "one that has recorded does not wait", func() bool { return one.Held() == 1 })
}
