package recorder

import (
	"net"
	"testing"
	"time"

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
