package web

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"lookback/controller/playlist/conform"
	"lookback/controller/playlist/life"
	"lookback/controller/spool"
)

// FuzzQuery asks for playlists and timelines with any query: the answer is a
// conforming playlist, or an error that says why, or 503 when it would be held.
func FuzzQuery(f *testing.F) {
	for _, seed := range []string{"", "_HLS_msn=4205", "_HLS_msn=4206&_HLS_part=3", "_HLS_msn=4206&_HLS_part=10", "_HLS_msn=4205&_HLS_part=99999",
		"_HLS_msn=18446744073709551615&_HLS_part=18446744073709551615", "_HLS_part=0", "_HLS_skip=YES", "_HLS_skip=v2&_HLS_msn=1", "_HLS_skip=no",
		"from=2026-11-22T10:59:50Z", "from=2026-11-22T10:59:50Z&to=2026-11-22T11:00:00Z", "from=2026-11-22T10:59:50.5%2B01:00&to=9998-01-01T00:00:00Z",
		"from=0000-01-01T00:00:00Z", "from=x&to=y", "to=2026-11-22T11:00:00Z", "points=1", "points=20001", "points=-1", "a=b&a=c", "%", ";", "_HLS_msn=%34%32", "\x00",
		"epoch=0", "epoch=1", "epoch=2", "epoch=1&_HLS_msn=4205&_HLS_skip=YES", "epoch=0&from=2026-11-22T10:59:50Z", "epoch=", "epoch=0&epoch=1"} {
		f.Add(seed)
	}
	cam := life.Usual()
	cam.Run(0)
	cam.Parts(75)
	cam.EndRun()
	cam.Promise(spool.Constants{PartTarget: 200_000, TargetDuration: 3_000_000, Independent: true})
	cam.Run(3_000_000)
	cam.Parts(65)
	h := New((&house{now: time.Now()}).options(newShown("front", cam, func() (spool.Status, error) { return spool.Status{}, nil })))
	left, leave := context.WithCancel(f.Context())
	leave() // nothing is held
	f.Fuzz(func(t *testing.T, query string) {
		for _, path := range []string{"/hls/front/live.m3u8", "/hls/front/window.m3u8", "/api/cameras/front/timeline"} {
			r := (&http.Request{Method: http.MethodGet, Host: "localhost", Header: http.Header{}, URL: &url.URL{Path: path, RawQuery: query}}).WithContext(left)
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			checkAnswer(t, path, query, w)
		}
	})
}

func checkAnswer(t *testing.T, path, query string, w *httptest.ResponseRecorder) {
	body := w.Body.Bytes()
	switch {
	case w.Code == http.StatusServiceUnavailable:
		if !strings.Contains(query, "msn") && !strings.Contains(query, "%") {
			t.Errorf("%s?%s was held", path, query)
		}
	case w.Code == 200 && strings.HasPrefix(path, "/api"):
		if !json.Valid(body) {
			t.Errorf("%s?%s: %s", path, query, body)
		}
	case w.Code == 200:
		p, err := conform.Parse(body)
		if err != nil {
			t.Fatalf("%s?%s: %v\n%s", path, query, err, body)
		}
		if p.Skips {
			return // checked where its predecessor is known
		}
		for _, err := range conform.Check(nil, p) {
			t.Errorf("%s?%s: %v\n%s", path, query, err, body)
		}
	case w.Code == 302:
		if to := w.Header().Get("Location"); !strings.HasPrefix(to, path[strings.LastIndex(path, "/")+1:]+"?epoch=1") || !strings.HasSuffix(to, query) {
			t.Errorf("%s?%s: sent to %s", path, query, to)
		}
	case w.Code == 400 || w.Code == 404 || w.Code == 410:
		problemOf(t, w)
	default:
		t.Errorf("%s?%s: %d %s", path, query, w.Code, body)
	}
}
