package e2e

import (
	"slices"
	"strings"
	"testing"

	"lookback/controller/web/access"
)

// TestNginxAccess: no name that a foreign page can make its own leads anywhere,
// and a page of another site may read only what CORS_ORIGINS lets it.
func TestNginxAccess(t *testing.T) {
	table := access.Read(t)
	var settings []string
	for _, c := range table.Hosts {
		settings = append(settings, c.Hosts)
	}
	for _, hosts := range slices.Compact(settings) {
		s := newSiteFor(t, hosts, "")
		s.furnish(t)
		s.play(t, controller(nil))
		for _, c := range table.Hosts {
			if c.Hosts == hosts {
				s.testHost(t, c.Host, c.Allowed)
			}
		}
	}
	settings = nil
	for _, c := range table.Origins {
		settings = append(settings, c.CORSOrigins)
	}
	for _, origins := range slices.Compact(settings) {
		s := newSiteFor(t, "", origins)
		s.furnish(t)
		s.play(t, controller(nil))
		for _, c := range table.Origins {
			if c.CORSOrigins == origins {
				s.testOrigin(t, c.Origin, origins != "", c.Allowed)
			}
		}
	}
}

func (s *site) testHost(t *testing.T, host string, allowed bool) {
	t.Helper()
	for _, target := range []string{"/", segmentURL, "/api/cameras"} {
		s.ask(t, "GET", target, "Host: "+host).wants(t, map[bool]int{true: 200, false: 421}[allowed], nil)
	}
}

func (s *site) testOrigin(t *testing.T, origin string, configured, allowed bool) {
	t.Helper()
	for target, vary := range map[string]string{segmentURL: "", "/hls/front-door/live.m3u8": "Accept-Encoding", "/api/cameras": "Accept-Encoding"} {
		if configured {
			vary = strings.TrimPrefix(vary+", Origin", ", ")
		}
		if !allowed {
			s.ask(t, "GET", target, "Origin: "+origin).wants(t, 200, map[string]string{"Access-Control-Allow-Origin": "", "Vary": vary})
			continue
		}
		s.ask(t, "GET", target, "Origin: "+origin).wants(t, 200, map[string]string{"Access-Control-Allow-Origin": origin, "Vary": vary,
			"Access-Control-Expose-Headers": "Content-Length, Content-Range, Date, Lookback-Time, Retry-After"})
		s.ask(t, "OPTIONS", target, "Origin: "+origin, "Access-Control-Request-Method: GET", "Access-Control-Request-Headers: range").
			wants(t, 204, map[string]string{"Access-Control-Allow-Origin": origin, "Access-Control-Allow-Methods": "GET, HEAD", "Access-Control-Allow-Headers": "Range"})
	}
}
