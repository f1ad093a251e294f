// Package engineproxy stands between the controller and the Docker Engine's socket,
// and lets the controller keep its recorders' containers and do nothing else. A
// request is read into the few things it may ask for, and what the Engine gets is
// made anew of those: no byte of it is passed on.
package engineproxy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/containerd/errdefs/pkg/errhttp"
	"github.com/docker/docker/api/types"
	"github.com/docker/docker/client"
	"golang.org/x/net/netutil"

	"lookback/controller/runner"
)

// Engine is what is asked of the Docker Engine.
type Engine interface {
	runner.Engine
	Ping(ctx context.Context) (types.Ping, error)
}

// Dial prepares a client of the Engine at address; nothing is asked of it yet. The
// error is about an address that is none.
func Dial(address string) (Engine, error) {
	return client.NewClientWithOpts(client.WithHost(address), client.WithAPIVersionNegotiation())
}

// Options of a proxy.
type Options struct {
	Engine Engine
	Self   func() (string, error) // the id of this container
	Log    *slog.Logger
}

// Proxy answers the controller.
type Proxy struct {
	Options
	ending chan struct{}         // closed when streams are to end
	found  atomic.Pointer[stack] // whose proxy this is, nil before somebody asked
}

// New prepares a proxy; nothing is asked of the Engine before a request comes.
func New(o Options) *Proxy { return &Proxy{Options: o, ending: make(chan struct{})} }

const (
	// maxConnections at once: a controller has a handful.
	maxConnections = 100
	// callTime is how long the Engine may take for a call; the controller has less
	// patience, and hangs up before.
	callTime = time.Minute
	// readTime is how long a request may take to come.
	readTime = 10 * time.Second
	// endTime is how long calls may take that are under way when the proxy ends.
	endTime = 5 * time.Second
)

// Serve answers on l until ctx ends, and closes it.
func (p *Proxy) Serve(ctx context.Context, l net.Listener) error {
	// No time for writing: the stream of events lasts.
	server := &http.Server{
		Handler: p, ReadHeaderTimeout: readTime, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 16 << 10,
		DisableGeneralOptionsHandler: true, ErrorLog: slog.NewLogLogger(p.Log.Handler(), slog.LevelWarn),
	}
	ended := make(chan error, 1)
	go func() {
		<-ctx.Done()
		close(p.ending)
		soon, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTime)
		defer cancel()
		ended <- errors.Join(server.Shutdown(soon), server.Close())
	}()
	if err := server.Serve(netutil.LimitListener(l, maxConnections)); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return <-ended
}

// refusal is a request that is not passed on.
type refusal struct {
	status int
	why    string // without a value of the request that could be secret
}

func (r *refusal) Error() string { return r.why }

func refuse(format string, a ...any) error {
	return &refusal{http.StatusForbidden, fmt.Sprintf(format, a...)}
}

func malformed(format string, a ...any) error {
	return &refusal{http.StatusBadRequest, fmt.Sprintf(format, a...)}
}

// ServeHTTP answers one request.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a, err := read(w, r)
	if err == nil && a.call == "events" {
		err = p.events(w, r, a)
	} else if err == nil {
		ctx, cancel := context.WithTimeout(r.Context(), callTime)
		defer cancel()
		var answer any
		status := http.StatusOK
		if answer, err = p.answer(ctx, w, a); err == nil {
			if a.call == "create" {
				status = http.StatusCreated
			}
			write(w, status, answer)
		}
	}
	if err != nil {
		p.fail(w, r, err)
	}
}

// answer does what is asked for, and returns what is to be told; nil is nothing.
func (p *Proxy) answer(ctx context.Context, w http.ResponseWriter, a *asked) (any, error) {
	if a.call == "ping" {
		return p.ping(ctx, w)
	}
	s, err := p.stack(ctx)
	if err != nil {
		return nil, err
	}
	switch a.call {
	case "list":
		return s.list(ctx, a)
	case "inspect":
		return s.inspect(ctx, a.object)
	case "create":
		return s.create(ctx, a)
	case "connect":
		return nil, s.connect(ctx, a)
	}
	return nil, s.change(ctx, a)
}

// fail tells what went wrong, and why something was refused also to the log.
func (p *Proxy) fail(w http.ResponseWriter, r *http.Request, err error) {
	status, text := http.StatusServiceUnavailable, err.Error()
	var no *refusal
	switch {
	case errors.As(err, &no):
		path, _, _ := strings.Cut(r.RequestURI, "?")
		p.Log.Warn("refused", "method", shortened(r.Method), "path", shortened(path), "why", no.why)
		status = no.status
		// Whatever comes after it on this connection is not looked at.
		w.Header().Set("Connection", "close")
	case r.Context().Err() != nil:
		return // nobody is there
	case !client.IsErrConnectionFailed(err):
		status, text = errhttp.ToHTTP(err), strings.TrimPrefix(text, "Error response from daemon: ")
	}
	write(w, status, types.ErrorResponse{Message: text})
}

func shortened(s string) string { return s[:min(len(s), 200)] }

// write is an answer as the Engine would write it; one without content is nil.
func write(w http.ResponseWriter, status int, answer any) {
	if answer == nil {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	text, err := json.Marshal(answer)
	if err != nil {
		status, text = http.StatusInternalServerError, []byte(`{"message":"the engine proxy can't say it"}`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(text)
}
