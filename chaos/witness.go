package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/textproto"
	"strconv"
	"strings"
	"sync"
	"time"
)

// witness watches the demo camera beside the controller and remembers the
// instant of every whole picture that it sends, by the head of its part; no
// picture is decoded.
type witness struct {
	demo func() string

	mu   sync.Mutex
	sent []int64 // ms since 1970, as in the block code
}

// run watches until the context ends, coming back whenever it is dropped.
func (w *witness) run(ctx context.Context) {
	for ctx.Err() == nil {
		w.watch(ctx)
		wait(ctx, 20*time.Millisecond)
	}
}

// Sent are the instants so far, in the order in which they came.
func (w *witness) Sent() []int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]int64(nil), w.sent...)
}

// watch reads one stream until it ends or nothing has come for 15 s.
func (w *witness) watch(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	asleep := time.AfterFunc(15*time.Second, cancel)
	defer asleep.Stop()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, w.demo()+"/stream.mjpg", nil)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	in := bufio.NewReaderSize(answer.Body, 64<<10)
	for {
		at, whole, err := readPart(in)
		if err != nil {
			return err
		}
		asleep.Reset(15 * time.Second)
		if whole {
			w.mu.Lock()
			w.sent = append(w.sent, at)
			w.mu.Unlock()
		}
	}
}

// readPart reads a delimiter, the head of a part and its picture, which is
// whole when it has a JPEG's first and last marker.
func readPart(in *bufio.Reader) (ms int64, whole bool, err error) {
	for line := []byte{}; !bytes.HasPrefix(line, []byte("--")); {
		if line, err = in.ReadSlice('\n'); err != nil {
			return 0, false, err
		}
	}
	head, err := textproto.NewReader(in).ReadMIMEHeader()
	if err != nil {
		return 0, false, err
	}
	length, err := strconv.Atoi(head.Get("Content-Length"))
	if err != nil || length < 4 || length > 64<<20 {
		return 0, false, fmt.Errorf("Content-Length %q", head.Get("Content-Length"))
	}
	if ms, err = parseTimestamp(head.Get("X-Timestamp")); err != nil {
		return 0, false, err
	}
	picture := make([]byte, length)
	if _, err := io.ReadFull(in, picture); err != nil {
		return 0, false, err
	}
	whole = bytes.HasPrefix(picture, []byte{0xff, 0xd8}) && bytes.HasSuffix(picture, []byte{0xff, 0xd9})
	return ms, whole, nil
}

// parseTimestamp reads seconds.micros since 1970, as milliseconds rounded down.
func parseTimestamp(s string) (ms int64, err error) {
	seconds, micros, found := strings.Cut(s, ".")
	whole, err := strconv.ParseInt(seconds, 10, 64)
	part, err2 := strconv.ParseInt(micros, 10, 64)
	if !found || len(micros) != 6 || err != nil || err2 != nil {
		return 0, fmt.Errorf("X-Timestamp %q", s)
	}
	return whole*1000 + part/1000, nil
}
