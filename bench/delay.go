package main

import (
	"context"
	"io"
	"net"
	"sync"
	"time"
)

// delayed is a TCP proxy to an address on loopback behind which everything is
// as far away as a round trip says: each byte takes half of it, each way, and a
// connection one more to be made. Bandwidth is not limited. It is for where the
// kernel has no netem.
type delayed struct {
	listener  net.Listener
	to        string
	roundTrip time.Duration
	stop      context.CancelFunc
	all       sync.WaitGroup
}

func delay(ctx context.Context, to string, roundTrip time.Duration) (*delayed, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(ctx)
	d := &delayed{listener: l, to: to, roundTrip: roundTrip, stop: stop}
	d.all.Go(func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			d.all.Go(func() { d.serve(ctx, near) })
		}
	})
	return d, nil
}

func (d *delayed) address() string { return d.listener.Addr().String() }

func (d *delayed) close() {
	d.listener.Close()
	d.stop()
	d.all.Wait()
}

func (d *delayed) serve(ctx context.Context, near net.Conn) {
	defer near.Close()
	far, err := net.Dial("tcp", d.to)
	if err != nil {
		return
	}
	defer far.Close()
	if wait(ctx, d.roundTrip) != nil {
		return
	}
	ended := context.AfterFunc(ctx, func() { near.Close(); far.Close() })
	defer ended()
	var both sync.WaitGroup
	both.Go(func() { d.carry(far, near) })
	both.Go(func() { d.carry(near, far) })
	both.Wait()
}

// chunk is what was read at once, and when it is to arrive.
type chunk struct {
	due  time.Time
	data []byte
}

// carry brings bytes from one end to the other until either is closed. What is
// on its way is bounded by the queue: 16 MB.
func (d *delayed) carry(to, from net.Conn) {
	way := make(chan chunk, 256)
	var arriving sync.WaitGroup
	arriving.Go(func() {
		for c := range way {
			time.Sleep(time.Until(c.due))
			if _, err := to.Write(c.data); err != nil {
				from.Close()
			}
		}
		if tcp, ok := to.(*net.TCPConn); ok {
			tcp.CloseWrite()
		}
	})
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		if n > 0 {
			way <- chunk{time.Now().Add(d.roundTrip / 2), append([]byte(nil), buffer[:n]...)}
		}
		if err != nil {
			if err != io.EOF {
				to.Close()
			}
			break
		}
	}
	close(way)
	arriving.Wait()
}
