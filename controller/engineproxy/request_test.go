package engineproxy

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
)

// A request is refused for how it is sent, too.
func TestHowRequestsAreSent(t *testing.T) {
	f := newEngine()
	wish := string(wish(t, f))
	socket := f.serve(t)
	stop := "/v1.41/containers/" + recorderID + "/stop"
	create := func(head string) string {
		return "POST " + createTarget + " HTTP/1.1\r\nHost: x\r\n" + head + "\r\n"
	}
	for way, request := range map[string]string{
		"chunks":                   create("Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n") + fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(wish), wish),
		"chunks and a length":      create(fmt.Sprintf("Content-Type: application/json\r\nTransfer-Encoding: chunked\r\nContent-Length: %d\r\n", len(wish))) + fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(wish), wish),
		"chunks by another name":   create(fmt.Sprintf("Content-Type: application/json\r\nTransfer-Encoding: xchunked\r\nContent-Length: %d\r\n", len(wish))) + wish,
		"two lengths":              create(fmt.Sprintf("Content-Type: application/json\r\nContent-Length: 2\r\nContent-Length: %d\r\n", len(wish))) + wish,
		"a length with a sign":     create(fmt.Sprintf("Content-Type: application/json\r\nContent-Length: +%d\r\n", len(wish))) + wish,
		"no type":                  create(fmt.Sprintf("Content-Length: %d\r\n", len(wish))) + wish,
		"another type":             create(fmt.Sprintf("Content-Type: text/plain\r\nContent-Length: %d\r\n", len(wish))) + wish,
		"a length that waits":      create(fmt.Sprintf("Content-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: %d\r\n", len(wish))) + wish,
		"too long, by its length":  create("Content-Type: application/json\r\nContent-Length: 9000000000\r\n"),
		"no body":                  create("Content-Type: application/json\r\n"),
		"a blank before the colon": create(fmt.Sprintf("Content-Type: application/json\r\nContent-Length : %d\r\n", len(wish))) + wish,
		"a folded line":            create(fmt.Sprintf("Content-Type: application/json\r\nX: y\r\n z\r\nContent-Length: %d\r\nTransfer-Encoding:\r\n chunked\r\n", len(wish))) + wish,
		"another protocol":         "POST " + stop + " HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n",
		"HTTP/2":                   "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
		"an address as the target": "POST http://engine" + stop + " HTTP/1.1\r\nHost: engine\r\n\r\n",
		"CONNECT":                  "CONNECT " + stop + " HTTP/1.1\r\nHost: x\r\n\r\n",
		"OPTIONS":                  "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
		"a method behind it":       "GET " + stop + " HTTP/1.1\r\nHost: x\r\nX-HTTP-Method-Override: POST\r\n\r\n",
		"a method in the query":    "GET " + stop + "?_method=POST HTTP/1.1\r\nHost: x\r\n\r\n",
		"a length for a GET":       "GET /v1.41/containers/json HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nPOST",
		"a head without end":       "GET /v1.41/containers/json HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("x", 1<<20) + "\r\n\r\n",
		"bytes":                    "\x16\x03\x01\x02\x00\x01\x00\r\n\r\n",
	} {
		status, body, err := try(t, socket, request)
		if said := f.said(); err == nil && status < 400 || errors.Is(err, os.ErrDeadlineExceeded) || len(said) > 0 {
			t.Errorf("%s: %d %s, %v; the Engine is told %q", way, status, body, err, said)
		}
	}
}

// What follows on the connection after something was refused is not looked at, and what
// follows something permitted is a request of its own.
func TestWhatFollowsOnAConnection(t *testing.T) {
	f := newEngine()
	socket := f.serve(t)
	stop := plain("POST", "/v1.41/containers/"+recorderID+"/stop", "")
	for request, want := range map[string]int{
		plain("GET", "/v1.41/info", "") + stop:                                  0,
		plain("GET", "/v1.41/containers/json", "{}") + stop:                     0,
		plain("GET", "/v1.41/containers/json", "") + stop:                       1,
		plain("POST", "/v1.41/containers/"+foreignID+"/stop", "") + stop:        0,
		plain("GET", "/_ping", "") + plain("GET", "/v1.41/info", "") + stop:     0,
		plain("GET", "/_ping", "") + plain("GET", "/v1.41/containers/json", ""): 0,
	} {
		conn, err := net.Dial("unix", socket)
		if err != nil {
			t.Fatal(err)
		}
		conn.SetDeadline(time.Now().Add(20 * time.Second))
		if _, err := io.WriteString(conn, request); err != nil {
			t.Fatal(err)
		}
		conn.(*net.UnixConn).CloseWrite()
		answers := bufio.NewReader(conn)
		for {
			answer, err := http.ReadResponse(answers, nil)
			if err != nil {
				break
			}
			io.Copy(io.Discard, answer.Body)
		}
		conn.Close()
		if said := f.said(); len(said) != want {
			t.Errorf("%q: the Engine is told %q", request, said)
		}
	}
}

// Whoever asks in a newer version than both know is told the one to use.
func TestPingTellsTheVersion(t *testing.T) {
	socket := newEngine().serve(t)
	conn, err := net.Dial("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	io.WriteString(conn, plain("HEAD", "/_ping", ""))
	answer, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: "HEAD"})
	if err != nil || answer.StatusCode != http.StatusOK || answer.Header.Get("Api-Version") != "1.51" || answer.Header.Get("Ostype") != "linux" {
		t.Errorf("%v %+v", err, answer)
	}
}
