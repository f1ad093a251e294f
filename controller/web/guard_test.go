package web

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestHosts(t *testing.T) {
	for _, x := range []struct {
		host    string
		allowed []string
		want    int
	}{
		{"127.0.0.1:8080", nil, 200}, {"192.168.1.5", nil, 200}, {"[::1]:8080", nil, 200}, {"[fe80::1%25eth0]", nil, 200},
		{"localhost:8080", nil, 200}, {"LOCALHOST", nil, 200}, {"nas:8080", nil, 200}, {"controller", nil, 200}, {"", nil, 200},
		{"nas.local", nil, 200}, {"nas.lan:80", nil, 200}, {"nas.home.arpa.", nil, 200}, {"x.internal", nil, 200}, {"a.localhost", nil, 200},
		{"evil.example", nil, 421}, {"evil.example:8080", nil, 421}, {"localhost.evil.example", nil, 421}, {"127.0.0.1.evil.example", nil, 421},
		{"evillan.com", nil, 421}, {"notlocal.xlocal", nil, 421},
		{"cams.example.org", []string{"cams.example.org"}, 200}, {"CAMS.example.org:443", []string{"cams.example.org"}, 200},
		{"other.example.org", []string{"cams.example.org"}, 421}, {"any.example", []string{"*"}, 200},
	} {
		h := newHouse(t, func(o *Options) { o.AllowedHosts = x.allowed })
		r := httptest.NewRequest(http.MethodGet, "/api/cameras", nil)
		r.Host = x.host
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != x.want {
			t.Errorf("Host %q with %v: %d, want %d", x.host, x.allowed, w.Code, x.want)
		}
	}
}

func TestOrigins(t *testing.T) {
	const friend, stranger = "https://home.example", "https://evil.example"
	for _, x := range []struct {
		configured []string
		origin     string
		allowed    bool
	}{
		{nil, "", false}, {nil, stranger, false}, {[]string{friend}, friend, true}, {[]string{friend}, stranger, false},
		{[]string{friend}, "", false}, {[]string{friend}, "null", false}, {[]string{"*"}, stranger, true},
	} {
		h := newHouse(t, func(o *Options) { o.CORSOrigins = x.configured })
		for _, method := range []string{http.MethodGet, http.MethodOptions} {
			headers := []string{}
			if x.origin != "" {
				headers = []string{"Origin", x.origin, "Access-Control-Request-Method", "GET"}
			}
			w := h.ask(t.Context(), method, "/api/cameras", headers...)
			got := w.Header().Get("Access-Control-Allow-Origin")
			if (got != "") != x.allowed || x.allowed && got != x.origin {
				t.Errorf("%s from %q with %v: %q", method, x.origin, x.configured, got)
			}
			if method == http.MethodOptions && (w.Code == http.StatusNoContent) != x.allowed {
				t.Errorf("preflight from %q with %v: %d", x.origin, x.configured, w.Code)
			}
			if x.configured != nil && w.Header().Get("Vary") == "" {
				t.Errorf("%s: caches would mix up origins: %v", method, w.Header())
			}
		}
	}
}
