package web

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// localSuffixes are names that public DNS never answers, so no web page can
// make them point here (DNS rebinding).
var localSuffixes = []string{".local", ".lan", ".home.arpa", ".internal", ".localhost"}

// guard turns away what must not reach any handler: foreign hosts, foreign
// pages, paths that try to leave.
func (s *server) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Referrer-Policy", "no-referrer")
		// No other site may embed pictures of a camera,
		w.Header().Set("Cross-Origin-Resource-Policy", "same-origin")
		// Nothing here takes a body. Two that stand in a row before a proxy must not
		// differ about where the next request begins: whoever sends one begins anew.
		if r.ContentLength != 0 || len(r.TransferEncoding) > 0 {
			w.Header().Set("Connection", "close")
		}
		if !s.hostAllowed(r.Host) {
			fail(w, http.StatusMisdirectedRequest, "bad-host", "The host name "+quote(r.Host)+
				" is not one of this server's. Accepted are IP addresses, localhost, names without a dot, "+
				"*.local, *.lan, *.home.arpa, *.internal and the names in the setting HOSTS.")
			return
		}
		// HTTP/1.1 has to name a host (RFC 9112, 3.2), and nginx answers the same.
		if r.Host == "" && r.ProtoAtLeast(1, 1) {
			fail(w, http.StatusBadRequest, "no-host", "The request names no host.")
			return
		}
		// or have a script read them, but for CORS_ORIGINS.
		if s.crossOrigin(w, r) {
			return
		}
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			fail(w, http.StatusMethodNotAllowed, "bad-method", "Nothing here takes another method than GET and HEAD.")
			return
		}
		oneSlash(r)
		if strings.Contains(r.URL.EscapedPath(), "%") || uncleanPath(r.URL.Path) {
			notFound(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// hostAllowed keeps web pages from reading a camera through a name of their
// own that they let point to this machine.
func (s *server) hostAllowed(hostport string) bool {
	host := hostport
	if h, _, err := net.SplitHostPort(hostport); err == nil {
		host = h
	}
	host = strings.ToLower(strings.TrimSuffix(strings.Trim(host, "[]"), "."))
	if _, err := netip.ParseAddr(host); err == nil {
		return true
	}
	// An empty host is HTTP/1.0, which no browser speaks.
	if host == "" || !strings.Contains(host, ".") {
		return true
	}
	for _, suffix := range localSuffixes {
		if strings.HasSuffix(host, suffix) {
			return true
		}
	}
	return slices.ContainsFunc(s.AllowedHosts, func(a string) bool {
		return a == "*" || strings.EqualFold(strings.TrimSuffix(a, "."), host)
	})
}

// crossOrigin lets configured origins read and answers their preflights.
// Others get no header, which makes browsers keep the answer from the page.
func (s *server) crossOrigin(w http.ResponseWriter, r *http.Request) (answered bool) {
	if len(s.CORSOrigins) == 0 {
		return false
	}
	h := w.Header()
	vary(h, "Origin")
	origin := r.Header.Get("Origin")
	if origin == "" || !slices.Contains(s.CORSOrigins, origin) && !slices.Contains(s.CORSOrigins, "*") {
		return false
	}
	h.Set("Access-Control-Allow-Origin", origin)
	h.Set("Access-Control-Expose-Headers", "Content-Length, Content-Range, Date, Lookback-Time, Retry-After")
	if r.Method != http.MethodOptions {
		return false
	}
	h.Set("Access-Control-Allow-Methods", "GET, HEAD")
	h.Set("Access-Control-Allow-Headers", "Range")
	h.Set("Access-Control-Max-Age", "600")
	w.WriteHeader(http.StatusNoContent)
	return true
}

// vary adds the name of a header that the answer depends on to those that stand in Vary.
func vary(h http.Header, name string) {
	if others := h.Get("Vary"); others != "" {
		name = others + ", " + name
	}
	h.Set("Vary", name)
}

// oneSlash takes the slashes at the beginning for one: a proxy that joins a
// prefix with an address makes two.
func oneSlash(r *http.Request) {
	if strings.HasPrefix(r.URL.Path, "//") {
		r.URL.Path = "/" + strings.TrimLeft(r.URL.Path, "/")
		r.URL.RawPath = ""
	}
}

// uncleanPath reports whether a path has empty or dotted elements. ServeMux would
// redirect to the cleaned path. No path of ours has one, nor an escape.
func uncleanPath(path string) bool {
	return !strings.HasPrefix(path, "/") || strings.Contains(path, "//") || strings.Contains(path, "/.") ||
		strings.ContainsAny(path, "\\\x00")
}

// quote makes a value from a request fit for a message: short and printable.
func quote(s string) string {
	const most = 64
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "…"
	}
	return `"` + strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, s) + `"`
}
