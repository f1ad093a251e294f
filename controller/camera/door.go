package camera

import (
	"net"
	"net/url"
	"os"
	"strings"
)

// ports are where cameras listen whose address names none (IANA).
var ports = map[string]string{"http": "80", "https": "443", "rtsp": "554", "rtsps": "322", "rtmp": "1935", "rtmps": "443"}

// Door is host:port of a camera that is reached by connecting to it over TCP,
// "" for all others, and for those that a proxy is asked for.
func Door(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" || strings.HasPrefix(u.Scheme, "http") && os.Getenv("http_proxy") != "" {
		return ""
	}
	standard, ok := ports[strings.ToLower(u.Scheme)]
	if !ok {
		return ""
	}
	if u.Port() != "" {
		standard = u.Port()
	}
	return net.JoinHostPort(u.Hostname(), standard)
}
