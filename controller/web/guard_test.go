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
		r.Host = x.Host
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if want := map[bool]int{true: 200, false: 421}[x.Allowed]; w.Code != want {
			t.Errorf("Host %q with HOSTS=%q: %d, want %d", x.Host, x.Hosts, w.Code, want)
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
