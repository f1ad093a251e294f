package e2e

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"lookback/controller/playlist/conform"
	"lookback/e2e/rig"
)

const (
	// crowdOf is how many hold a connection and ask nothing, and how many ask or read slowly.
	crowdOf = 1000
	// fewDescriptors is the least that a system gives a program unasked.
	fewDescriptors = 1024
	// inTime is how long a viewer may wait for anything meanwhile.
	inTime = 3 * time.Second
)

// TestCrowd: without nginx, in a program with few descriptors, 1,000 idle
// and 1,000 slow connections keep nobody from watching, nor from coming in.
func TestCrowd(t *testing.T) {
	dir := t.TempDir()
	address := freeAddress(t)
	viewer := filepath.Join(dir, "viewer")
	must(t, writeFile(filepath.Join(viewer, "index.html"), []byte(`<script src="large.js"></script>`)))
	must(t, writeFile(filepath.Join(viewer, "large.js"), []byte(strings.Repeat("// nothing\n", 400_000))))
	p, err := rig.Controller(t.Context(), "..", dir, fewDescriptors, "CAMERAS=front=test:320x180@5", "ENCODER=libx264", "PART=200ms", "SEGMENT=1s", "DISK_RESERVE=0",
		"MEDIA_DIR="+filepath.Join(dir, "media"), "LISTEN="+address, "METRICS_LISTEN=unix:"+filepath.Join(dir, "metrics"), "VIEWER_DIR="+viewer)
	must(t, err)
	must(t, p.Start())
	t.Cleanup(func() {
		p.Stop()
		if t.Failed() {
			t.Logf("controller:\n%s", tail(p.Log()))
		}
	})
	origin := "http://" + address
	live := place{origin, "front"}
	eventually(t, 60*time.Second, "it is live", func() bool { _, err := live.get("/hls/front/live.m3u8"); return err == nil })
	page, err := live.get("/")
	must(t, err)
	_, large, _ := strings.Cut(string(page), `src="`)
	large, _, _ = strings.Cut(large, `"`)

	crowd, leave := context.WithCancel(t.Context())
	var in atomic.Int64
	var group sync.WaitGroup
	for i := range 2 * crowdOf {
		group.Go(func() { stay(crowd, i, address, "/"+large, &in) })
	}
	t.Cleanup(func() { leave(); group.Wait() })
	eventually(t, 30*time.Second, "the crowd is there", func() bool { return in.Load() >= 2*crowdOf })

	follower := &http.Client{Transport: &http.Transport{}, Timeout: inTime}
	edge, began := uint64(0), time.Now()
	for parts, last := 0, began; parts < 40; {
		next, err := following(follower, origin)
		switch waited := time.Since(last); {
		case err == nil && next > edge:
			edge, last = next, time.Now()
			parts++
		case waited > inTime:
			t.Fatalf("nothing new for %v after %d parts: %v", waited, parts, err)
		}
	}
	for i := range 40 {
		newcomer := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: inTime}
		for _, path := range []string{"/", "/api/cameras/front", "/hls/front/live.m3u8"} {
			answer, err := newcomer.Get(origin + path)
			if err != nil {
				t.Fatalf("newcomer %d is not let in: %v", i, err)
			}
			_, err = io.Copy(io.Discard, answer.Body)
			answer.Body.Close()
			if err != nil || answer.StatusCode != http.StatusOK {
				t.Fatalf("newcomer %d: GET %s: %s, %v", i, path, answer.Status, err)
			}
		}
	}
	if strings.Contains(p.Log(), "too many open files") {
		t.Error("descriptors ran out")
	}
	t.Logf("40 parts and 40 newcomers in %v, beside %d that came", time.Since(began).Round(time.Millisecond), in.Load())
}

// following waits for the next part, and returns how far the playlist reaches: how many
// parts there have been, counted as if every segment had a thousand.
func following(client *http.Client, origin string) (edge uint64, err error) {
	list := func(query string) (uint64, int, error) {
		answer, err := client.Get(origin + "/hls/front/live.m3u8" + query)
		if err != nil {
			return 0, 0, err
		}
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		if err != nil {
			return 0, 0, err
		}
		p, err := conform.Parse(text)
		if err != nil {
			return 0, 0, fmt.Errorf("%s: %w", answer.Status, err)
		}
		return p.MediaSequence + uint64(len(p.Segments)), len(p.Trailing.Parts), nil
	}
	msn, part, err := list("")
	if err != nil {
		return 0, err
	}
	msn, part, err = list(fmt.Sprintf("?_HLS_msn=%d&_HLS_part=%d", msn, part))
	return msn*1000 + uint64(part), err
}

// stay holds a connection as one of the crowd does, and makes another some seconds after
// it has ended. Of four two ask nothing, one asks a letter at a time, one reads a byte at a time.
func stay(ctx context.Context, i int, address, large string, in *atomic.Int64) {
	for ctx.Err() == nil {
		c, err := net.Dial("tcp", address)
		if err == nil {
			in.Add(1)
			stop := context.AfterFunc(ctx, func() { c.Close() })
			switch i % 4 {
			case 0, 1:
				io.Copy(io.Discard, c)
			case 2:
				trickle(ctx, c)
			case 3:
				c.(*net.TCPConn).SetReadBuffer(4 << 10)
				fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", large)
				sip(ctx, c)
			}
			stop()
			c.Close()
		}
		pause(ctx, 5*time.Second)
	}
}

// trickle asks one letter at a time.
func trickle(ctx context.Context, c net.Conn) {
	for _, letter := range "GET /hls/front/live.m3u8 HTTP/1.1\r\nHost: localhost\r\nX: " + strings.Repeat("x", 1000) {
		if _, err := c.Write([]byte{byte(letter)}); err != nil {
			return
		}
		pause(ctx, time.Second)
	}
}

// sip reads one byte at a time.
func sip(ctx context.Context, c net.Conn) {
	for one := make([]byte, 1); ctx.Err() == nil; pause(ctx, time.Second) {
		if _, err := c.Read(one); err != nil {
			return
		}
	}
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
