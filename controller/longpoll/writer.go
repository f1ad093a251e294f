package longpoll

import (
	"errors"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// small is the body up to which it is copied behind the header, so that both go
// with one plain write.
const small = 4 << 10

// errShort is a handler's fault: the client waits for more.
var errShort = errors.New("less was written than the Content-Length says")

// Gatherer is a connection around another one, which hands on several buffers with
// one system call, as net.Buffers do for connections of package net alone.
type Gatherer interface {
	WriteBuffers(*net.Buffers) (int64, error)
}

// writer is the http.ResponseWriter of one request. A body whose length is
// known goes out as it is written, together with the header; any other is
// collected first.
type writer struct {
	conn   *conn
	now    time.Time
	header http.Header
	status int // 0: not decided
	body   []byte
	sent   bool  // the header
	rest   int64 // of the body, once the header is sent
	last   bool  // the connection ends with this answer
	err    error
}

func (w *writer) Header() http.Header {
	if w.header == nil {
		w.header = make(http.Header, 8)
	}
	return w.header
}

func (w *writer) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
}

func (w *writer) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	if w.err != nil {
		return 0, w.err
	}
	if w.sent {
		if int64(len(p)) > w.rest {
			w.err = http.ErrContentLength
			return 0, w.err
		}
		w.rest -= int64(len(p))
		_, w.err = w.conn.Write(p)
		return len(p), w.failed()
	}
	length, err := strconv.ParseInt(w.Header().Get("Content-Length"), 10, 64)
	if err != nil {
		w.body = append(w.body, p...)
		return len(p), nil
	}
	if int64(len(p)) > length {
		w.err = http.ErrContentLength
		return 0, w.err
	}
	w.rest = length - int64(len(p))
	return len(p), w.send(p)
}

// finish sends what is not sent yet.
func (w *writer) finish() error {
	w.WriteHeader(http.StatusOK)
	if w.err == nil && !w.sent {
		if w.status != http.StatusNoContent && w.status != http.StatusNotModified {
			w.Header().Set("Content-Length", strconv.Itoa(len(w.body)))
		}
		w.send(w.body)
	}
	if w.err == nil && w.rest > 0 {
		w.err = errShort
	}
	return w.err
}

var heads = sync.Pool{New: func() any { head := make([]byte, 0, small+1<<10); return &head }}

// send sends the header and the first of the body with one system call.
func (w *writer) send(body []byte) error {
	w.sent = true
	pooled := heads.Get().(*[]byte)
	defer heads.Put(pooled)
	head := w.appendHead((*pooled)[:0])
	if len(body) <= small {
		head = append(head, body...)
		_, w.err = w.conn.Write(head)
	} else {
		both := net.Buffers{head, body}
		if direct, ok := w.conn.Conn.(Gatherer); ok {
			_, w.err = direct.WriteBuffers(&both)
		} else {
			_, w.err = both.WriteTo(w.conn.Conn)
		}
	}
	*pooled = head
	return w.failed()
}

// failed notes that the client has left when it can't be written to.
func (w *writer) failed() error {
	if w.err != nil {
		w.conn.leave()
	}
	return w.err
}

func (w *writer) appendHead(head []byte) []byte {
	head = append(head, "HTTP/1.1 "...)
	head = strconv.AppendInt(head, int64(w.status), 10)
	head = append(append(append(head, ' '), http.StatusText(w.status)...), "\r\nDate: "...)
	head = w.now.UTC().AppendFormat(head, http.TimeFormat)
	w.last = w.last || w.header.Get("Connection") == "close"
	for name, values := range w.header {
		if name == "Connection" {
			continue // said below
		}
		for _, value := range values {
			head = append(append(append(head, "\r\n"...), name...), ": "...)
			head = append(head, oneLine.Replace(value)...)
		}
	}
	if w.last {
		head = append(head, "\r\nConnection: close"...)
	}
	return append(head, "\r\n\r\n"...)
}

// oneLine keeps a value from becoming a header of its own.
var oneLine = strings.NewReplacer("\n", " ", "\r", " ")
