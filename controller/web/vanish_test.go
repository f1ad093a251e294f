package web

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"lookback/controller/longpoll"
)

// until polls a condition with a deadline.
func until(t *testing.T, what string, condition func() bool) {
	t.Helper()
	deadline, tick := time.NewTimer(30*time.Second), time.NewTicker(5*time.Millisecond)
	defer deadline.Stop()
	defer tick.Stop()
	for !condition() {
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Fatalf("not in time: %s (%d goroutines)", what, runtime.NumGoroutine())
		}
	}
}

// stacks has room for those of all goroutines, again and again: clearing as much each
// time would keep a busy machine from everything else.
var stacks = make([]byte, 16<<20)

// held tells how many requests wait in the handler.
func held() int {
	return strings.Count(string(stacks[:runtime.Stack(stacks, true)]), "web.(*camera).await(")
}

// servers are the two that answer in the program: net/http, and longpoll what is
// frequent.
var servers = map[string]func(t *testing.T, h http.Handler, answering time.Duration) (address string){
	"net/http": func(t *testing.T, h http.Handler, answering time.Duration) string {
		server := httptest.NewUnstartedServer(h)
		server.Config.WriteTimeout = answering
		server.Start()
		t.Cleanup(server.Close)
		return server.Listener.Addr().String()
	},
	"longpoll": func(t *testing.T, h http.Handler, answering time.Duration) string {
		socket, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		ctx, end := context.WithCancel(t.Context())
		l := longpoll.Listen(ctx, socket, longpoll.Options{Wants: Frequent, Handler: h, Answering: answering, Log: slog.New(slog.DiscardHandler)})
		t.Cleanup(func() {
			l.Close()
			end()
			l.Wait()
		})
		return socket.Addr().String()
	},
}

// TestClientsVanish: hundreds of viewers that are held go away without a word,
// half of them by a reset; nothing is left of them long before anything new
// could have answered them.
func TestClientsVanish(t *testing.T) {
	for name, serve := range servers {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			h.testVanish(t, serve(t, h, time.Minute))
		})
	}
}

func (h *house) testVanish(t *testing.T, address string) {
	const viewers = 300
	h.cam.Run(0)
	h.cam.Parts(130)
	before := runtime.NumGoroutine()
	for range 3 {
		var viewing []*net.TCPConn
		for i := range viewers {
			c, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
			if err != nil {
				t.Fatal(err)
			}
			target := []string{"live.m3u8?_HLS_msn=4207", "window.m3u8?_HLS_msn=4206&_HLS_part=10", "0123456789abcdef/parts/4206.10.m4s"}[i%3]
			fmt.Fprintf(c, "GET /hls/front/%s HTTP/1.1\r\nHost: localhost\r\n\r\n", target)
			viewing = append(viewing, c.(*net.TCPConn))
		}
		until(t, "all are held", func() bool { return held() == viewers })
		begun := time.Now()
		for i, c := range viewing {
			if i%2 == 0 {
				c.SetLinger(0)
			}
			c.Close()
		}
		until(t, "nobody is held", func() bool { return runtime.NumGoroutine() <= before })
		if took := time.Since(begun); took > holdTime(h.cam.Snapshot()) {
			t.Logf("slow machine: %v", took)
		}
	}
}

// TestSlowReaders: viewers that ask for parts and don't read cost no memory to
// speak of, keep nobody else waiting, and are let go in the end.
func TestSlowReaders(t *testing.T) {
	for name, serve := range servers {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			h.testSlowReaders(t, serve(t, h, 3*time.Second))
		})
	}
}

func (h *house) testSlowReaders(t *testing.T, address string) {
	const viewers = 40
	h.cam.PartSize = 8 << 20
	h.cam.Run(0)
	h.cam.Parts(2)
	before := runtime.NumGoroutine()
	var memory runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&memory)
	heap := memory.HeapAlloc
	for range viewers {
		c, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		c.(*net.TCPConn).SetReadBuffer(4096)
		io.WriteString(c, "GET /hls/front/0123456789abcdef/parts/4200.0.m4s HTTP/1.1\r\nHost: localhost\r\n\r\n")
		if _, err := bufio.NewReaderSize(c, 16).ReadString('\n'); err != nil {
			t.Fatal(err)
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&memory)
	if grown := int64(memory.HeapAlloc) - int64(heap); grown > viewers*256<<10 {
		t.Errorf("%d kB for each", grown/viewers>>10)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/hls/front/0123456789abcdef/parts/4200.1.m4s", nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if n, err := io.Copy(io.Discard, answer.Body); err != nil || n != 8<<20 {
		t.Errorf("another viewer got %d bytes, %v", n, err)
	}
	until(t, "slow readers are let go", func() bool { return runtime.NumGoroutine() <= before })
}
