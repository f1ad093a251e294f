package web

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"lookback/controller/archive"
)

// epochLasts is for how long the playlist of an old promise is answered with, as
// it was and with its end, once the next one has a segment. After that it is gone.
const epochLasts = 10 * time.Minute

// errEpochEnded says so.
var errEpochEnded = errors.New("the playlists of that number have ended")

// scope is a view as the playlists of one promise show it, each rendered at most
// once and by whoever asks first.
type scope struct {
	snap  *archive.Snapshot // what is made under later promises left out
	texts [4]text           // by variant
}

// scope is that of the promise at a position in snap.Promises.
func (v *view) scope(i int) *scope {
	if i == v.served {
		return &v.now
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.others == nil {
		v.others = map[int]*scope{}
	}
	if v.others[i] == nil {
		under := v.snap.Under(i)
		if i == v.lasts {
			under = under.Unfinished()
		}
		v.others[i] = &scope{snap: under}
	}
	return v.others[i]
}

// epoch is the number of the promise whose playlist is asked for by ?epoch=.
type epoch struct {
	number uint64
	given  bool
}

// parseEpoch reads it as it is written in URLs, and in no other way: one playlist has
// one URL.
func parseEpoch(q url.Values) (e epoch, bad *badQuery) {
	e.number, e.given, bad = number(q, "epoch")
	if value := q.Get("epoch"); bad != nil && bad.accepted == integers || bad == nil && e.given && utoa(e.number) != value {
		bad = &badQuery{"epoch", value, "a decimal integer without leading zeros, one that /api/cameras names in urls"}
	}
	return e, bad
}

// accepted is refused where the number is still to come.
func (e epoch) accepted(s *archive.Snapshot) *badQuery {
	if newest := s.Promise().Number; e.given && e.number > newest {
		return &badQuery{"epoch", utoa(e.number), "an integer from 0 to " + utoa(newest) + "; /api/cameras names the playlists of the newest"}
	}
	return nil
}

// epochOf is the number that a client follows who names none: that of the
// newest playlist, or the one whose list ends before the segment that is awaited.
func (v *view) epochOf(d directives) uint64 {
	if len(v.snap.Promises) == 0 {
		return 0
	}
	i := v.served
	for ; i > 0 && d.before(v.snap, i); i-- {
	}
	if p := v.snap.Promises[i]; p.Number == 0 || !d.before(v.snap, i) {
		return p.Number
	}
	return v.snap.Promises[i].Number - 1
}

// before reports whether nobody asks for this who has the list of the promise at a
// position. One that came after others was first told of with its first segment.
func (d directives) before(s *archive.Snapshot, i int) bool {
	first := s.Promises[i].FirstMSN
	if i > 0 && first > s.First {
		first++
	}
	return d.blocking && d.msn < first
}

// under is the view as the playlists of a number show it. ready reports whether
// they can be answered with; errEpochEnded that they never will.
func (v *view) under(number uint64, now time.Time, d directives) (s *scope, ready bool, err error) {
	i, ok := v.snap.Numbered(number)
	switch {
	case !ok && len(v.snap.Promises) > 0:
		return nil, false, errEpochEnded
	case !ok:
		return &v.now, d.satisfied(v.now.snap), nil
	case i == v.served || i == v.lasts:
		// A part that does not come any more is taken for the first of the next
		// segment. Who waits for that is to learn that its own segment is complete.
		s = v.scope(i)
		over := i+1 < len(v.snap.Promises)
		return s, d.satisfied(s.snap) || over && d.msn < s.snap.Next(), nil
	case i > v.served:
		return nil, false, nil
	}
	s = v.scope(i)
	since := v.snap.OverSince(i)
	if len(s.snap.Segments) == 0 || now.UnixMicro()-since >= epochLasts.Microseconds() {
		return nil, false, errEpochEnded
	}
	return s, true, nil
}

// redirect sends a client who names no number to the playlist of the newest one.
func redirect(w http.ResponseWriter, r *http.Request, list string, number uint64) {
	query := "?epoch=" + utoa(number)
	if r.URL.RawQuery != "" {
		query += "&" + r.URL.RawQuery
	}
	h := w.Header()
	h.Set("Location", list+query)
	h.Set("Cache-Control", noStore)
	h.Set("Content-Length", strconv.Itoa(0))
	w.WriteHeader(http.StatusFound)
}

// epochEnded answers for a playlist that nobody can follow any more.
func epochEnded(w http.ResponseWriter) {
	fail(w, http.StatusGone, "epoch-ended", "The playlists of that number have ended: what the camera's playlists promise has changed since. "+
		"/api/cameras names the newest.")
}
