package main

import (
	"context"
	"io"
	"net"
	"testing"
	"time"
)

// A question and its answer take a round trip, and so does the connection;
// nothing is lost, and the end of one side reaches the other.
func TestDelay(t *testing.T) {
	echo, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer echo.Close()
	go func() {
		c, err := echo.Accept()
		if err == nil {
			io.Copy(c, c)
			c.Close()
		}
	}()
	const roundTrip = 60 * time.Millisecond
	d, err := delay(context.Background(), echo.Addr().String(), roundTrip)
	if err != nil {
		t.Fatal(err)
	}
	defer d.close()
	begun := time.Now()
	c, err := net.Dial("tcp", d.address())
	if err != nil {
		t.Fatal(err)
	}
	sent := make([]byte, 1<<20)
	go func() {
		c.Write(sent)
		c.(*net.TCPConn).CloseWrite()
	}()
	if _, err := io.ReadFull(c, make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(begun); took < 2*roundTrip {
		t.Errorf("connection and answer took %v", took)
	}
	if n, err := io.Copy(io.Discard, c); err != nil || n != int64(len(sent))-1 {
		t.Errorf("%d bytes, %v", n, err)
	}
}
