package e2e

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"lookback/e2e/rig"
)

// between is a proxy that leads a path to the page, as careless as some are: it
// takes the prefix away and joins what is left as it comes. Closed, it wants a
// login on another origin; guarded, the browser is to ask for a password for the
// camera's data; outdated, it gives a page of before, whose files are no more.
type between struct {
	prefix   string
	closed   atomic.Bool
	guarded  atomic.Bool
	outdated atomic.Bool
	to       *httputil.ReverseProxy
	login    string
	origin   *url.URL
}

func (b *between) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	rest, ok := strings.CutPrefix(r.URL.Path, b.prefix)
	switch {
	case !ok:
		http.NotFound(w, r)
	case b.closed.Load():
		http.Redirect(w, r, b.login, http.StatusFound)
	case b.guarded.Load() && rest != "/":
		w.Header().Set("WWW-Authenticate", `Basic realm="cameras"`)
		http.Error(w, "who are you?", http.StatusUnauthorized)
	case b.outdated.Load() && rest == "/":
		b.old(w)
	default:
		r.URL.Path, r.URL.RawPath = "/"+rest, "" // "//" for what has its slash
		b.to.ServeHTTP(w, r)
	}
}

// versioned is how the page names its files.
var versioned = regexp.MustCompile(`"v/[0-9a-f]+/`)

// old is the page as it was before an upgrade.
func (b *between) old(w http.ResponseWriter) {
	response, err := http.Get(b.origin.String())
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer response.Body.Close()
	page, err := io.ReadAll(response.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	for _, name := range []string{"Content-Type", "Content-Security-Policy"} {
		w.Header().Set(name, response.Header.Get(name))
	}
	w.Write(versioned.ReplaceAll(page, []byte(`"v/0123456789abcdef/`)))
}

// TestBrowserBetween is the page behind a proxy: at an address without its
// slash and with two, after the login is over, and with files of another version.
func TestBrowserBetween(t *testing.T) {
	v := startVisit(t, rig.Options{Size: "320x180", FPS: "5"})
	origin, err := url.Parse(v.Origin)
	must(t, err)
	login := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.Write([]byte("<!doctype html><title>log in</title>"))
	}))
	defer login.Close()
	b := &between{prefix: "/cam", login: login.URL, origin: origin, to: &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(origin) }}}
	proxy := httptest.NewServer(b)
	defer proxy.Close()
	defer proxy.CloseClientConnections() // frames come without end

	for _, path := range []string{"/cam", "/cam//", "/cam/"} {
		must(t, v.page.Open(proxy.URL+path))
		v.until(t, `window.lookback?.state === "live" && location.pathname === "/cam/"`)
		if display := ask[string](t, v, `getComputedStyle(document.getElementById("controls")).display`); display == "block" {
			t.Errorf("%s has no styles", path)
		}
	}
	if n := ask[int](t, v, `performance.getEntriesByType("resource").filter((e) => e.name.endsWith("/api/cameras") && e.startTime < 300).length`); n > 1 {
		t.Errorf("the first list was asked for %d times", n)
	}
	b.closed.Store(true)
	proxy.CloseClientConnections() // frames that come as they are made need no request
	v.until(t, `document.getElementById("notice-title").textContent === "Something in between wants you to log in again" &&
		document.getElementById("reload").getClientRects().length === 1`)
	v.lookAll(t, "login")
	b.closed.Store(false)
	v.until(t, `lookback.state === "live" && document.getElementById("notice").hidden`)

	// No request ends while the browser asks.
	b.guarded.Store(true)
	proxy.CloseClientConnections()
	v.until(t, `document.getElementById("notice-title").textContent === "Something in between wants you to log in (401)" &&
		document.getElementById("reload").getClientRects().length === 1`)
	b.guarded.Store(false)
	v.until(t, `lookback.state === "live" && document.getElementById("notice").hidden`)

	b.outdated.Store(true)
	must(t, v.page.Open(proxy.URL+"/cam/?again"))
	v.until(t, `document.getElementById("unloaded").getClientRects().length === 1 && document.body.innerText.includes("Reload")`)
	b.outdated.Store(false)
	v.run(t, `document.querySelector("#unloaded button").click()`)
	v.until(t, `window.lookback?.state === "live"`)
}
