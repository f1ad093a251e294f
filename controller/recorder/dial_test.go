package recorder

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"lookback/controller/camera"
)

// TestDial: how long it takes until the next attempt, by what happens at the
// camera's port.
func TestDial(t *testing.T) {
	const delay = 10 * time.Second
	refused, lost := error(syscall.ECONNREFUSED), error(os.ErrDeadlineExceeded)
	for name, c := range map[string]struct {
		url, code string
		away      bool
		answer    func(since time.Duration) error
		least     time.Duration
		most      time.Duration
	}{
		"back within the delay": {"http://cam/", camera.ConnectionRefused, true, until3s(refused, nil), 3 * time.Second, 3*time.Second + dialEvery},
		"back behind the delay": {"rtsp://cam/", camera.Timeout, true, func(since time.Duration) error {
			if since < 17*time.Second {
				return lost
			}
			return nil
		}, 17 * time.Second, 17*time.Second + dialEvery},
		"refuses for ever":         {"http://cam/", camera.ConnectionRefused, true, func(time.Duration) error { return refused }, delay, delay + dialEvery},
		"lost for ever":            {"http://cam/", camera.Stalled, false, func(time.Duration) error { return lost }, maxDialing, maxDialing + dialEvery},
		"open all the time":        {"http://cam/", camera.Stalled, false, func(time.Duration) error { return nil }, delay, delay},
		"shuts later":              {"http://cam/", camera.Stalled, false, until3s(nil, refused), delay, delay},
		"ends every connection":    {"http://cam/", camera.StreamEnded, true, until3s(io.EOF, nil), 3 * time.Second, 3*time.Second + dialGently},
		"ends every stream":        {"http://cam/", camera.StreamEnded, false, func(time.Duration) error { return nil }, soonDelay / 2, soonDelay},
		"it was reached":           {"http://cam/", camera.HTTPError, false, until3s(refused, nil), delay, delay},
		"not reached over TCP":     {"srt://cam:9000", camera.Timeout, false, until3s(refused, nil), delay, delay},
		"a name that is not known": {"http://cam/", camera.Unreachable, true, func(time.Duration) error { return errors.New("no such host") }, delay, delay + dialEvery},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("http_proxy", "")
			synctest.Test(t, func(t *testing.T) {
				r := New(Options{})
				r.URL, r.status.Code, r.away = c.url, c.code, c.away
				begun := time.Now()
				r.dial = func(context.Context, string, bool) (net.Conn, error) { return nil, c.answer(time.Since(begun)) }
				r.dialOrSleep(t.Context(), delay)
				if took := time.Since(begun); took < c.least || took > c.most {
					t.Errorf("took %v, want %v to %v", took, c.least, c.most)
				}
			})
		})
	}
}

// TestTheKnockIsTheConnection: where a camera is read here, no connection is made only to
// see whether it is there, and there is a pause before one where the last was answered.
func TestTheKnockIsTheConnection(t *testing.T) {
	t.Setenv("http_proxy", "")
	for _, address := range []string{"http://cam/", "rtsp://cam/"} {
		for _, code := range []string{camera.Timeout, camera.Stalled, camera.StreamEnded, camera.ConnectionRefused} {
			for _, away := range []bool{false, true} {
				t.Run(fmt.Sprint(address, code, away), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						r := New(Options{})
						r.URL, r.status.Code, r.away = address, code, away
						begun, pause := time.Now(), soonDelay/2
						var made []net.Conn
						r.dial = func(context.Context, string, bool) (net.Conn, error) {
							if away && time.Since(begun) < time.Second {
								return nil, syscall.ECONNREFUSED
							}
							ours, _ := net.Pipe()
							made = append(made, ours)
							return ours, nil
						}
						r.dialOrSleep(t.Context(), 2*time.Second)
						if len(made) != 1 || r.conn != made[0] {
							t.Errorf("%d connections, the last one used: %v", len(made), r.conn)
						}
						if took := time.Since(begun); !away && took < pause {
							t.Errorf("after %v", took)
						}

						r.dials()
						if closeConn(r.takeConn()); r.away {
							t.Error("it is said to be away")
						}
					})
				})
			}
		}
	}
}

// TestNoKnocks: where ffmpeg reads a camera, no connection is made that nobody uses: neither
// between two attempts, nor while it is silent.
func TestNoKnocks(t *testing.T) {
	t.Setenv("http_proxy", "")
	h264 := camera.Facts{Kind: camera.RTSP, Format: "rtsp", Codec: "h264", PixelFormat: "yuv420p", Width: 320, Height: 180, FrameRate: camera.Rate{Num: 25, Den: 1}, KeyInterval: time.Second, KeyIntervalKnown: true}
	ts := h264
	ts.Kind, ts.Format = camera.HTTP, "mpegts"
	for name, c := range map[string]struct {
		url, foreign, code string
		facts              camera.Facts
		away               bool
		used               bool // a connection on which it answers is
	}{
		"RTSP, it answers":     {"rtsp://cam/", "it is interlaced", camera.Stalled, h264, false, false},
		"RTSP, it ends":        {"rtsp://cam/", "it is interlaced", camera.StreamEnded, h264, false, false},
		"RTSP, it was away":    {"rtsp://cam/", "it is interlaced", camera.ConnectionRefused, h264, true, true},
		"MPEG-TS, it answers":  {"http://cam/", "", camera.Stalled, ts, false, true},
		"MPEG-TS, it was away": {"http://cam/", "", camera.ConnectionRefused, ts, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := New(Options{})
				r.URL, r.Segment, r.Part, r.foreign, r.facts, r.status.Code, r.away = c.url, 2*time.Second, 100*ms, c.foreign, &c.facts, c.code, c.away
				if r.direct() {
					t.Fatal("it is read here")
				}
				made, begun := 0, time.Now()
				r.dial = func(context.Context, string, bool) (net.Conn, error) {
					if made++; c.away && time.Since(begun) < 3*time.Second {
						return nil, syscall.ECONNREFUSED
					}
					ours, _ := net.Pipe()
					return ours, nil
				}
				r.dialOrSleep(t.Context(), 10*time.Second)
				if (r.conn != nil) != c.used || !c.used && made > 0 {
					t.Errorf("%d connections, one is kept: %t", made, r.conn != nil)
				}
				closeConn(r.takeConn())
				made = 0
				s := &session{recorder: r, plan: camera.Plan{Copy: true}, feed: newFeed(r.now), placer: &placer{}}
				if ask := s.stallJudge(t.Context()).ask; ask == nil || ask() != nil || made > 0 {
					t.Errorf("%d connections while it is silent", made)
				}
			})
		})
	}
}

func until3s(first, then error) func(time.Duration) error {
	return func(since time.Duration) error {
		if since < 3*time.Second {
			return first
		}
		return then
	}
}

func TestDialEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := New(Options{})
		r.URL, r.status.Code = "rtsp://cam/", camera.Timeout
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		r.dial = func(context.Context, string, bool) (net.Conn, error) { return nil, os.ErrDeadlineExceeded }
		begun := time.Now()
		r.dialOrSleep(ctx, time.Minute)
		if took := time.Since(begun); took > 2*time.Second {
			t.Errorf("took %v", took)
		}
	})
}

// TestDialListens: a connection that is closed at once is no answer.
func TestDialListens(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	shut := make(chan bool, 1)
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			if <-shut {
				c.Close()
				continue
			}
			t.Cleanup(func() { c.Close() })
		}
	}()
	address := listener.Addr().String()
	for _, c := range []struct{ shut, listen, open bool }{{true, true, false}, {false, true, true}, {true, false, true}} {
		shut <- c.shut
		conn, err := dialCamera(t.Context(), address, c.listen)
		if (err == nil) != c.open || (conn != nil) != c.open {
			t.Errorf("%+v: %v", c, err)
		}
		closeConn(conn)
	}
}
