package web

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"lookback/controller/archive"
	"lookback/controller/playlist"
)

func utoa(n uint64) string { return strconv.FormatUint(n, 10) }

// index answers with the multivariant playlist.
func (s *server) index(w http.ResponseWriter, r *http.Request, c *camera) {
	v := c.view()
	if v.snap.Empty() {
		s.noPicture(w)
		return
	}
	var t text
	send(w, t.body(func() []byte { return playlist.Master(v.snap) }, gzipped(r)), gzipped(r))
}

func (s *server) live(w http.ResponseWriter, r *http.Request, c *camera) {
	s.served(w, r, c, "live", func(w http.ResponseWriter) time.Duration {
		q, bad := parseQuery(r.URL.RawQuery)
		if bad != nil {
			refuse(w, bad)
			return 0
		}
		return s.shared(w, r, c, q, func(v *view, delta bool) []byte {
			which := liveFull
			if delta {
				which = liveDelta
			}
			return v.texts[which].body(func() []byte { return playlist.Live(v.snap).Render(delta) }, gzipped(r))
		})
	})
}

func (s *server) window(w http.ResponseWriter, r *http.Request, c *camera) {
	q, bad := parseQuery(r.URL.RawQuery)
	name := "window"
	if bad == nil && (q.Has("from") || q.Has("to")) {
		name = "slice"
	}
	s.served(w, r, c, name, func(w http.ResponseWriter) time.Duration {
		switch {
		case bad != nil:
			refuse(w, bad)
			return 0
		case name == "slice":
			return s.slice(w, r, c, q)
		}
		return s.shared(w, r, c, q, func(v *view, delta bool) []byte {
			which := windowFull
			if delta {
				which = windowDelta
			}
			return v.texts[which].body(func() []byte { return playlist.Window(v.snap, &c.blocks).Render(delta) }, gzipped(r))
		})
	})
}

// shared answers with a playlist that all viewers of a snapshot share and
// returns how long the request was held.
func (s *server) shared(w http.ResponseWriter, r *http.Request, c *camera, q map[string][]string, body func(*view, bool) []byte) time.Duration {
	d, bad := parseDirectives(q)
	if bad != nil {
		refuse(w, bad)
		return 0
	}
	v, held, ok := s.hold(w, r, c, d)
	if ok {
		v.asked.Add(1)
		c.file(v)
		send(w, body(v, d.skip), gzipped(r))
	}
	return held
}

// hold waits for what the directives ask for. When that fails it answers.
func (s *server) hold(w http.ResponseWriter, r *http.Request, c *camera, d directives) (*view, time.Duration, bool) {
	v := c.view()
	if v.snap.Empty() {
		s.noPicture(w)
		return v, 0, false
	}
	if d.blocking && !v.snap.Ended {
		if bad := d.inRange(v.snap); bad != nil {
			refuse(w, bad)
			return v, 0, false
		}
	}
	begun := time.Now()
	v, err := c.await(r.Context(), func(s *archive.Snapshot) (bool, error) { return d.satisfied(s), nil })
	held := time.Since(begun)
	if err != nil {
		notServed(w, err, "Nothing new came within three target durations. /api/cameras tells why.")
	}
	return v, held, err == nil
}

// notServed answers a request that waited in vain. When its context ended, the
// client has gone and nobody reads the answer, or the program is stopping and
// the client must not take an empty one for a playlist.
func notServed(w http.ResponseWriter, err error, tooLate string) {
	switch {
	case errors.Is(err, errTooLate):
		fail(w, http.StatusServiceUnavailable, "too-late", tooLate)
		return
	case errors.Is(err, errGone):
		noCamera(w)
		return
	}
	fail(w, http.StatusServiceUnavailable, "stopping", "The controller is stopping. Ask again soon.")
}

// slice answers with a part of the window.
func (s *server) slice(w http.ResponseWriter, r *http.Request, c *camera, q map[string][]string) time.Duration {
	d, bad := parseDirectives(q)
	from, to, badTime := parseSlice(q)
	if bad = firstBad(bad, badTime); bad != nil {
		refuse(w, bad)
		return 0
	}
	cut := func(snap *archive.Snapshot) (playlist.List, error) {
		return playlist.Slice(snap, from, to, s.Now().UnixMicro(), &c.blocks)
	}
	l, err := cut(c.view().snap)
	var held time.Duration
	// Directives are ignored once a playlist has ended (6.2.5.2).
	if err == nil && !l.Ended() {
		v, waited, ok := s.hold(w, r, c, d)
		if held = waited; !ok {
			return held
		}
		l, err = cut(v.snap)
	}
	if err != nil {
		fail(w, http.StatusNotFound, "no-media", "There is no media in that time. /api/cameras/"+c.Name()+"/timeline tells where there is.")
		return held
	}
	var t text
	send(w, t.body(func() []byte { return l.Render(d.skip) }, gzipped(r)), gzipped(r))
	return held
}

// parseSlice reads from and to; to is 0 when absent.
func parseSlice(q map[string][]string) (from, to int64, bad *badQuery) {
	from, given, bad := instant(q, "from")
	if bad != nil {
		return 0, 0, bad
	}
	if !given {
		return 0, 0, &badQuery{"from", "", "a time, whenever to is given"}
	}
	to, given, bad = instant(q, "to")
	if bad != nil || !given {
		return from, 0, bad
	}
	if to <= from || to-from > playlist.WindowSpan.Microseconds() {
		return 0, 0, &badQuery{"to", q["to"][0], "a time after from, at most 24 h after it"}
	}
	return from, to, nil
}

func firstBad(all ...*badQuery) *badQuery {
	for _, bad := range all {
		if bad != nil {
			return bad
		}
	}
	return nil
}

// noPicture answers as long as there is nothing to play: the camera has not
// delivered a picture yet, or its archive is not loaded.
func (s *server) noPicture(w http.ResponseWriter) {
	fail(w, http.StatusServiceUnavailable, "no-picture", "There is no picture of the camera yet. /api/cameras tells why.")
}

// served reports a playlist request to the metrics once it is answered.
func (s *server) served(w http.ResponseWriter, r *http.Request, c *camera, name string, serve func(http.ResponseWriter) time.Duration) {
	noted := &statusWriter{ResponseWriter: w}
	held := serve(noted)
	if r.Context().Err() != nil {
		noted.status = statusGone
	}
	s.Metrics.Playlist(c.Name(), name, noted.status, held)
}

// statusGone stands for a client that left before it was answered, as in nginx's log.
const statusGone = 499

type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// send answers with a playlist. HEAD gets the same header; net/http drops the body.
func send(w http.ResponseWriter, body []byte, compressed bool) {
	h := w.Header()
	h.Set("Content-Type", "application/vnd.apple.mpegurl")
	h.Set("Cache-Control", noStore)
	h.Add("Vary", "Accept-Encoding")
	if compressed {
		h.Set("Content-Encoding", "gzip")
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(http.StatusOK)
	w.Write(body)
}

// gzipped tells whether the client takes gzip: named, or as *, with a weight
// that is not zero (RFC 9110 12.5.3).
func gzipped(r *http.Request) bool {
	any := false
	for _, header := range r.Header.Values("Accept-Encoding") {
		for item := range strings.SplitSeq(header, ",") {
			coding, params, weighted := strings.Cut(item, ";")
			accepted := true
			if weighted {
				weight, err := strconv.ParseFloat(strings.TrimPrefix(strings.ToLower(strings.TrimSpace(params)), "q="), 64)
				accepted = err != nil || weight > 0
			}
			switch strings.ToLower(strings.TrimSpace(coding)) {
			case "gzip", "x-gzip":
				return accepted
			case "*":
				any = accepted
			}
		}
	}
	return any
}
