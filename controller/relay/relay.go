// Package relay gives ffmpeg an HTTP camera at an address of this machine that
// has no secret of the camera's: what ffmpeg reads of the camera passes here, and
// password, headers and cookies are added on the way.
//
// The address is http://127.0.0.1:port/token/name/camera.m3u8. Whoever has not the
// token gets nothing. A name is an address of the camera's, encrypted with a key
// that lives as long as the relay. So nobody can ask for an address that neither
// the settings nor the camera have named, and no playlist costs memory. What is asked
// for beside the file of a name is what lies beside it on the camera.
package relay

import (
	"bufio"
	"cmp"
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/netutil"

	"lookback/controller/camera"
	"lookback/controller/httpcam"
)

const (
	// maxConnections are those of ffmpeg at a time: two for each rendition of a
	// playlist, and one more for a key. Others wait.
	maxConnections = 16
	// requestTime is how long a request may take to come, and a connection to wait
	// for another.
	requestTime = 10 * time.Second
	// writeTime is how long ffmpeg may leave a piece untaken. A copied stream that
	// it holds up waits in the camera.
	writeTime = time.Minute
	// playlistTime is how long a playlist may take to come.
	playlistTime = 20 * time.Second
	// maxRequest is the largest head of a request, bytes.
	maxRequest = 16 << 10
	// pieceSize is what is passed on at once at most, and kept in the kernel for
	// ffmpeg: what ffmpeg can't take waits in the camera, bytes.
	pieceSize = 64 << 10
)

// silent takes what net/http says of connections: it may name addresses.
var silent = log.New(io.Discard, "", 0)

// Relay is the way of one camera. It may be used by several programs.
type Relay struct {
	client   *httpcam.Client
	names    names
	token    string
	listener net.Listener
	server   *http.Server
	root     string // the camera's address
	serving  sync.WaitGroup

	mu      sync.Mutex
	failure error // of the newest request for a playlist, nil while it goes well
	piece   error // likewise for anything else
	begun   time.Time
	came    int64     // bytes since then
	last    time.Time // when the newest of them did
	closed  bool      // nothing more is added to serving
}

// Open begins to answer for a camera. The source is not changed any more. Its error
// wraps a [camera.Reason] where the address or the headers are none, else that of
// listening on loopback.
func Open(source httpcam.Source) (*Relay, error) {
	client, err := httpcam.NewClient(&source)
	if err != nil {
		return nil, err
	}
	var token [16]byte
	rand.Read(token[:])
	r := &Relay{client: client, names: newNames(), token: hex.EncodeToString(token[:]), root: source.URL}
	if r.listener, err = net.Listen("tcp4", "127.0.0.1:0"); err != nil {
		return nil, err
	}
	r.server = &http.Server{
		Handler: r, ReadHeaderTimeout: requestTime, IdleTimeout: requestTime, MaxHeaderBytes: maxRequest,
		ErrorLog: silent, Protocols: new(http.Protocols),
	}
	r.server.Protocols.SetHTTP1(true)
	limited := netutil.LimitListener(narrow{r.listener}, maxConnections) // others wait in the kernel
	r.serving.Go(func() { r.server.Serve(limited) })
	return r, nil
}

// Close ends all that is being relayed, and waits for that.
func (r *Relay) Close() {
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	r.server.Close()
	r.serving.Wait()
	r.client.Close()
}

// URL is the camera's address for ffmpeg.
func (r *Relay) URL() string { return r.prefix() + r.names.path(r.root) }

func (r *Relay) prefix() string { return "http://" + r.listener.Addr().String() + "/" + r.token + "/" }

// Redact replaces the relay's addresses in a text, which would let others of this
// machine read the camera.
func (r *Relay) Redact(text string) string {
	for {
		start := strings.Index(text, r.prefix())
		if start < 0 {
			return strings.ReplaceAll(text, r.token, "***")
		}
		end := start + len(r.prefix())
		for end < len(text) && !strings.ContainsRune(" \t'\",:)", rune(text[end])) {
			end++
		}
		text = text[:start] + "the camera" + text[end:]
	}
}

// Again forgets what has come and failed before. conn is an open connection to the camera
// that is used for the next request; nil: there is none.
func (r *Relay) Again(conn net.Conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failure, r.piece, r.begun, r.came, r.last = nil, nil, time.Now(), 0, time.Time{}
	r.client.Use(conn)
}

// Failure is why the newest request has failed: an error with a [camera.Reason]
// and nothing secret; nil where it has not. Where playlists come and nothing of what
// they name does, it is why that does not.
func (r *Relay) Failure() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return cmp.Or(r.failure, r.piece)
}

// Came is how many bytes of the camera's have come since [Relay.Again], within how long,
// and how long ago the newest did.
func (r *Relay) Came() (bytes int64, within, ago time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.came == 0 {
		return 0, 0, 0
	}
	return r.came, r.last.Sub(r.begun), time.Since(r.last)
}

// note takes how a request went: for the camera's address or a playlist, or for what is
// named in one.
func (r *Relay) note(named bool, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if named && err != nil {
		err = ofPlaylist(err)
	}
	if named {
		r.piece = err
	} else {
		r.failure = err
	}
}

func (r *Relay) count(n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.came, r.last = r.came+int64(n), time.Now()
}

// ofPlaylist is the error of what a playlist names.
func ofPlaylist(err error) error {
	reason := camera.ReasonOf(err)
	if reason.Code == camera.NotFound {
		reason.Title, reason.Advice = "The camera's playlist names what the camera does not have", "Is the program that writes the playlist running, and does it delete too early? Restarting it may help."
	}
	if status := httpcam.StatusOf(err); status != 0 {
		return fmt.Errorf("for what its playlist names it answers %d: %w", status, reason)
	}
	return fmt.Errorf("what its playlist names: %w: %w", err, reason)
}

// begin counts a request; false when there are to be no more.
func (r *Relay) begin() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.closed {
		r.serving.Add(1)
	}
	return !r.closed
}

// ServeHTTP answers ffmpeg.
func (r *Relay) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	if !r.begin() {
		panic(http.ErrAbortHandler)
	}
	defer r.serving.Done()
	given, path, _ := strings.Cut(strings.TrimPrefix(q.URL.EscapedPath(), "/"), "/")
	if subtle.ConstantTimeCompare([]byte(given), []byte(r.token)) != 1 {
		http.NotFound(w, q)
		return
	}
	at, beside, ok := r.names.resolve(path)
	if !ok || q.Method != http.MethodGet {
		http.NotFound(w, q)
		return
	}
	if beside != "" && q.URL.RawQuery != "" {
		beside += "?" + q.URL.RawQuery
	}
	part := q.Header.Get("Range")
	if part == "bytes=0-" { // which some cameras refuse, and others answer with a part
		part = ""
	}
	ctx, cancel := context.WithCancel(q.Context())
	defer cancel()
	answer, err := r.ask(ctx, at, beside, part)
	if ctx.Err() != nil {
		return
	}
	named := at != r.root || beside != ""
	if err != nil {
		r.note(named, err)
		http.Error(w, "the camera: "+camera.ReasonOf(err).Code, statusOf(err))
		return
	}
	defer answer.Close()
	if err := r.pass(w, answer, part, named); err != nil {
		if q.Context().Err() == nil && errors.As(err, new(camera.Reason)) {
			r.note(named, err)
		}
		panic(http.ErrAbortHandler) // so that ffmpeg knows that it was not all
	}
}

// ask asks the camera for an address, or for what lies beside it there.
func (r *Relay) ask(ctx context.Context, at, beside, part string) (*httpcam.Answer, error) {
	if beside == "" {
		return r.client.Get(ctx, at, part)
	}
	next, err := r.client.Follow(at, beside)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", err, camera.ReasonFor(camera.NotAStream))
	}
	return r.client.Get(ctx, next, part)
}

// statusOf is what ffmpeg is told: the camera's own status where it gave one.
func statusOf(err error) int {
	switch status := httpcam.StatusOf(err); {
	case status >= 400 && status <= 599:
		return status
	case camera.ReasonOf(err).Code == camera.Timeout:
		return http.StatusGatewayTimeout
	}
	return http.StatusBadGateway
}

// pass hands on an answer as it comes, a playlist with other addresses. named tells that
// a playlist has named it.
func (r *Relay) pass(w http.ResponseWriter, answer *httpcam.Answer, part string, named bool) error {
	from := bufio.NewReaderSize(answer, pieceSize)
	to := &flushed{w, http.NewResponseController(w), r.count}
	begin, err := from.Peek(len(playlistMark) + len(byteOrderMark))
	if err != nil && !errors.Is(err, io.EOF) && len(begin) == 0 {
		return err
	}
	r.note(named && !isPlaylist(begin), nil)
	if isPlaylist(begin) {
		w.Header().Set("Content-Type", "application/vnd.apple.mpegurl")
		late := time.AfterFunc(playlistTime, answer.Cut)
		defer late.Stop()
		return rewrite(to, from, func(reference string) (string, bool) {
			next, err := answer.Follow(reference)
			return "/" + r.token + "/" + r.names.path(next), err == nil
		})
	}
	if answer.ContentType != "" {
		w.Header()["Content-Type"] = []string{answer.ContentType}
	} else {
		w.Header()["Content-Type"] = nil // net/http is not to guess
	}
	return passPart(w, to, from, answer, part)
}

// flushed hands out each piece at once.
type flushed struct {
	w http.ResponseWriter
	c *http.ResponseController
	// count is told how many bytes have come for each piece.
	count func(int)
}

func (f *flushed) Write(p []byte) (int, error) {
	f.count(len(p))
	f.c.SetWriteDeadline(time.Now().Add(writeTime))
	n, err := f.w.Write(p)
	if err == nil {
		err = f.c.Flush()
	}
	return n, err
}
