package rig

import (
	"net"
	"sync"
	"time"
)

// SlowLink is a way to a server that takes its time: what goes through it is
// late by half a round trip in each direction, and what comes back shares a rate.
type SlowLink struct {
	Origin string // http://host:port of this end

	listener net.Listener
	to       string
	trip     time.Duration
	rate     float64 // bytes a second

	mu   sync.Mutex
	free time.Time // when the link has carried all that it was given
	open map[net.Conn]bool
}

const (
	slice = 4 << 10     // bytes that go as one
	queue = 128         // slices that wait in one direction of a connection
	bloat = time.Second // what a sender may have waiting on the link: what is no longer wanted takes its time, too
)

// OpenSlowLink begins to listen on loopback, for a host:port. trip is the round
// trip, rate in bits a second. Close ends it.
func OpenSlowLink(to string, trip time.Duration, rate float64) (*SlowLink, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	l := &SlowLink{Origin: "http://" + listener.Addr().String(), listener: listener, to: to, trip: trip, rate: rate / 8, open: map[net.Conn]bool{}}
	go l.serve()
	return l, nil
}

// Set changes round trip and rate for what comes from now on.
func (l *SlowLink) Set(trip time.Duration, rate float64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.trip, l.rate = trip, rate/8
}

// Close ends all connections.
func (l *SlowLink) Close() {
	l.listener.Close()
	l.mu.Lock()
	defer l.mu.Unlock()
	for c := range l.open {
		c.Close()
	}
}

func (l *SlowLink) serve() {
	for {
		near, err := l.listener.Accept()
		if err != nil {
			return
		}
		far, err := net.Dial("tcp", l.to)
		if err != nil {
			near.Close()
			continue
		}
		l.mu.Lock()
		l.open[near], l.open[far] = true, true
		l.mu.Unlock()
		go l.carry(far, near, func(int) time.Time { return time.Now().Add(l.half()) })
		go l.carry(near, far, l.due)
	}
}

func (l *SlowLink) half() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.trip / 2
}

// due is when so many bytes that come back now have arrived.
func (l *SlowLink) due(bytes int) time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now := time.Now(); l.free.Before(now) {
		l.free = now
	}
	l.free = l.free.Add(time.Duration(float64(bytes) / l.rate * float64(time.Second)))
	return l.free.Add(l.trip / 2)
}

// carry takes one direction of a connection to its end.
func (l *SlowLink) carry(to, from net.Conn, due func(bytes int) time.Time) {
	type late struct {
		data []byte
		due  time.Time
	}
	way := make(chan late, queue)
	go func() {
		defer close(way)
		for {
			data := make([]byte, slice)
			n, err := from.Read(data)
			if n > 0 {
				at := due(n)
				way <- late{data[:n], at}
				time.Sleep(time.Until(at) - bloat)
			}
			if err != nil {
				return
			}
		}
	}()
	for s := range way {
		time.Sleep(time.Until(s.due))
		if _, err := to.Write(s.data); err != nil {
			from.Close()
		}
	}
	to.Close()
	l.mu.Lock()
	delete(l.open, to)
	l.mu.Unlock()
}
