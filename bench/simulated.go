package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// simulatedCommand makes this program the viewers, in a process of their own, so
// that their cost is told from that of what they look at:
//
//	bench simulated ADDRESS CAMERA VIEWERS SECONDS
//
// It prints a line when it begins to measure and its result, as JSON, on the
// next; then it waits for the end of its input.
const simulatedCommand = "simulated"

const (
	// warmUp is left out: viewers come one after the other, over half of it.
	warmUp = 6 * time.Second
	// cushion is what a viewer has buffered.
	cushion = 400 * time.Millisecond
)

// simulated is many viewers of one camera. Each is as hls.js is: two connections
// that are kept, one for the playlist with blocking reload and delta updates,
// one for the parts, each of which it gets once, in order.
type simulated struct {
	address, camera string
	begun           time.Time
	lists           sync.Map // what an answer's bytes say: all viewers get the same
}

// partID is a part's place in the stream.
type partID struct {
	msn uint64
	n   int
}

func (p partID) before(q partID) bool { return p.msn < q.msn || p.msn == q.msn && p.n < q.n }

// announced is a part in a playlist.
type announced struct {
	partID
	seconds float64
	uri     string // relative to the playlist's
}

// listed is a playlist as a viewer needs it.
type listed struct {
	parts []announced
	next  partID // to be asked for with the next reload
}

// arrival is a part that a viewer has got.
type arrival struct {
	announced
	at time.Duration // since they began
}

// watcher is one viewer.
type watcher struct {
	*simulated
	list, media *connection
	arrivals    []arrival
	playlists   int
	bytes       int // of playlists
}

// connection is one that is kept.
type connection struct {
	net.Conn
	in   *bufio.Reader
	host string
	body bytes.Buffer
}

func (c *simulated) dial(ctx context.Context) (*connection, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", c.address)
	if err != nil {
		return nil, err
	}
	context.AfterFunc(ctx, func() { conn.Close() })
	return &connection{Conn: conn, in: bufio.NewReaderSize(conn, 4096), host: c.address}, nil
}

// get is the body of an answer, valid until the next one.
func (c *connection) get(path string) ([]byte, error) {
	_, err := io.WriteString(c, "GET "+path+" HTTP/1.1\r\nHost: "+c.host+"\r\nAccept-Encoding: gzip\r\n\r\n")
	if err != nil {
		return nil, err
	}
	answer, err := http.ReadResponse(c.in, nil)
	if err != nil {
		return nil, err
	}
	if to := answer.Header.Get("Location"); answer.StatusCode == http.StatusFound {
		at, err := url.Parse(path)
		if err == nil {
			at, err = at.Parse(to)
		}
		if err != nil {
			return nil, err
		}
		return c.get(at.String())
	}
	c.body.Reset()
	if _, err := c.body.ReadFrom(answer.Body); err != nil {
		return nil, err
	}
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s: %.200s", path, answer.Status, c.body.Bytes())
	}
	return c.body.Bytes(), nil
}

// watch looks until the context ends.
func (w *watcher) watch(ctx context.Context) (err error) {
	if w.list, err = w.dial(ctx); err != nil {
		return err
	}
	defer w.list.Close()
	if w.media, err = w.dial(ctx); err != nil {
		return err
	}
	defer w.media.Close()
	wanted := make(chan announced, 1000)
	fetched := make(chan error, 1)
	go func() { fetched <- w.fetch(wanted) }()
	err = w.follow(wanted)
	close(wanted)
	if fetchErr := <-fetched; err == nil || ctx.Err() == nil && fetchErr != nil {
		err = fetchErr
	}
	if ctx.Err() != nil {
		return nil // it was to end
	}
	return err
}

// follow reads the playlist and passes on what is new in it.
func (w *watcher) follow(wanted chan<- announced) error {
	path := "/hls/" + w.camera + "/live.m3u8"
	query := ""
	var newest partID
	for first := true; ; first = false {
		body, err := w.list.get(path + query)
		if err != nil {
			return err
		}
		l, err := w.understand(body)
		if err != nil {
			return err
		}
		w.playlists, w.bytes = w.playlists+1, w.bytes+len(body)
		if n := len(l.parts); first && n > 0 {
			newest = l.parts[n-1].partID // it begins with what comes next
		}
		for _, p := range l.parts {
			if newest.before(p.partID) {
				wanted <- p
				newest = p.partID
			}
		}
		query = fmt.Sprintf("?_HLS_msn=%d&_HLS_part=%d&_HLS_skip=YES", l.next.msn, l.next.n)
	}
}

// fetch gets the parts.
func (w *watcher) fetch(wanted <-chan announced) error {
	for p := range wanted {
		if _, err := w.media.get("/hls/" + w.camera + "/" + p.uri); err != nil {
			return err
		}
		w.arrivals = append(w.arrivals, arrival{p, time.Since(w.begun)})
	}
	return nil
}

// understand reads a compressed playlist, or remembers that another viewer did.
func (c *simulated) understand(body []byte) (*listed, error) {
	if known, ok := c.lists.Load(string(body)); ok {
		return known.(*listed), nil
	}
	z, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(z)
	if err != nil {
		return nil, err
	}
	l, err := parseList(string(text))
	if err == nil {
		c.lists.Store(string(body), l)
	}
	return l, err
}

// parseList reads the parts of a playlist and what comes next.
func parseList(text string) (*listed, error) {
	l := &listed{}
	complete := false
	for line := range strings.Lines(text) {
		if line[0] != '#' {
			complete = true // a segment's URI: the parts before are all of it
		}
		attributes, ok := strings.CutPrefix(line, "#EXT-X-PART:DURATION=")
		if !ok {
			continue
		}
		seconds, rest, _ := strings.Cut(attributes, ",")
		p := announced{}
		var err error
		if p.seconds, err = strconv.ParseFloat(seconds, 64); err != nil {
			return nil, err
		}
		if strings.Contains(rest, "GAP=YES") {
			continue
		}
		_, quoted, _ := strings.Cut(rest, `URI="`)
		p.uri, _, _ = strings.Cut(quoted, `"`)
		if _, err = fmt.Sscanf(path.Base(p.uri), "%d.%d.m4s", &p.msn, &p.n); err != nil {
			return nil, fmt.Errorf("%s: %w", line, err)
		}
		l.parts, complete = append(l.parts, p), false
	}
	if len(l.parts) == 0 {
		return nil, fmt.Errorf("a playlist without parts:\n%s", text)
	}
	last := l.parts[len(l.parts)-1].partID
	if l.next = (partID{last.msn, last.n + 1}); complete {
		l.next = partID{last.msn + 1, 0}
	}
	return l, nil
}

// runSimulated is the program of the viewers' process.
func runSimulated(ctx context.Context, args []string) error {
	if len(args) != 4 {
		return fmt.Errorf("accepted is %s ADDRESS CAMERA VIEWERS SECONDS", simulatedCommand)
	}
	viewers, err := strconv.Atoi(args[2])
	if err != nil {
		return err
	}
	seconds, err := strconv.Atoi(args[3])
	if err != nil {
		return err
	}
	// Go has raised the soft limit to the hard one.
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return err
	}
	if need := uint64(2*viewers + 50); limit.Cur < need {
		return fmt.Errorf("%d viewers need %d open files, the limit is %d: ulimit -Hn", viewers, need, limit.Cur)
	}
	result, err := (&simulated{address: args[0], camera: args[1], begun: time.Now()}).run(ctx, viewers, time.Duration(seconds)*time.Second)
	if err != nil {
		return err
	}
	if err := json.NewEncoder(os.Stdout).Encode(result); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// run lets the viewers come, says when all are there, and looks for a while.
func (c *simulated) run(ctx context.Context, viewers int, length time.Duration) (*Simulated, error) {
	watching, leave := context.WithCancel(ctx)
	defer leave()
	all := make([]*watcher, viewers)
	failed := make(chan error, viewers)
	var group sync.WaitGroup
	for i := range all {
		all[i] = &watcher{simulated: c}
		group.Go(func() {
			if wait(watching, warmUp/2*time.Duration(i)/time.Duration(viewers)) != nil {
				return
			}
			if err := all[i].watch(watching); err != nil {
				failed <- err
			}
		})
	}
	if err := wait(ctx, warmUp); err != nil {
		return nil, err
	}
	fmt.Println("measuring")
	from := time.Since(c.begun)
	if err := wait(ctx, length); err != nil {
		return nil, err
	}
	to := time.Since(c.begun)
	leave()
	group.Wait()
	result := judge(all, from, to)
	result.Failed = len(failed)
	if result.Failed > 0 {
		result.Failure = (<-failed).Error()
	}
	return result, nil
}
