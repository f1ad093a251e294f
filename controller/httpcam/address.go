package httpcam

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
)

// address is where to ask and what for. Path and query are kept as somebody
// wrote them: a camera knows its own characters.
type address struct {
	secure   bool   // https
	host     string // without brackets
	port     string
	target   string // path and query
	user     string
	password string
	login    bool // user and password were given
}

var errAddress = errors.New("it is no http:// or https:// address with a host and a port from 1 to 65535")

// parseAddress never repeats the address in its error: it has a password.
func parseAddress(raw string) (address, error) {
	scheme, rest, ok := strings.Cut(raw, "://")
	a := address{secure: strings.EqualFold(scheme, "https")}
	if !ok || !a.secure && !strings.EqualFold(scheme, "http") {
		return address{}, errAddress
	}
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	authority := rest[:end]
	a.target = targetOf(rest[end:])
	if i := strings.LastIndexByte(authority, '@'); i >= 0 {
		user, password, _ := strings.Cut(authority[:i], ":")
		a.user, a.password, a.login = unescape(user), unescape(password), true
		authority = authority[i+1:]
	}
	a.host, a.port = splitPort(authority)
	if a.port == "" {
		a.port = map[bool]string{false: "80", true: "443"}[a.secure]
	}
	if n, err := strconv.Atoi(a.port); err != nil || n < 1 || n > 65535 || a.host == "" || strings.ContainsAny(a.host, " \r\n[]") {
		return address{}, errAddress
	}
	return a, nil
}

// splitPort divides host:port, [v6]:port and their halves.
func splitPort(authority string) (host, port string) {
	if inner, ok := strings.CutPrefix(authority, "["); ok {
		host, rest, _ := strings.Cut(inner, "]")
		host = strings.Replace(host, "%25", "%", 1) // a zone, RFC 6874
		return host, strings.TrimPrefix(rest, ":")
	}
	host, port, _ = strings.Cut(authority, ":")
	return host, port
}

// unescape undoes percent signs, or keeps what has wrong ones.
func unescape(s string) string {
	if u, err := url.PathUnescape(s); err == nil {
		return u
	}
	return s
}

// targetOf is what stands in a request: without a fragment, and with blanks and
// what is not ASCII escaped, since they would end it.
func targetOf(s string) string {
	s, _, _ = strings.Cut(s, "#")
	if !strings.HasPrefix(s, "/") {
		s = "/" + s
	}
	var b strings.Builder
	for _, c := range []byte(s) {
		if c <= ' ' || c >= 0x7F {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// hostPort is what to connect to.
func (a address) hostPort() string { return net.JoinHostPort(a.host, a.port) }

// String is the address as [parseAddress] takes it, with its login.
func (a address) String() string {
	u := url.URL{Scheme: "http", Host: a.hostPort()}
	if a.secure {
		u.Scheme = "https"
	}
	if a.login {
		u.User = url.UserPassword(a.user, a.password)
	}
	return u.String() + a.target
}

// key tells which requests may share a connection.
func (a address) key() string {
	if a.secure {
		return "https " + a.hostPort()
	}
	return "http " + a.hostPort()
}

// hostField is the Host of a request: without a port that goes without saying,
// and without a zone.
func (a address) hostField() string {
	host, _, _ := strings.Cut(a.host, "%")
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if a.port == "80" && !a.secure || a.port == "443" && a.secure {
		return host
	}
	return host + ":" + a.port
}

// follow is where a Location leads from here. Who redirects within one host is
// given the password there too; what a redirect names itself goes first.
func (a address) follow(location string) (address, error) {
	location = strings.TrimSpace(location)
	next := a
	switch {
	case strings.HasPrefix(location, "//"):
		location = map[bool]string{false: "http:", true: "https:"}[a.secure] + location
		fallthrough
	case strings.Contains(strings.SplitN(location, "?", 2)[0], "://"):
		parsed, err := parseAddress(location)
		if err != nil {
			return address{}, err
		}
		next = parsed
	default:
		next.target = targetOf(relative(a.target, location))
	}
	if !next.login && strings.EqualFold(next.host, a.host) {
		next.user, next.password, next.login = a.user, a.password, a.login
	}
	return next, nil
}

// relative resolves a reference without scheme and host (RFC 3986, 5.2).
func relative(base, ref string) string {
	path, _, _ := strings.Cut(base, "?")
	switch {
	case ref == "":
		return base
	case strings.HasPrefix(ref, "/"):
		return ref
	case strings.HasPrefix(ref, "?"):
		return path + ref
	}
	folder := path[:strings.LastIndexByte(path, '/')+1]
	for {
		if rest, ok := strings.CutPrefix(ref, "./"); ok {
			ref = rest
		} else if rest, ok := strings.CutPrefix(ref, "../"); ok {
			ref = rest
			folder = folder[:strings.LastIndexByte(strings.TrimSuffix(folder, "/"), '/')+1]
			if folder == "" {
				folder = "/"
			}
		} else {
			return folder + ref
		}
	}
}
