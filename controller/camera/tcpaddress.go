package camera

import (
	"cmp"
	"net"
	"net/url"
	"os"
	"slices"
	"strings"
)

// TCPAddress is host:port of a camera that is reached by connecting to it over TCP,
// "" for all others, and for those that a proxy is asked for.
func TCPAddress(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" || strings.HasPrefix(u.Scheme, "http") && os.Getenv("http_proxy") != "" {
		return ""
	}
	for _, row := range kinds {
		if i := slices.Index(row.schemes, u.Scheme+"://"); i >= 0 && row.ports != nil {
			return net.JoinHostPort(u.Hostname(), cmp.Or(u.Port(), row.ports[i]))
		}
	}
	return ""
}
