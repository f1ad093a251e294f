package web

import (
	"errors"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"

	"lookback/controller/archive"
	"lookback/controller/playlist"
)

func utoa(n uint64) string { return strconv.FormatUint(n, 10) }

// index answers with the multivariant playlist.
func (s *server) index(w http.ResponseWriter, r *http.Request, c *camera) {
	q, bad := parseQuery(r.URL.RawQuery)
	if bad = firstBad(bad, only(q, "index.m3u8")); bad != nil {
		refuse(w, bad)
		return
	}
	v := c.view()
	if v.snap.Empty() {
		s.noPicture(w)
		return
	}
	var t text
	send(w, t.body(func() []byte { return playlist.Master(v.now.snap) }, gzipped(r)), gzipped(r))
}

func (s *server) live(w http.ResponseWriter, r *http.Request, c *camera) {
	s.served(w, r, c, "live", func(w http.ResponseWriter) time.Duration {
		q, bad := parseAsked(r.URL.RawQuery)
		if bad = firstBad(bad, only(q.query, "live.m3u8", "epoch", "_HLS_msn", "_HLS_part", "_HLS_skip")); bad != nil {
			refuse(w, bad)
			return 0
		}
		return s.shared(w, r, c, q, func(s *scope) []byte {
			which := liveFull
			if q.skip {
				which = liveDelta
			}
			return s.texts[which].body(func() []byte { return playlist.Live(s.snap).Render(q.skip) }, gzipped(r))
		})
	})
}

func (s *server) window(w http.ResponseWriter, r *http.Request, c *camera) {
	q, bad := parseAsked(r.URL.RawQuery)
	name := "window"
	if q.query.Has("from") || q.query.Has("to") {
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
		return s.shared(w, r, c, q, func(s *scope) []byte {
			which := windowFull
			if q.skip {
				which = windowDelta
			}
			return s.texts[which].body(func() []byte { return playlist.Window(s.snap, &c.blocks).Render(q.skip) }, gzipped(r))
		})
	})
}

// asked is what a request for a playlist asks for.
type asked struct {
	query url.Values
	directives
	epoch
}

func parseAsked(raw string) (a asked, bad *badQuery) {
	if a.query, bad = parseQuery(raw); bad != nil {
		return a, bad
	}
	var badEpoch *badQuery
	a.directives, bad = parseDirectives(a.query)
	a.epoch, badEpoch = parseEpoch(a.query)
	return a, firstBad(bad, badEpoch)
}

// shared answers with a playlist that all viewers of a snapshot share and
// returns how long the request was held.
func (s *server) shared(w http.ResponseWriter, r *http.Request, c *camera, a asked, body func(*scope) []byte) time.Duration {
	v, under, held := s.hold(w, r, c, a)
	if under != nil {
		v.asked.Add(1)
		c.file(v)
		send(w, body(under), gzipped(r))
	}
	return held
}

// hold waits until the playlists of the number that is asked for hold what the
// directives ask for. Where that is not to be had it answers, and under is nil.
func (s *server) hold(w http.ResponseWriter, r *http.Request, c *camera, a asked) (v *view, under *scope, held time.Duration) {
	v = c.view()
	if a.given {
		v, _ = c.await(r.Context(), loadTime, loaded) // what is missing then is told below
	}
	if v.snap.Empty() {
		s.noPicture(w)
		return v, nil, 0
	}
	if !a.given && !a.any() {
		redirect(w, r, path.Base(r.URL.Path), v.epochOf(a.directives))
		return v, nil, 0
	}
	if bad := a.accepted(v.snap); bad != nil {
		refuse(w, bad)
		return v, nil, 0
	}
	if !a.given {
		a.number = v.epochOf(a.directives)
	}
	if i, ok := v.snap.Numbered(a.number); a.blocking && ok && i == v.served && !v.snap.Ended {
		if bad := a.inRange(v.now.snap); bad != nil {
			refuse(w, bad)
			return v, nil, 0
		}
	}
	begun := time.Now()
	v, err := c.await(r.Context(), holdTime, func(v *view) (ready bool, err error) {
		under, ready, err = v.under(a.number, s.Now(), a.directives)
		return ready, err
	})
	held = time.Since(begun)
	switch {
	case errors.Is(err, errEpochEnded):
		epochEnded(w)
		return v, nil, held
	case err != nil:
		notServed(w, err, "Nothing new came within three target durations. /api/cameras tells why.")
		return v, nil, held
	}
	return v, under, held
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

// slice answers with a part of the window. What is over needs no number.
func (s *server) slice(w http.ResponseWriter, r *http.Request, c *camera, a asked) time.Duration {
	from, to, bad := parseSlice(a.query)
	if bad != nil {
		refuse(w, bad)
		return 0
	}
	cut := func(snap *archive.Snapshot) (playlist.List, error) {
		return playlist.Slice(snap, from, to, s.Now().UnixMicro(), &c.blocks)
	}
	snap := c.view().snap
	l, err := cut(snap)
	var held time.Duration
	switch {
	case err != nil:
	case !a.given && l.Ended():
		l = l.Whole()
	default:
		// Directives are ignored once a playlist has ended (6.2.5.2).
		if l.Ended() {
			a.directives = directives{}
		}
		_, under, waited := s.hold(w, r, c, a)
		if held = waited; under == nil {
			return held
		}
		l, err = cut(under.snap)
	}
	if err != nil {
		fail(w, http.StatusNotFound, "no-media", "There is no media in that time. /api/cameras/"+c.Name()+"/timeline tells where there is.")
		return held
	}
	var t text
	send(w, t.body(func() []byte { return l.Render(a.skip) }, gzipped(r)), gzipped(r))
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
	vary(h, "Accept-Encoding")
	if compressed {
		h.Set("Content-Encoding", "gzip")
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(http.StatusOK)
	w.Write(body)
}

// gzipped reports whether the client takes gzip: named, or as *, with a weight
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
