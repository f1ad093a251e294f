package config

import (
	"encoding/base64"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

const (
	headersKey = "HEADERS"
	tlsKey     = "TLS"
	// maxHeaders is how long they may be altogether, bytes: servers take 8 kB of
	// a request, to which the address belongs as well.
	maxHeaders = 6000
)

// requestHeaders are sent with each request to an HTTP camera: Name: value,
// separated by | or by line breaks. A | within a value is written \|.
type requestHeaders struct{ Secret }

// headerName is a token (RFC 9110, 5.6.2).
var headerName = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+.^_`~-]{1,100}$")

// ownHeaders are those that say how a request itself is to be read or answered
// (RFC 9110, RFC 9112), which is not for a setting to say.
var ownHeaders = []string{"connection", "content-length", "expect", "range", "te", "trailer", "transfer-encoding", "upgrade"}

// Decode takes all or nothing.
func (h *requestHeaders) Decode(value string) error {
	var lines, names []string
	for _, field := range splitHeaders(value) {
		name, content, ok := cutHeader(field)
		lower := strings.ToLower(name)
		switch {
		case !ok || content == "" || strings.ContainsFunc(content, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7F }):
			return accepted(`headers as Name: value, separated by | (\| within a value), such as X-Api-Key: 123|User-Agent: Mozilla/5.0`)
		case slices.Contains(ownHeaders, lower):
			return accepted("headers other than " + strings.Join(ownHeaders, ", ") + ", which belong to the request itself")
		case slices.Contains(names, lower):
			return accepted("each header once")
		}
		lines, names = append(lines, name+": "+content), append(names, lower)
	}
	text := strings.Join(lines, "\n")
	if len(text) > maxHeaders {
		return accepted(fmt.Sprintf("headers of at most %d bytes", maxHeaders))
	}
	h.Secret = HeadersOf(text)
	return nil
}

// HeadersOf makes a secret of lines "Name: value", of which it shows the names.
func HeadersOf(lines string) Secret {
	if lines == "" {
		return Secret{}
	}
	var names []string
	for line := range strings.SplitSeq(lines, "\n") {
		names = append(names, shownHeader(line))
	}
	return Secret{&lines, strings.Join(names, "|")}
}

// splitHeaders takes a setting apart. What is empty is left out.
func splitHeaders(value string) (fields []string) {
	const escaped = "\x00" // which no environment holds
	value = strings.ReplaceAll(value, `\|`, escaped)
	for _, field := range strings.FieldsFunc(value, func(r rune) bool { return r == '|' || r == '\n' || r == '\r' }) {
		if field = strings.TrimSpace(strings.ReplaceAll(field, escaped, "|")); field != "" {
			fields = append(fields, field)
		}
	}
	return fields
}

func cutHeader(field string) (name, value string, ok bool) {
	name, value, ok = strings.Cut(field, ":")
	return name, strings.TrimSpace(value), ok && headerName.MatchString(name)
}

// shownHeaders are those of a setting that may be wrong, without any value.
func shownHeaders(value string) string {
	var all []string
	for _, field := range splitHeaders(value) {
		all = append(all, shownHeader(field))
	}
	return strings.Join(all, "|")
}

func shownHeader(field string) string {
	if name, _, ok := cutHeader(field); ok {
		return name + ": " + hidden
	}
	return hidden
}

// harmless are headers whose values are no secret: they say what a program is
// and takes.
var harmless = []string{"accept", "accept-charset", "accept-encoding", "accept-language", "cache-control", "dnt", "host", "origin", "pragma", "user-agent"}

// secretsOfHeaders are what must not be read of lines "Name: value": each value,
// what is behind the scheme of one, what cookies hold, and the password of Basic.
func secretsOfHeaders(lines string) (secrets []string) {
	for line := range strings.SplitSeq(lines, "\n") {
		name, value, ok := cutHeader(line)
		if !ok || slices.Contains(harmless, strings.ToLower(name)) {
			continue
		}
		secrets = append(secrets, value)
		secrets = append(secrets, secretsOf(value)...)
		scheme, rest, _ := strings.Cut(value, " ")
		if strings.EqualFold(name, "Cookie") {
			for pair := range strings.SplitSeq(value, ";") {
				_, content, _ := strings.Cut(strings.TrimSpace(pair), "=")
				secrets = append(secrets, content)
			}
		} else if rest != "" {
			secrets = append(secrets, rest)
		}
		if plain, err := base64.StdEncoding.DecodeString(rest); err == nil && strings.EqualFold(scheme, "Basic") {
			_, password, _ := strings.Cut(string(plain), ":")
			secrets = append(secrets, password)
		}
	}
	return secrets
}

type tlsCheck string

func (t *tlsCheck) Decode(value string) error {
	if !strings.EqualFold(value, "verify") {
		return accepted("verify, which has the camera's certificate checked; by default any is taken")
	}
	*t = "verify"
	return nil
}
