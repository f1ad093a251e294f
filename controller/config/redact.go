package config

import (
	"net/netip"
	"net/url"
	"regexp"
	"strings"
)

// hidden stands for what was removed, cut for what an address goes on with.
const (
	hidden = "***"
	cut    = "…"
)

var (
	token         = regexp.MustCompile(`\S+`)
	authorization = regexp.MustCompile(`(?i)((?:authorization|cookie)\s*:)[^\r\n]*`)
	secretKey     = regexp.MustCompile(`(?i)tok|pass|pas$|pwd|pw$|psw|psd|secret|auth|sig|key|user|usr|login|cred|session|streamid|sid$|jwt|bearer|basic|^pin$|^code$|^[up]$`)
	escape        = regexp.MustCompile(`%[0-9A-Fa-f]{2}`)
	// requestLine is the path in the first line of a request.
	requestLine = regexp.MustCompile(`\b(GET|HEAD|POST|OPTIONS|DESCRIBE|SETUP|PLAY|TEARDOWN|GET_PARAMETER)( +/)\S+`)
	// scheme ends what stands before :// in an address.
	scheme = regexp.MustCompile(`[A-Za-z][A-Za-z0-9+.-]*$`)
	// file is what a file's address begins with: ffmpeg says it with a single /.
	file = regexp.MustCompile(`(?i)\bfile:/+()`)
	// hostAndPort is what an address begins with behind its scheme and user. A
	// host may be missing (udp://@:5004), and have letters of any language.
	hostAndPort = regexp.MustCompile(`^(?:\[[0-9A-Fa-f:.]+(?:%[0-9A-Za-z%._-]+)?\]|[\p{L}\p{N}._-]*)(?::[0-9]{1,5})?`)
	// closing is what ffmpeg and Go write behind an address.
	closing = regexp.MustCompile(`[]:;,.'")}>]{1,3}$`)
	// escapedURL is :// with its characters percent-encoded, once or more often.
	escapedURL = regexp.MustCompile(`(?i)(?::|%(?:25)*3A)(?:/|%(?:25)*2F){2}`)
	// local are addresses of this machine in which nothing is secret.
	local = regexp.MustCompile(`^['"(]?(?:[a-z0-9-]{1,32}=)?test:(?:[0-9]+x[0-9]+)?(?:@[0-9]+)?['"),.:;]*$`)
)

// Redact removes credentials from a text such as a line of ffmpeg's. Of every
// address scheme, host and port stay. Outside of addresses it removes values of
// parameters whose names look secret, and authorization headers. Where it can't
// tell it removes too much.
func Redact(text string) string {
	text = authorization.ReplaceAllString(text, "$1 "+hidden)
	text = requestLine.ReplaceAllString(text, "$1$2"+cut)
	return token.ReplaceAllStringFunc(text, func(t string) string {
		if !strings.ContainsAny(t, ":=%") { // neither URL nor parameter: someone@example.org
			return t
		}
		return RedactURL(t)
	})
}

// RedactURL is Redact for a text that is one URL, well-formed or not: names of
// what is secret in it can't be listed, so nothing behind the host is shown.
// Only devices of this machine keep their names.
func RedactURL(text string) string {
	at := strings.Index(text, "://")
	if m := file.FindStringSubmatchIndex(text); m != nil && (at < 0 || m[0] <= at) && !strings.ContainsAny(text[:m[0]], "%@") {
		return redactOther(text[:m[0]]) + text[m[0]:m[2]] + redactFile(text[m[2]:])
	}
	if at < 0 {
		return redactOther(text)
	}
	before := scheme.ReplaceAllString(text[:at], "")
	protocol := text[len(before):at]
	rest := text[at+len("://"):]
	switch {
	case protocol == "" || strings.ContainsAny(before, "%@"):
		return hidden
	}
	return redactOther(before) + protocol + "://" + redactAddress(rest)
}

// redactAddress is host and port of what stands behind ://.
func redactAddress(rest string) string {
	end := len(rest)
	if i := strings.IndexAny(rest, "/?#\\ \t\r\n"); i >= 0 {
		end = i
	}
	at := strings.LastIndexByte(rest[:end], '@')
	user, host := rest[:at+1], hostAndPort.FindString(rest[at+1:])
	tail := rest[at+1+len(host):]
	closed := closing.FindString(tail)
	path := strings.TrimSuffix(tail, closed)
	switch {
	case path != "" && !strings.ContainsAny(path[:1], "/?#"), host == "" && user != "@" && path == "",
		// A password may hold a / that should have been escaped: what looks like
		// the host may be the user then.
		strings.Contains(path, "@") && !surelyHost(host):
		return cut + closed
	case user == "@" && strings.HasPrefix(host, ":"): // any sender: udp://@:5004
		host = "@" + host
	case user != "" && path == "":
		path = cut
	}
	if path != "" && path != "/" {
		path = "/" + cut
	}
	return host + path + closed
}

// surelyHost reports whether a host is one although an @ comes later: an address
// in numbers, or a name with a dot in it.
func surelyHost(host string) bool {
	if _, err := netip.ParseAddrPort(host); err == nil {
		return true
	}
	name, _, _ := strings.Cut(host, ":")
	return strings.HasPrefix(host, "[") || strings.Contains(strings.Trim(name, "."), ".")
}

// redactFile cuts a path of this machine behind its root.
func redactFile(path string) string {
	closed := closing.FindString(path)
	if path == closed {
		return path
	}
	return cut + closed
}

// redactOther is for what is no URL, but may hold parameters or be meant as one.
func redactOther(text string) string {
	if local.MatchString(text) {
		return text
	}
	if escapedURL.MatchString(text) {
		return hidden
	}
	anonymous := redactUser(text)
	out := redactQuery(anonymous)
	if changes(redactUser, unescape(anonymous)) || changes(redactQuery, unescape(out)) {
		return hidden
	}
	if i := strings.IndexByte(out, '?'); i >= 0 && strings.Contains(out[i:], "=") {
		out = out[:i+1] + cut
	}
	return out
}

func changes(f func(string) string, text string) bool { return f(text) != text }

// redactUser removes all before the last @, so that a password may hold any
// character, also such as should have been escaped.
func redactUser(text string) string {
	at := strings.LastIndexByte(text, '@')
	if at < 0 {
		return text
	}
	rest := text[at+1:]
	open := text[:at]
	amp := strings.LastIndexByte(open, '&')
	if _, secret := redactPiece(open[amp+1:], amp >= 0); secret {
		// The @ belongs to a secret parameter, and what follows it as well.
		_, after, more := strings.Cut(rest, "&")
		if rest = hidden; more {
			rest += "&" + after
		}
	}
	return hidden + "@" + rest
}

// redactQuery removes the values of secret parameters up to the next &. A
// piece without = behind such a one is taken for its continuation.
func redactQuery(text string) string {
	pieces := strings.Split(text, "&")
	secret := false
	for i, piece := range pieces {
		if secret && !strings.Contains(piece, "=") {
			pieces[i] = hidden
			continue
		}
		pieces[i], secret = redactPiece(piece, i > 0)
	}
	return strings.Join(pieces, "&")
}

// redactPiece removes all after the first secret key; parameter reports whether
// the piece begins with one. Its time is linear: what it reads may be hostile.
func redactPiece(piece string, parameter bool) (redacted string, secret bool) {
	for start := 0; start < len(piece); parameter = true {
		end := len(piece)
		if i := strings.IndexAny(piece[start:], "?;#"); i >= 0 {
			end = start + i
		}
		key, _, ok := strings.Cut(piece[start:end], "=")
		if parameter && ok && isSecret(key) {
			return piece[:start+len(key)+1] + hidden, true
		}
		start = end + 1
	}
	return piece, false
}

func isSecret(key string) bool { return secretKey.MatchString(unescape(key)) }

// unescape decodes what is percent-encoded and leaves everything else.
func unescape(text string) string {
	return escape.ReplaceAllStringFunc(text, func(code string) string {
		plain, _ := url.PathUnescape(code)
		return plain
	})
}
