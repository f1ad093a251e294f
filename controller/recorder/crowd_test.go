package recorder

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"lookback/controller/child"
	"lookback/controller/fmp4"
)

// hostileCameras is how many hostile cameras stand beside the good one:
//
//	go test -run TestGoodBesideHostile ./controller/recorder -hostile 128
var hostileCameras = flag.Int("hostile", 7, "hostile cameras beside a good one")

// drip is how often a camera that drips sends a byte, and hostilePace how many bytes
// the others send in a second: the way to a camera is no faster.
const (
	drip        = time.Second
	hostilePace = 1 << 20
)

// slowly writes at the pace of a network.
func slowly(w http.ResponseWriter, r *http.Request, data []byte) {
	const slices = 20
	for r.Context().Err() == nil {
		for rest := data; len(rest) > 0; {
			n := min(len(rest), hostilePace/slices)
			if _, err := w.Write(rest[:n]); err != nil {
				return
			}
			rest = rest[n:]
			select {
			case <-time.After(time.Second / slices):
			case <-r.Context().Done():
				return
			}
		}
	}
}

// hostileKinds are what such cameras do; an address for each.
func hostileKinds(t *testing.T) (addresses []string) {
	t.Helper()
	zeros, tracks := make([]byte, 1<<20), manyTracks(7200)
	list := []byte(fmt.Sprintf("%01000000d", 0))
	for i, line := 0, "#EXTINF:2,\nsegment.ts\n"; i+len(line) <= len(list); i += len(line) {
		copy(list[i:], line)
	}
	picture := pictures(320, 240, 1)[0]
	mux := http.NewServeMux()
	for path, c := range map[string]struct {
		kind    string
		head    string
		endless []byte
	}{
		"/length":       {"multipart/x-mixed-replace; boundary=b", "--b\r\nContent-Type: image/jpeg\r\nContent-Length: 1000000000\r\n\r\n\xff\xd8\xff", zeros},
		"/endless.jpg":  {"image/jpeg", string(picture[:len(picture)-2]), zeros},
		"/tracks.ts":    {"video/mp2t", "", tracks},
		"/endless.m3u8": {"application/vnd.apple.mpegurl", "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:0\n", list},
		"/head":         {"multipart/x-mixed-replace; boundary=b", "--b\r\nX-Head: ", zeros},
	} {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", c.kind)
			io.WriteString(w, c.head)
			slowly(w, r, c.endless)
		})
		addresses = append(addresses, path)
	}
	mux.HandleFunc("/drip", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "multipart/x-mixed-replace; boundary=b")
		for r.Context().Err() == nil {
			io.WriteString(w, "-")
			w.(http.Flusher).Flush()
			select {
			case <-time.After(drip):
			case <-r.Context().Done():
			}
		}
	})
	server := httptest.NewServer(mux)
	t.Cleanup(func() { server.CloseClientConnections(); server.Close() })
	addresses = append(addresses, "/drip")
	slices.Sort(addresses)
	for i, path := range addresses {
		addresses[i] = server.URL + path
	}
	return addresses
}

// serveHostile is a process of its own that is such cameras for as long as the test
// lasts: at a low priority, so that it is not they who disturb the good one. It returns
// their addresses.
func serveHostile(t *testing.T) (addresses []string, pid int) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run", "^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), hostileServer+"=1")
	cmd.Stderr = os.Stderr
	goOn, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	told, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	child.Yield(cmd.Process.Pid)
	t.Cleanup(func() { goOn.Close(); cmd.Wait() })
	lines := bufio.NewScanner(told)
	for lines.Scan() && lines.Text() != "all" {
		addresses = append(addresses, lines.Text())
	}
	go io.Copy(io.Discard, told)
	if len(addresses) == 0 {
		t.Fatal("there are no hostile cameras")
	}
	return addresses, cmd.Process.Pid
}

// hostileServer is the variable by which this program knows that it is to be them.
const hostileServer = "LOOKBACK_HOSTILE"

// beHostile serves until nobody wants it any more.
func beHostile(t *testing.T) {
	for _, a := range hostileKinds(t) {
		fmt.Println(a)
	}
	fmt.Println((&rtspCamera{fps: 10, due: func(n int) time.Duration { return time.Duration(n) * time.Second / 500 }}).begin(t))
	fmt.Println("all")
	io.Copy(io.Discard, os.Stdin)
}

// TestGoodBesideHostile: beside many hostile cameras the live edge of a good one is
// never more than two seconds old, memory stays bounded, and each culprit is named.
func TestGoodBesideHostile(t *testing.T) {
	if os.Getenv(hostileServer) != "" {
		beHostile(t)
		return
	}
	t.Parallel()
	cam := newMJPEGCamera(t, 10, 320, 240)
	good, _ := start(t, cam.URL, func(r *Recorder) { r.Log = discarded })
	until(t, 40*time.Second, "a segment of the good camera", func() bool { return segments(t, good, 0) >= 2 })
	kinds, servers := serveHostile(t)
	var bad []*Recorder
	for i := range *hostileCameras {
		r, _ := start(t, kinds[i%len(kinds)], func(r *Recorder) { r.Log = discarded })
		bad = append(bad, r)
	}
	begun := time.Now()
	named := map[*Recorder]string{}
	var oldest, quarter time.Duration
	var largest, children, own int64
	until(t, 15*time.Minute, "all of them to be named, and half a minute", func() bool {
		oldest = max(oldest, edgeAge(t, good))
		if now := time.Since(begun); now > quarter { // looking costs something, too
			quarter = now + time.Second/4
			sum := int64(0)
			for _, size := range childrenSizes(servers) {
				largest, sum = max(largest, size), sum+size
			}
			children, own = max(children, sum), max(own, child.Peak(os.Getpid()))
		}
		for _, r := range bad {
			if s, err := r.Status(); err == nil && named[r] == "" {
				if named[r] = s.Code; s.Stamps != nil {
					named[r] = s.Stamps.Why
				}
			}
		}
		return len(named) == len(bad) && !slices.ContainsFunc(bad, func(r *Recorder) bool { return named[r] == "" }) && time.Since(begun) > 30*time.Second
	})
	told := map[string]int{}
	for _, r := range bad {
		told[filepath.Base(r.URL)+": "+named[r]]++
	}
	t.Logf("%d hostile cameras, all named within %v: %v", len(bad), time.Since(begun).Round(time.Second), told)
	t.Logf("the good one's edge was %v old at most; the largest child had %d MB, all together %d MB, this program %d MB", oldest, largest>>20, children>>20, own>>20)
	if oldest > 2*time.Second {
		t.Errorf("the good camera's edge was %v old", oldest)
	}
	if largest > child.Memory(0)+64<<20 {
		t.Errorf("a child took %d MB", largest>>20)
	}
	if most := int64(len(bad)+1)*64<<20 + 256<<20; own > most {
		t.Errorf("this program took %d MB", own>>20)
	}
	if s := status(good); len(s.Restarts) > 0 || len(runs(t, good)) != 1 {
		t.Errorf("the good camera was interrupted: %v", s.Restarts)
	}
}

// childrenSizes is how much memory each of our children but one has now, bytes.
func childrenSizes(but int) (sizes []int64) {
	for _, pid := range children() {
		if pid, err := strconv.Atoi(pid); err == nil && pid != but {
			sizes = append(sizes, child.Peak(pid))
		}
	}
	return sizes
}

// edgeAge is how old the end of the newest fragment of a camera's first run is.
func edgeAge(t *testing.T, r *Recorder) time.Duration {
	t.Helper()
	n := segments(t, r, 0) - 1
	for ; n >= 0; n-- {
		f, err := os.Open(filepath.Join(runs(t, r)[0], fmt.Sprintf("%06d.m4s", n)))
		if err != nil {
			t.Fatal(err)
		}
		edge, err := lastFragment(f)
		f.Close()
		if err != nil {
			t.Fatal(err)
		}
		if !edge.IsZero() {
			return time.Since(edge)
		}
	}
	t.Fatal("no fragment")
	return 0
}

// lastFragment is when the last whole fragment of a segment began.
func lastFragment(f *os.File) (at time.Time, err error) {
	st, err := f.Stat()
	if err != nil {
		return at, err
	}
	for off := int64(0); ; {
		info, err := fmp4.Next(f, off, st.Size())
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, fmp4.ErrIncomplete) {
			return at, nil
		}
		if err != nil {
			return at, err
		}
		at, off = info.PRFT, off+info.Size
	}
}
