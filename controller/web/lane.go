package web

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"lookback/controller/lane"
	"lookback/controller/spool"
)

const (
	// mostLanes is how many may play frame by frame at once, of all cameras.
	mostLanes = 1024
	// firstFrame is how long the first frame may take: less than a page waits for it (FIRST
	// in lane-reader.js), so that the page hears why there is none.
	firstFrame = time.Second
	// laneStall is how long a client may take nothing.
	laneStall = 10 * time.Second
	// mostSent is how much a client may send behind its request, bytes.
	mostSent = 64 << 10
)

// live.mp4 is an MP4 without end: the init section, what has come since the newest key
// frame, and then a fragment for each frame as it comes. A new run sends its own init
// section. A prft box before each fragment tells its program date time. With sound=0
// there are pictures alone.
func (s *server) lane(w http.ResponseWriter, r *http.Request, c *camera) {
	sound, bad := parseLane(r.URL.RawQuery)
	if bad != nil {
		refuse(w, bad)
		return
	}
	if s.lanes.Add(1) > mostLanes {
		s.lanes.Add(-1)
		fail(w, http.StatusServiceUnavailable, "too-many", fmt.Sprintf("%d play frame by frame already, which is the most. live.m3u8 has the same picture.", mostLanes))
		return
	}
	defer s.lanes.Add(-1)
	frames := c.lane.Join(sound)
	defer frames.Leave()
	ctx, end := context.WithCancel(r.Context())
	defer end()
	defer context.AfterFunc(c.Life(), end)()
	soon, tooLate := context.WithTimeout(ctx, firstFrame)
	first, err := frames.Next(soon)
	tooLate()
	if err != nil {
		s.noFrame(w, c)
		return
	}
	h := w.Header()
	h.Set("Content-Type", `video/mp4; codecs="`+frames.Codecs()+`"`)
	h.Set("Cache-Control", noStore)
	h.Set("X-Accel-Buffering", "no")
	if r.Method == http.MethodHead {
		return
	}
	if r.ContentLength != 0 {
		s.Log.Debug("a client sends a body with its request for live.mp4, which is not read", "client", r.RemoteAddr, "bytes", r.ContentLength)
	}
	to, err := takeOver(w, r, end)
	for ; err == nil; first, err = frames.Next(ctx) {
		if err = to.send(first); err != nil {
			break
		}
	}
	to.close()
}

// parseLane reads whether there is to be sound.
func parseLane(raw string) (sound bool, bad *badQuery) {
	q, bad := parseQuery(raw)
	if bad != nil {
		return false, bad
	}
	for name := range q {
		if name != "sound" {
			return false, &badQuery{name, q.Get(name), "no such parameter of live.mp4, but sound"}
		}
	}
	value, given, bad := single(q, "sound")
	if bad == nil && given && value != "0" && value != "1" {
		bad = &badQuery{"sound", value, "0 or 1"}
	}
	return value != "0", bad
}

// noFrame says why there is none.
func (s *server) noFrame(w http.ResponseWriter, c *camera) {
	why := "No frame has come. /api/cameras tells why."
	if reason := c.Report(s.Now()).Reason; reason != nil {
		why = reason.Title + ". " + reason.Advice
	}
	fail(w, http.StatusServiceUnavailable, "no-picture", why)
}

// laneConn is where frames go: a connection that was taken over, since chunks and a
// flush with each frame cost twice as much, or an answer by HTTP/2.
type laneConn struct {
	conn net.Conn // nil: w is used
	w    http.ResponseWriter
	on   *http.ResponseController
}

// takeOver begins the answer. gone is called when the client leaves.
func takeOver(w http.ResponseWriter, r *http.Request, gone func()) (laneConn, error) {
	to := laneConn{w: w, on: http.NewResponseController(w)}
	conn, _, err := to.on.Hijack()
	if errors.Is(err, http.ErrNotSupported) {
		return to, to.on.SetWriteDeadline(time.Time{})
	}
	if err != nil {
		return to, err
	}
	to.conn = conn
	go func() { // ends when the connection does, which its owner closes
		defer gone()
		io.CopyN(io.Discard, conn, mostSent)
	}()
	h := w.Header()
	h.Set("Connection", "close")
	h.Set("Date", time.Now().UTC().Format(http.TimeFormat))
	head := bytes.NewBufferString(cmp.Or(r.Proto, "HTTP/1.1") + " 200 OK\r\n")
	return to, errors.Join(conn.SetReadDeadline(time.Time{}), h.Write(head), to.write(append(head.Bytes(), "\r\n"...)))
}

// send sends all that waits with one write.
func (to laneConn) send(all [][]byte) error {
	if len(all) == 1 {
		return to.write(all[0])
	}
	return to.write(bytes.Join(all, nil))
}

func (to laneConn) write(b []byte) error {
	if to.conn != nil {
		return errors.Join(to.conn.SetWriteDeadline(time.Now().Add(laneStall)), written(to.conn.Write(b)))
	}
	return errors.Join(to.on.SetWriteDeadline(time.Now().Add(laneStall)), written(to.w.Write(b)), to.on.Flush())
}

func written(_ int, err error) error { return err }

func (to laneConn) close() {
	if to.conn != nil {
		to.conn.Close()
	}
}

// newLane is that of a camera; where nobody says where its spool is, no frame comes.
func (s *server) newLane(name string) *lane.Hub {
	return lane.NewHub(spool.CameraDir(s.MediaDir, name), s.Log.With("camera", name))
}
