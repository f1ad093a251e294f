package web

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"lookback/controller/web/access"
)

// list is a setting's value as package config splits it.
func list(value string) []string { return strings.Fields(strings.ReplaceAll(value, ",", " ")) }

func TestHosts(t *testing.T) {
	cases := access.Read(t).Hosts
	for _, only := range []string{"[fe80::1%25eth0]", ""} { // which nginx has its own mind about
		cases = append(cases, struct {
			Hosts, Host string
			Allowed     bool
		}{"", only, true})
	}
	for _, x := range cases {
		h := newHouse(t, func(o *Options) { o.AllowedHosts = list(x.Hosts) })
		r := httptest.NewRequest(http.MethodGet, "/api/cameras", nil)
		if r.Host = x.Host; x.Host == "" {
			r.ProtoMinor = 0 // later ones have to name one
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if want := map[bool]int{true: 200, false: 421}[x.Allowed]; w.Code != want {
			t.Errorf("Host %q with HOSTS=%q: %d, want %d", x.Host, x.Hosts, w.Code, want)
		}
	}
}

// TestVary: all that an answer depends on stands in one line.
func TestVary(t *testing.T) {
	for origins, want := range map[string]string{"": "Accept-Encoding", "https://home.example.org": "Origin, Accept-Encoding"} {
		h := newHouse(t, func(o *Options) { o.CORSOrigins = list(origins) })
		h.cam.Run(0)
		h.cam.Parts(130)
		if got := h.get(t, "/hls/front/live.m3u8").Header().Values("Vary"); len(got) != 1 || got[0] != want {
			t.Errorf("CORS_ORIGINS=%q: Vary %q, want %q", origins, got, want)
		}
	}
}

// TestEmbedding: no other site shows a camera's pictures, nor the page in a frame.
func TestEmbedding(t *testing.T) {
	h := standAlone(t)
	for _, target := range []string{"/", "/hls/front/0123456789abcdef/2026-11-22/10/000004200.m4s", "/api/cameras", "/nothing"} {
		w := h.get(t, target)
		if w.Header().Get("Cross-Origin-Resource-Policy") != "same-origin" || w.Header().Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("%s: %v", target, w.Header())
		}
		if policy := w.Header().Get("Content-Security-Policy"); strings.Contains(policy, "frame-ancestors 'self'") != (target == "/") {
			t.Errorf("%s: policy %q", target, policy)
		}
	}
}

// TestBodies: whoever sends a body begins anew, so that nothing before us can be
// of another mind about where it ends.
func TestBodies(t *testing.T) {
	h := newHouse(t)
	for name, change := range map[string]func(*http.Request){
		"with a length": func(r *http.Request) { r.ContentLength = 3 },
		"in chunks":     func(r *http.Request) { r.ContentLength, r.TransferEncoding = -1, []string{"chunked"} },
		"none":          func(*http.Request) {},
	} {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			r := httptest.NewRequest(method, "/api/cameras", nil)
			change(r)
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if closes := w.Header().Get("Connection") == "close"; closes != (name != "none") {
				t.Errorf("%s, %s: %v", method, name, w.Header())
			}
		}
	}
}

func TestOrigins(t *testing.T) {
	for _, x := range access.Read(t).Origins {
		h := newHouse(t, func(o *Options) { o.CORSOrigins = list(x.CORSOrigins) })
		for _, method := range []string{http.MethodGet, http.MethodOptions} {
			headers := []string{}
			if x.Origin != "" {
				headers = []string{"Origin", x.Origin, "Access-Control-Request-Method", "GET"}
			}
			w := h.ask(t.Context(), method, "/api/cameras", headers...)
			got := w.Header().Get("Access-Control-Allow-Origin")
			if (got != "") != x.Allowed || x.Allowed && got != x.Origin {
				t.Errorf("%s from %q with CORS_ORIGINS=%q: %q", method, x.Origin, x.CORSOrigins, got)
			}
			if exposed := w.Header().Get("Access-Control-Expose-Headers"); strings.Contains(exposed, headerTime) != x.Allowed {
				t.Errorf("%s from %q with CORS_ORIGINS=%q may read %q", method, x.Origin, x.CORSOrigins, exposed)
			}
			if method == http.MethodOptions && (w.Code == http.StatusNoContent) != x.Allowed {
				t.Errorf("preflight from %q with CORS_ORIGINS=%q: %d", x.Origin, x.CORSOrigins, w.Code)
			}
			if x.CORSOrigins != "" && w.Header().Get("Vary") == "" {
				t.Errorf("%s: caches would mix up origins: %v", method, w.Header())
			}
		}
	}
}

// TestRefusedByAll: what nginx refuses is refused here in the same words' form, and
// nobody keeps it.
func TestRefusedByAll(t *testing.T) {
	h := newHouse(t, func(*Options) {})
	h.cam.Run(0)
	h.cam.Parts(130)
	for _, target := range []string{"/", "/api/cameras", "/hls/front/live.m3u8"} {
		for what, change := range map[string]struct {
			do   func(*http.Request)
			code int
			says string
		}{
			"no host":      {func(r *http.Request) { r.Host = "" }, 400, "no-host"},
			"POST":         {func(r *http.Request) { r.Method = http.MethodPost }, 405, "bad-method"},
			"OPTIONS":      {func(r *http.Request) { r.Method = http.MethodOptions }, 405, "bad-method"},
			"another path": {func(r *http.Request) { r.URL.Path = "/nothing" }, 404, "not-found"},
			"foreign host": {func(r *http.Request) { r.Host = "evil.example" }, 421, "bad-host"},
		} {
			r := httptest.NewRequest(http.MethodGet, target, nil)
			r.Host = "lookback.lan"
			change.do(r)
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != change.code || !strings.Contains(w.Body.String(), `"code":"`+change.says+`"`) || w.Header().Get("Content-Type") != "application/json" || w.Header().Get("Cache-Control") != "no-store" {
				t.Errorf("%s, %s: %d %v %s", target, what, w.Code, w.Header(), w.Body)
			}
			if allow := w.Header().Get("Allow"); (allow == "GET, HEAD") != (change.code == 405) {
				t.Errorf("%s, %s: Allow %q", target, what, allow)
			}
		}
	}
}
