package httpcam

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxCookies is how many are kept of one camera; of longer ones than maxCookie
// bytes none is.
const maxCookies, maxCookie = 32, 4096

// cookies are what hosts have asked to be told again, oldest first. Paths and
// domains are not looked at: a cookie goes to its host and nowhere else.
type cookies []cookie

type cookie struct {
	host, name, value string
	secure            bool
}

// set takes a Set-Cookie of a host.
func (c *cookies) set(host, line string) {
	pair, attributes, _ := strings.Cut(line, ";")
	name, value, ok := strings.Cut(strings.TrimSpace(pair), "=")
	k := cookie{host: strings.ToLower(host), name: strings.TrimSpace(name), value: strings.TrimSpace(value)}
	if !ok || k.name == "" || len(pair) > maxCookie || strings.ContainsAny(pair, "\r\n") {
		return
	}
	gone := false
	for a := range strings.SplitSeq(attributes, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(a), "=")
		switch strings.ToLower(name) {
		case "secure":
			k.secure = true
		case "max-age":
			n, err := strconv.Atoi(value)
			gone = err == nil && n <= 0
		case "expires":
			gone = gone || past(value)
		}
	}
	*c = slices.DeleteFunc(*c, func(o cookie) bool { return o.host == k.host && o.name == k.name })
	if !gone {
		*c = append(*c, k)
	}
	if len(*c) > maxCookies {
		*c = slices.Delete(*c, 0, 1)
	}
}

// past reports whether a date is long ago, by which cookies are deleted. Cameras'
// clocks are often years behind: only what no clock would say counts.
func past(date string) bool {
	for _, layout := range []string{time.RFC1123, "Mon, 02-Jan-2006 15:04:05 MST", "Mon, 02-Jan-06 15:04:05 MST"} {
		if t, err := time.Parse(layout, date); err == nil {
			return t.Year() <= 1980
		}
	}
	return false
}

// field is the value of Cookie for an address, "" for none.
func (c cookies) field(a address) string {
	var pairs []string
	for _, k := range c {
		if k.host == strings.ToLower(a.host) && (a.secure || !k.secure) {
			pairs = append(pairs, k.name+"="+k.value)
		}
	}
	return strings.Join(pairs, "; ")
}
