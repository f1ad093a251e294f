package web

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// badQuery is a parameter that can't be understood.
type badQuery struct{ parameter, value, accepted string }

func (e *badQuery) Error() string {
	return "The parameter " + e.parameter + " has the value " + quote(e.value) + "; accepted is " + e.accepted + "."
}

// refuse answers 400 and says what is wrong.
func refuse(w http.ResponseWriter, e *badQuery) {
	var p problem
	p.Error.Code, p.Error.Message = "bad-query", e.Error()
	p.Error.Parameter, p.Error.Value, p.Error.Accepted = e.parameter, e.value, e.accepted
	answer(w, http.StatusBadRequest, p)
}

// directives are the delivery directives of RFC 8216bis 6.2.5.
type directives struct {
	blocking bool   // _HLS_msn was given
	msn      uint64 // hold until this segment is complete
	hasPart  bool   // _HLS_part was given
	part     uint64 // or, when given, until this part of it is there
	skip     bool   // a delta update is welcome
}

// any reports whether there are any.
func (d directives) any() bool { return d.blocking || d.skip }

// parseQuery splits a query. Parameters that nobody knows are ignored.
func parseQuery(raw string) (url.Values, *badQuery) {
	q, err := url.ParseQuery(raw)
	if err != nil {
		return nil, &badQuery{"query", raw, "name=value pairs, separated by & and percent-encoded"}
	}
	return q, nil
}

// only refuses what other playlists take and this one does not: nothing that
// means something is ignored.
func only(q url.Values, playlist string, taken ...string) *badQuery {
	for _, name := range []string{"epoch", "from", "to", "_HLS_msn", "_HLS_part", "_HLS_skip"} {
		if values, given := q[name]; given && !slices.Contains(taken, name) {
			return &badQuery{name, values[0], "no such parameter of " + playlist + ", but " + cmp.Or(strings.Join(taken, ", "), "none at all")}
		}
	}
	return nil
}

// single is a parameter's value, "" when it is absent. Given twice is refused.
func single(q url.Values, name string) (value string, given bool, err *badQuery) {
	values, given := q[name]
	if len(values) > 1 {
		return "", true, &badQuery{name, values[0] + " and " + values[1], "one value"}
	}
	if !given {
		return "", false, nil
	}
	return values[0], true, nil
}

const integers = "a decimal integer from 0 to 18446744073709551615"

func parseDirectives(q url.Values) (d directives, err *badQuery) {
	if d.msn, d.blocking, err = number(q, "_HLS_msn"); err != nil {
		return d, err
	}
	if d.part, d.hasPart, err = number(q, "_HLS_part"); err != nil {
		return d, err
	}
	if d.hasPart && !d.blocking {
		return d, &badQuery{"_HLS_part", q.Get("_HLS_part"), "a part only together with _HLS_msn"}
	}
	skip, given, err := single(q, "_HLS_skip")
	if err != nil {
		return d, err
	}
	if given && skip != "YES" && skip != "v2" {
		return d, &badQuery{"_HLS_skip", skip, "YES or v2"}
	}
	d.skip = given
	return d, nil
}

// number is a decimal-integer as in RFC 8216bis 4.2: digits only.
func number(q url.Values, name string) (uint64, bool, *badQuery) {
	value, given, err := single(q, name)
	if err != nil || !given {
		return 0, given, err
	}
	n, parseErr := strconv.ParseUint(value, 10, 64)
	if parseErr != nil {
		return 0, true, &badQuery{name, value, integers}
	}
	return n, true, nil
}

// instant is a time in microseconds since 1970-01-01 UTC. Years with more or
// less than four digits have no date in a playlist.
func instant(q url.Values, name string) (us int64, given bool, err *badQuery) {
	value, given, err := single(q, name)
	if err != nil || !given {
		return 0, given, err
	}
	t, parseErr := time.Parse(time.RFC3339Nano, value)
	if parseErr != nil || t.Year() < 1970 || t.Year() > 9998 {
		return 0, true, &badQuery{name, value, "a time as in 2026-11-22T21:54:01.5Z (RFC 3339; write + as %2B)"}
	}
	return t.UnixMicro(), true, nil
}
