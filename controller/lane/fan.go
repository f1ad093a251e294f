// Package lane carries frames as they come: from a recorder by a stream socket to
// the controller, and from there as an endless MP4 to whoever plays them at once.
// Nobody who takes them is waited for.
package lane

import (
	"context"
	"io"
	"sync"
)

// mostWaiting is how much may wait for one taker, and how much of the newest key frame
// and what follows it is kept for those who come, bytes.
const mostWaiting = 2 << 20

// item is what is handed on as a whole.
type item struct {
	bytes []byte
	sync  bool // who begins with it needs none before it but the head
}

// fan hands what comes to all who take it. It keeps what one who comes begins with: a
// head, and all since the newest key frame.
type fan struct {
	mu     sync.Mutex
	head   []byte // of the run; nil before any
	codecs string // of the run (RFC 6381)
	group  []item // since the newest key frame; empty where that was too much
	size   int    // of the group, bytes
	takers map[*taker]struct{}
	closed bool
}

// taker takes what comes. One goroutine may call next.
type taker struct {
	ready  chan struct{} // holds one where there is news
	queue  [][]byte      // guarded by the fan's mutex
	size   int           // of the queue, bytes
	behind bool          // it could not keep up, and goes on at the next key frame
	over   bool          // nothing comes any more
}

// begin says what each begins with from now on.
func (f *fan) begin(head []byte, codecs string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.head, f.codecs, f.group, f.size = head, codecs, nil, 0
	for t := range f.takers {
		t.push(item{bytes: head, sync: true})
		t.behind = true // what follows begins with a key frame
	}
}

// add hands an item on.
func (f *fan) add(i item) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if i.sync {
		f.group, f.size = nil, 0
	}
	if i.sync || len(f.group) > 0 {
		f.group, f.size = append(f.group, i), f.size+len(i.bytes)
	}
	if f.size > mostWaiting {
		f.group, f.size = nil, 0
	}
	for t := range f.takers {
		t.push(i)
	}
}

// push hands an item to one who keeps up, or does so again from it on.
func (t *taker) push(i item) {
	switch {
	case t.behind && !i.sync:
		return
	case t.size+len(i.bytes) > mostWaiting && t.size > 0:
		t.queue, t.size, t.behind = nil, 0, true
		if !i.sync {
			return
		}
	}
	t.behind = false
	t.queue, t.size = append(t.queue, i.bytes), t.size+len(i.bytes)
	t.wake()
}

func (t *taker) wake() {
	select {
	case t.ready <- struct{}{}:
	default:
	}
}

// join is somebody who takes what comes from now on.
func (f *fan) join() *taker {
	f.mu.Lock()
	defer f.mu.Unlock()
	t := &taker{ready: make(chan struct{}, 1), over: f.closed, behind: len(f.group) == 0}
	if f.head != nil {
		t.queue, t.size = append(t.queue, f.head), len(f.head)
	}
	for _, i := range f.group {
		t.queue, t.size = append(t.queue, i.bytes), t.size+len(i.bytes)
	}
	t.wake()
	if f.takers == nil {
		f.takers = map[*taker]struct{}{}
	}
	f.takers[t] = struct{}{}
	return t
}

func (f *fan) leave(t *taker) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.takers, t)
}

// close has everybody's end come behind what waits for them.
func (f *fan) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
	for t := range f.takers {
		t.over = true
		t.wake()
	}
}

// next waits for something and is all that waits. Its errors are io.EOF at the end and
// that of ctx.
func (f *fan) next(ctx context.Context, t *taker) ([][]byte, error) {
	for {
		f.mu.Lock()
		all, over := t.queue, t.over
		t.queue, t.size = nil, 0
		f.mu.Unlock()
		switch {
		case len(all) > 0:
			return all, nil
		case over:
			return nil, io.EOF
		}
		select {
		case <-t.ready:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}
