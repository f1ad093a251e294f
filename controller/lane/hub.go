package lane

import (
	"bufio"
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"net"
	"sync"
	"time"
)

// again is how often a socket is tried that can't be had, and soon the same while
// nobody records.
const again, soon = time.Second, 100 * time.Millisecond

// Hub is the controller's end of one camera's lane. It is connected to the recorder
// while somebody takes frames, and not otherwise.
type Hub struct {
	dir string
	log *slog.Logger

	mu     sync.Mutex
	takers int
	end    context.CancelFunc // of the connection
	over   chan struct{}      // it is closed
	movie  *movie             // what has come over it: another one has a movie of its own
	said   string             // why there is no socket, as logged; "": there is, or nobody knows
}

// NewHub is the lane of a camera whose spool is dir.
func NewHub(dir string, log *slog.Logger) *Hub { return &Hub{dir: dir, log: log} }

// Frames are what one viewer takes.
type Frames struct {
	hub   *Hub
	fan   *fan
	taker *taker
}

// Join begins to take frames, with those of the sound or without. Leave must follow.
func (h *Hub) Join(sound bool) *Frames {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.takers++; h.takers == 1 {
		before := h.over
		ctx, end := context.WithCancel(context.Background())
		over := make(chan struct{})
		m := &movie{}
		h.end, h.over, h.movie = end, over, m
		go func() {
			defer close(over)
			if before != nil {
				<-before
			}
			h.connect(ctx, m)
		}()
	}
	from := &h.movie.mute
	if sound {
		from = &h.movie.all
	}
	return &Frames{h, from, from.join()}
}

// Leave ends taking. The last one's ends the connection to the recorder.
func (f *Frames) Leave() {
	h := f.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	f.fan.leave(f.taker)
	if h.takers--; h.takers == 0 {
		h.end()
	}
}

// Next waits for something and is all that waits: an init section, and then fragments
// of one frame each; another init section begins another run. The error is that of ctx.
func (f *Frames) Next(ctx context.Context) ([][]byte, error) { return f.fan.next(ctx, f.taker) }

// Codecs are those of the newest run (RFC 6381), "" before any.
func (f *Frames) Codecs() string {
	f.fan.mu.Lock()
	defer f.fan.mu.Unlock()
	return f.fan.codecs
}

// connect brings what the recorder sends until ctx ends.
func (h *Hub) connect(ctx context.Context, m *movie) {
	conn, err := dial(ctx, h.dir)
	for ctx.Err() == nil {
		if err == nil {
			err = h.receive(ctx, conn, m)
		}
		conn, err = h.follow(ctx, m, err)
	}
	if err == nil {
		conn.Close()
	}
}

// receive hands on what comes over a connection until that ends.
func (h *Hub) receive(ctx context.Context, conn net.Conn, m *movie) error {
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	defer conn.Close()
	in := bufio.NewReaderSize(conn, 64<<10)
	for {
		message, err := read(in)
		if err == nil {
			err = m.take(message)
		}
		if err != nil {
			return err
		}
		if _, ok := message.(Run); ok {
			h.say("")
		}
	}
}

// follow follows the growing file, since the socket can't be had, until it can. Why
// it can't is given, and came back where it still can't.
func (h *Hub) follow(ctx context.Context, m *movie, why error) (conn net.Conn, err error) {
	conn, err = nil, why
	t := tail{dir: h.dir}
	begun, failed := t.follow(ctx, m.take, func() bool {
		h.say(why.Error())
		conn, err = dial(ctx, h.dir)
		return err == nil
	})
	if failed != nil && !errors.Is(failed, fs.ErrNotExist) && ctx.Err() == nil {
		h.log.Debug("the growing segment can't be followed", "error", failed)
	}
	if err == nil || ctx.Err() != nil {
		return conn, err
	}
	if !begun || failed != nil { // nobody records
		select {
		case <-time.After(soon):
		case <-ctx.Done():
		}
	}
	return dial(ctx, h.dir)
}

// say logs once why there is no socket, and once that there is one again.
func (h *Hub) say(why string) {
	if why == h.said {
		return
	}
	if h.said = why; why != "" {
		h.log.Warn("frames come a frame later: the recorder's socket can't be used, and its growing file is followed", "error", why)
		return
	}
	h.log.Info("frames come from the recorder's socket")
}
